"""Which channels must not carry sensitive words, and what an approval binds of that."""

import pytest

from incident_app.domain.notices import ChannelPlan, Facts, Text, channels_for, content_hash, sensitive
from incident_app.domain.refusals import Refused

SPECIAL = {"health": True, "account": False, "account details": False}


@pytest.mark.parametrize(("kinds", "expected"), [
    (("health",), True), (("account", "Health "), True), (("account",), False), (("Account details",), False),
    ((), None), (("stamp collection",), None), (("account", "stamp collection"), None),
    (("stamp collection", "health"), True),
])
def test_kinds_the_law_does_not_name_are_neither_special_nor_harmless(
    kinds: tuple[str, ...], expected: bool | None
) -> None:
    assert sensitive(kinds, SPECIAL) is expected


def test_a_channel_that_must_never_carry_them_is_left_out_for_sensitive_data_only() -> None:
    plan = ChannelPlan(("telegram", "email"), never=("telegram",)).check()

    assert channels_for(plan, sensitive=True) == ("email",)
    assert channels_for(plan, sensitive=False) == ("telegram", "email")
    assert channels_for(ChannelPlan(("telegram",), never=("telegram",)), sensitive=True) == ()


@pytest.mark.parametrize("never", [("pigeon",), ("email", "email")])
def test_a_channel_that_is_not_known_cannot_be_forbidden(never: tuple[str, ...]) -> None:
    with pytest.raises(Refused) as refused:
        ChannelPlan(never=never).check()

    assert set(refused.value.problems) == {"never"}


def test_the_approval_binds_it_and_older_approvals_still_hold() -> None:
    # Given a plan as it was stored before channels could be forbidden
    old = {"order": ["telegram", "email"], "wait_minutes": 0, "canary": True, "uncertain_policy": "ask"}
    plan, texts, facts = ChannelPlan.from_json(old), {"en": Text("a", "b")}, Facts("x", "y", "BR-1")

    # Then it is stored and hashed as before
    assert plan.to_json() == old

    # And forbidding a channel is another content, which comes back as it was stored
    other = ChannelPlan(("telegram", "email"), never=("telegram",))
    assert ChannelPlan.from_json(other.to_json()) == other
    assert content_hash(texts, facts, other, "en") != content_hash(texts, facts, plan, "en")


@pytest.mark.parametrize(("plan", "fine"), [
    (ChannelPlan(bypass_reason="Art 34 GDPR obliges us to tell them"), True), (ChannelPlan(), True),
    (ChannelPlan(bypass_reason="because"), False), (ChannelPlan(bypass_reason="x" * 501), False),
    (ChannelPlan(("telegram",), bypass_reason="Art 34 GDPR obliges us to tell them"), False),
])
def test_passing_the_block_list_takes_a_reason_and_email(plan: ChannelPlan, fine: bool) -> None:
    if fine:
        assert plan.check().bypass is bool(plan.bypass_reason)
        assert ChannelPlan.from_json(plan.to_json()) == plan
        return
    with pytest.raises(Refused) as refused:
        plan.check()
    assert set(refused.value.problems) == {"bypass_reason"}
