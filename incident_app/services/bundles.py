"""The evidence bundle of a case: one ZIP with what was decided, filed, sent and recorded, which proves itself offline.

It holds no contact of anybody: of the people told the ids and outcomes a proof sheet is taken of, of evidence the hashes.
"""

import hashlib
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain import bundle_verifier as rules
from incident_app.domain import closing as closing_rules
from incident_app.domain import review as review_rules
from incident_app.domain.accounts import Actor, Permission, may, require
from incident_app.domain.documents import DocumentKind
from incident_app.domain.filings import Form
from incident_app.domain.notices import CONTROLLERS
from incident_app.domain.ports import AnchorLog, PdfWriter, Vault, VaultError
from incident_app.domain.refusals import NotFound, Refused
from incident_app.domain.regimes import Law
from incident_app.domain.scanning import ScanState
from incident_app.models.audit import Entry
from incident_app.models.cases import Case
from incident_app.models.deliveries import Proof
from incident_app.models.notices import Notice
from incident_app.models.reports import Document
from incident_app.services import (
    accounts,
    anchoring,
    audit,
    closing,
    controllers,
    deliveries,
    documents,
    filings,
    lessons,
    notices,
    remediation,
    reports,
    review,
    saying,
    tampering,
)
from incident_app.services.piping import Pipe
from incident_app.services.reports.contents import case_matter
from incident_app.services.unit import writing

README = """Evidence bundle of {case}, made {at} UTC by {by}

Verify it, offline, with nothing but Python 3.8 or newer:

    python3 verify.py {name} --seal SEAL

SEAL is shown on the page of the case and stands in the record (entry "bundle.made"). Take verify.py from a bundle you
trust, or read it: it is one short file. It says "complete", or names the first piece that is broken.

case.json, report.pdf     what is on record about the breach
actions.json              what was to be done about it, and everything that was: with proofs, checks and reviews
lessons.json              why it happened and what was learnt, every version
filings/                  each filing as it stands, as JSON; the approved ones as PDF; the authority's receipts
notices/                  the approved texts, the counts, and of every message its id and outcome (no contact of anybody)
review/                   the review as PDF, and the facts and words exactly as two people signed them
closings/                 every closing: by whom, why, and exactly what was open where two people closed over it
evidence/files.json       every file of the case by its SHA-256; the files themselves stay where they are
record/entries.jsonl      every entry of the record about this case, with the hash before it and its own; what a person said
                          is sealed in the record, and its hash is over that: "said" is how it opens
record/anchors.jsonl      what was said outside of the head of the record
manifest.json             every piece with size and SHA-256, and the seal over all of it
"""
PROGRAM = Path(rules.__file__).read_bytes() + b'\n\nif __name__ == "__main__":\n    raise SystemExit(main())\n'
"""The verifier as it lies in the bundle."""
FILED = {DocumentKind.PDF.value: "filings/printed", DocumentKind.PROOF.value: "filings/receipts"}


@dataclass(frozen=True, slots=True)
class Piece:
    """One file of a bundle. ``read`` yields its bytes, each time anew; ``entry`` is the one of the record that names its hash."""

    path: str
    size: int
    sha256: str
    read: Callable[[], Iterable[bytes]]
    entry: int | None = None

    @property
    def line(self) -> dict[str, object]:
        """Return what the manifest says of it."""
        return {"path": self.path, "size": self.size, "sha256": self.sha256, "entry": self.entry}


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle ready to be handed out, and its seal, which stands in the record by now."""

    name: str
    seal: str
    made_at: datetime
    manifest: bytes
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Tools:
    """What printing, opening and reading takes."""

    vault: Vault
    pdf: PdfWriter
    law: Law
    forms: Mapping[str, Form]
    public_url: str
    log: AnchorLog | None


def _piece(path: str, content: bytes, entry: int | None = None) -> Piece:
    return Piece(path, len(content), hashlib.sha256(content).hexdigest(), lambda: (content,), entry)


def _plain(path: str, facts: object) -> Piece:
    return _piece(path, json.dumps(facts, ensure_ascii=False, indent=1, default=str).encode() + b"\n")


def _at(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _learnt(session: Session, case: Case) -> Iterator[Piece]:
    """Every version of cause and lessons, the newest first."""
    found = lessons.versions(session, case.id)
    if found:
        yield _plain("lessons.json", [
            {"version": one.number, "at": _at(one.at), "by": one.by_id, **asdict(lessons.plain(one))} for one in found])


def _printed(path: str, write: Callable[[], bytes], left_out: list[str]) -> Iterator[Piece]:
    try:
        yield _piece(path, write())
    except Refused as refused:
        left_out.append(f"{path}: {refused.reason}")


def _filings(session: Session, case: Case, by: Actor, now: datetime, tools: Tools) -> Iterator[Piece]:
    for filing in filings.of_case(session, case.id):
        yield _plain(f"filings/filing-{filing.number}.json", filings.plain(
            session, filing.id, by=by, now=now, forms=tools.forms, public_url=tools.public_url))


def _actions(session: Session, case: Case) -> list[dict[str, object]]:
    actions, names = remediation.of_case(session, case.id), accounts.names(session)
    waits, deeds = remediation.waits_of(session, actions), remediation.deeds_of(session, actions)
    return [{
        "id": one.id, "title": one.title, "kind": one.kind, "mandatory": one.mandatory, "state": one.state, "due_at": one.due_at,
        "owner": names.get(one.owner_id or -1, ""), "runbook": one.runbook, "runbook_version": one.runbook_version,
        "waits_for": waits.get(one.id, ()), "proof_asked": one.proof_asked, "checked_at": one.checked_at,
        "checked_by": names.get(one.checked_by_id or -1, ""), "review_due_at": one.review_due_at, "works": one.works,
        "done": [{"what": deed.what, "outcome": deed.outcome, "by": names.get(deed.by_id or 0, ""), "at": _at(deed.at),
                  "words": deed.words, "link": deed.link, "sha256": deed.sha256} for deed in deeds.get(one.id, ())],
    } for one in actions]


def _added(entries: Sequence[Entry]) -> dict[str, int]:
    """Return which entry of the record names the hash of a file, by the file's id."""
    return {entry.subject_id: entry.seq for entry in entries if entry.action == "document.added"}


def _opened(session: Session, case_id: int, file_id: int, now: datetime, vault: Vault) -> Iterator[bytes]:
    """Yield a file; one that does not open wakes somebody and breaks off: half a bundle never looks like a whole one."""
    try:
        yield from documents.pieces_of(session, file_id, vault)
    except VaultError as error:
        tampering.sound_alone(session, case_id, "file", now=now)
        raise tampering.Shut(f"A file of this case cannot be opened: {error}.") from error


def _of_files(session: Session, files: Sequence[Document], entries: Sequence[Entry], now: datetime, vault: Vault) -> Iterator[Piece]:
    named, names = _added(entries), accounts.names(session)
    for file in files:
        folder = FILED.get(file.kind)
        if folder is not None and file.erased_at is None and file.scan != ScanState.BAD.value:
            yield Piece(f"{folder}/{file.id}-{file.name}", file.size, file.sha256,
                        partial(_opened, session, file.case_id, file.id, now, vault), named.get(str(file.id)))
    yield _plain("evidence/files.json", [{
        "id": file.id, "kind": file.kind, "name": file.name, "size": file.size, "sha256": file.sha256, "added_at": _at(file.at),
        "added_by": names.get(file.by_id or 0, ""), "erased_at": _at(file.erased_at) if file.erased_at else None,
        "entry": named.get(str(file.id)),
    } for file in files])


def _lines(session: Session, notice_id: int) -> Iterator[bytes]:
    return (line.encode() for line in deliveries.outcome_lines(session, notice_id))


def _outcomes(session: Session, notice: Notice) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    for line in _lines(session, notice.id):
        digest.update(line)
        size += len(line)
    return size, digest.hexdigest()


def _about(notice: Notice, proofs: Sequence[Proof]) -> dict[str, object]:
    return {
        "number": notice.number, "kind": notice.kind, "state": notice.state, "content_hash": notice.content_hash, "list_digest": notice.list_digest,
        "people": notice.list_count, "launched_at": notice.launched_at, "finished_at": notice.finished_at,
        "texts": {language: {"subject": text.subject, "body": text.body} for language, text in notices.texts_of(notice).items()},
        "proofs": [{"number": proof.number, "at": proof.at, "digest": proof.digest, "counts": proof.counts} for proof in proofs],
    }


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"'


def _notices(
    session: Session, case: Case, entries: Sequence[Entry], by: Actor, now: datetime, pdf: PdfWriter, left_out: list[str],
) -> Iterator[Piece]:
    for notice in sorted(notices.of_case(session, case.id), key=lambda one: one.number):
        folder, proofs = f"notices/notice-{notice.number}", deliveries.proofs_of(session, notice.id)
        yield _plain(f"{folder}.json", _about(notice, proofs))
        if notice.kind == CONTROLLERS and notice.launched_at is not None:
            lines = [",".join(_quoted(cell) for cell in row) + "\r\n" for row in controllers.receipt_rows(
                session, notice, named=may(by, Permission.SEE_MASKED))]
            yield _piece(f"{folder}-receipts.csv", "".join(lines).encode())
        if not proofs:
            continue
        size, digest = _outcomes(session, notice)
        proved = [entry.seq for entry in entries if entry.action == "notice.proved" and entry.details.get("digest") == digest]
        yield Piece(f"{folder}-outcomes.txt", size, digest,
                    partial(_lines, session, notice.id), proved[-1] if proved else None)
        yield from _printed(f"{folder}-proof.pdf", partial(reports.proof_pdf, session, notice, by=by, now=now, pdf=pdf), left_out)


def _review(
    session: Session, case: Case, entries: Sequence[Entry], by: Actor, now: datetime, pdf: PdfWriter, left_out: list[str],
) -> Iterator[Piece]:
    """Yield the review: what was signed has the hash that the entries of the signatures name."""
    seen = review.look(session, case)
    if seen.words is None:
        return
    yield from _printed("review/review.pdf", partial(reports.review_pdf, session, case.id, by=by, now=now, pdf=pdf), left_out)
    signed = [one.seq for one in entries if one.action == "review.signed" and one.details.get("hash") == seen.content_hash]
    name = "signed" if seen.complete else "not-signed-by-two"
    yield _piece(f"review/{name}.json", review_rules.content_of(seen.facts, seen.words.judgement, seen.words.to_change),
                 signed[-1] if signed else None)


def _closings(session: Session, case: Case, entries: Sequence[Entry]) -> Iterator[Piece]:
    """Yield every closing, and of each over gaps exactly these: their hash stands in its entry."""
    kept, names = closing.of_closings(session, case.id), accounts.names(session)
    if kept:
        yield _plain("closings/closings.json", [{
            "number": one.number, "at": _at(one.at), "closed_by": names.get(one.by_id or 0, ""), "reason": one.reason,
            "asked_by": names.get(one.asked_by_id or -1, ""), "over": one.gaps or [], "review": one.review_hash,
            "reopened_at": _at(one.reopened_at) if one.reopened_at else None, "reopened_by": names.get(one.reopened_by_id or -1, ""),
            "reopen_reason": one.reopen_reason,
        } for one in reversed(kept)])
    for one in kept:
        if one.over_count:
            named = [entry.seq for entry in entries if entry.action == "case.closed" and entry.details.get("hash") == one.gaps_hash]
            yield _piece(f"closings/closing-{one.number}-over.json", closing_rules.content_of(one.gaps or []),
                         named[-1] if named else None)


def _entries(session: Session, entries: Sequence[Entry]) -> Piece:
    said = saying.opened(session, entries)
    lines = [rules.canonical({
        "seq": one.seq, "at": _at(one.at), "actor_id": one.actor_id, "actor_name": one.actor_name, "action": one.action,
        "case_id": one.case_id, "subject": one.subject, "subject_id": one.subject_id, "details": one.details,
        "actor_session": one.actor_session, "prev": one.prev, "hash": one.hash,
        **({"said": said[one.seq]} if saying.SEALED in one.details else {}),
    }) + b"\n" for one in entries]
    return _piece(rules.ENTRIES, b"".join(lines))


def _anchors(session: Session, log: AnchorLog | None) -> Piece:
    lines = [rules.canonical({"seq": one.seq, "hash": one.hash, "at": _at(one.at) if one.at else None, "where": one.where}) + b"\n"
             for one in anchoring.anchors(session, log)]
    return _piece(rules.ANCHORS, b"".join(lines))


def make(session: Session, case_id: int, *, by: Actor, now: datetime, tools: Tools) -> Bundle:
    """Gather a case, seal it, and say so in the record. What cannot be printed is left out by name.

    Raises ``Forbidden``, ``NotFound``; ``VaultError`` breaks off what is being handed out where a file does not open.
    """
    require(by, Permission.MAKE_BUNDLE)
    case = session.get(Case, case_id)
    if case is None:
        raise NotFound("There is no such case.")
    left_out: list[str] = []
    report = list(_printed("report.pdf", partial(
        reports.case_pdf, session, case.id, by=by, now=now, pdf=tools.pdf, law=tools.law), left_out))
    known = sorted(audit.of_case(session, case.id), key=lambda one: one.seq)
    sent = list(_notices(session, case, known, by, now, tools.pdf, left_out))  # prints, which the record says: before it is read
    judged = list(_review(session, case, known, by, now, tools.pdf, left_out))
    entries = sorted(audit.of_case(session, case.id), key=lambda one: one.seq)
    name = f"{case.ref}-bundle-{now:%Y%m%d-%H%M%S}.zip"
    head = audit.head_of(session)
    readme = README.format(case=case.ref, at=f"{now.astimezone(UTC):%Y-%m-%d %H:%M}", by=by.name, name=name)
    pieces = (
        _piece("README.txt", readme.encode()), _piece("verify.py", PROGRAM),
        _plain("case.json", case_matter(session, case, now, by=by)), _plain("actions.json", _actions(session, case)), *_learnt(session, case),
        *report, *_filings(session, case, by, now, tools),
        *_of_files(session, documents.of_case(session, case.id), entries, now, tools.vault), *sent,
        *judged, *_closings(session, case, entries),
        _entries(session, entries), _anchors(session, tools.log),
    )
    manifest: dict[str, Any] = {
        "form": rules.FORM, "case": case.ref, "drill": case.is_drill, "made_at": _at(now), "made_by": by.name,
        "record": {"case_id": case.id, "entries": len(entries), "last": entries[-1].seq if entries else 0,
                   "head": {"seq": head[0], "hash": head[1]}},
        "pieces": [piece.line for piece in pieces], "left_out": left_out,
    }
    manifest["seal"] = rules.seal_of(manifest)
    with writing(session):
        audit.record(session, action="bundle.made", by=by, now=now, case_id=case.id, subject="bundle", subject_id=name,
                     details={"seal": manifest["seal"], "pieces": len(pieces), "entries": len(entries)})
    return Bundle(name, manifest["seal"], now, json.dumps(manifest, ensure_ascii=False, indent=1).encode(), pieces)


def made_before(session: Session, case_id: int) -> Sequence[Entry]:
    """Return the entries of the bundles of a case, the newest first."""
    return session.scalars(select(Entry).where(
        Entry.case_id == case_id, Entry.action == "bundle.made").order_by(Entry.seq.desc())).all()


def zipped(bundle: Bundle) -> Iterator[bytes]:
    """Yield the ZIP; memory does not grow with it."""
    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as file:  # type: ignore[call-overload]  # writes to what only takes bytes, as documented
        for path, content in [*((piece.path, piece.read()) for piece in bundle.pieces), (rules.MANIFEST, (bundle.manifest,))]:
            about = zipfile.ZipInfo(path, bundle.made_at.astimezone(UTC).timetuple()[:6])
            about.compress_type, about.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            with file.open(about, "w", force_zip64=True) as place:
                for chunk in content:
                    place.write(chunk)
                    yield pipe.taken()
    yield pipe.taken()
