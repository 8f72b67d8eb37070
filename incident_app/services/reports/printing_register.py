"""The register on paper: a list first, then every breach with all that is written down, the gaps named.

A worker makes it, however many breaches it holds: in parts that the press takes, several of them in one ZIP.
"""

import hashlib
import io
import uuid
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from incident_app.domain.accounts import Actor, Permission, require
from incident_app.domain.numbers import grouped
from incident_app.domain.ports import Clock, PdfWriter, Vault, VaultError
from incident_app.domain.refusals import Conflict, NotFound, Refused
from incident_app.domain.register import Wanted
from incident_app.domain.reports import Filter
from incident_app.models import printed as rows
from incident_app.models.accounts import User
from incident_app.models.audit import Head
from incident_app.models.papers import FAILED, MADE, MAKING
from incident_app.models.printed import PrintedReport, scope_of_report
from incident_app.services import anchoring, audit
from incident_app.services.reports.asking import Question
from incident_app.services.reports.contents import home, printed_at
from incident_app.services.reports.printing import write
from incident_app.services.reports.register_parts import PER_PART, Part, parts
from incident_app.services.reports.registering import asked
from incident_app.services.unit import changed, writing

TEMPLATE = "register.html"
LEASE = timedelta(minutes=3)
"""Longer than the press is given for one part; it is taken anew with every part."""
KEPT = timedelta(days=1)
MOST_ATTEMPTS = 3
CUT_SHORT = "Making it was cut short three times. Ask for it again; if that does not help, whoever runs this has to look."
SHUT = "What was printed cannot be opened any more. Ask for it again."


def _question(session: Session, filter_: str, search: str, given: Mapping[str, str] | None, by: Actor, now: datetime) -> dict[str, Any]:
    """Return what was asked for, as plain values: the breaches that ``by`` may read now, and the words above them."""
    wanted, pill = asked(filter_, search, given, by=by)
    question = Question(session, wanted, pill, by=by, now=now, in_full=True)
    return {"ids": [one.case_id for one in question.places(None, None)], "words": _asked(pill, wanted),
            "all_count": question.counts()[Filter.ALL.value]}


def _asked(pill: Filter, wanted: Wanted) -> str:
    return "; ".join(filter(None, [pill.words, wanted.words()]))


def _content(session: Session, asks: Mapping[str, Any], part: Part, now: datetime) -> dict[str, Any]:
    us, head = home(session), session.get(Head, 1)
    return {
        **us, **part.matter(), "asked": asks["words"], "count": len(asks["ids"]), "all_count": asks["all_count"],
        "printed_at": printed_at(now, us["home_zone"]),
        "anchor": {"seq": head.seq, "hash": head.hash} if head else {"seq": 0, "hash": ""},
    }


def _title(content: Mapping[str, Any]) -> str:
    title = f"Register of personal data breaches, {content['organisation']}"
    whole = (content["first"], content["last"]) == (1, content["count"]) or not content["count"]
    return title if whole else f"{title}, {content['first']} to {content['last']} of {content['count']}"


def register_pdf(
    session: Session, *, by: Actor, now: datetime, pdf: PdfWriter, filter: str = "all", search: str = "",  # noqa: A002 (the page's word)
    given: Mapping[str, str] | None = None,
) -> bytes:
    """Return the register as PDF at once. Raises ``Refused`` where it is more than one part: a worker makes that."""
    require(by, Permission.SEE_CASES)
    asks = _question(session, filter, search, given, by, now)
    found = list(parts(session, asks["ids"][: PER_PART + 1], now))
    if len(found) > 1:
        raise Refused(f"The register is too long for paper at once: {grouped(len(asks['ids']))} breaches. Ask for it to be made, narrow "
                      "it, by dates for example, or take the spreadsheet; both hold all of them.")
    content = _content(session, asks, found[0], now)
    return write(session, TEMPLATE, content, title=_title(content), language="en", now=now, pdf=pdf, by=by,
                 details={"rows": len(asks["ids"]), "sha256": content["hash"]})


def ask_register(
    session: Session, *, by: Actor, now: datetime, filter: str = "all", search: str = "",  # noqa: A002 (the page's word)
    given: Mapping[str, str] | None = None,
) -> PrintedReport:
    """Ask for the register on paper; a worker makes it. Whoever asks for the same twice gets the one under way."""
    require(by, Permission.SEE_CASES)
    asks = _question(session, filter, search, given, by, now)
    with writing(session):
        for one in session.scalars(rows.reports_going(by.id)):
            if one.asks == asks:
                return one
        report = PrintedReport(public_id=str(uuid.uuid4()), asks=asks, by_id=by.id, asked_at=now, all_count=len(asks["ids"]))
        session.add(report)
    return report


def printed_report(session: Session, public_id: str, *, by: Actor) -> PrintedReport:
    """Return what somebody asked for themselves. Raises ``NotFound`` for what anybody else asked for."""
    require(by, Permission.SEE_CASES)
    found = session.scalar(select(PrintedReport).where(PrintedReport.public_id == public_id, PrintedReport.by_id == by.id))
    if found is None:
        raise NotFound("There is no such report: it is kept for a day, and only for who asked for it.")
    return found


@dataclass(slots=True)
class _Job:
    """What is being made: read once, so that no row is held while the press works."""

    report_id: int
    public_id: str
    token: str
    asks: dict[str, Any]
    foot: str


def make_report(session: Session, *, clock: Clock, vault: Vault, pdf: PdfWriter) -> Iterator[int]:
    """Print the next register that waits; yields after every part how many breaches are on paper, nothing where none waits.

    No transaction is open while the press works. What cannot be printed says why, and can be asked for again.
    """
    job = _claim(session, clock.now())
    if job is None:
        return
    try:
        missing = pdf.available()
        if missing:
            raise Refused(missing)
        made: list[tuple[str, bytes]] = []
        digests: list[str] = []
        for part in parts(session, job.asks["ids"], clock.now()):
            content = _content(session, job.asks, part, clock.now())
            session.rollback()
            title = _title(content)
            made.append((f"breaches-{part.first}-to-{part.last}.pdf", pdf.write(
                TEMPLATE, {**content, "record": job.foot}, language="en", title=title, created_at=clock.now())))
            digests.append(content["hash"])
            if not _step(session, job, part.last, clock.now()):
                return
            yield part.last
        _keep(session, job, made, _one_digest(digests), now=clock.now(), vault=vault)
    except Refused as refused:
        _fail(session, job, refused.reason)


def _one_digest(digests: list[str]) -> str:
    """Return the digest of the only part, or SHA-256 over those of all parts, in order."""
    return digests[0] if len(digests) == 1 else hashlib.sha256(bytes.fromhex("".join(digests))).hexdigest()


def _claim(session: Session, now: datetime) -> _Job | None:
    with writing(session):
        report = session.scalar(rows.next_to_print(now))
        if report is None:
            return None
        report.attempts += 1
        report.state, report.token, report.lease_until, report.done_count = MAKING, str(uuid.uuid4()), now + LEASE, 0
        if report.attempts > MOST_ATTEMPTS:
            _failed(report, CUT_SHORT)
            return None
        return _Job(report.id, report.public_id, report.token, dict(report.asks), anchoring.foot(session, "The register", now=now))


def _step(session: Session, job: _Job, done: int, now: datetime) -> bool:
    """Say how far it is, and keep it ours; ``False`` where it was given to another worker meanwhile."""
    with writing(session):
        report = session.scalar(rows.still_ours(job.report_id, job.token))
        if report is None:
            return False
        report.done_count, report.lease_until = done, now + LEASE
        return True


def _keep(session: Session, job: _Job, made: list[tuple[str, bytes]], sha256: str, *, now: datetime, vault: Vault) -> None:
    stem = f"register-{now:%Y-%m-%d}"
    with writing(session):
        report = session.scalar(rows.still_ours(job.report_id, job.token))
        if report is None:
            return
        one = len(made) == 1
        report.name, report.media_type = (f"{stem}.pdf", "application/pdf") if one else (f"{stem}.zip", "application/zip")
        content = made[0][1] if one else _zip(stem, made)
        report.data_key = vault.new_key()
        report.sealed = vault.seal(report.data_key, content, scope_of_report(report.public_id))
        report.state, report.made_at, report.token, report.lease_until = MADE, now, None, None
        by = session.get_one(User, report.by_id).actor
        audit.record(session, action="report.printed", by=by, now=now, subject="report",
                     subject_id="register", details={"rows": report.all_count, "sha256": sha256, "parts": len(made)})


def _zip(stem: str, made: list[tuple[str, bytes]]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as packed:
        for number, (name, content) in enumerate(made, 1):
            packed.writestr(f"{stem}-part-{number:03}-{name}", content)
    return out.getvalue()


def _fail(session: Session, job: _Job, reason: str) -> None:
    with writing(session):
        report = session.scalar(rows.still_ours(job.report_id, job.token))
        if report is not None:
            _failed(report, reason)


def _failed(report: PrintedReport, reason: str) -> None:
    report.state, report.reason, report.token, report.lease_until = FAILED, reason, None, None


def open_report(session: Session, public_id: str, *, by: Actor, vault: Vault) -> tuple[PrintedReport, bytes]:
    """Return the file. Raises ``Conflict`` in words where it is still being made, or could not be."""
    report = printed_report(session, public_id, by=by)
    if report.state != MADE:
        raise Conflict(report.reason or "It is still being made. Look again in a few seconds.")
    whole = session.get_one(PrintedReport, report.id, options=[undefer(PrintedReport.sealed)], populate_existing=True)
    try:
        return whole, vault.open(whole.data_key or b"", whole.sealed or b"", scope_of_report(whole.public_id))
    except VaultError:
        raise Conflict(SHUT) from None


def forget_reports(session: Session, *, now: datetime) -> int:
    """Throw away what was printed, a day after it was asked for; return how many."""
    with writing(session):
        return changed(session, rows.reports_outlived(now - KEPT))
