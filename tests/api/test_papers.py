"""A filing on paper, and for machines, through the API."""

from collections.abc import Callable

from flask import Flask

from incident_app.domain.filings import read_document
from incident_app.extensions import db
from incident_app.models.filings import Filing
from incident_app.tasks import papers as tasks
from incident_app.wiring import Ports
from tests.conftest import ApiClient
from tests.fakes import FakeClock, FakePdf
from tests.services.filing_steps import a_draft
from tests.web.walk import hired

Speak = Callable[[str], ApiClient]
BASE = "/cases/BR-2026-001/filings/1"


def test_a_pdf_is_asked_for_made_and_fetched_and_the_same_read_as_json(
    app: Flask, api_for: Speak, clock: FakeClock, test_ports: Ports
) -> None:
    clock.move(hours=2)
    with app.app_context():
        public_id = a_draft(db.session(), hired()).public_id
    auditor, printer = api_for("auditor"), test_ports.pdf
    assert isinstance(printer, FakePdf)

    # Nobody asked for it; then it is being made; then it failed, in words; then it is there
    assert auditor("GET", f"{BASE}/pdf")[0] == 404
    assert auditor("POST", f"{BASE}/pdf")[0] == 202
    status, answer = auditor("GET", f"{BASE}/pdf")
    assert (status, answer["error"]) == (409, "It is still being made. Look again in a few seconds.")
    printer.missing = "Install Pango."
    tasks.make()
    assert auditor("GET", f"{BASE}/pdf")[1]["error"] == "Install Pango."
    printer.missing = None
    auditor("POST", f"{BASE}/pdf")
    tasks.make()
    status, answer = auditor("POST", f"{BASE}/pdf")
    assert (status, answer["state"], answer["draft"]) == (200, "made", True)
    assert auditor.client.get(f"/api/v1{BASE}/pdf", headers=auditor.headers).data.startswith(b"%PDF")

    # The same as JSON, for those in scope
    status, said = auditor("GET", f"/filings/{public_id}")
    assert (status, said["id"]) == (200, public_id)
    with app.app_context():
        assert read_document(said).digest == db.session().get_one(Filing, 1).content_hash
    assert api_for("reporter")("GET", f"/filings/{public_id}")[0] == 403
    assert auditor("GET", "/filings/00000000-0000-4000-8000-000000000000")[0] == 404
