"""After each attempt: what follows; and the sum that must add up."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident_app.domain import deliveries as rules
from incident_app.domain.deliveries import DeliveryState, ReceiptKind, Sum, Try
from incident_app.domain.ports import Outcome, Rejected, Sent, Uncertain

NOW = datetime(2026, 11, 23, 9, 40, tzinfo=UTC)
ROW = Try("id", 1, "email", timedelta(minutes=30))
LAST = Try("id", 1, None, timedelta())
GONE = Rejected("Blocked.", permanent=True)
DOWN = Rejected("Down.", permanent=False)


def test_taken_is_accepted_with_its_reference() -> None:
    following = rules.after(ROW, Sent("ref"), NOW)

    assert (following.state, following.reference, following.fallback) == (DeliveryState.ACCEPTED, "ref", None)


def test_a_permanent_refusal_goes_to_the_next_channel_after_the_wait() -> None:
    following = rules.after(ROW, GONE, NOW)

    assert (following.state, following.fallback) == (DeliveryState.FAILED, "email")
    assert following.fallback_at == NOW + timedelta(minutes=30)
    assert rules.after(LAST, GONE, NOW).fallback is None


def test_uncertain_is_never_tried_again_by_itself() -> None:
    following = rules.after(ROW, Uncertain("Lost."), NOW)

    assert (following.state, following.next_at, following.fallback) == (DeliveryState.UNCERTAIN, None, None)


def test_too_many_requests_hold_the_channel_and_use_no_attempt() -> None:
    following = rules.after(ROW, Rejected("Slow down.", permanent=False, retry_after=0.2), NOW)

    assert following.state is DeliveryState.RETRY_WAIT
    assert (following.uses_attempt, following.pause_seconds) == (False, 1.0)
    assert following.next_at == NOW + timedelta(seconds=1)


def test_a_channel_that_refuses_everybody_stops_the_notice_and_blames_nobody() -> None:
    following = rules.after(ROW, Rejected("Bad token.", permanent=True, channel_wide=True), NOW)

    assert following.state is DeliveryState.RETRY_WAIT
    assert not following.uses_attempt
    assert following.stop_reason == "The whole channel refuses: Bad token."


def test_a_passing_fault_waits_longer_each_time_and_ends_after_eight_tries() -> None:
    waits = [rules.backoff(number, "id") for number in range(1, 30)]
    assert all(timedelta(seconds=0.5 * 3) <= wait <= timedelta(minutes=45) for wait in waits)
    assert waits[0] < waits[3] < waits[6]
    assert rules.backoff(3, "id") != rules.backoff(3, "other")

    assert rules.after(ROW, DOWN, NOW).state is DeliveryState.RETRY_WAIT
    ended = rules.after(Try("id", 8, "email", timedelta()), DOWN, NOW)
    assert (ended.state, ended.fallback) == (DeliveryState.FAILED, "email")
    assert ended.reason == "Given up after 8 tries: Down."


@pytest.mark.parametrize("outcome", [GONE, DOWN, Rejected("Slow.", permanent=False, retry_after=3)])
def test_after_a_stop_nothing_new_is_begun(outcome: Outcome) -> None:
    following = rules.after(Try("id", 1, "email", timedelta(), stopped=True), outcome, NOW)

    assert following.state in {DeliveryState.FAILED, DeliveryState.CANCELLED}
    assert (following.fallback, following.next_at) == (None, None)


def test_the_plan_names_the_first_and_the_next_channel() -> None:
    order = ("telegram", "email")

    assert rules.first_channel(order, ("email",)) == "email"
    assert rules.first_channel(order, ()) is None
    assert rules.fallback_channel(order, "telegram", ("telegram", "email")) == "email"
    assert rules.fallback_channel(order, "telegram", ("telegram",)) is None
    assert rules.fallback_channel(order, "email", ("telegram", "email")) is None
    assert rules.fallback_channel(order, "none", ("telegram",)) is None


def test_five_equal_errors_among_the_first_are_a_fault_of_ours() -> None:
    assert rules.canary_verdict([]) is None
    assert rules.canary_verdict(["a"] * 4 + ["b"] * 4) is None
    assert rules.canary_verdict(["a"] * 5) == "5 of the first tries failed alike: a"


def test_failures_in_a_row_end_with_the_first_success() -> None:
    busy = Rejected("Slow.", permanent=False, retry_after=1)

    assert rules.failures_in_row(3, [DOWN, busy, Uncertain("x")]) == 5
    assert rules.failures_in_row(3, [DOWN, Sent("x"), GONE]) == 1


@pytest.mark.parametrize(("state", "kind", "expected"), [
    ("accepted", ReceiptKind.DELIVERED, None),
    ("uncertain", ReceiptKind.DELIVERED, DeliveryState.ACCEPTED),
    ("sending", ReceiptKind.PROCESSED, DeliveryState.ACCEPTED),
    ("accepted", ReceiptKind.BOUNCED, DeliveryState.FAILED),
    ("failed", ReceiptKind.BOUNCED, None),
    ("cancelled", ReceiptKind.DELIVERED, None),
])
def test_receipts_resolve_and_a_bounce_moves_on(state: str, kind: ReceiptKind, expected: DeliveryState | None) -> None:
    following = rules.after_receipt(ROW, state, kind, "", NOW)

    assert (following.state if following else None) is expected
    if expected is DeliveryState.FAILED:
        assert following is not None
        assert following.fallback == "email"
        assert following.reason == "The receiving mail server sent it back"


def test_receipts_only_move_forward() -> None:
    assert rules.receipt_moves(0, ReceiptKind.PROCESSED, "uncertain")
    assert rules.receipt_moves(3, ReceiptKind.BOUNCED, "accepted")
    assert not rules.receipt_moves(3, ReceiptKind.DEFERRED, "accepted")
    assert not rules.receipt_moves(3, ReceiptKind.DELIVERED, "accepted")


def test_that_a_provider_has_an_accepted_message_is_nothing_new() -> None:
    assert not rules.receipt_moves(0, ReceiptKind.PROCESSED, "accepted")
    assert rules.receipt_moves(0, ReceiptKind.DEFERRED, "accepted")


def test_the_sum_knows_what_is_missing() -> None:
    assert Sum(10, 6, 1, 1, 1, 1).adds_up
    assert Sum(10, 6).missing == 4
    assert not Sum(10, 6).finished
    assert not Sum(10, 12, -2).adds_up
    assert not Sum(10, 9, waiting=1).finished
    assert Sum(3, 2, 1).finished
    assert Sum(3, 2, 1).percent == 66.6
    assert Sum(0).percent == 0.0


def test_estimates_take_the_slowest_channel() -> None:
    assert rules.seconds_for({"telegram": 250, "email": 100, "post": 9, "none": 7}, {"telegram": 25.0}) == 10
    assert rules.seconds_for({"fax": 100}, {}) == 1
    assert rules.seconds_for({}, {}) == 0


def test_the_digest_covers_every_outcome() -> None:
    assert rules.digest([("a", "accepted")]) != rules.digest([("a", "failed")])
    assert rules.digest([]) == rules.digest(iter(()))


OUTCOMES = st.one_of(
    st.just(Sent("x")), st.just(GONE), st.just(DOWN), st.just(Uncertain("lost")),
    st.just(Rejected("slow", permanent=False, retry_after=2)),
    st.just(Rejected("token", permanent=True, channel_wide=True)),
)


@given(st.lists(st.lists(OUTCOMES, max_size=30), min_size=1, max_size=8))
def test_whatever_the_answers_the_sum_always_adds_up(people: list[list[Outcome]]) -> None:
    terms = dict.fromkeys(rules.BUCKETS, 0)
    terms["waiting"] = len(people)
    order, reachable = ("telegram", "email"), ("telegram", "email")
    for outcomes in people:
        state, channel, attempts = DeliveryState.QUEUED.value, "telegram", 0
        for outcome in outcomes:
            if rules.bucket(state) != "waiting":
                break
            attempts += 1
            row = Try("id", attempts, rules.fallback_channel(order, channel, reachable), timedelta())
            following = rules.after(row, outcome, NOW)
            attempts -= not following.uses_attempt
            terms[rules.bucket(state)] -= 1
            state = following.state.value
            if following.fallback:
                state, channel, attempts = DeliveryState.QUEUED.value, following.fallback, 0
            terms[rules.bucket(state)] += 1
            assert Sum(len(people), **terms).adds_up


def test_ids_of_a_chunk_begin_alike_and_differ_for_everybody() -> None:
    # Given the secrets of two chunks
    one, other = (bytes([number]) * rules.SECRET for number in (1, 2))

    # When ids are made for a thousand people of each
    mine, theirs = ([rules.delivery_id(secret, number) for number in range(1, 1001)] for secret in (one, other))

    # Then those of a chunk lie side by side in an index, no two are the same, and each is written as a UUID is
    assert len({made[:18] for made in mine}) == 1
    assert len({*mine, *theirs}) == 2000
    assert mine[0][:18] != theirs[0][:18]
    assert str(uuid.UUID(mine[0])) == mine[0]


def test_ids_of_a_chunk_that_was_cut_before_stay_as_the_provider_knows_them() -> None:
    assert rules.delivery_id(b"k" * 32, 7) == "2d89edac-8594-46ca-a652-a4544dccd316"
    assert rules.delivery_id(b"q" * 40, 7) == "19c23192-c7ea-4f85-a1d9-a642034a4b0a"


def test_ids_do_not_follow_from_each_other_and_are_the_same_every_time() -> None:
    # Given a chunk in the middle of a long list
    secret, numbers = b"\x07" * rules.SECRET, range(41_001, 42_001)

    # When its ids are made twice, then they are the same, and nobody's own signs stand in another chunk
    mine = [rules.delivery_id(secret, number) for number in numbers]
    assert mine == [rules.delivery_id(secret, number) for number in numbers]
    assert len(set(mine)) == 1000
    other = {rules.delivery_id(b"\x08" * rules.SECRET, number)[19:] for number in numbers}
    assert not {made[19:] for made in mine} & other
