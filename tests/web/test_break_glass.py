"""Break glass in the browser: asked, agreed, read for an hour, and nothing can be done with it."""

from collections.abc import Callable

from flask import Flask
from flask.testing import FlaskClient

from incident_app.extensions import db
from incident_app.models.accounts import User
from incident_app.services import cases
from tests.builders import a_case
from tests.fakes import FakeClock
from tests.web.posting import post

SignIn = Callable[[str], FlaskClient]
WHY = "Rene is ill, and the 72 hours end tonight."


def test_a_restricted_case_is_read_for_an_hour_and_nothing_is_done_with_it(
    app: Flask, client_for: SignIn, clock: FakeClock
) -> None:
    # Given a restricted case that one approver is not listed for
    with app.app_context():
        session = db.session()
        people = {user.email.partition("@")[0]: user.actor for user in session.query(User)}
        case = a_case(session, people["responder"], title="The payroll export")
        cases.choose_readers(session, case.id, team_id=None, restricted=True,
                             readers={people["responder"].id, people["approver"].id}, version=case.version,
                             by=people["responder"], now=clock.now())
        ref = case.ref
    asker, second = client_for("second_approver"), client_for("approver")
    assert asker.get(f"/cases/{ref}").status_code == 404

    # When they ask for what there is not, then that is said beside the field
    wrong = post(asker, "/break-glass", {"ref": "BR-1999-001", "reason": WHY})
    assert wrong.status_code == 422
    assert "There is no restricted case of this number" in wrong.text
    assert WHY in wrong.text

    # When they ask, and the other approver agrees
    assert "Asked." in post(asker, "/break-glass", {"ref": ref, "reason": WHY}, follow=True).text
    page = second.get("/break-glass").text
    assert WHY in page
    agree = next(part for part in page.split('"') if part.endswith("/agree"))
    assert post(asker, agree, {}, follow=True).status_code == 403
    assert "Open for one hour." in post(second, agree, {}, follow=True).text

    # Then they read it and its pages, and see it in the register
    seen = asker.get(f"/cases/{ref}")
    assert "The payroll export" in seen.text
    assert "Glass broken." in seen.text
    for path in ("timeline", "duties", "evidence"):
        assert asker.get(f"/cases/{ref}/{path}").status_code == 200, path
    assert ref in asker.get("/register").text

    # … and can do nothing with it
    for path in ("notes", "edit", "assess", "close", "hold"):
        assert post(asker, f"/cases/{ref}/{path}", {"text": "x", "reason": WHY}).status_code == 404, path

    # When the hour is over, then it does not exist for them
    clock.move(minutes=61)
    assert asker.get(f"/cases/{ref}").status_code == 404
    assert ref not in asker.get("/register").text


def test_who_asked_withdraws_and_who_refuses_says_why(app: Flask, client_for: SignIn, clock: FakeClock) -> None:
    with app.app_context():
        session = db.session()
        people = {user.email.partition("@")[0]: user.actor for user in session.query(User)}
        case = a_case(session, people["responder"])
        cases.choose_readers(session, case.id, team_id=None, restricted=True,
                             readers={people["responder"].id, people["approver"].id}, version=case.version,
                             by=people["responder"], now=clock.now())
        ref = case.ref
    asker, second = client_for("second_approver"), client_for("approver")
    post(asker, "/break-glass", {"ref": ref, "reason": WHY})
    refuse = next(part for part in asker.get("/break-glass").text.split('"') if part.endswith("/refuse"))

    assert "Say why" in post(second, refuse, {"reason": ""}, follow=True).text
    assert "stays closed" in post(asker, refuse, {}, follow=True).text
    assert client_for("responder").get("/break-glass").status_code == 403
