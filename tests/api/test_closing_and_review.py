"""The end of a case as JSON: gaps by kind and id, closing over them with two people, the review, opening again."""

from collections.abc import Callable
from typing import Any

from flask import Flask

from incident_app.extensions import db
from incident_app.services import remediation
from incident_app.services.remediation import NewAction
from tests.builders import a_case
from tests.fakes import FakeClock
from tests.services.closing_steps import CHANGE, JUDGED, WHY_OVER
from tests.web.test_closing_and_review import a_quiet_case
from tests.web.walk import hired

Api = Callable[[str], Callable[..., tuple[int, dict[str, Any]]]]
CASE = "/cases/BR-2026-001"


def test_every_gap_has_its_kind_id_and_place(app: Flask, api_for: Api) -> None:
    # Given a case in which everything is open
    with app.app_context():
        a_case(db.session(), hired().responder)
    approver = api_for("approver")

    # When it is to be closed
    status, refusal = approver("POST", f"{CASE}/close", {"version": 1, "reason": "Done"})

    # Then the refusal names each gap for programs too, and each is found where its link says
    found = approver("GET", f"{CASE}/gaps")[1]
    assert status == 422
    assert refusal["gaps"] == [{name: one[name] for name in ("kind", "subject", "words")} for one in found["gaps"]]
    assert {one["kind"] for one in found["gaps"]} >= {"risk_undecided", "duty_undecided", "action_open", "review_missing"}
    assert found["may_be_closed"] is False
    for link in {one["link"] for one in found["gaps"]}:
        assert approver("GET", link.removeprefix("/api/v1"))[0] == 200


def test_a_case_is_closed_over_a_gap_by_two_and_opened_again(app: Flask, api_for: Api, clock: FakeClock) -> None:
    with app.app_context():
        remediation.add(db.session(), a_quiet_case().id, NewAction("Ask the processor", "remedy"), by=hired().responder,
                        now=clock.now())
    responder, approver = api_for("responder"), api_for("approver")
    gaps = responder("GET", f"{CASE}/gaps")[1]
    asks = {"version": gaps["version"], "reason": WHY_OVER, "hash": gaps["hash"]}

    # When somebody asks about other gaps, then about these, and the second person refuses, then agrees
    assert responder("POST", f"{CASE}/close-over", asks | {"hash": "0"})[0] == 409
    status, asked = responder("POST", f"{CASE}/close-over", asks)
    assert (status, [one["kind"] for one in asked["gaps"]]) == (201, ["action_open"])
    assert responder("GET", f"{CASE}/closings")[1] == {"asked": asked, "closings": []}
    at = f"{CASE}/close-over/{asked['id']}"
    assert responder("POST", at, {"agree": True})[0] == 403
    assert approver("POST", at, {"agree": False, "reason": "Ask them first, please."})[1]["state"] == "decided"
    _, asked = responder("POST", f"{CASE}/close-over", asks)
    assert approver("POST", f"{CASE}/close-over/{asked['id']}", {"agree": True})[1]["state"] == "closed"

    # Then it stands there with both, and after it was opened again it still does
    assert approver("GET", f"{CASE}/gaps")[1]["may_be_closed"] is False
    status, kept = approver("POST", f"{CASE}/reopen", {"reason": "The police called."})
    assert (status, kept["reason"], kept["reopen_reason"], len(kept["gaps"])) == (200, WHY_OVER, "The police called.", 1)
    assert kept["asked_by"] != kept["by"]
    assert responder("GET", f"{CASE}/closings")[1] == {"asked": None, "closings": [kept]}
    assert responder("GET", CASE)[1]["state"] == "decided"


def test_a_review_is_read_written_signed_and_printed(app: Flask, api_for: Api) -> None:
    with app.app_context():
        a_quiet_case("yes")
    responder, approver = api_for("responder"), api_for("approver")
    empty = responder("GET", f"{CASE}/review")[1]
    assert (empty["version"], empty["judgement"], empty["facts"]["reach"]["told"]) == (0, "", 0)

    # When two write, one of them slower, and two sign
    status, written = responder("PUT", f"{CASE}/review", {"version": 0, "judgement": JUDGED, "to_change": CHANGE})
    assert (status, written["version"], len(written["versions"])) == (200, 1, 1)
    status, stale = approver("PUT", f"{CASE}/review", {"version": 0, "judgement": "Mine.", "to_change": CHANGE})
    assert (status, stale["theirs"]["judgement"], stale["yours"]["judgement"]) == (409, JUDGED, "Mine.")
    assert responder("POST", f"{CASE}/review/sign", {"hash": "0"})[0] == 409
    assert responder("POST", f"{CASE}/review/sign", {"hash": written["hash"]})[1]["complete"] is False
    signed = approver("POST", f"{CASE}/review/sign", {"hash": written["hash"]})[1]

    # Then it is complete, and whoever changes it takes both names back
    assert (signed["complete"], [one["approver"] for one in signed["signatures"]]) == (True, [False, True])
    assert responder("GET", f"{CASE}/review.pdf")[0] == 200
    changed = responder("PUT", f"{CASE}/review", {"version": 1, "judgement": "Well.", "to_change": CHANGE})[1]
    assert ([one["void"] for one in changed["signatures"]], changed["complete"]) == (["The words were changed."] * 2, False)
