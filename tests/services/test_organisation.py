"""What the organisation is: answered once, followed by every open case."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.refusals import Forbidden, Refused
from incident_app.models.audit import Entry
from incident_app.models.cases import Case
from incident_app.services.organisation import set_sectors
from tests.builders import a_case, the_law
from tests.fakes import START
from tests.people import People

ASKED = [one.id for one in the_law().sectors]


def answers(*yes: str) -> dict[str, bool | None]:
    """Answer every question: these with yes, the others with no."""
    return {name: name in yes for name in ASKED}


def test_the_answers_are_kept_with_an_entry_and_open_cases_follow(session: Session, people: People) -> None:
    open_case, closed = a_case(session, people.responder), a_case(session, people.responder)
    closed.state = "closed"
    session.commit()

    home = set_sectors(session, answers("telecom", "financial"), by=people.admin, now=START, law=the_law())

    assert home.sectors == ["financial", "telecom"]
    entry = session.scalars(select(Entry).where(Entry.action == "organisation.sectors_set")).one()
    assert entry.details == {"before": [], "sectors": ["financial", "telecom"]}
    assert session.get_one(Case, open_case.id).law_version == ""
    assert session.get_one(Case, closed.id).law_version == the_law().version


def test_no_to_everything_is_an_answer_and_nothing_answered_is_none(session: Session, people: People) -> None:
    assert set_sectors(session, answers(), by=people.admin, now=START, law=the_law()).sectors == []
    assert set_sectors(session, {}, by=people.admin, now=START, law=the_law()).sectors is None
    assert set_sectors(session, dict.fromkeys(ASKED), by=people.admin, now=START, law=the_law()).sectors is None


def test_a_question_left_open_is_never_read_as_no(session: Session, people: People) -> None:
    with pytest.raises(Refused) as refused:
        set_sectors(session, answers("bank") | {"telecom": None}, by=people.admin, now=START, law=the_law())

    assert set(refused.value.problems) == {"telecom"}


def test_what_is_not_asked_is_refused_and_so_is_who_may_not(session: Session, people: People) -> None:
    with pytest.raises(Refused) as refused:
        set_sectors(session, answers() | {"circus": True}, by=people.admin, now=START, law=the_law())
    assert set(refused.value.problems) == {"circus"}
    with pytest.raises(Forbidden):
        set_sectors(session, answers(), by=people.approver, now=START, law=the_law())
