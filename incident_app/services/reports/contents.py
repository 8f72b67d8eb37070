"""What printed reports say about a case: frozen words, never records."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor, Permission, may
from incident_app.domain.filings.answers import moment_in, moment_words
from incident_app.domain.filings.wording import ENGLISH, Wording
from incident_app.domain.lessons import chain
from incident_app.domain.numbers import grouped
from incident_app.domain.regimes import Law
from incident_app.domain.regimes.terms import undated
from incident_app.domain.reports import share, span, state_words
from incident_app.domain.risk import ground
from incident_app.models.audit import Head
from incident_app.models.cases import Case
from incident_app.models.closing import closings_of
from incident_app.models.notices import Notice
from incident_app.models.obligations import DISCHARGED, NOT_LIVING, STILL_OPEN, Obligation
from incident_app.models.organisation import Organisation
from incident_app.models.reports import Document
from incident_app.models.risk import Decision
from incident_app.services import accounts, audit, cases, controllers, lessons, review
from incident_app.services.asking_again import asked_again
from incident_app.services.citing import cited
from incident_app.services.entries import say
from incident_app.services.obligations.discharging import how_words
from incident_app.services.publications import publications

NOT_KNOWN = "not known yet"
LONGEST_TIMELINE = 400
MOST_RECEIPTS = 400
_STANDS = {"delivered": "delivered; has not answered", "sent": "a provider took the message; has not answered", "failed": "not reached",
           "uncertain": "uncertain", "stopped": "stopped", "waiting": "waiting"}


def printed_at(now: datetime, zone: str, wording: Wording = ENGLISH) -> str:
    """Return the moment of printing in UTC and local time, as it is written in a language."""
    return f"{now.astimezone(UTC):%Y-%m-%d %H:%M} UTC ({moment_in(now, zone, wording)})"


def whose(session: Session, case: Case, now: datetime) -> dict[str, Any]:
    """Return what everything printed about a case has, also what leaves the house: whose, when, where the record stood."""
    head = session.get(Head, 1)
    return {
        "ref": case.ref, "drill": case.is_drill, **home(session), "printed_at": printed_at(now, case.zone),
        "printed_foot": printed_foot(now, case.zone),
        "anchor": {"seq": head.seq, "hash": head.hash} if head else {"seq": 0, "hash": ""},
    }


def printed_foot(now: datetime, zone: str) -> str:
    """Return the same for the foot of a page: the time of the case, and that of the record."""
    here, record = now.astimezone(ZoneInfo(zone)), now.astimezone(UTC)
    return f"{here:%Y-%m-%d %H:%M %Z} ({record:{'%H:%M' if record.date() == here.date() else '%Y-%m-%d %H:%M'}} UTC)"


def case_matter(session: Session, case: Case, now: datetime, *, by: Actor) -> dict[str, Any]:
    """Return what every report about a case has: who, moments, decisions, duties, sends, files, timeline, anchor.

    Who at a controller acknowledged a notice is named to who may see people (``by``).
    """
    named = may(by, Permission.SEE_MASKED)
    names = accounts.names(session)
    return whose(session, case, now) | {
        "case_title": case.title, "decisions": _decisions(session, case, names), "duties": _duties(session, case, now),
        "deliveries": _deliveries(session, case, named=named), "published": _published(session, case), "documents": _documents(session, case),
        "timeline": _timeline(session, case, named=named), "review": _review(session, case, names),
        "closings": closings_said(session, case),
    }


def closings_said(session: Session, case: Case) -> tuple[dict[str, Any], ...]:
    """Return every closing of a case: by whom, why, over what, and how it was opened again."""
    names = accounts.names(session)
    return tuple(
        {
            "at": moment(case, one.at), "reason": one.reason, "gaps": tuple(gap["words"] for gap in one.gaps or ()),
            "who": f"closed by {names.get(one.by_id or 0, '')}"
                   + (f", asked for by {names.get(one.asked_by_id, '')}" if one.asked_by_id else ""),
            "review_hash": one.review_hash, "reopen_reason": one.reopen_reason,
            "reopened": f"Opened again {moment(case, one.reopened_at)} by {names.get(one.reopened_by_id or -1, '')}"
                        if one.reopened_at else "",
        }
        for one in session.scalars(closings_of(case.id))
    )


def _review(session: Session, case: Case, names: Mapping[int, str]) -> tuple[tuple[str, str], ...]:
    """Return the words and signatures of a review as they stand, nothing where there is none."""
    seen = review.look(session, case)
    if seen.words is None:
        return ()
    signed = "; ".join(f"{names.get(one.by_id or 0, '')}, {moment(case, one.at)}" for one in seen.standing)
    return (("How it is judged", seen.words.judgement), ("What should change", seen.words.to_change),
            ("Signed", signed or "by nobody, as it stands"), ("SHA-256", seen.content_hash))


def home(session: Session) -> dict[str, str]:
    """Return who we are, as printed."""
    found = session.scalars(select(Organisation).order_by(Organisation.id)).one()
    contact = ", ".join(filter(None, [found.dpo_name, found.dpo_email, found.dpo_phone]))
    return {"organisation": found.legal_name or found.name, "address": found.address, "officer": contact,
            "home_zone": found.zone}


def moment(case: Case, at: datetime | None) -> str:
    """Return a moment in the zone of the case, or that it is not known."""
    return moment_words(at, case.zone) if at is not None else NOT_KNOWN


def learnt(session: Session, case: Case, law: Law) -> tuple[tuple[str, str], ...]:
    """Return cause and lessons in words, nothing where nobody has written them yet."""
    row = lessons.latest(session, case.id)
    if row is None:
        return ()
    said = lessons.plain(row)
    factors = "\n".join(law.words.factor_labels(said.factors))
    return tuple((label, words) for label, words in (
        ("Root cause", law.words.cause_label(said.cause) or NOT_KNOWN), ("What let it happen", factors),
        ("The cause in words", said.cause_words), ("Why, and why that", chain(said.whys)),
        ("What went well", said.went_well), ("Differently next time", said.differently),
        ("Written", f"version {row.number}, {moment(case, row.at)}, {accounts.names(session).get(row.by_id or 0, '')}"),
    ) if words)


def _decisions(session: Session, case: Case, names: Mapping[int, str]) -> tuple[dict[str, str], ...]:
    decisions = session.scalars(select(Decision).where(Decision.case_id == case.id).order_by(Decision.id))
    return tuple(
        {
            "subject": f"Tell the {one.subject}", "outcome": _decided(one, names), "reason": _reason(one),
            "who": names.get(one.by_id or 0, ""), "at": moment(case, one.at),
            "differs": "differs from what the score proposes" if one.differs else "",
        }
        for one in decisions
    )


def _decided(one: Decision, names: Mapping[int, str]) -> str:
    said = one.outcome.replace("_", " ")
    if not one.needs_second:
        return said
    second = f" by {names.get(one.confirmation.by_id or 0, '')}" if one.confirmation else ""
    return f"{said} ({one.standing}{second})"


def _reason(one: Decision) -> str:
    return " ".join(part for part in (one.reason, ground(one.exemption, one.proof)) if part)


def _duties(session: Session, case: Case, now: datetime) -> tuple[dict[str, str], ...]:
    duties = session.scalars(
        select(Obligation)
        .where(Obligation.case_id == case.id, Obligation.state.not_in(NOT_LIVING), Obligation.recipient_type != "register")
        .order_by(Obligation.due_at.is_(None), Obligation.due_at, Obligation.id)
    ).all()
    again = asked_again(session, duties)
    return tuple(
        {
            "recipient": one.recipient, "provision": cited(one.regime, one.provision, one.recipient_type),
            "due": _due(case, one), "outcome": _outcome(case, one, now) + (f"; to decide again: {again[one.id].words}" if one.id in again else ""),
        }
        for one in duties
    )


def _due(case: Case, duty: Obligation) -> str:
    if duty.due_at is not None:
        return moment(case, duty.due_at)
    return undated(duty.value, duty.unit, duty.mode, duty.anchor, begun=duty.anchor_at is not None, told=duty.state == DISCHARGED)


def _outcome(case: Case, duty: Obligation, now: datetime) -> str:
    if duty.state != DISCHARGED:
        said = ": ".join(filter(None, [state_words(duty.state), duty.state_reason]))
        over = overdue(duty.due_at, case, now) if duty.state in STILL_OPEN else ""
        return f"{over[:1].upper()}{over[1:]}; {said}" if over else said
    told = f"told {moment(case, duty.discharged_at)}, {how_words(duty)}, reference {duty.receipt_reference}"
    told += f"; not one by one, because: {duty.public_reason}" if duty.public_reason else ""
    if (duty.late_by_seconds or 0) > 0:
        return f"{told}; {span(timedelta(seconds=duty.late_by_seconds or 0))} late: {duty.late_reason}"
    return f"{told}; on time" if duty.due_at is not None else told


def overdue(due_at: datetime | None, case: Case, now: datetime) -> str:
    """Return by how much something still open is past due, as it stood when the case was closed; nothing where it is not."""
    at = case.closed_at or now
    if due_at is None or at <= due_at:
        return ""
    return f"overdue by {span(at - due_at)}" + (" when the case was closed" if case.closed_at else "")


def duty_stands(duty: Obligation, now: datetime) -> str:
    """Return how long a duty has, or by how much it was late, as its page says it; nothing where the law names no date."""
    if duty.due_at is None:
        return ""
    if duty.state == DISCHARGED:
        late = timedelta(seconds=max(duty.late_by_seconds or 0, 0))
        return f"the duty was done {moment(duty.case, duty.discharged_at)}, {f'{span(late)} late' if late else 'on time'}"
    over = overdue(duty.due_at, duty.case, now)
    return over if over or duty.case.closed_at else f"{span(duty.due_at - now)} left"


TO = {"people": "", "controllers": " to controllers"}


def _deliveries(session: Session, case: Case, *, named: bool) -> tuple[dict[str, Any], ...]:
    notices = session.scalars(
        select(Notice).where(Notice.case_id == case.id, Notice.launched_at.is_not(None)).order_by(Notice.number)
    )
    return tuple(
        {
            "name": f"Notice {one.number}{TO[one.kind]}", "at": moment(case, one.launched_at),
            "sum": f"{grouped(one.list_count or 0)} {one.kind} = {grouped(one.accepted_count)} told + {grouped(one.failed_count)} not reached + "
                   f"{grouped(one.uncertain_count)} uncertain + {grouped(one.waiting_count)} waiting + {grouped(one.cancelled_count)} stopped",
            "share": share(one.accepted_count, one.list_count or 1), "hash": one.content_hash or "",
            **_receipts(session, case, one, named=named),
        }
        for one in notices
    )


def _published(session: Session, case: Case) -> tuple[str, ...]:
    """Return what everybody could read, from when to when, and when and why it was taken away."""
    found = publications(session, [case.id])[case.id]
    return tuple(f"{said[:1].upper()}{said[1:]}." for said in (one.words(lambda at: moment(case, at)) for one in found))


def _receipts(session: Session, case: Case, notice: Notice, *, named: bool) -> dict[str, Any]:
    """Return what the controllers said of a notice: one line for each, up to so many; nothing of one to people."""
    counts = controllers.receipt_counts(session, notice)
    if not counts:
        return {}
    rows = controllers.answers(session, notice, named=named, limit=MOST_RECEIPTS)
    left = counts["asked"] - len(rows)
    return {
        "acknowledged": f"{grouped(counts['acknowledged'])} of {grouped(counts['asked'])} acknowledged that it arrived"
                        + (f"; the first {grouped(len(rows))} follow, the others stand in the file of receipts" if left else ""),
        "receipts": tuple({"organisation": one.organisation, "contract": one.contract, "stand": _stand(case, one)} for one in rows),
    }


def _stand(case: Case, one: controllers.Line) -> str:
    if one.acknowledged_at is None:
        return _STANDS[one.state] + (f": {one.reason}" if one.state == "failed" and one.reason else "")
    through = f" through notice {one.through}" if one.through else ""
    return f"acknowledged {moment(case, one.acknowledged_at)}{f' by {one.by}' if one.by else ''}{through}"


def _documents(session: Session, case: Case) -> tuple[dict[str, str], ...]:
    documents = session.scalars(select(Document).where(Document.case_id == case.id).order_by(Document.id))
    return tuple(
        {"name": one.name, "kind": one.kind, "size": f"{grouped(one.size)} bytes", "sha256": one.sha256,
         "at": moment(case, one.at)}
        for one in documents
    )


def _timeline(session: Session, case: Case, *, named: bool) -> tuple[dict[str, str], ...]:
    entries = audit.of_case(session, case.id)[:LONGEST_TIMELINE]
    said = say(session, entries, cases.details_of(session, case, entries, named=named), case.zone)
    return tuple(
        {"at": moment(case, one.at), "who": one.actor_name, "seq": str(one.seq), "words": said[one.seq].words,
         "reason": said[one.seq].detail}
        for one in sorted(entries, key=lambda entry: (entry.at, entry.seq))
    )
