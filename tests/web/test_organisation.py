"""The details of the organisation, as its administrator keeps them."""

from collections.abc import Callable

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from incident_app.extensions import db
from incident_app.models.organisation import Organisation
from tests.web.test_pages import post

Client = Callable[[str], FlaskClient]
DETAILS: dict[str, object] = {
    "name": "Assistant bot service", "legal_name": "Assistant Bot Limited", "country": "ie", "zone": "Europe/Dublin",
    "eu_establishment": "y", "covered_entity": "y", "dpo_email": "dpo@example.org",
}


def test_an_administrator_changes_the_details_and_a_wrong_one_is_named(app: Flask, client_for: Client) -> None:
    admin = client_for("admin")
    assert "Assistant Bot GmbH" in admin.get("/organisation").text

    status, text = post(admin, "/organisation", DETAILS | {"country": "Ireland", "dpo_email": "nobody"})
    assert (status, "Give two letters" in text, "Give an email address." in text) == (422, True, True)
    status, text = post(admin, "/organisation", DETAILS)

    assert (status, "Saved." in text) == (200, True)
    with app.app_context():
        home = db.session.scalars(select(Organisation)).one()
        assert (home.legal_name, home.country, home.eu_establishment, home.covered_entity) == (
            "Assistant Bot Limited", "IE", True, True)


def test_nobody_else_sees_them(client_for: Client) -> None:
    assert client_for("approver").get("/organisation").status_code == 403
