"""The proof sheet of a notice, to print and to check: sums, digests, who and when; nobody is named who was told."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor, Permission, require
from incident_app.domain.deliveries import TWICE
from incident_app.domain.notices import CHANNELS, CONTROLLERS, NoticeState
from incident_app.domain.numbers import grouped
from incident_app.domain.ports import PdfWriter
from incident_app.domain.posting import DONE
from incident_app.domain.refusals import NotFound
from incident_app.models.audit import Head
from incident_app.models.cases import Case
from incident_app.models.deliveries import Proof
from incident_app.models.notices import Notice
from incident_app.models.posting import PostExport
from incident_app.services import accounts, deliveries
from incident_app.services.notices import approval_of
from incident_app.services.reports.contents import home, moment, printed_at
from incident_app.services.reports.printing import write

STATES = {"accepted": "accepted", "failed": "not reached", "uncertain": "uncertain", "cancelled": "stopped",
          "resent": "uncertain, sent again", "queued": "waiting", "retry_wait": "waiting"}

TEXT_IS = {False: "the text stands for whoever got it", True: "the text was withdrawn: who got it is told not to act on it"}


def newest_proof(session: Session, notice: Notice) -> Proof:
    """Return the newest proof of a notice. Raises ``NotFound`` before everybody has an outcome."""
    proof = session.scalar(
        select(Proof).where(Proof.notice_id == notice.id).order_by(Proof.number.desc()).limit(1))
    if proof is None:
        raise NotFound("There is no proof yet: it is written when everybody has an outcome.")
    return proof


def _facts(session: Session, notice: Notice, proof: Proof, case: Case) -> list[tuple[str, str]]:
    names = accounts.names(session)
    approval, head, stopped = approval_of(session, notice), session.get(Head, 1), notice.state == NoticeState.CANCELLED
    return [
        ("Approved", f"{moment(case, approval.at)}, {names.get(approval.by_id, '')}" if approval else ""),
        ("Started", f"{moment(case, notice.launched_at)}, {names.get(notice.launched_by_id or 0, '')}"),
        ("Ended", moment(case, notice.finished_at)),
        *[("Stopped for good" if stopped else "After the end", TEXT_IS[notice.text_withdrawn])] * (stopped or notice.text_withdrawn),
        *[("Letters handed to the post", words) for words in _handed(session, notice, case, names)],
        ("Digest of text and plan", notice.content_hash or ""),
        ("Digest of the list", notice.list_digest or ""),
        ("Digest of all outcomes", proof.digest),
        ("Record before this sheet", f"entry {head.seq}, {head.hash}; printing it is an entry more, at the foot" if head else ""),
    ]


def _handed(session: Session, notice: Notice, case: Case, names: Mapping[int, str]) -> Iterator[str]:
    """Say who said of which letters when that they went to the post: of these no provider knows anything."""
    for one in session.scalars(select(PostExport).where(PostExport.notice_id == notice.id).order_by(PostExport.number)):
        if one.handed_on is not None:
            who = names.get(one.handed_by_id or 0, "")
            yield f"{grouped(one.people_count - one.left_count)} on {one.handed_on.day} {one.handed_on:%b %Y}, as {who} said"
        elif one.state == DONE and one.taken_at is not None:
            who = names.get(one.taken_by_id or 0, "")
            yield f"addresses for {grouped(one.people_count)} taken out on {moment(case, one.taken_at)} by {who}"


def proof_matter(session: Session, notice: Notice, now: datetime) -> Mapping[str, Any]:
    """Return what the newest proof sheet of a notice says."""
    proof, case = newest_proof(session, notice), session.get_one(Case, notice.case_id)
    seen = deliveries.overview(session, notice.id, now=now)
    return {
        **home(session), "case_ref": case.ref, "drill": case.is_drill, "notice_number": notice.number,
        "proof_number": proof.number, "digest": proof.digest, "at": moment(case, proof.at),
        "lines": proof.counts["lines"], "people": proof.counts["people"], "twice": proof.counts.get(TWICE, seen.resent),
        "channels": [(CHANNELS.get(channel, channel), STATES.get(state, state), count)
                     for channel, states in sorted(proof.counts["channels"].items())
                     for state, count in sorted(states.items())],
        "receipts": proof.counts.get("receipts"), "whom": "controllers" if notice.kind == CONTROLLERS else "people",
        "article": "Art. 33(2)" if notice.kind == CONTROLLERS else "Art. 34",
        "posted": proof.counts["channels"].get("post", {}).get("accepted", 0),
        "next_sheet": proof.number + 1 if notice.proof_due_at is not None or notice.finished_at is None else None,
        "reasons": seen.reasons if sum(count for _, count in seen.reasons) == proof.counts["people"]["failed"] else (), "facts": _facts(session, notice, proof, case),
        "printed_at": printed_at(now, case.zone),
    }


def proof_pdf(session: Session, notice: Notice, *, by: Actor, now: datetime, pdf: PdfWriter) -> bytes:
    """Return the newest proof sheet as PDF. Raises ``NotFound`` before the end."""
    require(by, Permission.SEE_NOTICES)
    content = proof_matter(session, notice, now)
    title = f"Proof {content['proof_number']} of notice {notice.number}, {content['case_ref']}"
    return write(session, "proof.html", content, title=title, language="en", now=now, pdf=pdf, by=by,
                 case_id=notice.case_id)


def proof_lines(session: Session, notice: Notice, *, by: Actor) -> Iterator[str]:
    """Yield the lines the digest of the newest proof is taken of, as a stream. Raises ``NotFound`` before the end."""
    require(by, Permission.SEE_NOTICES)
    newest_proof(session, notice)
    return deliveries.outcome_lines(session, notice.id)
