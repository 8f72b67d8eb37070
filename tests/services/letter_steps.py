"""Letters on paper, step by step: sent, let out by two, printed, taken, handed over to the post."""

from collections.abc import Sequence
from datetime import date

from incident_app.domain.accounts import Actor
from incident_app.models.notices import Notice
from incident_app.models.posting import PostExport
from incident_app.services import deliveries
from incident_app.services.deliveries import posting
from tests.fakes import FakePdf, FakeVault
from tests.letters_kit import Desk
from tests.post_kit import POSTAL, Printer

WHY = "Letters to people without email"


def sent(desk: Desk, content: bytes = POSTAL) -> Notice:
    """Return a notice whose emails are out, so that everybody without one waits for a letter."""
    made = desk.launched(content, order=["email", "post"])
    while desk.send():
        pass
    return made


def let_out(desk: Desk, notice: Notice, side: str = "left") -> PostExport:
    """Ask for printed letters as one approver, and let them out as another."""
    asked = posting.ask_post_export(desk.session, notice.id, WHY, by=desk.people.approver, now=desk.now, form="pdf", side=side)
    return posting.answer_post_export(desk.session, notice.id, asked.number, confirmed=True, by=desk.people.second_approver,
                                      now=desk.now)


def make(desk: Desk, pdf: FakePdf | None = None) -> list[int]:
    """Let a worker print what waits."""
    return list(deliveries.print_letters(desk.session, clock=desk.clock, vault=desk.vault, pdf=pdf or Printer()))


def take(desk: Desk, notice: Notice, number: int = 1, by: Actor | None = None, vault: FakeVault | None = None) -> tuple[str, bytes]:
    """Take the letters."""
    name, content = deliveries.take_letters(desk.session, notice.id, number, by=by or desk.people.approver, now=desk.now,
                                            vault=vault or desk.vault)
    return name, b"".join(content)


def hand(desk: Desk, notice: Notice, count: int, number: int = 1, on: date | None = None, left_out: Sequence[int] = ()) -> PostExport:
    """Say that letters were handed over."""
    return deliveries.hand_over(desk.session, notice.id, number, on=on or desk.now.date(), count=count, left_out=left_out,
                                by=desk.people.approver, now=desk.now)
