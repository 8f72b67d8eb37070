"""The page of cause and lessons: written by who works on the case, read by who may read it."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from incident_app.extensions import db
from incident_app.services import accounts
from tests.builders import a_case
from tests.web.posting import post

Browser = Callable[[str], FlaskClient]
TYPED = {"version": "0", "cause": "misconfiguration", "factors": ["no_second_look", "real_data_in_tests"],
         "cause_words": "A debug switch stayed on.", "why_1": "The switch was on.", "why_3": "Nobody is told to turn it off.",
         "went_well": "The link was closed within minutes.", "differently": "Exports expire."}


@pytest.fixture
def ref(app: Flask) -> str:
    """A filed case whose facts say a cause already."""
    with app.app_context():
        user = accounts.find(db.session(), "responder@example.org")
        assert user is not None
        case = a_case(db.session(), user.actor)
        case.cause = "Open storage."
        db.session().commit()
        return case.ref


def test_it_is_written_read_back_and_older_versions_stay(client_for: Browser, ref: str) -> None:
    # Given an empty form that starts with what the facts say
    page = client_for("responder")
    empty = page.get(f"/cases/{ref}/lessons").get_data(as_text=True)
    assert "Open storage." in empty
    assert "Nothing written yet" in empty

    # When it is saved
    saved = post(page, f"/cases/{ref}/lessons", TYPED, follow=True).text

    # Then what was written stands there, the whys in order, and an auditor reads it without a form
    assert "Cause and lessons are written down." in saved
    assert "Version 1" in saved
    read = client_for("auditor").get(f"/cases/{ref}/lessons").get_data(as_text=True)
    assert "Wrong settings" in read
    assert read.index("The switch was on.") < read.index("Nobody is told to turn it off.")
    assert "Save cause and lessons" not in read
    assert post(client_for("auditor"), f"/cases/{ref}/lessons", TYPED).status_code == 403


def test_what_is_wrong_stands_at_its_field_and_nothing_typed_is_lost(client_for: Browser, ref: str) -> None:
    answer = post(client_for("responder"), f"/cases/{ref}/lessons", TYPED | {"cause": "other", "cause_words": " ", "why_1": "w" * 501})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "Say in words what it was, or what was looked at." in page
    assert "At most 500 characters for each why." in page
    assert "The link was closed within minutes." in page


def test_who_was_slower_sees_both_texts(client_for: Browser, ref: str) -> None:
    # Given two forms opened at the same time, and the first one saved
    post(client_for("approver"), f"/cases/{ref}/lessons", TYPED | {"cause": "software_fault"})

    # When the second one is saved
    answer = post(client_for("responder"), f"/cases/{ref}/lessons", TYPED)

    # Then both causes are on the page in words, and nothing was overwritten
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "Wrong settings" in page
    assert "A fault in our own software" in page
    assert "A fault in our own software" in client_for("auditor").get(f"/cases/{ref}/lessons").get_data(as_text=True)
