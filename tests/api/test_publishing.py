"""Public notices as JSON: drafted, changed against a version, approved by another one with a fresh token, taken down."""

from collections.abc import Callable

import pytest
from flask import Flask

from incident_app.extensions import db
from incident_app.models.obligations import Obligation
from incident_app.services import accounts
from tests.builders import a_case
from tests.conftest import ApiClient
from tests.fakes import START, FakeClock

REF = "BR-2026-001"
AT = f"/cases/{REF}/public-notices"
WHY = "Nobody has their addresses."
TODAY, LATER = START.date().isoformat(), "2026-12-31"


@pytest.fixture
def speak(app: Flask, api_for: Callable[[str], ApiClient]) -> Callable[[str], ApiClient]:
    """A case with a duty to tell people is filed."""
    with app.app_context():
        user = accounts.find(db.session(), "responder@example.org")
        assert user is not None
        case = a_case(db.session(), user.actor, data_categories=("health",))
        for duty in db.session().query(Obligation).filter_by(case_id=case.id, recipient_type="data_subjects"):
            duty.state = "owed"
        db.session().commit()
    return api_for


def drafted(speak: Callable[[str], ApiClient]) -> dict[str, object]:
    """Draft one in two languages as the responder."""
    status, notice = speak("responder")("POST", AT, {"languages": ["en", "de"], "first_day": TODAY, "last_day": LATER})
    assert status == 201
    return notice


def test_it_is_drafted_changed_approved_by_another_one_and_taken_down(
    app: Flask, speak: Callable[[str], ApiClient]
) -> None:
    # Given a draft nobody outside sees
    notice, responder, approver = drafted(speak), speak("responder"), speak("approver")
    slug = str(notice["address"]).rpartition("/")[2]
    assert (notice["state"], notice["shown"], notice["problems"]) == ("draft", False, {"en": [], "de": []})
    assert app.test_client().get(f"/notice/{slug}").status_code == 404

    # When it is changed, by the version that was read
    words = notice["texts"]["en"] | {"subject": "What happened to health data", "version": notice["version"]}  # type: ignore[index]  # JSON
    status, changed = responder("PUT", f"{AT}/1/texts/en", words)
    assert (status, changed["texts"]["en"]["subject"]) == (200, "What happened to health data")  # type: ignore[index]  # JSON
    status, _ = responder("PUT", f"{AT}/1/texts/en", words)
    assert status == 409
    status, dated = responder("PUT", f"{AT}/1/days", {"first_day": TODAY, "last_day": "2026-12-24", "version": changed["version"]})
    assert (status, dated["last_day"]) == (200, "2026-12-24")

    # Then its writer cannot approve it, another one can, and everybody reads it
    assert responder("POST", f"{AT}/1/ask-approval", {})[0] == 200
    assert responder("POST", f"{AT}/1/approve", {})[0] == 403
    status, published = approver("POST", f"{AT}/1/approve", {})
    assert (status, published["state"], published["shown"]) == (200, "approved", True)
    assert "What happened to health data" in app.test_client().get(f"/notice/{slug}").text

    # And it is taken down at once
    status, gone = responder("POST", f"{AT}/1/withdraw", {"reason": "Everybody was reached after all."})
    assert (status, gone["state"], gone["shown"]) == (200, "withdrawn", False)
    assert "What happened to health data" not in app.test_client().get(f"/notice/{slug}").text


def test_a_correction_is_dropped_by_the_version_that_was_read(speak: Callable[[str], ApiClient]) -> None:
    # Given one that everybody reads, and a correction of its days
    drafted(speak)
    responder = speak("responder")
    responder("POST", f"{AT}/1/ask-approval", {})
    _, published = speak("approver")("POST", f"{AT}/1/approve", {})
    assert responder("POST", f"{AT}/1/drop-correction", {})[0] == 409
    _, begun = responder("PUT", f"{AT}/1/days", {"first_day": TODAY, "last_day": "2026-12-24", "version": published["version"]})

    # When it is dropped, by an old version first
    assert responder("POST", f"{AT}/1/drop-correction", {"version": published["version"]})[0] == 409
    status, dropped = responder("POST", f"{AT}/1/drop-correction", {"version": begun["version"]})

    # Then what was approved stands
    assert (status, dropped["state"], dropped["last_day"], dropped["content_hash"]) == (200, "approved", LATER, published["content_hash"])


def test_an_old_token_approves_nothing(speak: Callable[[str], ApiClient], clock: FakeClock) -> None:
    drafted(speak)
    approver = speak("approver")
    speak("responder")("POST", f"{AT}/1/ask-approval", {})

    clock.move(minutes=6)
    status, refused = approver("POST", f"{AT}/1/approve", {})

    assert status == 403
    assert "a fresh proof of who you are" in str(refused)


def test_who_changed_it_cannot_approve_it_and_sends_it_back(speak: Callable[[str], ApiClient]) -> None:
    notice, approver = drafted(speak), speak("approver")
    words = notice["texts"]["en"] | {"subject": "Other words", "version": notice["version"]}  # type: ignore[index]  # JSON
    approver("PUT", f"{AT}/1/texts/en", words)
    speak("responder")("POST", f"{AT}/1/ask-approval", {})

    assert approver("POST", f"{AT}/1/approve", {})[0] == 403

    status, back = approver("POST", f"{AT}/1/send-back", {"reason": "Say when it happened."})
    assert (status, back["state"], back["state_reason"]) == (200, "draft", "Sent back: Say when it happened.")


def test_it_counts_for_a_duty_to_tell_people(app: Flask, speak: Callable[[str], ApiClient]) -> None:
    drafted(speak)
    approver = speak("approver")
    with app.app_context():
        duty = db.session().query(Obligation.id).filter_by(recipient_type="data_subjects").limit(1).scalar()
    assert approver("POST", f"{AT}/1/count", {"obligation_id": duty, "public_reason": WHY})[0] == 409  # nobody can read it yet
    speak("responder")("POST", f"{AT}/1/ask-approval", {})
    approver("POST", f"{AT}/1/approve", {})

    assert approver("POST", f"{AT}/1/count", {"obligation_id": duty, "public_reason": ""})[0] == 422

    status, counted = approver("POST", f"{AT}/1/count", {"obligation_id": duty, "public_reason": WHY})

    assert (status, counted["state"], counted["id"], counted["public_reason"]) == (200, "discharged", duty, WHY)


def test_they_are_listed_and_bad_days_and_fields_of_a_person_are_named(speak: Callable[[str], ApiClient]) -> None:
    responder, auditor = speak("responder"), speak("auditor")
    notice = drafted(speak)

    status, refused = responder("POST", AT, {"languages": ["xx"], "first_day": TODAY, "last_day": LATER})
    assert (status, "languages" in str(refused)) == (422, True)
    assert responder("POST", AT, {"languages": ["en"], "first_day": LATER, "last_day": TODAY})[0] == 422
    assert auditor("POST", AT, {"languages": ["en"], "first_day": TODAY, "last_day": LATER})[0] == 403

    words = {"subject": "Hello ((name))", "body": notice["texts"]["en"]["body"], "version": notice["version"]}  # type: ignore[index]  # JSON
    responder("PUT", f"{AT}/1/texts/en", words)
    assert "everybody reads this text" in str(responder("POST", f"{AT}/1/ask-approval", {})[1])
    status, every = auditor("GET", AT)
    assert [one["number"] for one in every["public_notices"]] == [1]  # type: ignore[attr-defined]  # JSON
    assert auditor("GET", f"{AT}/1")[1]["version"] == every["public_notices"][0]["version"]  # type: ignore[index]  # JSON
    assert auditor("GET", f"{AT}/2")[0] == 404
