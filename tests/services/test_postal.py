"""Postal addresses in a list: sealed with the contact, counted, joined, never shown before somebody opens one."""

import json

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.recipients import Contact
from incident_app.models.recipients import Recipient
from incident_app.services import notices, recipients
from incident_app.services.deliveries.lettering import address_lines
from incident_app.services.recipients import payload, unsealed
from tests.fakes import FakeClock
from tests.letters_kit import Desk
from tests.people import People

LIST = (
    b"name,email,telegram_id,street,postcode,city\n"
    b"Ann,ann@example.org,71,Example street 1,10115,Berlin\n"
    b"Bob,,,Example street 1,10115,Berlin\n"
    b"BOB,,,EXAMPLE street 1,10115,Berlin\n"  # the same person again
    b"Cleo,,,Example street 1,10115,Berlin\n"  # lives there too
    b"Dan,dan@example.org,,,,\n"
)


@pytest.fixture
def desk(session: Session, people: People, clock: FakeClock) -> Desk:
    return Desk(session, people, clock)


def test_a_list_with_addresses_is_counted_joined_and_sealed(desk: Desk) -> None:
    # Given a list in which two lines are one person who can only be written to on paper
    case = desk.case()
    made = desk.listed(case, LIST)

    # Then they are one, and everybody with an address is counted
    assert (made.people_count, made.duplicate_count, made.post_count, made.adds_up) == (4, 1, 3, True)
    rows = desk.session.scalars(select(Recipient).order_by(Recipient.number)).all()
    assert [row.reachable for row in rows] == [
        ("telegram", "email", "post"), ("post",), ("post",), ("email",)]
    assert b"Example street" not in b"".join(row.sealed for row in rows)

    # And pages say only that there is one, until somebody opens the contact
    by = desk.people.responder
    masked = recipients.masked_page(desk.session, case.id, made.id, by=by, now=desk.now, vault=desk.vault)
    assert [one.post for one in masked] == [True, True, True, False]
    opened = recipients.open_contact(desk.session, case.id, made.id, 2, by=by, now=desk.now, vault=desk.vault)
    assert opened.postal == "Example street 1\n10115 Berlin"


def test_a_contact_sealed_before_there_were_addresses_still_opens() -> None:
    old = json.dumps({"name": "Ann", "email": "a@example.org", "telegram": "", "data": ["health"]}).encode()

    assert unsealed(old) == Contact("Ann", "a@example.org", "", ("health",))
    assert payload(unsealed(old)) == json.dumps(json.loads(old), separators=(",", ":")).encode()
    assert unsealed(payload(Contact("Ann", postal="Street 1\nBerlin"))).postal == "Street 1\nBerlin"


def test_letters_come_last_in_a_drafted_plan_and_reach_who_has_nothing_else(desk: Desk) -> None:
    notice = desk.drafted(LIST)

    assert notice.plan["order"] == ["telegram", "email", "post"]
    seen = notices.reach(desk.session, notice)
    assert (dict(seen.first), seen.none) == ({"telegram": 1, "email": 1, "post": 2}, 0)
    shown = notices.preview(desk.session, notice.id, 2, by=desk.people.responder, vault=desk.vault,
                            letters=desk.letters)
    assert (shown.first_channel, shown.post, shown.has_post) == ("post", True, True)


def test_people_come_with_addresses_as_rows_too(desk: Desk) -> None:
    case = desk.case()

    made = recipients.import_rows(
        desk.session, case.id, "rows", [{"name": "Ann", "address": "Example street 1|10115 Berlin"}],
        by=desk.people.responder, now=desk.now, vault=desk.vault)

    assert (made.people_count, made.post_count, made.email_count) == (1, 1, 0)


def test_the_post_reads_a_country_by_its_name() -> None:
    assert address_lines("Example street 2\nD02 AF30 Dublin\nIE") == ["Example street 2", "D02 AF30 Dublin", "IRELAND"]
    # What is no country, or was written out, stays as it is
    assert address_lines("Example street 1\n10115 Berlin") == ["Example street 1", "10115 Berlin"]
    assert address_lines("Calle 1\nMadrid\nXQ") == ["Calle 1", "Madrid", "XQ"]
    assert address_lines("Calle 1\nMadrid\nEspaña") == ["Calle 1", "Madrid", "España"]
