"""The authority's filing in the browser of those who may and may not."""

from collections.abc import Callable
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient

from incident_app.domain.filings import from_json
from incident_app.extensions import db
from incident_app.models.filings import Filing
from incident_app.models.obligations import Obligation
from incident_app.models.sealing import texts_of
from incident_app.services import filings
from incident_app.tasks import papers as tasks
from incident_app.wiring import Ports
from tests.fakes import FakeClock, FakePdf, FakeVault
from tests.services.filing_steps import a_draft, an_approved_filing, an_asked_filing, an_owed_case
from tests.web.posting import post
from tests.web.walk import hired

SignIn = Callable[[str], FlaskClient]
BASE = "/cases/BR-2026-001/filings"


@pytest.fixture
def owed(app: Flask, clock: FakeClock) -> int:
    """A case whose authority has to be told; the id of the duty."""
    clock.move(hours=2)
    with app.app_context():
        case = an_owed_case(db.session(), hired())
        duty = filings.duties_to_authorities(db.session(), case.id)[0]
        return duty.id


@pytest.fixture
def drafted(app: Flask, owed: int) -> None:
    """A draft by the responder."""
    with app.app_context():
        a_draft(db.session(), hired(), db.session().get_one(Obligation, owed).case)


def the_filing(app: Flask) -> Filing:
    with app.app_context():
        filing = db.session().get_one(Filing, 1)
        texts_of(filing)  # while it has a session
        return filing


def test_a_responder_drafts_and_sees_what_the_case_says(client_for: SignIn, owed: int) -> None:
    client = client_for("responder")

    assert "Draft the filing" in client.get(BASE).text
    answer = post(client, BASE, {"obligation_id": str(owed)})

    assert answer.status_code == 302
    page = client.get(f"{BASE}/1?section=people").text
    assert "about 10\u202f000" in page
    assert "Still missing" in page
    assert "Ask for approval" in page


def test_a_duty_of_another_case_is_refused(client_for: SignIn, owed: int) -> None:
    client = client_for("responder")

    assert post(client, BASE, {"obligation_id": "999"}).status_code == 422
    assert post(client, BASE, {"obligation_id": "x"}).status_code == 422


def test_a_section_is_saved_and_unchanged_answers_keep_their_source(
    app: Flask, client_for: SignIn, drafted: None
) -> None:
    client = client_for("responder")

    answer = post(client, f"{BASE}/1", {
        "version": "1", "section": "timeline", "go": "next", "has": ["began_at", "aware_at", "discovery", "detected_at"],
        "f-began_at": "2026-11-22T22:40", "f-aware_at": "2026-11-23T10:40", "f-discovery": "own",
        "f-detected_at": "2026-11-23T09:30",
    })

    assert answer.status_code == 302
    assert "section=events" in answer.location
    answers = from_json(the_filing(app).answers)
    assert answers["aware_at"].source == "case"
    assert answers["detected_at"].value == "2026-11-23T08:30:00+00:00"
    assert answers["discovery"].value == "own"


def test_every_kind_of_answer_can_be_typed(app: Flask, client_for: SignIn, drafted: None) -> None:
    client = client_for("responder")

    for version, fields in enumerate([
        {"section": "people", "has": ["people_kinds", "people_count", "people_countries", "cross_border"],
         "f-people_kinds": ["users", "minors"], "f-people_count": "range", "f-people_count-low": "9 000",
         "f-people_count-high": "11,000", "f-people_countries": "DE\nFR\n", "f-cross_border": "yes"},
        {"section": "data", "has": ["records_count", "data_words"], "f-records_count": "unknown", "f-data_words": "Prompts."},
        {"section": "people", "has": ["people_count"], "f-people_count": ""},
    ], 1):
        assert post(client, f"{BASE}/1", {"version": str(version), **fields}).status_code == 302

    answers = from_json(the_filing(app).answers)
    assert answers["people_kinds"].value == ["users", "minors"]
    assert answers["people_countries"].source == "case"
    assert answers["records_count"].value == {"certainty": "unknown", "low": None, "high": None}
    assert not answers["people_count"].answered


def test_not_yet_known_is_one_press_and_can_be_answered_again(app: Flask, client_for: SignIn, drafted: None) -> None:
    client = client_for("responder")

    answer = post(client, f"{BASE}/1", {"version": "1", "section": "events", "wait": "systems", "has": ["systems"]})
    page = client.get(f"{BASE}/1?section=events").text
    opened = client.get(f"{BASE}/1?section=events&open=systems").text
    untouched = post(client, f"{BASE}/1", {"version": "2", "section": "events", "has": ["systems"], "f-systems": ""})

    assert answer.location.endswith("#systems")
    assert "to be determined" in page
    assert 'name="f-systems"' not in page
    assert 'name="f-systems"' in opened
    assert untouched.status_code == 302
    assert from_json(the_filing(app).answers)["systems"].not_yet_known


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"has": ["began_at"], "f-began_at": "yesterday"}, "Give date and time"),
        ({"has": ["began_at"], "f-began_at": "2026-10-25T02:30"}, "happened twice"),
        ({"has": ["discovery_words"], "f-discovery_words": "eve@example.net said so"}, "an email address"),
    ],
)
def test_what_is_wrong_stands_at_its_field_with_what_was_typed(
    client_for: SignIn, drafted: None, fields: dict[str, object], words: str
) -> None:
    answer = post(client_for("responder"), f"{BASE}/1", {"version": "1", "section": "timeline", **fields})

    assert answer.status_code == 422
    assert words in answer.text
    assert "There is a problem" in answer.text
    typed = next(str(value) for key, value in fields.items() if key.startswith("f-"))
    assert typed in answer.text


def test_a_number_that_is_none_is_named(client_for: SignIn, drafted: None) -> None:
    answer = post(client_for("responder"), f"{BASE}/1", {
        "version": "1", "section": "people", "has": ["people_count"], "f-people_count": "exact", "f-people_count-low": "many",
    })

    assert answer.status_code == 422
    assert "“many” is not a whole number" in answer.text


def test_a_time_that_happened_twice_is_told_apart(app: Flask, client_for: SignIn, drafted: None) -> None:
    answer = post(client_for("responder"), f"{BASE}/1", {
        "version": "1", "section": "timeline", "has": ["began_at"], "f-began_at": "2026-10-25T02:30", "f-began_at-fold": "1",
    })

    assert answer.status_code == 302
    assert from_json(the_filing(app).answers)["began_at"].value == "2026-10-25T01:30:00+00:00"


def test_a_stale_page_is_a_conflict(client_for: SignIn, drafted: None) -> None:
    client = client_for("responder")
    fields = {"version": "1", "section": "events", "has": ["systems"], "f-systems": "Storage"}

    assert post(client, f"{BASE}/1", fields).status_code == 302
    answer = post(client, f"{BASE}/1", fields | {"f-systems": "Other"})

    assert answer.status_code == 409
    assert "changed this while you were editing" in answer.text


def test_use_takes_a_fact_of_the_case(app: Flask, client_for: SignIn, drafted: None) -> None:
    client = client_for("responder")
    post(client, f"{BASE}/1", {"version": "1", "section": "events", "has": ["cause"], "f-cause": "Typed"})

    page = client.get(f"{BASE}/1?section=events").text
    answer = post(client, f"{BASE}/1/use", {"version": "2", "section": "events", "field": "cause"})

    assert "Use for: Cause" in page
    assert answer.status_code == 302
    assert from_json(the_filing(app).answers)["cause"].source == "case"


def test_asking_too_early_names_what_is_open_with_links(client_for: SignIn, drafted: None) -> None:
    answer = post(client_for("responder"), f"{BASE}/1/ask", {"version": "1", "section": "who"})

    assert answer.status_code == 422
    assert "Not ready for approval" in answer.text
    assert "?section=consequences#consequences" in answer.text


def test_a_phase_that_cannot_be_is_refused(client_for: SignIn, drafted: None) -> None:
    client = client_for("responder")

    assert post(client, f"{BASE}/1/phase", {"version": "1", "phase": "final"}).status_code == 422
    assert post(client, f"{BASE}/1/phase", {"version": "1", "phase": "initial"}).status_code == 302


@pytest.fixture
def asked(app: Flask, owed: int) -> None:
    """A filing that waits for a second person."""
    with app.app_context():
        an_asked_filing(db.session(), hired(), db.session().get_one(Obligation, owed).case)


def test_a_second_person_approves_in_the_browser(app: Flask, client_for: SignIn, asked: None) -> None:
    approver = client_for("approver")
    assert "Approve version 3" in approver.get(f"{BASE}/1").text

    answer = post(approver, f"{BASE}/1/approve", {"version": "3"})

    assert answer.status_code == 302
    page = approver.get(f"{BASE}/1").text
    assert "Mark as filed" in page
    assert "Its PDF is being made." in page
    assert tasks.make() == 1
    assert "Approved PDF" in approver.get(f"{BASE}/1").text
    assert post(client_for("responder"), f"{BASE}/1/approve", {"version": "4"}).status_code == 403


def test_it_is_sent_back_with_a_reason(client_for: SignIn, asked: None) -> None:
    approver = client_for("approver")

    assert post(approver, f"{BASE}/1/send-back", {"version": "3", "reason": ""}).status_code == 422
    assert post(approver, f"{BASE}/1/send-back", {"version": "3", "reason": "Say which storage."}).status_code == 302
    assert "Say which storage." in client_for("responder").get(f"{BASE}/1").text


def test_an_approver_who_edited_sees_why_the_button_is_dead(app: Flask, client_for: SignIn, asked: None) -> None:
    approver = client_for("approver")
    fields = {"version": "3", "section": "events", "has": ["systems"], "f-systems": "Storage in Frankfurt"}
    assert post(approver, f"{BASE}/1", fields).status_code == 302
    assert post(approver, f"{BASE}/1/ask", {"version": "4", "section": "who"}).status_code == 302

    assert "a second person approves" in approver.get(f"{BASE}/1").text
    assert post(approver, f"{BASE}/1/approve", {"version": "5"}).status_code == 403


@pytest.fixture
def approved(app: Flask, owed: int, test_ports: Ports) -> None:
    """An approved filing."""
    vault = test_ports.vault
    assert isinstance(vault, FakeVault)
    with app.app_context():
        an_approved_filing(db.session(), hired(), vault, case=db.session().get_one(Obligation, owed).case)


def test_marking_as_filed_asks_for_proof_and_stops_the_clock(app: Flask, client_for: SignIn, approved: None) -> None:
    client = client_for("approver")
    assert "The clock stops on proof only" in client.get(f"{BASE}/1/submitted").text
    facts = {"version": "4", "submitted_at": "2026-11-23T12:00", "how": "portal", "reference": "AZ-88213"}

    without = post(client, f"{BASE}/1/submitted", facts)
    empty = post(client, f"{BASE}/1/submitted", facts | {"proof": (BytesIO(b""), "receipt.pdf")})
    filed = post(client, f"{BASE}/1/submitted", facts | {"proof": (BytesIO(b"receipt"), "receipt.pdf")})

    assert without.status_code == 422
    assert "Choose a file. It is the receipt, the sent email or a picture of the confirmation." in without.text
    assert "The file is empty. It is the receipt" in empty.text
    assert filed.status_code == 302
    page = client.get(f"{BASE}/1").text
    assert "reference AZ-88213" in page
    assert 'name="f-' not in page
    again = post(client, f"{BASE}/1/submitted", facts | {"proof": (BytesIO(b"receipt"), "receipt.pdf")})
    assert again.status_code == 409
    assert "Draft a follow-up" in client.get(BASE).text


@pytest.mark.parametrize("at", ["", "2026-03-29T02:30", "2027-01-01T10:00"])
def test_a_moment_that_cannot_be_is_refused(client_for: SignIn, approved: None, at: str) -> None:
    facts = {"version": "4", "submitted_at": at, "how": "portal", "reference": "x", "proof": (BytesIO(b"r"), "r.pdf")}

    assert post(client_for("approver"), f"{BASE}/1/submitted", facts).status_code == 422


def test_without_a_printer_the_page_says_what_to_install(
    client_for: SignIn, drafted: None, test_ports: Ports
) -> None:
    assert isinstance(test_ports.pdf, FakePdf)
    test_ports.pdf.missing = "sudo apt-get install libpango-1.0-0"

    answer = client_for("responder").get("/cases/BR-2026-001/report.pdf")
    assert answer.status_code == 409
    assert "sudo apt-get install libpango-1.0-0" in answer.text


def test_an_auditor_reads_and_writes_nothing(client_for: SignIn, drafted: None) -> None:
    client = client_for("auditor")

    page = client.get(f"{BASE}/1").text

    assert "Ask for approval" not in page
    assert 'name="f-' not in page
    assert post(client, f"{BASE}/1", {"version": "1"}).status_code == 403


@pytest.mark.parametrize("who", ["reporter", "oncall_person", "admin"])
def test_others_do_not_see_filings(client_for: SignIn, drafted: None, who: str) -> None:
    assert client_for(who).get(f"{BASE}/1").status_code == 403


def test_a_filing_that_is_not_there_is_not_found(client_for: SignIn, drafted: None) -> None:
    client = client_for("responder")

    assert client.get(f"{BASE}/7").status_code == 404
    assert client.get("/cases/BR-2026-999/filings").status_code == 404


def test_the_portal_helper_lists_what_is_filed_each_with_a_button_that_copies(
    app: Flask, client_for: SignIn, owed: int
) -> None:
    with app.app_context():
        an_approved_filing(db.session(), hired(), FakeVault(), FakePdf(),
                           db.session().get_one(Obligation, owed).case)
    client = client_for("approver")

    assert f'href="{BASE}/1/portal"' in client.get(f"{BASE}/1").text
    page = client.get(f"{BASE}/1/portal").text

    assert "Germany, France" in page
    assert "to be determined" in page
    assert 'data-copy="text-people_count"' in page
    assert ">not answered<" not in page
    assert "Not approved yet" not in page
    assert page.index("text-began_at") < page.index("text-people_count")


def test_a_draft_in_the_portal_helper_is_marked_and_leaves_open_questions_out(
    client_for: SignIn, drafted: None
) -> None:
    page = client_for("auditor").get(f"{BASE}/1/portal").text

    assert "Not approved yet" in page
    assert "without an answer are left out" in page
    assert "text-systems" not in page
    assert client_for("reporter").get(f"{BASE}/1/portal").status_code == 403


def test_countries_stand_by_name_beside_their_codes(client_for: SignIn, drafted: None) -> None:
    assert "Germany, France" in client_for("responder").get(f"{BASE}/1?section=people").text
    assert "Germany, France" in client_for("auditor").get(f"{BASE}/1?section=people").text
