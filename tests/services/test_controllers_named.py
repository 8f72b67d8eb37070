"""A list of controllers held against the names in the case: who is not named, who has no line, and what stays owed because of it."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.models.audit import Entry
from incident_app.models.cases import Case
from incident_app.models.obligations import DISCHARGED, OWED, Obligation, of_case
from incident_app.services import controllers
from incident_app.services.controllers.importing import NOT_NAMED
from tests.controllers_kit import Office
from tests.fakes import FakeClock
from tests.people import People

LIST = "organisation,email\nPartner one S.L.,ana@one.example\nPartner thre GmbH,chris@three.example\n"
NAMES = ("Partner one S.L.", "Partner three GmbH")


@pytest.fixture
def desk(session: Session, people: People, clock: FakeClock) -> Office:
    return Office(session, people, clock)


def duties(desk: Office, case: Case) -> dict[str, Obligation]:
    """Return the duties to tell the controllers of a case, by their names."""
    return {one.controller: one for one in desk.session.scalars(of_case(case.id)) if one.recipient_type == "controller"}


def owed(desk: Office, case: Case) -> dict[str, str]:
    """Return why a controller is still to be told, by its name."""
    said = controllers.still_owed(desk.session, desk.session.get_one(Case, case.id), now=desk.now)
    return {one.controller: said[one.id] for one in duties(desk, case).values() if one.id in said}


def test_a_name_that_is_not_in_the_case_is_said_when_the_list_is_taken_over_and_so_is_who_has_no_line(desk: Office) -> None:
    case = desk.case(controllers=NAMES)

    made = desk.customers(case, LIST)

    # Then both are said, and the line is named that has to be looked at
    assert controllers.apart_of(desk.session, made).words == (
        "Not named in the case: “Partner thre GmbH”. No line for: “Partner three GmbH”.")
    assert made.problems == [{"line": 3, "column": "organisation", "words": NOT_NAMED, "refused": False}]
    assert "thre" not in str(made.problems)

    # And nothing of it once the list and the case agree
    again = desk.customers(case, LIST.replace("Partner thre  GmbH".replace("  ", " "), "partner  THREE gmbh"))
    assert (controllers.apart_of(desk.session, again).words, again.problem_count) == ("", 0)


def test_whoever_is_named_in_the_case_later_is_no_stranger_any_more(desk: Office) -> None:
    case = desk.case(controllers=NAMES)
    made = desk.customers(case, LIST)

    case.controllers = [{"name": name, "aware_at": None} for name in ("Partner one S.L.", "Partner thre GmbH")]
    desk.session.commit()

    assert controllers.apart_of(desk.session, made).words == ""


def test_a_case_that_names_nobody_takes_every_list_for_whole(desk: Office) -> None:
    assert controllers.apart_of(desk.session, desk.customers(desk.case(), LIST)).words == ""


def test_many_names_are_said_up_to_a_limit(desk: Office) -> None:
    lines = "".join(f"Customer {number},customer{number}@example.org\n" for number in range(20))

    made = desk.customers(desk.case(controllers=("Partner one S.L.",)), f"organisation,email\n{lines}")

    assert "“Customer 11” and 8 more. No line for: “Partner one S.L.”." in controllers.apart_of(desk.session, made).words


def test_the_duty_to_who_was_left_out_stays_owed_and_says_why(desk: Office) -> None:
    # Given a list that misspells one of the two
    case = desk.case(controllers=NAMES)
    assert owed(desk, case) == {}  # nothing went out yet

    # When a notice goes to it
    desk.told(LIST, case)

    # Then the one is told, and of the other it is said why it is not, and who was written to in its place
    assert {name: one.state for name, one in duties(desk, case).items()} == dict(zip(NAMES, (DISCHARGED, OWED), strict=True))
    assert owed(desk, case) == {"Partner three GmbH": (
        "No list that was written to has a line for “Partner three GmbH”. Written to, but not named in the case: “Partner thre GmbH”. "
        "Mark this as done when everybody was told.")}

    # And the record says so too, without a name in clear
    entry = desk.session.scalars(select(Entry).where(Entry.action == "obligation.still_owed")).one()
    assert (entry.details["words"], entry.details["notice"]) == ("No list that was written to has a line for it.", 1)
    assert "Partner" not in str(entry.details)


def test_who_was_not_reached_is_named_in_the_duty_to_all_of_them(desk: Office) -> None:
    case = desk.case()
    desk.refuse("@three.example")

    desk.told(LIST, case)

    assert owed(desk, case) == {"": "No provider took a message for “Partner thre GmbH”. Mark this as done when everybody was told."}


def test_a_late_duty_says_that_they_were_told_and_waits_for_the_reasons(desk: Office) -> None:
    case = desk.case()
    duties(desk, case)[""].due_at = desk.now
    desk.session.commit()
    desk.clock.move(hours=1)

    desk.told(LIST, case)

    assert owed(desk, case) == {"": "They were told. Mark this as done when everybody was told. It is past its date, so say why."}


def test_nothing_is_said_while_only_the_proof_is_missing_or_of_a_closed_case(desk: Office) -> None:
    # Given a notice that ended, and a duty that somebody opened again in the books
    case = desk.case()
    desk.told(LIST, case)
    duties(desk, case)[""].state = OWED
    desk.session.commit()
    assert owed(desk, case) == {}

    # And a case that was closed over one that was not reached
    other = desk.case()
    desk.refuse("@three.example")
    desk.told(LIST, other)
    desk.session.get_one(Case, other.id).closed_at = desk.now
    desk.session.commit()
    assert owed(desk, other) == {}
