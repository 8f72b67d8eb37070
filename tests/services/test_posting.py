"""Letters on paper: by four eyes, once, as a stream; and then these people have their outcome."""

import csv
import io
from dataclasses import replace

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor
from incident_app.domain.refusals import Conflict, Forbidden, NotFound, Refused
from incident_app.models.audit import Entry
from incident_app.models.cases import Case
from incident_app.models.deliveries import Attempt, Delivery
from incident_app.models.notices import Notice
from incident_app.models.posting import PostExport
from incident_app.models.recipients import Recipient
from incident_app.services.deliveries import posting
from incident_app.services.deliveries.lettering import csv_lines
from tests.fakes import FakeClock
from tests.letters_kit import Desk
from tests.people import People
from tests.post_kit import POSTAL

WHY = "Letters to people without email"


@pytest.fixture
def desk(session: Session, people: People, clock: FakeClock) -> Desk:
    return Desk(session, people, clock)


@pytest.fixture
def notice(desk: Desk) -> Notice:
    """A notice to three people, two of whom wait for a letter."""
    made = desk.launched(POSTAL, order=["email", "post"])
    while desk.send():
        pass
    return made


def ask(desk: Desk, notice: Notice) -> PostExport:
    """Ask for the file as the approver."""
    return posting.ask_post_export(desk.session, notice.id, WHY, by=desk.people.approver, now=desk.now)


def confirm(desk: Desk, notice: Notice, number: int = 1) -> PostExport:
    """Let it out as the second approver."""
    return posting.answer_post_export(desk.session, notice.id, number, confirmed=True, by=desk.people.second_approver,
                                      now=desk.now)


def take(desk: Desk, notice: Notice, by: Actor | None = None, number: int = 1) -> list[list[str]]:
    """Take it to the end, and read it as a spreadsheet would."""
    rows = posting.take_post_export(desk.session, notice.id, number, by=by or desk.people.approver, clock=desk.clock,
                                    vault=desk.vault)
    return list(csv.reader(io.StringIO("".join(csv_lines(rows)).removeprefix("\ufeff"))))


def stand(desk: Desk, notice: Notice) -> posting.Posting:
    """Look at it."""
    return posting.posting_of(desk.session, desk.session.get_one(Notice, notice.id), now=desk.now)


def test_the_letters_leave_by_four_eyes_and_everybody_has_an_outcome(desk: Desk, notice: Notice) -> None:
    # Given two people whose turn is a letter
    before = stand(desk, notice)
    assert (before.waiting, before.due, before.open) == (2, 2, None)

    # When one approver asks, another confirms, and one of them takes the file
    ask(desk, notice)
    confirm(desk, notice)
    rows = take(desk, notice)

    # Then each reads their own letter in their language, and no spreadsheet runs a name
    assert rows[0] == ["person", "name", "address", "language", "subject", "letter"]
    assert [row[:4] for row in rows[1:]] == [
        ["P-00002", "'=Bob", "Example street 1\n10115 Berlin", "de"],
        ["P-00003", "Cleo", "Example street 2\n10115 Berlin", "en"]]
    assert "Sehr geehrte" in rows[1][5] or "=Bob" in rows[1][5]
    assert "Cleo" in rows[2][5]

    # And they count as told by this file, with a try in their story
    states = desk.session.execute(
        select(Delivery.state, Delivery.provider_reference).where(Delivery.channel == "post")).all()
    assert [tuple(row) for row in states] == [("accepted", "post 1")] * 2
    tries = desk.session.scalars(select(Attempt).where(Attempt.reference == "post 1")).all()
    assert [one.outcome for one in tries] == ["sent", "sent"]
    desk.sweep()
    progress = desk.progress(notice)
    assert (progress.accepted, progress.waiting, progress.adds_up, progress.state) == (3, 0, True, "finished")

    # And the record says who, and how many
    entries = {entry.action: entry for entry in desk.session.scalars(select(Entry).where(Entry.action.like("post.%")).order_by(Entry.seq))}
    assert list(entries) == ["post.asked", "post.confirmed", "post.taken", "post.given"]
    assert entries["post.given"].details == {"export": 1, "people": 2, "accepted": 2, "failed": 0}
    assert "Example street" not in str([entry.details for entry in entries.values()])
    assert stand(desk, notice).exports[0].state == "done"


def test_it_is_asked_for_with_a_reason_while_it_is_sent_and_one_at_a_time(desk: Desk, notice: Notice) -> None:
    with pytest.raises(Forbidden):
        posting.ask_post_export(desk.session, notice.id, WHY, by=desk.people.responder, now=desk.now)
    with pytest.raises(Refused):
        posting.ask_post_export(desk.session, notice.id, "post", by=desk.people.approver, now=desk.now)
    ask(desk, notice)
    with pytest.raises(Conflict, match="under way"):
        ask(desk, notice)
    desk.session.execute(update(Notice).values(state="paused"))
    desk.session.commit()
    with pytest.raises(Conflict, match="not being sent"):
        ask(desk, notice)


def test_a_letter_whose_wait_is_not_over_is_not_due(desk: Desk, notice: Notice) -> None:
    desk.session.execute(update(Delivery).where(Delivery.channel == "post").values(
        next_attempt_at=desk.clock.at.replace(year=2027)))
    desk.session.commit()

    assert (stand(desk, notice).waiting, stand(desk, notice).due) == (2, 0)
    with pytest.raises(Conflict, match="Nobody's turn"):
        ask(desk, notice)


def test_who_asked_cannot_confirm_and_may_take_it_back(desk: Desk, notice: Notice) -> None:
    export = ask(desk, notice)
    answer = {"notice_id": notice.id, "number": export.number, "now": desk.now}

    with pytest.raises(Forbidden, match="yourself"):
        posting.answer_post_export(desk.session, **answer, confirmed=True, by=desk.people.approver)  # type: ignore[arg-type]  # named above
    with pytest.raises(Refused, match="not sent back"):
        posting.answer_post_export(desk.session, **answer, confirmed=False, by=desk.people.approver)  # type: ignore[arg-type]  # named above
    back = posting.answer_post_export(desk.session, **answer, confirmed=False, reason="The printer is closed",  # type: ignore[arg-type]  # named above
                                      by=desk.people.approver)

    assert back.state == "refused"
    with pytest.raises(Conflict, match="answered before"):
        confirm(desk, notice)
    with pytest.raises(NotFound):
        confirm(desk, notice, 7)
    assert ask(desk, notice).number == 2


def test_it_is_taken_once_in_time_and_by_the_two_alone(desk: Desk, notice: Notice) -> None:
    ask(desk, notice)
    with pytest.raises(Conflict, match="second approver"):
        take(desk, notice)
    confirm(desk, notice)
    third = replace(desk.people.second_approver, id=desk.people.responder.id)
    with pytest.raises(Forbidden, match="two people"):
        take(desk, notice, third)
    desk.clock.move(minutes=15)
    with pytest.raises(Conflict, match="quarter of an hour"):
        take(desk, notice)

    ask(desk, notice)
    confirm(desk, notice, 2)
    assert len(take(desk, notice, desk.people.second_approver, 2)) == 3
    with pytest.raises(Conflict, match="twice"):
        take(desk, notice, number=2)


def test_a_file_that_breaks_off_leaves_its_people_waiting(desk: Desk, notice: Notice) -> None:
    ask(desk, notice)
    confirm(desk, notice)

    # When the browser goes away after the first letter
    rows = posting.take_post_export(desk.session, notice.id, 1, by=desk.people.approver, clock=desk.clock,
                                    vault=desk.vault)
    next(rows)
    next(rows)
    rows.close()  # type: ignore[attr-defined]  # a generator has it

    # Then that is recorded, nobody counts as told, and another file may be asked for
    found = stand(desk, notice)
    assert (found.exports[0].state, found.exports[0].people_count, found.waiting) == ("broken", 1, 2)
    assert ask(desk, notice).number == 2


def test_an_address_that_cannot_be_opened_fails_visibly(desk: Desk, notice: Notice) -> None:
    ask(desk, notice)
    confirm(desk, notice)
    desk.session.execute(update(Recipient).where(Recipient.number == 2).values(sealed=b"broken"))
    desk.session.commit()

    rows = take(desk, notice)

    assert [row[0] for row in rows[1:]] == ["P-00003"]
    progress = desk.progress(notice)
    assert (progress.accepted, progress.failed, progress.waiting) == (2, 1, 0)


def test_nothing_is_printed_that_was_not_approved_or_cannot_be_opened(desk: Desk, notice: Notice) -> None:
    ask(desk, notice)
    confirm(desk, notice)

    def refused(**values: object) -> str:
        before = {name: getattr(desk.session.get_one(Notice, notice.id), name) for name in values}
        desk.session.execute(update(Notice).values(**values))
        desk.session.commit()
        with pytest.raises(Conflict) as error:
            take(desk, notice)
        desk.session.execute(update(Notice).values(**before))
        desk.session.commit()
        return str(error.value)

    assert "not being sent" in refused(state="paused")
    assert "no longer what was approved" in refused(fallback_language="fr")
    desk.session.execute(update(Case).values(data_key=None))
    desk.session.commit()
    with pytest.raises(Conflict, match="cannot be opened"):
        take(desk, notice)


def test_nobody_left_to_write_to_is_said_so(desk: Desk, notice: Notice) -> None:
    ask(desk, notice)
    confirm(desk, notice)
    desk.session.execute(update(Delivery).where(Delivery.channel == "post").values(state="cancelled"))
    desk.session.commit()

    with pytest.raises(Conflict, match="Nobody's turn"):
        take(desk, notice)


def test_a_plan_without_letters_has_none(desk: Desk) -> None:
    made = desk.launched(b"email\na@example.org\n")

    assert stand(desk, made) == posting.Posting(0, 0, (), None)
