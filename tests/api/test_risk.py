"""Assessment and the second person as JSON."""

from collections.abc import Callable

import pytest

from tests.api.test_cases import ANSWERS, BREACH
from tests.conftest import ApiClient

Api = Callable[[str], ApiClient]
AT = "/cases/BR-2026-001"
QUIET = {"subject": "people", "outcome": "not_required", "reason": "Nobody could read the list."}


@pytest.fixture
def scored(api_for: Api) -> ApiClient:
    """The responder's client after filing and scoring."""
    responder = api_for("responder")
    assert responder("POST", "/cases", BREACH)[0] == 201
    extra = {"recipients_known": False, "restored_in_hours": 4, "effect_on_people": "none", "birth_date": None}
    status, made = responder("POST", f"{AT}/assessments", ANSWERS | {
        "extra": extra, "reasons": {"recipients_known": "The link was open."},
        "classes": [{"class": "sensitive"}, {"class": "financial", "adjust": 1, "credentials": True}]})
    assert status == 201, made
    return responder


def test_an_assessment_tells_every_factor_and_what_would_move_the_proposal(scored: ApiClient) -> None:
    _, found = scored("GET", f"{AT}/assessments")

    made = found["assessments"][0]  # type: ignore[index]  # JSON
    factors = {one["name"]: one for one in made["answers"]["factors"]}
    assert (factors["recipients_known"]["value"], factors["recipients_known"]["reason"]) == (False, "The link was open.")
    assert factors["effect_on_people"]["value"] == "none"
    assert factors["classes"]["value"][1]["credentials"] is True
    assert made["by"] == factors["ei"]["by_id"]
    assert found["stale"] is False
    assert {"words", "notify_authority", "tell_people"} == set(found["moves"][0])  # type: ignore[index]  # JSON


@pytest.mark.parametrize(("change", "field"), [
    ({"extra": {"restored_in_hours": -1}}, "extra.restored_in_hours"),
    ({"extra": {"effect_on_people": "bad"}}, "extra.effect_on_people"),
    ({"extra": {"identity_theft": "yes"}}, "extra.identity_theft"),
    ({"reasons": {"mood": "bad"}}, "reasons.mood"),
])
def test_facts_and_reasons_that_there_are_not_are_named(scored: ApiClient, change: dict[str, object], field: str) -> None:
    status, refusal = scored("POST", f"{AT}/assessments", ANSWERS | change)

    assert status == 422
    assert field in refusal["problems"]  # type: ignore[operator]  # JSON


def test_not_telling_waits_for_a_second_person(scored: ApiClient, api_for: Api) -> None:
    approver, second = api_for("approver"), api_for("second_approver")

    # Given a decision not to tell
    status, made = approver("POST", f"{AT}/decisions", QUIET)
    assert (status, made["waits"], made["counts"], made["differs"]) == (201, True, False, True)
    answer = f"{AT}/decisions/{made['id']}"

    # When its author, a responder and a second approver answer it
    assert approver("POST", f"{answer}/confirm", {})[0] == 403
    assert scored("POST", f"{answer}/confirm", {})[0] == 403
    assert second("POST", f"{answer}/send-back", {"reason": "No"})[0] == 422
    status, confirmed = second("POST", f"{answer}/confirm", {"reason": "I have seen the log."})

    # Then it has effect, once
    assert (status, confirmed["standing"]) == (200, "confirmed")
    assert confirmed["second"]["reason"] == "I have seen the log."  # type: ignore[index]  # JSON
    assert second("POST", f"{answer}/confirm", {})[0] == 409
    assert second("POST", f"{AT}/decisions/999/confirm", {})[0] == 404


def test_it_is_sent_back_with_a_reason_and_a_ground_with_its_proof(scored: ApiClient, api_for: Api) -> None:
    approver, second = api_for("approver"), api_for("second_approver")

    status, refusal = approver("POST", f"{AT}/decisions", QUIET | {"exemption": "public_notice"})
    assert status == 422
    assert "proof" in refusal["problems"]  # type: ignore[operator]  # JSON
    status, made = approver("POST", f"{AT}/decisions", QUIET | {
        "exemption": "public_notice", "proof": "No contacts are held; notice on the start page."})
    assert (status, made["document"], made["exemption"]) == (201, None, "public_notice")

    status, back = second("POST", f"{AT}/decisions/{made['id']}/send-back", {"reason": "Contacts are held."})
    assert (status, back["standing"]) == (200, "refused")
