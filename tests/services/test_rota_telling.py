"""Whoever is put on call by somebody else is told: once for each saving, and not of what is far away."""

from datetime import date, time, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.rotations import Rotation
from incident_app.models.accounts import User
from incident_app.models.linking import StaffNote
from incident_app.services import rota
from tests.fakes import START
from tests.people import People

DAY = timedelta(days=1)


def told(session: Session) -> list[tuple[int, str]]:
    """Return who was written to, and what, in order."""
    return [(note.user_id, note.text) for note in session.scalars(select(StaffNote).order_by(StaffNote.id))]


def test_a_shift_that_begins_soon_is_told_by_every_way(session: Session, people: People) -> None:
    # Given somebody with Telegram
    session.get_one(User, people.oncall_person.id).telegram_chat_id = "7001"
    session.commit()

    # When somebody else puts them on call within the week
    rota.add_shift(session, people.oncall_person.id, START + 2 * DAY, START + 4 * DAY, by=people.responder, now=START)

    # Then they hear from when to when, by each way
    notes = session.scalars(select(StaffNote).order_by(StaffNote.id)).all()
    assert [(note.user_id, note.channel, note.subject) for note in notes] == [
        (people.oncall_person.id, "email", "You are on call"), (people.oncall_person.id, "telegram", "You are on call")]
    assert notes[0].text == ("Rene Responder put you on call from Wed 25 Nov 2026 10:40 CET to Fri 27 Nov 2026 10:40 CET. "
                             "Alerts reach you by Telegram and email.")


def test_a_shift_of_ones_own_and_one_far_away_are_not_told(session: Session, people: People) -> None:
    rota.add_shift(session, people.responder.id, START, START + 9 * DAY, by=people.responder, now=START)
    far = rota.add_shift(session, people.oncall_person.id, START + 9 * DAY, START + 16 * DAY, by=people.responder, now=START)

    assert told(session) == []

    # … until it is moved to begin within the week
    rota.change_shift(session, far.id, START + 6 * DAY, START + 16 * DAY, by=people.responder, now=START)
    assert [user_id for user_id, _ in told(session)] == [people.oncall_person.id]


def test_what_was_somebodys_already_is_not_told_again(session: Session, people: People) -> None:
    # Given a week that was told
    first = rota.add_shift(session, people.oncall_person.id, START, START + 7 * DAY, by=people.responder, now=START)
    assert len(told(session)) == 1

    # When a second shift lies within it, then nothing is new
    rota.add_shift(session, people.oncall_person.id, START + DAY, START + 2 * DAY, by=people.responder, now=START)
    assert len(told(session)) == 1

    # And when the first is made longer, then what is new is told
    rota.change_shift(session, first.id, START, START + 8 * DAY, by=people.responder, now=START + 2 * DAY)
    assert told(session)[-1][1].startswith("Rene Responder put you on call from Mon 30 Nov 2026 10:40 CET to Tue 1 Dec 2026 10:40 CET.")


def test_whose_turn_comes_back_when_a_shift_is_taken_off_hears_it(session: Session, people: People) -> None:
    # Given a day of somebody's week that another one has
    rota.add_shift(session, people.responder.id, START, START + 7 * DAY, by=people.responder, now=START)
    over = rota.add_shift(session, people.approver.id, START + DAY, START + 2 * DAY, by=people.approver, now=START)
    assert told(session) == []

    # When it is taken off, then the day is theirs again, and they hear it
    rota.remove_shift(session, over.id, by=people.admin, now=START)
    assert [user_id for user_id, _ in told(session)] == [people.responder.id]


@pytest.mark.parametrize(("turns", "words"), [(4, "and 1 more time until"), (8, "and 3 more times until")])
def test_a_rotation_of_weeks_is_one_message_to_each(session: Session, people: People, turns: int, words: str) -> None:
    # When a rotation of many weeks for two is saved, by one of them
    plan = Rotation((people.oncall_person.id, people.responder.id), 7, 0, time(10, 40), "Europe/Berlin", date(2026, 12, 7), turns)
    rota.add_shift(session, people.approver.id, START, START + 14 * DAY, by=people.approver, now=START)
    rota.save_rotation(session, plan, by=people.responder, now=START)

    # Then the other one hears of the first turn and how many follow, in one message
    ((user_id, text),) = told(session)
    assert user_id == people.oncall_person.id
    assert text.startswith("Rene Responder put you on call from Mon 7 Dec 2026 10:40 CET to Mon 14 Dec 2026 10:40 CET, ")
    assert words in text

    # And the same rotation saved again says nothing
    rota.save_rotation(session, plan, by=people.responder, now=START)
    assert len(told(session)) == 1
