"""By which ways people can be told: never by a channel that must not carry what the message says about them."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.refusals import Refused
from incident_app.models.audit import Entry
from incident_app.models.notices import Notice
from incident_app.models.recipients import Recipient
from incident_app.services import notices
from tests.fakes import FakeClock
from tests.letters_kit import Desk
from tests.people import People

LIST = (
    b"email,telegram_id,data\n"
    b"a@example.org,71,health\n"  # sensitive, both ways
    b",72,health\n"  # sensitive, Telegram only
    b"c@example.org,73,account\n"  # harmless
    b",74,\n"  # says nothing: as the case
    b",75,stamp collection\n"  # not known to the law: as the case
)


@pytest.fixture
def desk(session: Session, people: People, clock: FakeClock) -> Desk:
    return Desk(session, people, clock)


def planned(desk: Desk, *categories: str) -> Notice:
    """A notice to the list that forbids Telegram for sensitive data, in a case about these kinds of data."""
    case = desk.case(data_categories=categories)
    people = desk.listed(case, LIST)
    by = desk.people.responder
    notice = notices.draft(desk.session, case.id, people.id, by=by, now=desk.now)
    return notices.set_plan(desk.session, notice.id, order=("telegram", "email"), never=("telegram",),
                            version=notice.version, by=by, now=desk.now)


def test_each_person_is_known_by_their_own_kinds_of_data(desk: Desk) -> None:
    planned(desk, "account")

    found = desk.session.scalars(select(Recipient.sensitive).order_by(Recipient.number)).all()
    assert found == [True, True, False, None, None]


def test_people_whose_channels_fall_away_are_counted_apart(desk: Desk) -> None:
    # Given a case about harmless data, then only who is hit harder is kept from Telegram
    seen = notices.reach(desk.session, planned(desk, "account"))
    assert (dict(seen.first), seen.none, seen.withheld) == ({"telegram": 3, "email": 1}, 1, 1)


@pytest.mark.parametrize("categories", [("ai_prompts",), ()])
def test_in_a_sensitive_case_or_one_nobody_knows_who_says_nothing_counts_as_sensitive(
    desk: Desk, categories: tuple[str, ...]
) -> None:
    notice = planned(desk, *categories)

    seen = notices.reach(desk.session, notice)

    assert (dict(seen.first), seen.none, seen.withheld) == ({"telegram": 1, "email": 1}, 3, 3)
    assert seen.counts == {"telegram": 1, "email": 1, "none": 3}


def test_a_preview_shows_the_allowed_channels_only(desk: Desk) -> None:
    notice = planned(desk, "account")

    first, second, third = (
        notices.preview(desk.session, notice.id, number, by=desk.people.responder, vault=desk.vault,
                        letters=desk.letters)
        for number in (1, 2, 3)
    )

    assert (first.first_channel, first.telegram) == ("email", None)
    assert (second.first_channel, second.telegram) == (None, None)
    assert third.first_channel == "telegram"


def test_forbidding_a_channel_takes_an_approval_back(desk: Desk) -> None:
    notice = desk.approved()

    changed = notices.set_plan(desk.session, notice.id, order=notice.plan["order"], never=("telegram",),
                               version=notice.version, by=desk.people.responder, now=desk.now)

    assert (changed.state, changed.content_hash) == ("draft", None)
    with pytest.raises(Refused):
        notices.set_plan(desk.session, notice.id, order=("email",), never=("pigeon",), version=changed.version,
                         by=desk.people.responder, now=desk.now)


def test_somebody_without_any_address_is_not_called_withheld(desk: Desk) -> None:
    notice = desk.drafted(b"email,telegram_id\n,71\n")
    changed = notices.set_plan(desk.session, notice.id, order=("email",), version=notice.version,
                               by=desk.people.responder, now=desk.now)

    seen = notices.reach(desk.session, changed)

    assert (seen.none, seen.withheld) == (1, 0)


def test_passing_the_block_list_is_bound_and_recorded_at_the_approval(desk: Desk) -> None:
    # Given one notice that passes the block list, with its reason
    reason = "Art 34 GDPR obliges us to tell them"
    plain = desk.approved()
    passing = desk.approved(bypass_reason=f" {reason}\n")

    # Then the approval binds it, and the record holds it
    assert passing.plan["bypass_reason"] == reason
    found = desk.session.scalars(select(Entry).where(Entry.action == "notice.approved").order_by(Entry.seq)).all()
    assert [entry.details.get("block_list_bypassed") for entry in found] == [None, reason]
    assert "bypass_reason" not in plain.plan
