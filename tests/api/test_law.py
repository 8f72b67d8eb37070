"""The law as JSON, and questions to it without a case."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner

from incident_app.cli_law import law
from tests.builders import the_law
from tests.conftest import ApiClient

Speak = Callable[[str], ApiClient]
QUESTIONS: list[tuple[str, dict[str, Any]]] = [
    ("deadlines", {"id": 7, "regime": "EU-GDPR", "country": "DE", "subdivision": None, "zone": "Europe/Berlin",
                   "aware_at": "2026-11-23T10:40:00+01:00"}),
    ("severity", {"id": "a", "classes": [{"class": "financial", "adjust": 0}], "ei": "0.75", "confidentiality": "0.5",
                  "integrity": "0", "availability": "0", "malicious": True}),
    ("assess", {"people_data": "yes", "people": {"certainty": "about", "low": 2300}}),
]


def test_the_law_is_read_as_it_is_loaded(api_for: Speak) -> None:
    admin = api_for("auditor")

    found: dict[str, Any] = admin("GET", "/law/regimes")[1]
    assert (found["version"], len(found["regimes"])) == (the_law().version, len(the_law().regimes))
    one: dict[str, Any] = admin("GET", "/law/regimes/EU-GDPR-OMNIBUS")[1]
    assert (one["replaces"], [rule["is_law_now"] for rule in one["rules"]]) == ("EU-GDPR", [False])
    assert [one["id"] for one in admin("GET", "/law/regimes?q=brazilian")[1]["regimes"]] == ["BR-LGPD"]  # type: ignore[attr-defined]  # JSON
    assert admin("GET", "/law/regimes/ATLANTIS")[0] == 404


def test_the_directory_is_read_and_searched(api_for: Speak) -> None:
    reporter = api_for("reporter")

    assert len(reporter("GET", "/law/authorities")[1]["authorities"]) == len(the_law().authorities)  # type: ignore[arg-type]  # JSON
    found: dict[str, Any] = reporter("GET", "/law/authorities?q=Datenschutzbehörde AT")[1]
    assert "AT" in {one["id"] for one in found["authorities"]}


def test_a_clock_of_a_contract_is_added_and_ended(api_for: Speak) -> None:
    approver = api_for("approver")
    body = {"name": "Cyber policy", "recipient": "Insurer", "anchor": "aware", "value": 48, "unit": "hours",
            "source": "Policy 77"}

    assert approver("POST", "/law/clocks", body | {"unit": "moons"})[0] == 422
    assert api_for("responder")("POST", "/law/clocks", body)[0] == 403
    status, made = approver("POST", "/law/clocks", body)
    assert (status, made["ended_at"]) == (201, None)
    assert approver("POST", f"/law/clocks/{made['id']}/end")[1]["ended_at"] is not None
    assert [one["name"] for one in approver("GET", "/law/clocks")[1]["clocks"]] == ["Cyber policy"]  # type: ignore[attr-defined]  # JSON
    assert approver("POST", f"/law/clocks/{made['id']}/end")[0] == 404


@pytest.mark.parametrize(("name", "question"), QUESTIONS)
def test_a_question_gets_the_answer_of_the_command_line(api_for: Speak, name: str, question: dict[str, Any]) -> None:
    line = CliRunner().invoke(law, [name], input=json.dumps(question))

    status, answer = api_for("responder")("POST", f"/law/{name}", question)

    assert (status, answer) == (200, json.loads(line.output))


@pytest.mark.parametrize(("name", "change", "field"), [
    ("deadlines", {"regime": "ATLANTIS"}, "regime"), ("deadlines", {"zone": 5}, "zone"), ("deadlines", {"id": []}, "id"),
    ("deadlines", {"moon": 1}, "moon"), ("severity", {"ei": "much"}, "ei"), ("assess", {"people_data": "maybe"}, "people_data"),
])
def test_a_bad_question_is_answered_by_field(api_for: Speak, name: str, change: dict[str, Any], field: str) -> None:
    status, answer = api_for("responder")("POST", f"/law/{name}", dict(QUESTIONS)[name] | change)

    assert status == 422
    assert field in answer["problems"]  # type: ignore[operator]  # JSON


def test_what_no_calendar_holds_is_said(api_for: Speak) -> None:
    question = dict(QUESTIONS)["deadlines"] | {"aware_at": "9999-12-31T10:00:00Z"}

    status, answer = api_for("responder")("POST", "/law/deadlines", question)

    assert (status, answer["error"]) == (422, "The deadline lies beyond what a calendar holds.")


def test_what_is_no_object_is_refused(api_for: Speak) -> None:
    assert api_for("responder")("POST", "/law/severity", [1])[0] == 422
