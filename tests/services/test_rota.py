"""Who is on call, and who comes next."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor
from incident_app.domain.refusals import Forbidden, NotFound, Refused
from incident_app.models.accounts import User
from incident_app.services import rota
from tests.fakes import START
from tests.people import People

DAY = timedelta(days=1)


def _on(session: Session, people: People, who: Actor, start: datetime, end: datetime) -> int:
    return rota.add_shift(session, who.id, start, end, by=people.admin, now=START).id


def test_the_shift_made_later_covers_the_earlier_one(session: Session, people: People) -> None:
    _on(session, people, people.oncall_person, START, START + 7 * DAY)
    _on(session, people, people.responder, START + DAY, START + 2 * DAY)

    names = [user.name if (user := rota.on_call(session, START + days * DAY)) else "" for days in (0, 1, 2, 7)]

    assert names == ["Ola Oncall", "Rene Responder", "Ola Oncall", ""]
    assert rota.current_shift(session, START + 8 * DAY) is None
    shift = rota.current_shift(session, START + DAY)
    assert shift is not None
    assert shift.user_id == people.responder.id


def test_who_is_next_is_somebody_else(session: Session, people: People) -> None:
    assert rota.who_is_next(session, START) is None
    _on(session, people, people.oncall_person, START, START + DAY)
    _on(session, people, people.oncall_person, START + DAY, START + 2 * DAY)
    _on(session, people, people.approver, START + 2 * DAY, START + 3 * DAY)

    found = rota.who_is_next(session, START)

    assert found is not None
    assert (found[0].name, found[1].starts_at) == ("Ada Approver", START + 2 * DAY)


def test_a_disabled_account_is_not_on_call(session: Session, people: People) -> None:
    _on(session, people, people.oncall_person, START, START + DAY)
    _on(session, people, people.oncall_person, START + DAY, START + 2 * DAY)
    session.get_one(User, people.oncall_person.id).active = False
    session.commit()

    assert rota.on_call(session, START) is None
    assert rota.who_is_next(session, START) is None
    assert rota.gaps(session, START, START + DAY) == [(START, START + DAY)]


def test_gaps_are_found(session: Session, people: People) -> None:
    _on(session, people, people.oncall_person, START + DAY, START + 2 * DAY)

    assert rota.gaps(session, START, START + 3 * DAY) == [(START, START + DAY), (START + 2 * DAY, START + 3 * DAY)]
    assert [shift.user.name for shift in rota.upcoming(session, START, START + 3 * DAY)] == ["Ola Oncall"]


def test_a_shift_needs_a_person_who_may_answer_and_a_sensible_time(session: Session, people: People) -> None:
    def problems(who: int, start: datetime, end: datetime) -> set[str]:
        with pytest.raises(Refused) as refused:
            rota.add_shift(session, who, start, end, by=people.admin, now=START)
        return set(refused.value.problems)

    assert problems(people.auditor.id, START, START + DAY) == {"user_id"}
    assert problems(4711, START + DAY, START) == {"user_id", "ends_at"}
    assert problems(people.responder.id, START, START + 32 * DAY) == {"ends_at"}
    assert problems(people.responder.id, START - 2 * DAY, START - DAY) == {"ends_at"}
    assert rota.upcoming(session, START - 9 * DAY, START + 99 * DAY) == []


def test_a_shift_is_taken_off_once(session: Session, people: People) -> None:
    _on(session, people, people.oncall_person, START, START + DAY)
    number = _on(session, people, people.approver, START, START + DAY)

    rota.remove_shift(session, number, by=people.responder, now=START)

    found = rota.on_call(session, START)
    assert found is not None
    assert found.name == "Ola Oncall"
    with pytest.raises(NotFound):
        rota.remove_shift(session, number, by=people.responder, now=START)


def test_only_who_manages_the_rota_may_change_it(session: Session, people: People) -> None:
    with pytest.raises(Forbidden):
        rota.add_shift(session, people.responder.id, START, START + DAY, by=people.oncall_person, now=START)
    with pytest.raises(Forbidden):
        rota.remove_shift(session, 1, by=people.reporter, now=START)


def test_who_may_answer_alerts_can_be_put_on_call(session: Session, people: People) -> None:
    assert [user.name for user in rota.able(session)] == ["Ada Approver", "Ola Oncall", "Rene Responder", "Sam Second"]
