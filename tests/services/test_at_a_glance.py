"""What the head of every page and the first page say in one line."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.models.organisation import Organisation
from incident_app.services import alerts, cases, closing, health, reports
from incident_app.services.unit import writing
from tests.builders import a_case, the_law
from tests.fakes import START
from tests.people import ANYBODY, People


def test_before_anything_was_seen_it_says_what_is_missing(session: Session) -> None:
    glance = health.at_a_glance(health.signs_of_life(session, now=START), now=START)

    assert (glance.ok, glance.name, glance.words) == (False, "Not healthy", "scheduler: has not been seen yet")


def test_while_all_live_it_says_how_long_ago_the_oldest_sign_was(session: Session) -> None:
    for seconds, name in enumerate(health.MUST_LIVE):
        alerts.beat(session, name, now=START - timedelta(seconds=8 + seconds))

    glance = health.at_a_glance(health.signs_of_life(session, now=START), now=START)

    assert (glance.ok, glance.name, glance.words) == (True, "Healthy", "worker 13 s ago")
    assert health.at_a_glance([], now=START).words == ""


def test_cases_to_decide_are_named_without_drills_and_not_more_than_asked_for(session: Session, people: People) -> None:
    assert closing.undecided(session, by=ANYBODY, most=9) == []
    a_case(session, people.responder)
    a_case(session, people.responder, aware_at=START - timedelta(hours=9))
    a_case(session, people.responder, is_drill=True)

    assert closing.undecided(session, by=ANYBODY, most=9) == ["BR-2026-001", "BR-2026-002"]
    assert closing.undecided(session, by=ANYBODY, most=1) == ["BR-2026-001"]
    assert closing.undecided(session, by=people.oncall_person, most=9) == [], "of what nobody may read nothing is said"


def test_the_register_counts_what_a_person_may_see(session: Session, people: People) -> None:
    a_case(session, people.responder)
    a_case(session, people.reporter)

    counts = [reports.case_count(session, by=who, most=9) for who in (people.approver, people.reporter, people.oncall_person)]

    assert counts == [2, 1, 2]
    assert reports.case_count(session, by=people.responder, most=1) == 1


def test_an_authority_leads_only_with_an_establishment(session: Session, people: People) -> None:
    case = a_case(session, people.responder)
    assert cases.lead_authority(session, case, the_law()) == "BlnBDI"

    with writing(session):
        session.scalars(select(Organisation)).one().eu_establishment = False

    assert cases.lead_authority(session, case, the_law()) is None
