"""What a human may decide, on which grounds, and who confirms it."""

from dataclasses import replace

import pytest

from incident_app.domain.risk import (
    NOT_REQUIRED,
    REQUIRED,
    Exemption,
    Ruling,
    confirm_refusal,
    ground,
    problems_of,
)

TOLD = Ruling("people", NOT_REQUIRED, "Nobody could read the list.", "unintelligible", "AES-256; the key lies in the vault.")


def test_a_decision_needs_subject_outcome_and_reason() -> None:
    assert problems_of(Ruling("authority", REQUIRED, "A risk is likely.")) == {}
    assert set(problems_of(Ruling("press", "perhaps", "no"))) == {"subject", "outcome", "reason"}


@pytest.mark.parametrize("exemption", list(Exemption))
def test_each_ground_of_article_34_3_asks_for_its_own_proof(exemption: Exemption) -> None:
    ruling = replace(TOLD, exemption=exemption.value)

    assert problems_of(ruling) == {}
    assert problems_of(replace(ruling, proof="Yes.")) == {"proof": exemption.proof}
    assert exemption.article in ground(exemption.value, ruling.proof)
    assert ground(exemption.value, ruling.proof).endswith("Proof: AES-256; the key lies in the vault.")


def test_a_ground_is_for_not_telling_the_people_and_proof_is_for_a_ground() -> None:
    assert ground("", "") == ""
    assert list(problems_of(replace(TOLD, exemption="luck"))) == ["exemption"]
    assert list(problems_of(replace(TOLD, subject="authority"))) == ["exemption"]
    assert list(problems_of(replace(TOLD, outcome=REQUIRED))) == ["exemption"]
    assert list(problems_of(replace(TOLD, exemption=""))) == ["proof"]
    assert list(problems_of(replace(TOLD, exemption="", proof="", document="x"))) == ["document"]


@pytest.mark.parametrize(("change", "words"), [
    ({}, None), ({"waits": False}, "does not wait"), ({"newest": False}, "Another decision"),
    ({"rescored": True}, "scored again"),
])
def test_only_the_newest_decision_that_waits_can_be_answered(change: dict[str, bool], words: str | None) -> None:
    said = confirm_refusal(**{"waits": True, "newest": True, "rescored": False} | change)

    assert (said is None) if words is None else (said is not None and words in said)
