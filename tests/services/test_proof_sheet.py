"""What the proof sheet says of letters, and of what changed after it."""

import re
from collections.abc import Mapping
from typing import Any

import pytest
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.deliveries import ReceiptKind
from incident_app.domain.numbers import grouped
from incident_app.models.deliveries import Delivery
from incident_app.models.notices import Notice
from incident_app.models.posting import PostExport
from incident_app.paths import data_dir
from incident_app.services import deliveries
from incident_app.services.deliveries import Event, finishing, posting
from incident_app.services.reports import proving
from tests.fakes import FakeClock
from tests.letters_kit import Desk, csv_of
from tests.people import People
from tests.post_kit import POSTAL


@pytest.fixture
def desk(session: Session, people: People, clock: FakeClock) -> Desk:
    return Desk(session, people, clock)


def matter(desk: Desk, notice: Notice) -> Mapping[str, Any]:
    return proving.proof_matter(desk.session, desk.session.get_one(Notice, notice.id), desk.now)


def test_of_a_letter_it_says_that_people_here_said_so_and_no_provider(desk: Desk) -> None:
    # Given a notice to three people, two of whom got letters whose addresses an approver took out
    notice = desk.launched(POSTAL, order=["email", "post"])
    while desk.send():
        pass
    posting.ask_post_export(desk.session, notice.id, "Letters to people without email", by=desk.people.approver, now=desk.now)
    posting.answer_post_export(desk.session, notice.id, 1, confirmed=True, by=desk.people.second_approver, now=desk.now)
    list(posting.take_post_export(desk.session, notice.id, 1, by=desk.people.approver, clock=desk.clock, vault=desk.vault))
    desk.sweep()

    # When the sheet is printed
    found = matter(desk, notice)

    # Then two of the three accepted are letters, by whom and when
    assert (found["people"]["accepted"], found["posted"], desk.progress(notice).posted) == (3, 2, 2)
    handed = dict(found["facts"])["Letters handed to the post"]
    assert handed == "addresses for 2 taken out on Mon 23 Nov 2026 10:40 CET by Ada Approver"

    # And of letters printed here who said that they went to the post, and how many did
    export = desk.session.scalars(select(PostExport)).one()
    export.state, export.handed_on, export.left_count = "handed", desk.now.date(), 1
    export.handed_by_id = desk.people.responder.id
    desk.session.commit()
    assert dict(matter(desk, notice)["facts"])["Letters handed to the post"] == "1 on 23 Nov 2026, as Rene Responder said"

    # And nothing of a file that nobody took
    export.state, export.handed_on = "refused", None
    desk.session.commit()
    assert "Letters handed to the post" not in dict(matter(desk, notice)["facts"])


def test_after_late_bounces_it_does_not_contradict_itself_and_names_the_sheet_that_follows(desk: Desk) -> None:
    # Given a sheet over six people whose email was accepted
    notice = desk.launched(csv_of(6), order=["email"])
    desk.send_all()
    before = matter(desk, notice)
    assert (before["next_sheet"], before["people"]["failed"], sum(count for _, count in before["reasons"])) == (None, 2, 2)

    # When one of them bounces afterwards
    one = desk.session.scalars(select(Delivery.public_id).where(Delivery.state == "accepted").order_by(Delivery.id)).first()
    assert one is not None
    deliveries.record_receipts(desk.session, "sendgrid", [Event("k", one, ReceiptKind.BOUNCED, "550 5.1.1 gone", desk.now)],
                               now=desk.now)
    deliveries.apply_receipts(desk.session, now=desk.now)

    # Then the first sheet says that another follows, and gives no reasons that do not fit its counts
    found = matter(desk, notice)
    assert (found["next_sheet"], found["people"]["failed"], found["reasons"]) == (2, 2, ())

    # And the next sheet has them
    desk.clock.move(seconds=2 * finishing.PROVE_AGAIN_AFTER.total_seconds())
    desk.sweep()
    after = matter(desk, notice)
    assert (after["proof_number"], after["next_sheet"], after["people"]["failed"]) == (2, None, 3)
    assert ("The mailbox does not exist", 1) in after["reasons"]


def test_every_figure_of_the_sheet_stands_at_the_right_below_the_others(desk: Desk) -> None:
    # Given the sheet of a notice that is over, filled in as the printer does
    notice = desk.launched(csv_of(3))
    while desk.send():
        pass
    desk.sweep()
    templates = Environment(loader=FileSystemLoader(data_dir("templates") / "reports"), autoescape=True, undefined=StrictUndefined)
    templates.filters["thousands"] = grouped
    page = templates.get_template("proof.html").render(
        language="en", direction="ltr", title="x", created_at=desk.now, page_word="", of_word="", **matter(desk, notice))

    # Then each cell that holds a figure is set as one
    cells = re.findall(r"<td([^>]*)>([0-9,.\s]+)</td>", page)
    assert len(cells) >= 12
    assert {attributes for attributes, _ in cells} == {' class="number"'}
