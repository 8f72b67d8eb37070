"""The secret address of a calendar: whose it is, and when it stops working."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.refusals import Forbidden, NotFound
from incident_app.models.accounts import User
from incident_app.models.audit import Entry
from incident_app.models.rota import CalendarLink
from incident_app.services import rota
from tests.fakes import START
from tests.people import People

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


def test_an_address_reads_for_its_owner_and_only_its_hash_is_kept(session: Session, people: People) -> None:
    secret = rota.make_calendar_link(session, by=people.oncall_person, now=START)

    assert rota.calendar_reader(session, secret, now=START).id == people.oncall_person.id
    assert len(secret) >= 32
    link = session.scalars(select(CalendarLink)).one()
    assert secret not in link.digest
    assert secret not in str([entry.details for entry in session.scalars(select(Entry))])


def test_when_it_was_last_read_is_noted_every_five_minutes_at_most(session: Session, people: People) -> None:
    secret = rota.make_calendar_link(session, by=people.responder, now=START)
    noted = []

    for minutes in (0, 4, 5):
        rota.calendar_reader(session, secret, now=START + minutes * MINUTE)
        link = rota.calendar_link(session, by=people.responder)
        assert link is not None
        noted.append(link.last_used_at)

    assert noted == [START, START, START + 5 * MINUTE]


def test_made_anew_the_old_address_is_dead_and_revoked_both_are(session: Session, people: People) -> None:
    old = rota.make_calendar_link(session, by=people.responder, now=START)
    new = rota.make_calendar_link(session, by=people.responder, now=START)

    with pytest.raises(NotFound):
        rota.calendar_reader(session, old, now=START)
    rota.revoke_calendar_link(session, by=people.responder, now=START)

    with pytest.raises(NotFound):
        rota.calendar_reader(session, new, now=START)
    with pytest.raises(NotFound, match="no calendar address"):
        rota.revoke_calendar_link(session, by=people.responder, now=START)
    assert rota.calendar_link(session, by=people.responder) is None


def test_of_a_disabled_account_or_one_without_alerts_it_finds_nothing(session: Session, people: People) -> None:
    secret = rota.make_calendar_link(session, by=people.responder, now=START)
    user = session.get_one(User, people.responder.id)
    user.active = False
    session.commit()
    with pytest.raises(NotFound, match="There is no such calendar"):
        rota.calendar_reader(session, secret, now=START)

    user.active, user.roles = True, list(session.get_one(User, people.reporter.id).roles)
    session.commit()

    with pytest.raises(NotFound, match="There is no such calendar"):
        rota.calendar_reader(session, secret, now=START)


def test_who_sees_no_alerts_has_no_address(session: Session, people: People) -> None:
    with pytest.raises(Forbidden):
        rota.make_calendar_link(session, by=people.reporter, now=START)
    with pytest.raises(Forbidden):
        rota.calendar_shifts(session, by=people.admin, now=START)


def test_the_feed_holds_the_last_month_and_all_that_comes_uncut(session: Session, people: People) -> None:
    assert rota.calendar_shifts(session, by=people.auditor, now=START) == []
    first = rota.add_shift(session, people.oncall_person.id, START, START + 30 * DAY, by=people.admin, now=START)
    rota.add_shift(session, people.responder.id, START + 30 * DAY, START + 60 * DAY, by=people.admin, now=START)

    found = rota.calendar_shifts(session, by=people.auditor, now=START + 45 * DAY)
    assert [(one.starts_at, one.ends_at) for one in found] == [
        (first.starts_at, first.ends_at), (START + 30 * DAY, START + 60 * DAY),
    ]
    assert len(rota.calendar_shifts(session, by=people.auditor, now=START + 61 * DAY)) == 1
