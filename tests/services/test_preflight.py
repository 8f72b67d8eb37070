"""The mail provider's block list is asked before a launch: by a worker, as a stream, without keeping an address."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from incident_app.domain.refusals import Forbidden, NotFound
from incident_app.models.audit import Entry
from incident_app.models.cases import Case
from incident_app.models.recipients import RecipientList
from incident_app.models.suppressions import Suppressed, SuppressionCheck
from incident_app.services import notices, recipients
from tests.fakes import FakeClock
from tests.letters_kit import Desk, csv_of
from tests.people import People

Listed = list[tuple[str, str]]


@pytest.fixture
def desk(session: Session, people: People, clock: FakeClock) -> Desk:
    return Desk(session, people, clock)


class FakeSuppressions:
    """Lists what it is given; ``before`` runs when it is asked, ``broken`` is said after the last one."""

    def __init__(self, listed: Listed, broken: str = "", before: Callable[[], object] = lambda: None) -> None:
        """Know what to say."""
        self.known, self.broken, self.before = listed, broken, before

    def listed(self) -> Iterator[tuple[str, str]]:
        """Say it."""
        self.before()
        yield from self.known
        if self.broken:
            raise ConnectionError(self.broken)


def check(desk: Desk, suppressions: FakeSuppressions | None, at_once: int = 1000) -> SuppressionCheck | None:
    """Let the worker come by."""
    return recipients.check_claimed(desk.session, clock=desk.clock, vault=desk.vault, suppressions=suppressions,
                                    at_once=at_once)


def asked(desk: Desk, content: bytes | None = None) -> RecipientList:
    """A list somebody asked to be checked."""
    case = desk.case()
    people = desk.listed(case, content)
    recipients.ask_check(desk.session, case.id, people.id, by=desk.people.responder, now=desk.now)
    return people


def test_who_stands_on_the_list_is_known_by_number_and_by_the_worst_kind(desk: Desk) -> None:
    # Given a list of twelve, and two addresses of it on the provider's lists, one of them twice
    people = asked(desk)
    assert recipients.preflight_of(desk.session, people.id).state == "queued"

    # When the worker asks
    done = check(desk, FakeSuppressions([
        ("PERSON1@example.org ", "unsubscribed"), ("stranger@example.net", "bounce"), ("person1@example.org", "bounce"),
        ("person4@example.org", "unsubscribed")]))

    # Then both are counted by what says more, and nothing of an address is kept
    assert done is not None
    found = recipients.preflight_of(desk.session, people.id)
    assert (found.state, found.counts, found.checked_at) == ("done", {"bounce": 1, "unsubscribed": 1}, desk.now)
    assert recipients.suppressed_numbers(desk.session, people.id, 1, 12) == {1: "bounce", 4: "unsubscribed"}
    assert recipients.suppressed_numbers(desk.session, people.id, 2, 3) == {}
    assert list(recipients.dropped_numbers(desk.session, people.id, 1, 12, bypass=False)) == [1, 4]
    assert recipients.dropped_numbers(desk.session, people.id, 1, 12, bypass=True) == {
        1: "The mail provider drops it: the mailbox sent earlier mail back, and a bypass does not bring a mailbox back"}
    entry = desk.session.scalar(select(Entry).where(Entry.action == "recipients.checked"))
    assert entry is not None
    assert entry.details == {"suppressed": {"bounce": 1, "unsubscribed": 1}}
    assert check(desk, FakeSuppressions([])) is None


def test_an_address_that_comes_again_in_a_later_batch_keeps_the_worse_kind(desk: Desk) -> None:
    people = asked(desk)

    check(desk, FakeSuppressions([("person1@example.org", "bounce"), ("person1@example.org", "block"),
                                  ("person2@example.org", "block"), ("person2@example.org", "invalid")]), at_once=1)

    assert recipients.suppressed_numbers(desk.session, people.id, 1, 12) == {1: "bounce", 2: "invalid"}


def test_a_new_answer_takes_the_place_of_the_old_one(desk: Desk) -> None:
    people = asked(desk)
    check(desk, FakeSuppressions([("person1@example.org", "bounce")]))

    recipients.ask_check(desk.session, people.case_id, people.id, by=desk.people.responder, now=desk.now)
    waiting = recipients.preflight_of(desk.session, people.id)
    assert (waiting.state, waiting.counts) == ("queued", {"bounce": 1})
    check(desk, FakeSuppressions([("person2@example.org", "block")]))

    assert recipients.suppressed_numbers(desk.session, people.id, 1, 12) == {2: "block"}
    assert desk.session.scalar(select(func.count()).select_from(Suppressed)) == 1


def test_what_goes_wrong_is_said_in_words_and_the_last_whole_answer_stays(desk: Desk) -> None:
    # Given one whole answer
    people = asked(desk)
    check(desk, FakeSuppressions([("person1@example.org", "bounce")]))

    # When the next one breaks off half way
    recipients.ask_check(desk.session, people.case_id, people.id, by=desk.people.responder, now=desk.now)
    check(desk, FakeSuppressions([("person2@example.org", "block")], broken="SendGrid did not answer."))

    # Then that is said, and what was known still counts
    found = recipients.preflight_of(desk.session, people.id)
    assert (found.state, found.reason, found.counts) == ("failed", "SendGrid did not answer.", {"bounce": 1})
    assert recipients.suppressed_numbers(desk.session, people.id, 1, 12) == {1: "bounce"}


def test_nobody_asked_or_nobody_to_ask_is_said_as_such(desk: Desk) -> None:
    people = desk.listed(desk.case())
    assert recipients.preflight_of(desk.session, people.id).state == ""
    assert recipients.suppressed_numbers(desk.session, people.id, 1, 12) == {}

    recipients.ask_check(desk.session, people.case_id, people.id, by=desk.people.responder, now=desk.now)
    check(desk, None)

    found = recipients.preflight_of(desk.session, people.id)
    assert (found.state, found.counts) == ("none", None)
    assert "keeps a block list we can ask" in found.reason


def test_a_list_whose_contacts_are_gone_cannot_be_compared(desk: Desk) -> None:
    people = asked(desk)
    desk.session.execute(update(Case).values(data_key=None))
    desk.session.commit()

    check(desk, FakeSuppressions([]))

    found = recipients.preflight_of(desk.session, people.id)
    assert (found.state, found.reason) == ("failed", "The contacts of this case were erased.")


def test_a_worker_that_died_is_followed_by_another_and_three_are_enough(desk: Desk) -> None:
    people = asked(desk)

    class Died(BaseException):
        """The machine goes down here."""

    def die() -> None:
        raise Died

    for _ in range(3):
        with pytest.raises(Died):
            check(desk, FakeSuppressions([], before=die))
        desk.session.rollback()
        assert check(desk, FakeSuppressions([])) is None  # its lease still runs
        desk.clock.move(minutes=6)
    given_up = check(desk, FakeSuppressions([]))

    assert given_up is not None
    assert recipients.preflight_of(desk.session, people.id).reason == "Asking was cut short three times."


@pytest.mark.parametrize("listed", [[("person1@example.org", "bounce")], []])
def test_a_worker_whose_check_was_taken_over_writes_nothing(desk: Desk, listed: Listed) -> None:
    people = asked(desk)

    def taken_over() -> None:
        desk.session.execute(update(SuppressionCheck).values(token="another", lease_until=desk.now + timedelta(hours=1)))
        desk.session.commit()

    check(desk, FakeSuppressions(listed, before=taken_over))

    assert recipients.preflight_of(desk.session, people.id).state == "checking"
    assert recipients.suppressed_numbers(desk.session, people.id, 1, 12) == {}


def test_a_list_that_is_deleted_meanwhile_leaves_nothing_behind(desk: Desk) -> None:
    people = asked(desk)

    def deleted() -> None:
        recipients.delete_list(desk.session, people.case_id, people.id, by=desk.people.responder, now=desk.now)

    check(desk, FakeSuppressions([("person1@example.org", "bounce")], before=deleted))

    assert desk.session.scalar(select(func.count()).select_from(SuppressionCheck)) == 0
    assert desk.session.scalar(select(func.count()).select_from(Suppressed)) == 0


def test_asking_for_approval_asks_the_provider_where_email_is_part_of_the_plan(desk: Desk) -> None:
    by = desk.people.responder
    first, second = desk.drafted(csv_of(5)), desk.drafted(b"telegram_id\n71\n")
    for notice in (first, second):
        notices.ask_approval(desk.session, notice.id, by=by, now=desk.now)

    assert recipients.preflight_of(desk.session, first.list_id).state == "queued"
    assert recipients.preflight_of(desk.session, second.list_id).state == ""


def test_asking_while_it_is_asked_changes_nothing(desk: Desk) -> None:
    people, states = asked(desk), []

    def ask_again() -> None:
        recipients.ask_check(desk.session, people.case_id, people.id, by=desk.people.responder, now=desk.now)
        states.append(recipients.preflight_of(desk.session, people.id).state)

    check(desk, FakeSuppressions([], before=ask_again))

    assert states == ["checking"]
    assert recipients.preflight_of(desk.session, people.id).state == "done"


def test_who_drafts_may_ask_and_only_about_a_list_of_the_case(desk: Desk) -> None:
    people, other = desk.listed(desk.case()), desk.case()

    with pytest.raises(Forbidden):
        recipients.ask_check(desk.session, people.case_id, people.id, by=desk.people.auditor, now=desk.now)
    with pytest.raises(NotFound):
        recipients.ask_check(desk.session, other.id, people.id, by=desk.people.responder, now=desk.now)
