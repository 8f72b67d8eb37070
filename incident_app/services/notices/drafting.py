"""Write a notice: a first draft from the case in every language of the list, edits, the channel plan."""

import secrets
import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incident_app.domain import notices as rules
from incident_app.domain.accounts import Actor, Permission, require
from incident_app.domain.cases import CaseState, ControllerRole
from incident_app.domain.notices import CONTROLLERS, CaseFacts, ChannelPlan, Envelope, Facts, promising
from incident_app.domain.notices.everybody import EVERYBODY
from incident_app.domain.notices.lint import digest
from incident_app.domain.numbers import grouped
from incident_app.domain.refusals import Conflict, NotFound, Refused, Stale
from incident_app.models.cases import Case
from incident_app.models.notices import Approval, Notice
from incident_app.models.organisation import Organisation
from incident_app.models.recipients import RecipientList
from incident_app.services import audit
from incident_app.services.notices.keeping import keep, keep_first
from incident_app.services.notices.looking import fallback_for, get, writer_languages
from incident_app.services.notices.places import Texts, with_places
from incident_app.services.notices.receipts import new_secret
from incident_app.services.notices.supervising import named_in, supervision
from incident_app.services.notices.to_controllers import Earlier, texts_for_controllers
from incident_app.services.notices.wordings import wording
from incident_app.services.public_words import public_words
from incident_app.services.recipients.looking import find_list
from incident_app.services.unit import writing

LONGEST_BODY = 20_000
STALE = (
    "Somebody changed this notice while you were editing. Nothing of yours was saved: load the page again, compare, "
    "and enter it once more."
)


OTHER_KIND = {
    "people": "This notice goes to people. Choose a list of people.",
    CONTROLLERS: "This notice goes to controllers. Choose a list of controllers.",
}


def locked(session: Session, notice_id: int, *, move: str, version: int | None) -> Notice:
    """Return a notice, locked for this transaction, that may do ``move`` and was not changed since ``version``."""
    notice = session.scalar(select(Notice).where(Notice.id == notice_id).with_for_update(of=Notice))
    if notice is None:
        raise NotFound("There is no such notice.")
    rules.check_moves(notice.state, move)
    if version is not None and version != notice.version:
        raise Stale(STALE)
    return notice


def _home(session: Session) -> Organisation:
    home = session.scalar(select(Organisation).order_by(Organisation.id))
    if home is None:
        raise Refused("No organisation has been set up yet.")
    return home


def _open_case(session: Session, case_id: int) -> Case:
    case = session.get(Case, case_id)
    if case is None:
        raise NotFound("There is no such case.")
    if case.state == CaseState.CLOSED.value:
        raise Conflict("This case is closed. Nothing was changed.")
    return case


def facts_for(session: Session, case: Case, code: str = "", check: str = "", to: str = "") -> Facts:
    """Return what is the same for everybody, as it stands now; ``code`` of the notice, to be checked at ``check``."""
    home = _home(session)
    return Facts(
        service=home.service_name or home.name, organisation=home.legal_name or home.name, case_ref=case.ref,
        dpo_name=home.dpo_name, dpo_email=home.dpo_email, dpo_phone=home.dpo_phone, website=home.website,
        categories=tuple(case.data_categories), drill=case.is_drill, kind=case.kind, code=code, check=check, to=to,
        aware_on=_local(case, case.aware_at)[:10], occurred_on=_local(case, case.occurred_at)[:10],
        contained_at=_local(case, case.contained_at), zone=case.zone,
        authority="" if to == CONTROLLERS else supervision(session, case).name,
    )


def _local(case: Case, at: datetime | None) -> str:
    return at.astimezone(ZoneInfo(case.zone)).isoformat(timespec="minutes") if at else ""


def _to(kind: str) -> str:
    return CONTROLLERS if kind == CONTROLLERS else ""


def renew_facts(session: Session, notice: Notice, envelope: Envelope | None = None) -> None:
    """Take over what is the same for everybody, as it stands now; without an ``envelope`` codes are checked where they were."""
    check = envelope.check if envelope else Facts.from_json(notice.facts).check
    notice.facts = facts_for(session, session.get_one(Case, notice.case_id), notice.code or "", check, _to(notice.kind)).to_json()


def _case_facts(
    session: Session, case: Case, facts: Facts, *, personal: bool = False, again_on: date | None = None,
    own_times: bool = False,
) -> CaseFacts:
    def local(at: datetime | None) -> datetime | None:
        return at.astimezone(ZoneInfo(case.zone)) if at else None

    def day(at: datetime | None) -> date | None:
        return at.astimezone(ZoneInfo(case.zone)).date() if at else None

    supervised = supervision(session, case)
    return CaseFacts(
        aware_on=case.aware_at.astimezone(ZoneInfo(case.zone)).date(), occurred_on=day(case.occurred_at),
        contained_at=local(case.contained_at), confidentiality=case.confidentiality, integrity=case.integrity,
        availability=case.availability, categories=tuple(case.data_categories), measures=case.measures_taken,
        authority_told=supervised.told, kind=case.kind, authority=supervised.name, told=supervised.told_name,
        personal=personal, again_on=again_on, own_times=own_times, dpo=bool(facts.dpo), website=bool(facts.website),
        processor=case.role == ControllerRole.PROCESSOR.value,
    )


def first_text(session: Session, case: Case, language: str) -> tuple[str, str]:
    """Return subject and body of a draft for everybody that speaks of nobody's own data, and takes over no words of staff."""
    return rules.compose(_called(_case_facts(session, case, facts_for(session, case)), language), wording(language, EVERYBODY))


def _called(known: CaseFacts, language: str) -> CaseFacts:
    """Return the facts with authorities as who reads the language calls them."""
    return replace(known, authority=named_in(known.authority, language), told=named_in(known.told, language))


def _drafted(session: Session, case: Case, people: RecipientList, kept: dict[str, dict[str, str]], fallback: str,
             check: str, again_on: date | None = None, earlier: Earlier | None = None) -> dict[str, dict[str, str]]:
    """Return a text for every language of the list: what is ``kept``, otherwise a fresh draft.

    What was written freely in the case is in the language of the house alone. The last part says who answers questions;
    where codes can be checked, at ``check``, it says so too.
    """
    facts, texts = facts_for(session, case), {}
    known = _case_facts(session, case, facts, personal="data" in people.columns, again_on=again_on,
                        own_times=people.kind != CONTROLLERS)
    if people.kind == CONTROLLERS:
        return texts_for_controllers(known, writer_languages(people, fallback), kept, fallback, check, earlier)
    for language in writer_languages(people, fallback):
        subject, body = rules.compose(_called(replace(known, own_language=language == fallback), language), wording(language))
        say = f" {public_words(language)['letter']['check']}" if check else ""
        texts[language] = kept.get(language) or {"subject": subject, "body": body + say}
    return texts


def _with_places(session: Session, people: RecipientList, texts: Texts, kept: Texts, case: Case, fallback: str) -> Texts:
    """Return texts with those for countries that ask for more, where the list has people there."""
    if people.kind == CONTROLLERS:
        return texts
    return with_places(session, people, texts, kept, tuple(case.data_categories), fallback)


def draft(
    session: Session, case_id: int, list_id: int, *, by: Actor, now: datetime, envelope: Envelope | None = None,
    again_on: date | None = None, follows: Notice | None = None, remind: bool = False,
) -> Notice:
    """Start a notice to a list, with a text drafted from the case in every language of its people.

    ``again_on``: until when the next message is promised. To controllers it may carry on one that it ``follows``, or
    ``remind`` of it.
    """
    require(by, Permission.DRAFT_NOTICE)
    followed = follows.id if follows is not None else None
    with writing(session):
        audit.lock(session)
        case = _open_case(session, case_id)
        people = find_list(session, case_id, list_id)
        fallback = fallback_for(_home(session).language)
        newest = session.scalar(select(func.max(Notice.number)).where(Notice.case_id == case_id)) or 0
        known = (("telegram", people.telegram_count), ("email", people.email_count), ("post", people.post_count))
        order = [name for name, count in known if count]
        code, check = rules.new_code(secrets.choice), envelope.check if envelope else ""
        earlier = Earlier.of(get(session, followed), case.zone, remind=remind) if followed else None
        texts = _drafted(session, case, people, {}, fallback, check, again_on, earlier)
        notice = Notice(
            public_id=str(uuid.uuid4()), code=code, case_id=case_id, list_id=people.id, number=newest + 1,
            kind=people.kind, follows_id=followed, is_reminder=remind,
            texts=_with_places(session, people, texts, {}, case, fallback),
            facts=facts_for(session, case, code, check, _to(people.kind)).to_json(),
            receipt_secret=new_secret() if people.kind == CONTROLLERS else "",
            plan=ChannelPlan(order=tuple(order)).to_json(), fallback_language=fallback, author_id=by.id or None,
            editor_ids=[], made_at=now, edited_at=now, again_by=again_on,
        )
        session.add(notice)
        session.flush()
        keep(session, notice, notice.texts, by_id=notice.author_id, now=now)
        audit.record(
            session, action="notice.drafted", by=by, now=now, case_id=case_id, subject="notice", subject_id=notice.id,
            details={"number": notice.number, "list": people.id, "languages": sorted(notice.texts)},
        )
    return notice


def void(session: Session, notice: Notice, reason: str, now: datetime) -> bool:
    """Take an approval back; return whether there was one. Call inside a write unit."""
    approval = session.get(Approval, notice.approval_id) if notice.approval_id else None
    notice.approval_id = notice.content_hash = notice.list_digest = notice.list_count = None
    if approval is None:
        return False
    approval.voided_at, approval.voided_reason = now, reason
    return True


def changed(session: Session, notice: Notice, what: str, *, by: Actor, now: datetime) -> None:
    """Count the version up, remember who touched it, void an approval, and record it."""
    was = notice.state
    voided = void(session, notice, what, now)
    notice.state = rules.NoticeState.DRAFT.value
    notice.state_reason = f"{what} This took back the approval." if voided else ""
    renew_facts(session, notice)
    notice.version += 1
    notice.edited_at = now
    notice.editor_ids = sorted({*notice.editor_ids, by.id})
    audit.record(
        session, action="notice.edited", by=by, now=now, case_id=notice.case_id, subject="notice",
        subject_id=notice.id, details={"what": what, "was": was, "approval_voided": voided},
    )


def check_words(subject: str, body: str, to: str = "") -> None:
    """Refuse, by field, words that cannot be saved: unknown fields, nothing at all, too much, or what cannot be seen."""
    problems = {}
    for name, words in (("subject", subject), ("body", body)):
        unknown = rules.unknown_fields(words, to)
        if unknown:
            named = ", ".join(f"(({field}))" for field in unknown)
            problems[name] = f"{named} is not a field. Choose from: {', '.join(rules.fields_for(to))}."
        elif not words.strip():
            problems[name] = "This must not be empty."
    if "\n" in subject.strip() or "\r" in subject.strip():
        problems["subject"] = "The subject must be one line."
    if len(body) > LONGEST_BODY:
        problems["body"] = f"At most {grouped(LONGEST_BODY)} characters."
    if any(ord(c) < 32 and c not in "\n\r\t" for c in subject + body):
        problems["body"] = "There is an invisible control character in the text."
    if problems:
        raise Refused("The text was not saved.", problems)


def edit(
    session: Session, notice_id: int, *, language: str, subject: str, body: str, version: int, by: Actor, now: datetime
) -> Notice:
    """Replace the text of one language. Any edit takes an approval back, visibly."""
    require(by, Permission.DRAFT_NOTICE)
    check_words(subject, body, _to(get(session, notice_id).kind))
    with writing(session):
        notice = locked(session, notice_id, move="be edited", version=version)
        if language not in notice.texts:
            raise NotFound(f"This notice is not written in “{language}”.")
        words = {"subject": subject.strip(), "body": "\n".join(body.strip().splitlines())}
        if notice.texts[language] == words:
            return notice
        keep_first(session, notice, language)
        main = notice.texts.get(notice.fallback_language)  # as it is before this edit; nobody may read it
        if main is not None and notice.texts[language]["body"] != words["body"]:
            seen, edits = digest(main["body"]), notice.edits or {}
            notice.edits = edits | {language: edits.get(language, seen) if language == notice.fallback_language else seen}
        notice.texts = {**notice.texts, language: words}
        changed(session, notice, f"The text in {wording(language).label} was changed.", by=by, now=now)
        keep(session, notice, [language], by_id=by.id or None, now=now)
    return notice


def set_plan(
    session: Session, notice_id: int, *, order: Sequence[str], wait_minutes: int = 0, canary: bool = True,
    uncertain_policy: str = "ask", never: Sequence[str] = (), bypass_reason: str = "", version: int, by: Actor,
    now: datetime,
) -> Notice:
    """Choose the order of channels, the wait before the next one, and which must ``never`` carry sensitive words.

    With a ``bypass_reason``, email goes also to who unsubscribed or was blocked. Takes an approval back.
    """
    require(by, Permission.DRAFT_NOTICE)
    reason = " ".join(bypass_reason.split())
    plan = ChannelPlan(tuple(order), wait_minutes, canary, uncertain_policy, tuple(never), reason).check()
    with writing(session):
        notice = locked(session, notice_id, move="be edited", version=version)
        if ChannelPlan.from_json(notice.plan) == plan:
            return notice
        notice.plan = plan.to_json()
        changed(session, notice, "The channel plan was changed.", by=by, now=now)
    return notice


def _promising(notice: Notice, language: str, words: dict[str, str]) -> dict[str, str]:
    """Return a fresh draft that names the day of the next message, where one was set."""
    return words | {"body": promising.with_promise(words["body"], wording(language), notice.again_by, notice.again_by)}


def set_list(session: Session, notice_id: int, list_id: int, *, version: int, by: Actor, now: datetime) -> Notice:
    """Bind the notice to another list of the case; missing languages are drafted. Takes an approval back."""
    require(by, Permission.DRAFT_NOTICE)
    with writing(session):
        notice = locked(session, notice_id, move="be edited", version=version)
        people = find_list(session, notice.case_id, list_id)
        if people.id == notice.list_id:
            return notice
        if people.kind != notice.kind:
            raise Refused("The list was not changed.", {"list_id": OTHER_KIND[notice.kind]})
        case = _open_case(session, notice.case_id)
        notice.list_id, before = people.id, notice.texts
        fresh = _drafted(session, case, people, before, notice.fallback_language, Facts.from_json(notice.facts).check,
                         notice.again_by)
        placed = _with_places(session, people, fresh, before, case, notice.fallback_language)
        notice.texts = {language: words if language in before else _promising(notice, language, words)
                        for language, words in placed.items()}
        changed(session, notice, "The list of people was changed.", by=by, now=now)
        keep(session, notice, notice.texts.keys() - before.keys(), by_id=by.id or None, now=now)
    return notice
