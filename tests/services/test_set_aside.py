"""A form sent without a proof: kept sealed for some minutes, for the browser that sent it, and nobody else."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor
from incident_app.models.drafts import Draft, all_of_case
from incident_app.services import drafts, set_aside
from incident_app.services.unit import writing
from tests.builders import a_case
from tests.fakes import START, FakeVault

SENT = [("email", "maša@example.org"), ("roles", "reporter"), ("roles", "auditor")]
LATER = START + timedelta(minutes=4)


def of_browser(session: Session, by: Actor, vault: FakeVault, *, minutes: int = 4) -> list[set_aside.SetAside]:
    return set_aside.of_browser(session, by=by, now=START + timedelta(minutes=minutes), vault=vault)


def test_what_was_sent_is_there_for_this_browser_and_for_a_quarter_of_an_hour(session: Session, admin: Actor) -> None:
    here, elsewhere, vault = replace(admin, session="a" * 64), replace(admin, session="b" * 64), FakeVault()

    assert set_aside.set_aside(session, "/people", SENT, ref=None, by=here, now=START, vault=vault)

    assert of_browser(session, here, vault) == [set_aside.SetAside("/people", START, SENT)]
    assert of_browser(session, elsewhere, vault) == []
    assert of_browser(session, here, vault, minutes=15) == []
    assert "maša".encode() not in session.scalars(select(Draft)).one().sealed
    # And then it goes, long before unsaved text does
    assert drafts.purge(session, now=START + timedelta(minutes=14)) == 0
    assert drafts.purge(session, now=START + timedelta(minutes=16)) == 1


def test_sent_to_two_addresses_both_wait_sent_twice_the_newest_does(session: Session, admin: Actor) -> None:
    vault = FakeVault()
    for path, words in (("/people", "first"), ("/teams", "team"), ("/people", "second")):
        set_aside.set_aside(session, path, [("name", words)], ref=None, by=admin, now=START, vault=vault)

    assert [(one.path, one.values) for one in of_browser(session, admin, vault)] == [
        ("/people", [("name", "second")]), ("/teams", [("name", "team")])]
    set_aside.done_with(session, "/people", by=admin)
    assert [one.path for one in of_browser(session, admin, vault)] == ["/teams"]


def test_only_so_many_forms_wait(session: Session, admin: Actor) -> None:
    vault = FakeVault()
    for number in range(set_aside.MOST + 2):
        set_aside.set_aside(session, f"/people/{number}", SENT, ref=None, by=admin, now=START, vault=vault)

    waiting = of_browser(session, admin, vault)
    assert [waiting[0].path, waiting[-1].path, len(waiting)] == ["/people/11", "/people/2", set_aside.MOST]


def test_too_much_is_not_kept_nor_what_speaks_of_a_case_that_is_not_theirs(
    session: Session, responder: Actor, admin: Actor,
) -> None:
    case, vault = a_case(session, responder), FakeVault()
    long = [("text", "x" * 300_000)]

    assert not set_aside.set_aside(session, "/people", long, ref=None, by=admin, now=START, vault=vault)
    assert not set_aside.set_aside(session, "/people", SENT * 200, ref=None, by=admin, now=START, vault=vault)
    assert not set_aside.set_aside(session, "/cases/x", SENT, ref=case.ref, by=admin, now=START, vault=vault)
    assert session.scalars(select(Draft)).all() == []


def test_it_goes_with_the_people_of_the_case_and_with_its_key(session: Session, responder: Actor) -> None:
    case, vault = a_case(session, responder), FakeVault()
    set_aside.set_aside(session, "/cases/x", SENT, ref=case.ref, by=responder, now=START, vault=vault)
    set_aside.set_aside(session, "/me/tokens", SENT, ref=None, by=responder, now=START, vault=vault)

    with writing(session):
        session.execute(all_of_case(case.id))
    assert [one.path for one in of_browser(session, responder, vault)] == ["/me/tokens"]
    # And a row somebody moved, or whose key is gone, is as if it had never been typed
    session.scalars(select(Draft)).one().sealed = b"broken"
    session.commit()
    assert of_browser(session, responder, vault) == []
