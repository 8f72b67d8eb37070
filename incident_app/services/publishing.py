"""Notices to everybody: drafted from the case, approved by a second person, shown on their days, and proof that they were.

What is shown is bound by hash to its approval, and the approval to the record: what somebody writes into the tables
alone is shown to nobody.
"""

import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incident_app.domain import notices as rules
from incident_app.domain.accounts import Actor, Permission, may, require
from incident_app.domain.documents import DocumentKind
from incident_app.domain.notices import Facts, Reader, Rendered, Text
from incident_app.domain.notices import public as public_rules
from incident_app.domain.notices.everybody import EVERYBODY
from incident_app.domain.notices.public import PublicState
from incident_app.domain.ports import Vault
from incident_app.domain.refusals import Conflict, Forbidden, NotFound, Refused, Stale
from incident_app.models.audit import Entry
from incident_app.models.cases import Case
from incident_app.models.obligations import OWED, STILL_OPEN, Obligation
from incident_app.models.publishing import PublicApproval, PublicNotice, public_notices_of
from incident_app.models.reports import Document
from incident_app.models.sealing import TextsShut
from incident_app.services import audit, documents, trust
from incident_app.services.accounts.persons import persons_of
from incident_app.services.holding import locked_case
from incident_app.services.notices.drafting import STALE, check_words, facts_for, first_text
from incident_app.services.notices.wordings import languages as written
from incident_app.services.notices.wordings import wording
from incident_app.services.obligations.deciding import find_duty
from incident_app.services.obligations.discharging import discharge
from incident_app.services.unit import writing

PATH = "/notice/"


def today(session: Session, now: datetime) -> date:
    """Return the day it is where the organisation is."""
    return now.astimezone(ZoneInfo(trust.house(session).zone)).date()


def of_case(session: Session, case_id: int) -> Sequence[PublicNotice]:
    """Return the public notices of a case, the newest first."""
    return session.scalars(public_notices_of(case_id)).all()


def find(session: Session, case_id: int, number: int) -> PublicNotice:
    """Return public notice ``number`` of a case. Raises ``NotFound``."""
    found = session.scalar(public_notices_of(case_id).where(PublicNotice.number == number))
    if found is None:
        raise NotFound("There is no such public notice in this case.")
    return found


def texts_of(notice: PublicNotice) -> dict[str, Text]:
    """Return the texts by language."""
    return {language: Text(words["subject"], words["body"]) for language, words in notice.texts.items()}


def hash_of(notice: PublicNotice) -> str:
    """Return the hash of what everybody would read, as it stands."""
    return public_rules.public_hash(texts_of(notice), Facts.from_json(notice.facts), notice.first_day, notice.last_day)


def rendered(notice: PublicNotice, language: str) -> Rendered:
    """Return what everybody reads in a language of the notice: nobody's name, the kinds of data of the case."""
    return rules.render(texts_of(notice)[language], Facts.from_json(notice.facts), Reader(), wording(language, EVERYBODY))


def problems_of(notice: PublicNotice) -> dict[str, list[str]]:
    """Return per language what keeps it from being shown to everybody."""
    facts = Facts.from_json(notice.facts)
    return {language: public_rules.public_problems(text, facts, wording(language, EVERYBODY))
            for language, text in texts_of(notice).items()}


# --------------------------------------------------------------------------------------------------------------- writing


def draft(
    session: Session, case_id: int, *, languages: Sequence[str], first_day: date, last_day: date, by: Actor, now: datetime
) -> PublicNotice:
    """Start a public notice, drafted from the case in ``languages``. Raises ``Refused`` by field."""
    require(by, Permission.DRAFT_NOTICE)
    chosen = [one for one in written() if one in languages]
    if not chosen or set(languages) - set(chosen):
        raise Refused("Nothing was drafted.", {"languages": f"Choose some of: {', '.join(written())}."})
    public_rules.check_days(first_day, last_day, today(session, now))
    with writing(session):
        audit.lock(session)
        case = locked_case(session, case_id)
        newest = session.scalar(select(func.max(PublicNotice.number)).where(PublicNotice.case_id == case_id)) or 0
        notice = PublicNotice(
            public_id=str(uuid.uuid4()), slug=rules.new_code(secrets.choice), case_id=case_id, number=newest + 1,
            first_day=first_day, last_day=last_day, author_id=by.id or None, editor_ids=[], made_at=now, edited_at=now,
            texts={language: _first(session, case, language) for language in chosen},
            facts=facts_for(session, case).to_json(),
        )
        session.add(notice)
        session.flush()
        _record(session, notice, "public.drafted", by, now, languages=chosen, number=notice.number)
    return notice


def _first(session: Session, case: Case, language: str) -> dict[str, str]:
    subject, body = first_text(session, case, language)
    return {"subject": subject, "body": body.lstrip()}


def _locked(session: Session, notice_id: int, move: str, version: int | None) -> PublicNotice:
    notice = session.scalar(select(PublicNotice).where(PublicNotice.id == notice_id).with_for_update(of=PublicNotice))
    if notice is None:
        raise NotFound("There is no such public notice.")
    public_rules.check_public_move(notice.state, move)
    if version is not None and version != notice.version:
        raise Stale(STALE)
    return notice


def _record(session: Session, notice: PublicNotice, action: str, by: Actor, now: datetime, **details: object) -> None:
    audit.record(session, action=action, by=by, now=now, case_id=notice.case_id, subject="public_notice",
                 subject_id=notice.id, details=details)


def _void(session: Session, notice: PublicNotice, reason: str, now: datetime) -> bool:
    approval = session.get(PublicApproval, notice.approval_id) if notice.approval_id else None
    notice.approval_id = None
    if approval is not None:
        approval.voided_at, approval.voided_reason = now, reason
    return approval is not None


def _changed(session: Session, notice: PublicNotice, what: str, by: Actor, now: datetime) -> None:
    voided = _void(session, notice, what, now)
    notice.state = PublicState.DRAFT.value
    notice.state_reason = f"{what} This took back the approval: nobody sees it until it is approved again." if voided else ""
    notice.facts = facts_for(session, session.get_one(Case, notice.case_id)).to_json()
    notice.version, notice.edited_at = notice.version + 1, now
    notice.editor_ids = sorted({*notice.editor_ids, by.id})
    _record(session, notice, "public.edited", by, now, what=what, approval_voided=voided)


def edit(
    session: Session, notice_id: int, *, language: str, subject: str, body: str, version: int, by: Actor, now: datetime
) -> PublicNotice:
    """Change the text of one language. What was published is taken away until it is approved again."""
    require(by, Permission.DRAFT_NOTICE)
    check_words(subject, body)
    subject, body = " ".join(subject.split()), "\n".join(line.rstrip() for line in body.splitlines()).strip()
    with writing(session):
        notice = _locked(session, notice_id, "be edited", version)
        if language not in notice.texts:
            raise Refused("Nothing was saved.", {"language": "The notice is not written in this language."})
        if notice.texts[language] != {"subject": subject, "body": body}:
            notice.texts = {**notice.texts, language: {"subject": subject, "body": body}}
            _changed(session, notice, f"The text in {wording(language).label} was changed.", by, now)
    return notice


def set_days(
    session: Session, notice_id: int, first_day: date, last_day: date, *, version: int, by: Actor, now: datetime
) -> PublicNotice:
    """Change the days on which it can be read. What was published is taken away until it is approved again."""
    require(by, Permission.DRAFT_NOTICE)
    public_rules.check_days(first_day, last_day, today(session, now))
    with writing(session):
        notice = _locked(session, notice_id, "be edited", version)
        if (notice.first_day, notice.last_day) != (first_day, last_day):
            notice.first_day, notice.last_day = first_day, last_day
            _changed(session, notice, "The days were changed.", by, now)
    return notice


def ask(session: Session, notice_id: int, *, version: int | None = None, by: Actor, now: datetime) -> PublicNotice:
    """Put it up for approval. Raises ``Refused`` with what is missing per language (Art 34(2) GDPR)."""
    require(by, Permission.DRAFT_NOTICE)
    with writing(session):
        notice = _locked(session, notice_id, "be put up for approval", version)
        notice.facts = facts_for(session, session.get_one(Case, notice.case_id)).to_json()
        _refuse_unready(notice)
        notice.state, notice.state_reason, notice.version = PublicState.IN_REVIEW.value, "", notice.version + 1
        _record(session, notice, "public.approval_asked", by, now, content=hash_of(notice))
    return notice


def _refuse_unready(notice: PublicNotice) -> None:
    found = {language: " ".join(words) for language, words in problems_of(notice).items() if words}
    if found:
        raise Refused("The text is not complete: people would not learn what the law says they must.", found)


def why_not(session: Session, notice: PublicNotice, by: Actor) -> str | None:
    """Return why ``by`` cannot approve it, or ``None``."""
    if not may(by, Permission.APPROVE_NOTICE):
        return "Only an approver approves a public notice."
    author, editors = (persons_of(session, ids) for ids in ([notice.author_id], notice.editor_ids))
    return rules.why_not_approve(by.person, author, editors, ())


def approve(
    session: Session, notice_id: int, *, version: int | None = None, by: Actor, now: datetime, vault: Vault,
    public_url: str, method: str = "",
) -> PublicNotice:
    """Approve that everybody reads exactly this, on exactly these days, and keep a snapshot of it as a file of the case.

    Raises ``Forbidden`` with the reason for its author and whoever changed it since the last approval.
    """
    require(by, Permission.APPROVE_NOTICE)
    with writing(session):
        notice = _locked(session, notice_id, "be approved", version)
        reason = why_not(session, notice, by)
        if reason:
            raise Forbidden(reason)
        _refuse_unready(notice)
        public_rules.check_days(notice.first_day, notice.last_day, today(session, now))
        case = locked_case(session, notice.case_id)
        approval = PublicApproval(public_notice_id=notice.id, content_hash=hash_of(notice), method=method, by_id=by.id, at=now)
        session.add(approval)
        session.flush()  # the database compares with who changed it, before that is forgotten
        snapshot = documents.keep(
            session, case, kind=DocumentKind.PROOF.value, name=f"{case.ref}-public-notice-{notice.number}-v{notice.version}.txt",
            media_type="text/plain", content=_snapshot(notice, approval, public_url).encode(), by=by, now=now, vault=vault)
        notice.state, notice.state_reason = PublicState.APPROVED.value, ""
        notice.approval_id, notice.document_id, notice.editor_ids = approval.id, snapshot.id, []
        notice.version += 1
        _record(session, notice, "public.approved", by, now, approval=approval.id, content=approval.content_hash,
                document=snapshot.id, sha256=snapshot.sha256, until=notice.last_day.isoformat(), **{"from": notice.first_day.isoformat()})
    return notice


def address_of(notice: PublicNotice, public_url: str) -> str:
    """Return the address at which everybody reads it."""
    return f"{public_url.rstrip('/')}{PATH}{notice.slug}"


def _snapshot(notice: PublicNotice, approval: PublicApproval, public_url: str) -> str:
    head = [f"Public notice {notice.number}", address_of(notice, public_url),
            f"From {notice.first_day.isoformat()} to {notice.last_day.isoformat()}", f"SHA-256 {approval.content_hash}",
            f"Approved {approval.at.isoformat()}"]
    bodies = [f"[{language}]\n{made.subject}\n\n{made.body}" for language in notice.texts
              for made in [rendered(notice, language)]]
    return "\n".join(head) + "\n\n" + "\n\n\n".join(bodies) + "\n"


def send_back(
    session: Session, notice_id: int, reason: str, *, version: int | None = None, by: Actor, now: datetime
) -> PublicNotice:
    """Give it back to its writers, with the reason."""
    require(by, Permission.APPROVE_NOTICE)
    if not reason.strip():
        raise Refused("It was not sent back.", {"reason": "Say what should be different."})
    with writing(session):
        notice = _locked(session, notice_id, "be sent back", version)
        notice.state, notice.state_reason = PublicState.DRAFT.value, f"Sent back: {reason.strip()}"
        notice.version += 1
        _record(session, notice, "public.sent_back", by, now, reason=reason.strip())
    return notice


def withdraw(
    session: Session, notice_id: int, reason: str, *, version: int | None = None, by: Actor, now: datetime
) -> PublicNotice:
    """Take it away for good, at once, with the reason."""
    require(by, Permission.DRAFT_NOTICE)
    if not reason.strip():
        raise Refused("It was not withdrawn.", {"reason": "Say why."})
    with writing(session):
        notice = _locked(session, notice_id, "be withdrawn", version)
        _void(session, notice, f"Withdrawn: {reason.strip()}", now)
        notice.state, notice.state_reason = PublicState.WITHDRAWN.value, reason.strip()
        notice.version += 1
        _record(session, notice, "public.withdrawn", by, now, reason=reason.strip())
    return notice


# --------------------------------------------------------------------------------------------------------------- the duty


def open_duties(session: Session, case_id: int) -> Sequence[Obligation]:
    """Return the duties to tell people that a public notice may discharge."""
    return session.scalars(select(Obligation).where(
        Obligation.case_id == case_id, Obligation.recipient_type == "data_subjects", Obligation.state.in_(STILL_OPEN),
    ).order_by(Obligation.id)).all()


def count(
    session: Session, notice_id: int, obligation_id: int, *, late_reason: str = "", by: Actor, now: datetime, public_url: str
) -> Obligation:
    """Record that people were told in public (Art 34(3)(c)), the snapshot as its proof, as of when it could be read first."""
    require(by, Permission.MARK_SUBMITTED)
    with writing(session):
        notice = _locked(session, notice_id, "be counted", None)
        approval = session.get_one(PublicApproval, notice.approval_id)
        since = max(approval.at, datetime.combine(notice.first_day, datetime.min.time(), ZoneInfo(trust.house(session).zone)))
        if since > now:
            raise Conflict("Nobody can read it yet. It counts from its first day on.")
        row = find_duty(session, notice.case_id, obligation_id, lock=True)
        if row.recipient_type != "data_subjects" or row.state not in STILL_OPEN:
            raise Conflict("This duty is settled, or others are to be told. Nothing was changed.")
        row.state = OWED
        return discharge(session, row, at=since, how="public", reference=address_of(notice, public_url),
                         proof_document_id=notice.document_id, late_reason=late_reason, by=by, now=now)


def snapshot_of(session: Session, notice: PublicNotice) -> Document | None:
    """Return the file that was kept when it was approved."""
    return session.get(Document, notice.document_id) if notice.document_id else None


# ----------------------------------------------------------------------------------------------------------- for everybody


@dataclass(frozen=True, slots=True)
class Shown:
    """What everybody reads. ``headings`` are those of its language."""

    languages: tuple[str, ...]
    language: str
    subject: str
    body: str
    headings: frozenset[str]
    first_day: date
    last_day: date
    drill: bool


def shown(session: Session, slug: str, wanted: str, *, now: datetime) -> Shown | None:
    """Return what everybody reads at an address, ``None`` where that is over or taken away.

    Raises ``NotFound`` for an address that was never shown: a draft is not there. ``wanted`` is the reader's language.
    """
    notice = session.scalar(select(PublicNotice).where(PublicNotice.slug == slug))
    day = today(session, now)
    if notice is None or notice.document_id is None or day < notice.first_day:
        raise NotFound("There is no such page.")
    try:
        if not public_rules.is_shown(notice.state, notice.first_day, notice.last_day, day) or not _as_approved(session, notice):
            return None
        language = wanted if wanted in notice.texts else next(iter(notice.texts))
        made = rendered(notice, language)
    except TextsShut:
        return None
    return Shown(tuple(notice.texts), language, made.subject, made.body, frozenset(wording(language, EVERYBODY).headings.values()),
                 notice.first_day, notice.last_day, Facts.from_json(notice.facts).drill)


def _as_approved(session: Session, notice: PublicNotice) -> bool:
    """Tell whether this is what was approved, and the approval the one that the record has."""
    approval = session.get(PublicApproval, notice.approval_id) if notice.approval_id else None
    entry = session.scalar(select(Entry).where(
        Entry.case_id == notice.case_id, Entry.action == "public.approved", Entry.subject_id == str(notice.id),
    ).order_by(Entry.seq.desc()).limit(1))
    if approval is None or approval.voided_at is not None or entry is None or not audit.is_intact(entry):
        return False
    return entry.details.get("approval") == approval.id and entry.details.get("content") == approval.content_hash == hash_of(notice)
