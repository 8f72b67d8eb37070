"""While an installation is tried out, a list that names more people than trial mode takes is refused, whole."""

import json

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incident_app.domain.refusals import Refused
from incident_app.domain.trials import LONGEST_LIST, TOO_LONG
from incident_app.models.cases import Case
from incident_app.models.recipients import Recipient, RecipientList
from incident_app.services import recipients
from incident_app.services.recipients.importing import NoSheets
from tests.fakes import FakeClock
from tests.letters_kit import Desk, csv_of
from tests.people import People
from tests.services.trial_steps import ended


@pytest.fixture
def desk(session: Session, people: People, clock: FakeClock) -> Desk:
    return Desk(session, people, clock)


@pytest.fixture
def case(desk: Desk) -> Case:
    """A case somebody works on."""
    return desk.case()


def listed(desk: Desk, case: Case, content: bytes, mode: str = "trial") -> RecipientList:
    """Take a file over, where the server was told to send like this."""
    return recipients.import_list(desk.session, case.id, "people.csv", content, by=desk.people.responder, now=desk.now,
                                  vault=desk.vault, mode=mode)


def nobody_is_there(desk: Desk) -> bool:
    """Tell whether no list and nobody of one is there."""
    return not any(desk.session.scalar(select(func.count()).select_from(one)) for one in (RecipientList, Recipient))


def test_the_longest_list_is_taken_over_and_one_person_more_refuses_all_of_it(desk: Desk, case: Case) -> None:
    # Given one person too many, then nobody is taken over, and it is said what to do
    with pytest.raises(Refused, match="at most 50 people") as refused:
        listed(desk, case, csv_of(LONGEST_LIST + 1))
    assert "second one agrees" in refused.value.problems["trial_mode"]
    assert nobody_is_there(desk)

    # Given as many as there may be, then they are taken over
    assert listed(desk, case, csv_of(LONGEST_LIST)).people_count == LONGEST_LIST


def test_people_are_counted_not_lines(desk: Desk, case: Case) -> None:
    # Given fifty people, each on four lines: by both ways, by the address alone, with another address, by the chat alone
    rows = ["email,telegram_id"]
    for number in range(LONGEST_LIST):
        rows += [f"A{number}@example.org,", f"a{number}@Example.org,{700_000_000 + number}", f"b{number}@example.org,{700_000_000 + number}",
                 f",{700_000_000 + number}"]

    made = listed(desk, case, "\n".join(rows).encode())

    assert (made.people_count, made.duplicate_count) == (LONGEST_LIST, 3 * LONGEST_LIST)


def test_who_turns_out_to_be_a_person_of_their_own_only_in_the_end_counts_too(desk: Desk, case: Case) -> None:
    # Given thirty people who have a chat alone and thirty who have an address alone: they might be the same thirty
    rows = ["email,telegram_id", *(f",{700_000_000 + number}" for number in range(30)), *(f"a{number}@example.org," for number in range(30))]

    with pytest.raises(Refused) as refused:
        listed(desk, case, "\n".join(rows).encode())

    assert refused.value.reason == TOO_LONG
    assert nobody_is_there(desk)


def test_a_long_list_is_not_read_to_its_end(desk: Desk, case: Case) -> None:
    # Given a list with a fault far behind the last person that trial mode takes
    long = csv_of(5000) + b'"a quote that never ends\n'
    with pytest.raises(Refused, match="quot"):
        listed(desk, case, long, "live")

    # Then it is refused for its length, as nobody came as far as the fault
    with pytest.raises(Refused) as refused:
        listed(desk, case, long)
    assert refused.value.reason == TOO_LONG


@pytest.mark.parametrize("mode", ["simulate", "live"])
def test_otherwise_a_list_is_as_long_as_it_is(desk: Desk, case: Case, mode: str) -> None:
    assert listed(desk, case, csv_of(LONGEST_LIST + 10), mode).people_count == LONGEST_LIST + 10


def test_a_list_for_a_drill_is_no_exception(desk: Desk) -> None:
    with pytest.raises(Refused, match="at most 50 people"):
        listed(desk, desk.case(is_drill=True), csv_of(LONGEST_LIST + 1))


def test_once_trial_mode_is_over_the_same_file_is_taken_over(desk: Desk, case: Case) -> None:
    with pytest.raises(Refused):
        listed(desk, case, csv_of(LONGEST_LIST + 1))

    ended(desk.session, desk.people.admin, desk.now)

    assert listed(desk, case, csv_of(LONGEST_LIST + 1)).people_count == LONGEST_LIST + 1


def test_rows_and_pages_are_no_way_round_it(desk: Desk, case: Case) -> None:
    by, now, vault, rows = desk.people.responder, desk.now, desk.vault, [{"email": f"a{number}@example.org"} for number in range(LONGEST_LIST + 1)]
    with pytest.raises(Refused, match="at most 50 people"):
        recipients.import_rows(desk.session, case.id, "rows", rows, by=by, now=now, vault=vault, mode="trial")

    upload = recipients.open_pages(desk.session, case.id, "pages", by=by, now=now, vault=vault)
    page = "\n".join(map(json.dumps, rows)).encode()
    recipients.put_page(desk.session, case.id, upload.id, 1, page, by=by, now=now, vault=vault)
    recipients.close_pages(desk.session, case.id, upload.id, 1, by=by, now=now)
    done = recipients.read_claimed(desk.session, clock=desk.clock, vault=vault, sheets=NoSheets(), mode="trial")

    assert done is not None
    assert (done.state, done.reason, list(done.problems)) == ("failed", TOO_LONG, ["trial_mode"])
    assert nobody_is_there(desk)
