"""What the organisation is: answered once, followed by every open case."""

from dataclasses import replace

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import SYSTEM
from incident_app.domain.refusals import Conflict, Forbidden, Refused
from incident_app.models.audit import Entry
from incident_app.models.cases import Case
from incident_app.models.organisation import Organisation
from incident_app.services.organisation import Details, change, details_of, set_sectors, set_up
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


ACME = Details("Acme", "IE", "Europe/Dublin", dpo_email="dpo@acme.test", subdivision=" ")


def test_an_organisation_is_set_up_once(session: Session, people: People) -> None:
    session.execute(delete(Organisation))
    session.commit()

    home = set_up(session, ACME, by=people.admin, now=START)

    assert (home.name, home.country, home.subdivision, home.sectors) == ("Acme", "IE", None, None)
    with pytest.raises(Conflict):
        set_up(session, ACME, by=people.admin, now=START)
    assert session.scalars(select(Entry).where(Entry.action == "organisation.set_up")).one().details == {
        "country": "IE", "zone": "Europe/Dublin"}


def test_the_command_line_may_set_it_up_where_nobody_has_an_account_yet(session: Session) -> None:
    session.execute(delete(Organisation))
    session.commit()

    assert set_up(session, ACME, by=SYSTEM, now=START).name == "Acme"


def test_details_are_changed_with_an_entry_and_logged_cases_keep_their_home(session: Session, people: People) -> None:
    case = a_case(session, people.responder)
    home = session.scalars(select(Organisation)).one()
    moved = replace(details_of(home), country="IE", zone="Europe/Dublin", subdivision="", dpo_name="Dana")

    change(session, moved, by=people.admin, now=START)
    change(session, moved, by=people.admin, now=START)

    assert (home.country, home.subdivision, home.dpo_name) == ("IE", None, "Dana")
    assert (case.home_country, case.law_version) == ("DE", "")
    entry = session.scalars(select(Entry).where(Entry.action == "organisation.changed")).one()
    assert entry.details == {"fields": ["country", "zone", "subdivision", "dpo_name"]}


def test_details_that_make_no_sense_are_named_all_at_once(session: Session, people: People) -> None:
    wrong = Details(" ", "Ireland", "Europe/Nowhere", subdivision="B-E", dpo_email="nobody")

    for work in (set_up, change):
        with pytest.raises(Refused) as refused:
            work(session, wrong, by=people.admin, now=START)
        assert set(refused.value.problems) == {"name", "country", "zone", "subdivision", "dpo_email"}
        with pytest.raises(Forbidden):
            work(session, ACME, by=people.approver, now=START)
