"""The evidence bundle of a case: whole, without a contact of anybody, and found out when something in it is changed."""

import io
import json
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from incident_app.domain.bundle_verifier import Broken, verify
from incident_app.domain.cases import Count
from incident_app.domain.closing import hash_of
from incident_app.domain.refusals import Forbidden, NotFound
from incident_app.models.alerts import Alert
from incident_app.models.deliveries import Delivery
from incident_app.models.reports import Document
from incident_app.services import (
    anchoring,
    audit,
    bundles,
    cases,
    closing,
    documents,
    remediation,
    reports,
    review,
)
from incident_app.services.bundles import Bundle, Tools
from incident_app.services.remediation import NewAction
from incident_app.services.tampering import Shut
from tests.builders import the_forms, the_law
from tests.fakes import FakeClock, FakePdf
from tests.letters_kit import Desk, csv_of
from tests.people import People
from tests.services.closing_steps import WHY_OVER, quieten, written_review
from tests.services.filing_steps import an_approved_filing, submit


@pytest.fixture
def desk(session: Session, people: People, clock: FakeClock) -> Desk:
    return Desk(session, people, clock)


def tools(desk: Desk, pdf: FakePdf | None = None) -> Tools:
    return Tools(desk.vault, pdf or FakePdf(), the_law(), the_forms(), "https://breach.example.org/", None)


def made(desk: Desk, case_id: int, pdf: FakePdf | None = None) -> Bundle:
    return bundles.make(desk.session, case_id, by=desk.people.auditor, now=desk.now, tools=tools(desk, pdf))


def saved(bundle: Bundle, folder: Path) -> str:
    path = folder / bundle.name
    path.write_bytes(b"".join(bundles.zipped(bundle)))
    return str(path)


def test_the_bundle_of_a_case_that_was_filed_told_and_proved_is_complete(desk: Desk, tmp_path: Path) -> None:
    # Given a case with a filing that was approved, printed and submitted, evidence, and a notice that is through
    filing = submit(desk.session, an_approved_filing(desk.session, desk.people, desk.vault), desk.people, desk.vault)
    documents.add(desk.session, filing.case_id, kind="evidence", name="log.txt", media_type="text/plain", content=b"10.0.0.1",
                  by=desk.people.responder, now=desk.now, vault=desk.vault)
    notice = desk.launched(csv_of(12))
    desk.send_all()
    with desk.session.begin():
        anchoring.foot(desk.session, "another report", now=desk.now)

    for case_id in (filing.case_id, notice.case_id):
        # When an auditor takes the bundle of each
        bundle = made(desk, case_id)
        path = saved(bundle, tmp_path)

        # Then its own verifier finds it complete, against the seal that stands in the record
        entry = bundles.made_before(desk.session, case_id)[0]
        assert (entry.subject_id, entry.actor_id) == (bundle.name, desk.people.auditor.id)
        assert verify(path, entry.details["seal"]).startswith(f"complete: {entry.details['pieces']} pieces about BR-")
    assert audit.verify(desk.session).complete

    # And the first holds the filing, its PDF and the receipt, each named by the record, and of the evidence the hash alone
    with zipfile.ZipFile(tmp_path / bundles.made_before(desk.session, filing.case_id)[0].subject_id) as file:
        names = file.namelist()
        pieces = {piece["path"]: piece for piece in json.loads(file.read("manifest.json"))["pieces"]}
        listed = json.loads(file.read("evidence/files.json"))
        whole = b"".join(file.read(name) for name in names)
        entries = [json.loads(line) for line in file.read("record/entries.jsonl").splitlines()]
    assert "The prompts tell of health." in [one["said"].get("reason") for one in entries if "said" in one]
    assert {"README.txt", "verify.py", "case.json", "report.pdf", "filings/filing-1.json", "record/entries.jsonl",
            "record/anchors.jsonl", "manifest.json"} <= set(names)
    printed, receipt = (next(name for name in names if name.startswith(folder))
                        for folder in ("filings/printed/", "filings/receipts/"))
    assert all(pieces[path]["entry"] for path in (printed, receipt))
    assert [(one["kind"], one["name"], one["erased_at"]) for one in listed if one["kind"] == "evidence"] == [
        ("evidence", "log.txt", None)]
    assert b"10.0.0.1" not in whole

    # And the second the approved texts, the proof sheet and the outcome of each message, named by the record
    with zipfile.ZipFile(tmp_path / bundles.made_before(desk.session, notice.case_id)[0].subject_id) as file:
        outcomes = file.read("notices/notice-1-outcomes.txt").decode().splitlines()
        about = json.loads(file.read("notices/notice-1.json"))
        pieces = {piece["path"]: piece for piece in json.loads(file.read("manifest.json"))["pieces"]}
        whole = b"".join(file.read(name) for name in file.namelist())
    assert len(outcomes) == 12
    assert {line.partition(":")[2] for line in outcomes} == {"accepted"}
    assert pieces["notices/notice-1-outcomes.txt"]["entry"] is not None
    assert "notices/notice-1-proof.pdf" in pieces
    assert about["proofs"][0]["digest"] == pieces["notices/notice-1-outcomes.txt"]["sha256"]
    assert "((name))" in about["texts"]["en"]["body"]

    # And nobody who was told can be found in it
    for message in desk.messages:
        assert message.address.encode() not in whole


def test_what_was_changed_on_its_way_is_named(desk: Desk, tmp_path: Path) -> None:
    case = desk.case()
    bundle = made(desk, case.id)
    path = Path(saved(bundle, tmp_path))

    changed = io.BytesIO()
    with zipfile.ZipFile(path) as whole, zipfile.ZipFile(changed, "w") as other:
        for name in whole.namelist():
            content = whole.read(name)
            other.writestr(name, content.replace(case.ref.encode(), b"BR-2020-001") if name == "case.json" else content)
    path.write_bytes(changed.getvalue())

    with pytest.raises(Broken, match=r"case\.json was changed"):
        verify(str(path), bundle.seal)


def test_a_receipt_that_comes_after_the_proof_leaves_the_outcomes_without_an_entry(desk: Desk, tmp_path: Path) -> None:
    notice = desk.launched(csv_of(3))
    desk.send_all()
    desk.session.execute(update(Delivery).values(state="failed"))
    desk.session.commit()

    bundle = made(desk, notice.case_id)

    assert verify(saved(bundle, tmp_path), bundle.seal)
    (outcomes,) = [piece for piece in bundle.pieces if piece.path.endswith("-outcomes.txt")]
    assert outcomes.entry is None


def test_where_nothing_can_be_printed_it_says_what_is_left_out(desk: Desk, tmp_path: Path) -> None:
    notice = desk.launched(csv_of(3))

    bundle = made(desk, notice.case_id, FakePdf("Pango is missing."))

    assert verify(saved(bundle, tmp_path), bundle.seal)
    assert json.loads(bundle.manifest)["left_out"] == ["report.pdf: Pango is missing."]
    assert not [piece for piece in bundle.pieces if piece.path.endswith((".pdf", "-outcomes.txt"))], "it has no proof yet"


def test_an_erased_or_harmful_file_is_listed_and_not_handed_out(desk: Desk, tmp_path: Path) -> None:
    case = desk.case()
    for name in ("gone.pdf", "bad.pdf"):
        documents.add(desk.session, case.id, kind="proof", name=name, media_type="", content=b"%PDF x", by=desk.people.responder,
                      now=desk.now, vault=desk.vault)
    desk.session.execute(update(Document).where(Document.name == "gone.pdf").values(erased_at=desk.now))
    desk.session.execute(update(Document).where(Document.name == "bad.pdf").values(scan="bad"))
    desk.session.commit()

    bundle = made(desk, case.id)

    assert not [piece.path for piece in bundle.pieces if piece.path.startswith("filings/")]
    with zipfile.ZipFile(saved(bundle, tmp_path)) as file:
        assert {one["name"]: bool(one["erased_at"]) for one in json.loads(file.read("evidence/files.json"))} == {
            "gone.pdf": True, "bad.pdf": False}


def test_a_file_that_does_not_open_breaks_it_off_and_wakes_somebody(desk: Desk) -> None:
    case = desk.case()
    documents.add(desk.session, case.id, kind="proof", name="receipt.pdf", media_type="", content=b"%PDF x",
                  by=desk.people.responder, now=desk.now, vault=desk.vault)
    desk.session.execute(update(Document).values(sealed=b"moved"))
    desk.session.commit()
    bundle = made(desk, case.id)

    with pytest.raises(Shut, match="cannot be opened"):
        list(bundles.zipped(bundle))

    assert desk.session.scalar(select(Alert.kind).where(Alert.case_id == case.id, Alert.kind == "sealed_row"))


def test_who_may_not_take_it_is_refused_and_nothing_is_recorded(desk: Desk) -> None:
    case = desk.case(people=Count.about(10))
    for by in (desk.people.responder, desk.people.admin, desk.people.reporter):
        with pytest.raises(Forbidden):
            bundles.make(desk.session, case.id, by=by, now=desk.now + timedelta(hours=1), tools=tools(desk))
    with pytest.raises(NotFound):
        made(desk, 404)
    assert list(bundles.made_before(desk.session, case.id)) == []


def test_the_review_lies_there_as_it_was_signed_and_so_does_what_was_closed_over(desk: Desk, tmp_path: Path) -> None:
    # Given a case whose review one person signed, closed over an open action by two
    session, people, now = desk.session, desk.people, desk.now
    case = quieten(session, desk.case(kind="other"))
    remediation.add(session, case.id, NewAction("Ask the processor", "remedy"), by=people.responder, now=now)
    content = written_review(session, case, people.responder, now)
    early = made(desk, case.id)
    assert {piece.path: piece.entry for piece in early.pieces}["review/not-signed-by-two.json"] is None
    review.sign(session, case.id, content, by=people.approver, now=now)
    gaps = closing.gaps(session, case, now)
    asked = cases.ask_closing_over(session, case.id, WHY_OVER, seen=hash_of(gaps), version=case.version, by=people.responder, now=now)
    cases.answer_closing_over(session, case.id, asked.public_id, agreed=True, by=people.approver, now=now)
    cases.reopen(session, case.id, "The police called.", by=people.approver, now=now)
    (action,) = remediation.open_actions(session, case.id)
    remediation.complete(session, action.id, "Asked, see the letter.", by=people.responder, now=now)
    content = written_review(session, case, people.responder, now)
    review.sign(session, case.id, content, by=people.approver, now=now)
    cases.close(session, case.id, "Now all is done.", version=case.version, by=people.approver, now=now)

    # When its bundle is made
    bundle = made(desk, case.id)

    # Then both names, the reason and exactly what was open lie in it, each by the hash that the record names
    assert verify(saved(bundle, tmp_path), bundle.seal)
    pieces = {piece.path: piece for piece in bundle.pieces}
    kept, again = json.loads(b"".join(pieces["closings/closings.json"].read()))
    assert (again["reason"], again["over"], again["asked_by"]) == ("Now all is done.", [], "")
    assert (kept["asked_by"], kept["closed_by"], kept["reason"], kept["reopen_reason"]) == (
        "Rene Responder", "Ada Approver", WHY_OVER, "The police called.")
    over = pieces["closings/closing-1-over.json"]
    assert (over.sha256, over.entry is not None) == (hash_of(gaps), True)
    assert (pieces["review/not-signed-by-two.json"].sha256, pieces["review/not-signed-by-two.json"].entry is not None) == (content, True)


def test_report_and_register_say_over_what_a_case_was_closed_and_by_whom(desk: Desk) -> None:
    session, people, now = desk.session, desk.people, desk.now
    case = quieten(session, desk.case(kind="other"))
    remediation.add(session, case.id, NewAction("Ask the processor", "remedy"), by=people.responder, now=now)
    asked = cases.ask_closing_over(session, case.id, WHY_OVER, seen=hash_of(closing.gaps(session, case, now)), version=case.version,
                                   by=people.responder, now=now)
    cases.answer_closing_over(session, case.id, asked.public_id, agreed=True, by=people.approver, now=now)

    (said,) = reports.closings_said(session, case)
    register = reports.export(session, by=people.approver, now=now).decode()

    assert (said["who"], said["reason"], said["gaps"]) == (
        "closed by Ada Approver, asked for by Rene Responder", WHY_OVER, ("Still to be done: Ask the processor.",))
    assert (f"{WHY_OVER}\nClosed although something was open; asked by Rene Responder, agreed by Ada Approver: "
            "Still to be done: Ask the processor.") in register
