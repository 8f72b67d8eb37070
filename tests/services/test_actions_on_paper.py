"""What was to be done and what was is in the report of a case and in its evidence bundle, what was sent back too."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from incident_app.domain.ports import Attachment
from incident_app.models.reports import Document
from incident_app.services import bundles, remediation, reports
from incident_app.services.bundles import Tools
from incident_app.services.remediation import NewAction
from tests.builders import the_forms, the_law
from tests.fakes import START, FakePdf, FakeVault
from tests.people import People
from tests.services.duties import a_plain_case


class Keeping(FakePdf):
    """Keeps what it was given to print."""

    content: Mapping[str, object]

    def write(self, template: str, content: Mapping[str, object], *, language: str, title: str, created_at: datetime,
              attachments: Sequence[Attachment] = ()) -> bytes:
        """Keep it, and print."""
        self.content = content
        return super().write(template, content, language=language, title=title, created_at=created_at, attachments=attachments)


def test_the_report_and_the_bundle_say_everything_that_was_done(session: Session, people: People) -> None:
    # Given something mandatory that was done, sent back, done again, checked, and found to work, another that waits for
    # something, and one nobody needs
    case = a_plain_case(session)
    file = Document(public_id="d1", case_id=case.id, kind="proof", name="log.txt", media_type="text/plain", size=1,
                    sha256="a1" * 32, sealed=b"x", at=START)
    session.add(file)
    session.commit()
    by, second = people.responder, people.approver
    close = remediation.add(session, case.id, NewAction("Close it", "remedy", by.id, START, mandatory=True), by=by, now=START)
    remediation.complete(session, close.id, "Shut", by=by, now=START)
    remediation.check(session, close.id, agreed=False, reason="Still open", by=second, now=START)
    remediation.complete(session, close.id, "", link="https://wiki.example.org/x", document_id=file.id, by=by, now=START)
    look = remediation.add(session, case.id, NewAction("Look", "contain", mandatory=True), by=by, now=START)
    remediation.add(session, case.id, NewAction("Then", "remedy", waits_for=(look.id,)), by=by, now=START)
    spare = remediation.add(session, case.id, NewAction("Spare", "contain", mandatory=True), by=by, now=START)
    remediation.not_needed(session, spare.id, "Nothing there", by=by, now=START)

    # When they are bundled, and later printed
    bundle = bundles.make(session, case.id, by=people.auditor, now=START, tools=Tools(
        FakeVault(), FakePdf(), the_law(), the_forms(), "https://breach.example.org/", None))

    # Then each says all of it
    remediation.check(session, close.id, agreed=True, by=second, now=START)
    remediation.review(session, close.id, "works", "Quiet", by=second, now=START)
    pdf = Keeping()
    reports.case_pdf(session, case.id, by=people.auditor, now=START, pdf=pdf, law=the_law())
    content: Any = pdf.content["actions"]
    states = {one["title"]: (one["state"], one["owner"]) for one in content}
    assert states == {"Close it": ("done, mandatory, checked", "Rene Responder"), "Look": ("open, mandatory", ""),
                      "Then": ("waiting", ""), "Spare": ("not needed, mandatory, not checked", "")}
    timeline: Any = pdf.content["timeline"]
    done = {one["reason"] for one in timeline if one["words"] == "A thing to do was done"}
    assert done == {"Close it · Shut", "Close it · https://wiki.example.org/x"}
    assert {one["reason"] for one in timeline if one["words"] == "A thing to do was sent back by who checked it, and is open again"} == {"Close it · Still open"}
    said = content[0]["deeds"]
    assert said[1].endswith("Ada Approver, check refused: Still open")
    assert said[2].endswith("done: https://wiki.example.org/x, SHA-256 " + "a1" * 32)
    assert said[4].endswith("reviewed: it works: Quiet")
    (piece,) = (one for one in bundle.pieces if one.path == "actions.json")
    listed = json.loads(b"".join(piece.read()))
    assert [one["title"] for one in listed] == ["Close it", "Look", "Then", "Spare"]
    assert [(one["what"], one["words"], one["sha256"]) for one in listed[0]["done"]] == [
        ("done", "Shut", ""), ("check_refused", "Still open", ""), ("done", "", "a1" * 32)]
    assert listed[2]["waits_for"] == [look.id]
