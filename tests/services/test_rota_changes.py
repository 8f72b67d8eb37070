"""Covers, hand-overs, other times and rotations, on both databases; every change stands in the record."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from threading import Barrier

import pytest
from sqlalchemy import delete, select, text
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from incident_app.domain.accounts import SYSTEM, Actor
from incident_app.domain.refusals import Conflict, Forbidden, NotFound, Refused
from incident_app.domain.rotations import Rotation
from incident_app.models.accounts import User
from incident_app.models.audit import Entry
from incident_app.models.linking import StaffNote
from incident_app.models.rota import Shift, covering
from incident_app.services import rota
from incident_app.services.rota import Nobody, OnCall
from tests.fakes import START
from tests.people import People

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def week(session: Session, people: People) -> int:
    """The on-call person has the week."""
    return rota.add_shift(session, people.oncall_person.id, START, START + 7 * DAY, by=people.admin, now=START).id


def names(session: Session, start: datetime = START, days: int = 7) -> list[str]:
    """Return who is on call at the start of each day."""
    found = [rota.on_call(session, start + number * DAY) for number in range(days)]
    return [user.name.split()[0] if user else "–" for user in found]


def actions(session: Session) -> list[str]:
    return list(session.scalars(select(Entry.action).where(Entry.action.startswith("rota.")).order_by(Entry.seq)))


def test_a_day_of_a_week_is_covered_and_the_page_can_say_for_whom(session: Session, people: People, week: int) -> None:
    made = rota.cover(session, week, people.responder.id, START + 2 * DAY, START + 3 * DAY, by=people.admin, now=START)

    assert names(session) == ["Ola", "Ola", "Rene", "Ola", "Ola", "Ola", "Ola"]
    assert made.covers is not None
    assert (made.user.name, made.covers.name) == ("Rene Responder", "Ola Oncall")
    assert rota.open_gaps(session, START) == []
    coming = rota.who_is_next(session, START + 2 * DAY)
    assert coming is not None
    assert (coming[0].name, coming[1].starts_at) == ("Ola Oncall", START + 3 * DAY)


def test_who_is_on_call_finds_cover_for_their_own_shift_only(session: Session, people: People, week: int) -> None:
    own = people.oncall_person
    rota.cover(session, week, people.approver.id, START + DAY, START + 2 * DAY, by=own, now=START)
    other = next(one for one in rota.upcoming(session, START, START + 7 * DAY) if one.user_id == people.approver.id)

    with pytest.raises(Forbidden, match="your own shifts"):
        rota.cover(session, other.id, own.id, START + DAY, START + 2 * DAY, by=own, now=START)
    with pytest.raises(Forbidden):
        rota.cover(session, week, people.approver.id, START, START + DAY, by=people.reporter, now=START)
    assert names(session)[:3] == ["Ola", "Ada", "Ola"]


def test_the_shift_is_handed_over_now_until_its_end(session: Session, people: People, week: int) -> None:
    later = START + 2 * DAY

    made = rota.hand_over(session, people.responder.id, shift_id=week, by=people.oncall_person, now=later)

    assert (made.starts_at, made.ends_at) == (later, START + 7 * DAY)
    assert names(session) == ["Ola", "Ola", "Rene", "Rene", "Rene", "Rene", "Rene"]
    with pytest.raises(Conflict, match="Rene Responder is on call by now"):
        rota.hand_over(session, people.approver.id, shift_id=week, by=people.admin, now=later)


def test_where_nobody_is_on_call_nothing_is_handed_over(session: Session, people: People) -> None:
    with pytest.raises(Refused, match="Nobody is on call now"):
        rota.hand_over(session, people.responder.id, by=people.admin, now=START)


def test_who_answers_no_alerts_is_not_put_in(session: Session, people: People, week: int) -> None:
    with pytest.raises(Refused) as refused:
        rota.cover(session, week, people.auditor.id, START, START + DAY, by=people.admin, now=START)

    assert refused.value.problems == {"user_id": "Choose somebody who may answer alerts."}


def test_other_times_that_open_a_gap_are_refused_in_words_and_nothing_is_saved(
    session: Session, people: People, week: int
) -> None:
    rota.add_shift(session, people.approver.id, START + 7 * DAY, START + 9 * DAY, by=people.admin, now=START)

    with pytest.raises(Refused) as refused:
        rota.change_shift(session, week, START, START + 6 * DAY, by=people.admin, now=START)

    assert "from Sun 29 Nov 2026 10:40 CET to Mon 30 Nov 2026 10:40 CET" in refused.value.problems["ends_at"]
    assert rota.shift(session, week).ends_at == START + 7 * DAY
    made = rota.change_shift(session, week, START, START + 8 * DAY, by=people.admin, now=START)
    assert made.ends_at == START + 8 * DAY


def test_the_last_shift_is_not_taken_off(session: Session, people: People, week: int) -> None:
    with pytest.raises(Refused, match="leave the rota empty"):
        rota.remove_shift(session, week, by=people.admin, now=START)

    assert names(session) == ["Ola"] * 7


def test_a_shift_that_was_changed_meanwhile_is_a_conflict_and_one_that_is_over_is_kept(
    session: Session, people: People, week: int
) -> None:
    rota.cover(session, week, people.responder.id, START + DAY, START + 2 * DAY, by=people.admin, now=START, version=1)

    with pytest.raises(Conflict, match="changed meanwhile"):
        rota.change_shift(session, week, START, START + DAY, by=people.admin, now=START, version=1)
    with pytest.raises(Refused, match="This shift is over"):
        rota.remove_shift(session, week, by=people.admin, now=START + 8 * DAY)
    with pytest.raises(NotFound):
        rota.remove_shift(session, 4711, by=people.admin, now=START)
    with pytest.raises(NotFound):
        rota.shift(session, 4711)


def test_a_shift_over_another_gives_the_other_a_new_version(session: Session, people: People, week: int) -> None:
    rota.add_shift(session, people.approver.id, START + DAY, START + 2 * DAY, by=people.admin, now=START + HOUR)

    assert (rota.shift(session, week).version, rota.shift(session, week).changed_at) == (2, START + HOUR)


def test_a_disabled_account_leaves_a_gap_that_can_be_filled(session: Session, people: People, week: int) -> None:
    session.get_one(User, people.oncall_person.id).active = False
    session.commit()

    assert rota.open_gaps(session, START) == [(START, START + 7 * DAY)]
    assert rota.ends(session, START) is None
    rota.cover(session, week, people.responder.id, START, START + 7 * DAY, by=people.admin, now=START)
    assert rota.open_gaps(session, START) == []
    assert rota.ends(session, START) == START + 7 * DAY


def test_the_rota_is_told_stretch_by_stretch_with_those_without_anybody(session: Session, people: People, week: int) -> None:
    found = rota.duties(session, START - DAY, START + 8 * DAY)

    assert [type(one) for one in found] == [Nobody, OnCall, Nobody]
    assert rota.current_shift(session, START - HOUR) is None


def plan(*people: Actor, first: date = date(2026, 11, 30)) -> Rotation:
    return Rotation(tuple(one.id for one in people), 7, 0, time(9), "Europe/Madrid", first, 3)


def test_a_rotation_is_shown_before_it_is_saved_and_replaces_only_what_it_covers(
    session: Session, people: People, week: int
) -> None:
    rota.add_shift(session, people.second_approver.id, START + 7 * DAY, START + 9 * DAY, by=people.admin, now=START)
    turns = plan(people.responder, people.approver)

    shown = rota.preview_rotation(session, turns, by=people.admin, now=START)
    assert [user.name for user, _ in shown.turns] == ["Rene Responder", "Ada Approver", "Rene Responder"]
    assert (shown.replaced.whole, shown.replaced.cut) == (1, 1)
    assert len(rota.upcoming(session, START, START + 60 * DAY)) == 2

    made = rota.save_rotation(session, turns, seen=shown.seen, by=people.admin, now=START)
    assert made[0].starts_at == datetime(2026, 11, 30, 8, tzinfo=UTC)
    assert names(session, days=28) == ["Ola"] * 7 + ["Rene"] * 7 + ["Ada"] * 7 + ["Rene"] * 7
    assert rota.shift(session, week).ends_at == made[0].starts_at
    assert actions(session)[-1] == "rota.rotation_saved"


def test_a_rotation_is_not_saved_over_a_rota_that_was_changed_since(session: Session, people: People, week: int) -> None:
    turns = plan(people.responder)
    shown = rota.preview_rotation(session, turns, by=people.admin, now=START)
    rota.add_shift(session, people.approver.id, START + 7 * DAY, START + 8 * DAY, by=people.admin, now=START)

    with pytest.raises(Conflict, match="changed since this list was made"):
        rota.save_rotation(session, turns, seen=shown.seen, by=people.admin, now=START)


def test_a_rotation_after_a_hole_or_with_somebody_who_is_not_woken_is_refused(
    session: Session, people: People, week: int
) -> None:
    with pytest.raises(Refused, match="Nobody would be on call"):
        rota.preview_rotation(session, plan(people.responder, first=date(2026, 12, 7)), by=people.admin, now=START)
    with pytest.raises(Refused) as refused:
        rota.preview_rotation(session, plan(people.responder, people.auditor), by=people.admin, now=START)
    assert refused.value.problems == {"people": "Choose people who may answer alerts."}
    with pytest.raises(Forbidden):
        rota.save_rotation(session, plan(people.responder), by=people.oncall_person, now=START)
    assert len(rota.upcoming(session, START, START + 60 * DAY)) == 1


def test_the_app_itself_hears_of_moments_in_utc(session: Session, people: People, week: int) -> None:
    app = Actor(SYSTEM.id, SYSTEM.name, people.admin.roles)

    with pytest.raises(Refused) as refused:
        rota.add_shift(session, people.responder.id, START + 8 * DAY, START + 9 * DAY, by=app, now=START)

    assert "Mon 30 Nov 2026 09:40 UTC" in refused.value.problems["starts_at"]


def test_every_change_stands_in_the_record_with_ids_and_times_only(session: Session, people: People, week: int) -> None:
    made = rota.cover(session, week, people.responder.id, START + DAY, START + 2 * DAY, by=people.admin, now=START)
    rota.hand_over(session, people.approver.id, by=people.admin, now=START + HOUR)
    rota.change_shift(session, made.id, made.starts_at, made.ends_at, by=people.admin, now=START + HOUR)
    over = rota.add_shift(session, people.approver.id, START, START + DAY, by=people.admin, now=START + HOUR)
    rota.remove_shift(session, over.id, by=people.admin, now=START + HOUR)

    assert actions(session) == ["rota.shift_added", "rota.shift_covered", "rota.handed_over", "rota.shift_changed",
                                "rota.shift_added", "rota.shift_removed"]
    for entry in session.scalars(select(Entry).where(Entry.action.startswith("rota."))):
        assert set(entry.details) == {"user", "starts_at", "ends_at", "added", "changed", "removed"}


def test_of_two_who_take_off_one_half_each_at_the_same_time_only_one_succeeds(
    session: Session, engine: Engine, people: People, week: int
) -> None:
    # Given two shifts over the same week, of which either may go
    other = rota.add_shift(session, people.responder.id, START, START + 7 * DAY, by=people.admin, now=START).id
    session.rollback()
    ready = Barrier(2)

    def take_off(number: int) -> str:
        with Session(engine) as mine:
            ready.wait()
            try:
                rota.remove_shift(mine, number, by=people.admin, now=START)
            except Refused as refused:
                return refused.reason.split(",")[0]
        return "gone"

    # When both are taken off at once
    with ThreadPoolExecutor(2) as pool:
        told = sorted(pool.map(take_off, (week, other)))

    # Then somebody is still on call
    assert told == ["This would leave the rota empty", "gone"]
    assert rota.open_gaps(session, START) == []


def test_who_is_on_call_is_answered_by_an_index_among_ten_thousand_shifts(session: Session, people: People) -> None:
    # Given ten thousand shifts of six hours, years of them
    session.add_all([
        Shift(user_id=people.oncall_person.id, starts_at=START + number * 6 * HOUR, ends_at=START + (number + 1) * 6 * HOUR,
              made_at=START, changed_at=START, rank=number)
        for number in range(-9000, 1000)
    ])
    session.commit()
    bind = session.get_bind()
    session.execute(text("ANALYZE"))

    # When the database is asked how it finds the one that counts
    asked = covering(START + DAY).compile(bind, compile_kwargs={"literal_binds": True})
    explain = "EXPLAIN QUERY PLAN" if bind.dialect.name == "sqlite" else "EXPLAIN"
    rows = session.connection().exec_driver_sql(f"{explain} {asked}")

    # Then it walks an index of shifts, not the table
    told = "\n".join(str(row) for row in rows)
    assert "ix_shifts_" in told
    assert "SCAN shifts" not in told
    assert "Seq Scan on shifts" not in told
    found = rota.on_call(session, START + DAY)
    assert found is not None
    assert found.name == "Ola Oncall"


def test_who_is_put_on_call_by_somebody_else_hears_it_by_every_way_they_have(session: Session, people: People, week: int) -> None:
    # Given a responder in New York who has Telegram, and an approver who has not
    responder = session.get_one(User, people.responder.id)
    responder.telegram_chat_id, responder.zone = "7002", "America/New_York"
    session.execute(delete(StaffNote))  # of the shift itself: tests/services/test_rota_telling.py
    session.commit()

    # When one is handed over to, and the other finds cover for a day with them
    rota.hand_over(session, people.responder.id, by=people.oncall_person, now=START + HOUR)
    own = rota.current_shift(session, START + HOUR)
    assert own is not None
    rota.cover(session, own.shift.id, people.approver.id, START + DAY, START + 2 * DAY, by=people.responder, now=START + HOUR)

    # Then each hears from when to when, once by each way, in their own time
    notes = session.scalars(select(StaffNote).order_by(StaffNote.id)).all()
    assert [(note.user_id, note.channel, note.subject) for note in notes] == [
        (people.responder.id, "email", "You are on call"), (people.responder.id, "telegram", "You are on call"),
        (people.approver.id, "email", "You are on call")]
    assert notes[0].text == ("Ola Oncall put you on call from Mon 23 Nov 2026 05:40 EST to Mon 30 Nov 2026 04:40 EST. "
                             "Alerts reach you by Telegram and email.")
    assert notes[2].text.endswith("Alerts reach you by email alone: link Telegram on the page of your account to be woken.")

    # … and whoever puts in themselves knows
    rota.hand_over(session, people.second_approver.id, by=people.second_approver, now=START + 3 * HOUR)
    assert len(session.scalars(select(StaffNote)).all()) == 3
