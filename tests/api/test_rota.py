"""The rota as JSON."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from incident_app.extensions import db
from incident_app.services import accounts
from tests.fakes import START

Api = Callable[[str], Callable[..., tuple[int, dict[str, Any]]]]


def user_id(app: Flask, who: str) -> int:
    with app.app_context():
        user = accounts.find(db.session(), f"{who}@example.org")
        assert user is not None
        return int(user.id)


def day(number: float) -> str:
    return (START + timedelta(days=number)).isoformat()


@pytest.fixture
def shift(app: Flask, api_for: Api) -> dict[str, Any]:
    """The on-call person has the next nine days."""
    status, made = api_for("responder")("POST", "/rota/shifts", {
        "user_id": user_id(app, "oncall_person"), "starts_at": day(0), "ends_at": day(9)})
    assert status == 201
    return made


def test_the_rota_is_read_filled_and_never_emptied(app: Flask, api_for: Api, shift: dict[str, Any]) -> None:
    call = api_for("responder")
    _, later = call("POST", "/rota/shifts", {"user_id": user_id(app, "approver"), "starts_at": day(9), "ends_at": day(12)})

    _, read = call("GET", "/rota")
    assert (read["on_call"], read["next"]["name"], len(read["shifts"]), read["gaps"]) == ("Ola Oncall", "Ada Approver", 2, [])
    assert call("DELETE", f"/rota/shifts/{later['id']}")[0] == 204
    assert call("DELETE", f"/rota/shifts/{later['id']}")[0] == 404
    status, answer = call("DELETE", f"/rota/shifts/{shift['id']}")
    assert (status, answer["error"].split(",")[0]) == (422, "This would leave the rota empty")


def test_who_is_on_call_at_a_moment_is_answered(api_for: Api, shift: dict[str, Any]) -> None:
    call = api_for("auditor")

    assert call("GET", "/rota/on-call")[1]["on_call"]["name"] == "Ola Oncall"
    _, then = call("GET", "/rota/on-call", query_string={"at": day(10)})
    assert then == {"at": day(10), "on_call": None}


def test_shifts_of_a_stretch_are_listed(api_for: Api, shift: dict[str, Any]) -> None:
    call = api_for("oncall_person")

    assert [one["id"] for one in call("GET", "/rota/shifts")[1]["shifts"]] == [shift["id"]]
    assert call("GET", "/rota/shifts", query_string={"since": day(9), "until": day(10)})[1] == {"shifts": []}
    status, answer = call("GET", "/rota/shifts", query_string={"since": day(9), "until": day(8)})
    assert (status, set(answer["problems"])) == (422, {"until"})


def test_gaps_are_listed(app: Flask, api_for: Api) -> None:
    assert api_for("auditor")("GET", "/rota/gaps")[1] == {"gaps": [{"from": day(0), "to": day(7)}]}


def test_a_day_is_covered_and_the_rest_handed_over(app: Flask, api_for: Api, shift: dict[str, Any]) -> None:
    own = api_for("oncall_person")

    status, covered = own("POST", f"/rota/shifts/{shift['id']}/cover", {
        "user_id": user_id(app, "approver"), "starts_at": day(2), "ends_at": day(3), "version": 1})
    assert (status, covered["name"], covered["covers"]) == (201, "Ada Approver", "Ola Oncall")
    status, handed = own("POST", "/rota/hand-over", {"user_id": user_id(app, "responder"), "shift_id": shift["id"]})
    assert (status, handed["name"], handed["ends_at"]) == (201, "Rene Responder", day(2))
    assert own("POST", "/rota/hand-over", {"user_id": user_id(app, "responder")})[0] == 403
    names = [one["name"] for one in own("GET", "/rota/shifts")[1]["shifts"]]
    assert names == ["Rene Responder", "Ada Approver", "Ola Oncall"]


def test_a_shift_gets_other_times_unless_somebody_was_faster(api_for: Api, shift: dict[str, Any]) -> None:
    call = api_for("responder")
    times = {"starts_at": day(0), "ends_at": day(10)}

    status, changed = call("PATCH", f"/rota/shifts/{shift['id']}", times | {"version": 1})
    assert (status, changed["ends_at"], changed["version"]) == (200, day(10), 2)
    assert call("PATCH", f"/rota/shifts/{shift['id']}", times | {"version": 1})[0] == 409


def test_a_rotation_is_listed_and_saved_only_when_asked(app: Flask, api_for: Api, shift: dict[str, Any]) -> None:
    call = api_for("responder")
    plan = {"people": [user_id(app, "approver"), user_id(app, "responder")], "days": 7, "weekday": 0, "at": "09:00",
            "zone": "Europe/Madrid", "first": "2026-11-30", "turns": 3}

    status, shown = call("POST", "/rota/rotations", plan)
    assert (status, shown["saved"], shown["shifts_cut"]) == (200, False, 1)
    assert [turn["name"] for turn in shown["turns"]] == ["Ada Approver", "Rene Responder", "Ada Approver"]
    assert len(call("GET", "/rota/shifts")[1]["shifts"]) == 1
    status, saved = call("POST", "/rota/rotations", plan | {"save": True})
    assert (status, saved["saved"], saved["turns"]) == (201, True, shown["turns"])
    assert len(call("GET", "/rota/shifts")[1]["shifts"]) == 4


@pytest.mark.parametrize(
    "facts",
    [{"user_id": "1"}, {"starts_at": "2026-11-24T08:00"}, {"colour": "red"}, {"ends_at": "2026-11-01T00:00:00Z"}],
)
def test_a_bad_shift_is_refused_in_words(app: Flask, api_for: Api, facts: dict[str, object]) -> None:
    given = {"user_id": user_id(app, "oncall_person"), "starts_at": "2026-11-24T08:00:00Z",
             "ends_at": "2026-11-24T20:00:00Z"}

    status, answer = api_for("responder")("POST", "/rota/shifts", given | facts)

    assert status == 422
    assert set(answer["problems"]) <= {*facts, "ends_at"}


@pytest.mark.parametrize(("who", "status"), [("reporter", 403), ("oncall_person", 403), ("auditor", 403), ("approver", 201)])
def test_who_may_put_somebody_on_call(app: Flask, api_for: Api, who: str, status: int) -> None:
    given = {"user_id": user_id(app, "oncall_person"), "starts_at": day(0), "ends_at": day(1)}

    assert api_for(who)("POST", "/rota/shifts", given)[0] == status
