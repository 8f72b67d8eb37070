"""Draft a filing from the case, keep its answers, take facts again, change its phase. Any edit voids an approval."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incident_app.domain import filings as rules
from incident_app.domain.accounts import Actor, Permission, require
from incident_app.domain.filings import ENGLISH, Answer, Answers, FilingState, Form, Phase, Source, Wording
from incident_app.domain.filings.facts import from_case
from incident_app.domain.refusals import NotFound, Refused
from incident_app.domain.regimes import Law
from incident_app.models import filings as rows
from incident_app.models.filings import Filing
from incident_app.models.obligations import EXCUSED, Obligation
from incident_app.services import audit
from incident_app.services.filings.records import (
    AUTHORITY,
    filed,
    form_of,
    living,
    locked,
    own_addresses,
    record_of,
)
from incident_app.services.holding import locked_case
from incident_app.services.unit import writing

EDITABLE = (FilingState.DRAFT, FilingState.IN_REVIEW, FilingState.APPROVED)


def draft(
    session: Session, obligation_id: int, *, by: Actor, now: datetime, forms: Mapping[str, Form], law: Law,
    phase: str | None = None,
) -> Filing:
    """Draft the filing of one duty from the case, or return the one being worked on.

    After a submitted filing to the same authority it starts from that one, as a follow-up unless ``phase`` says
    otherwise. Raises ``Refused`` where it was decided that the authority need not be told.
    """
    require(by, Permission.DRAFT_FILING)
    with writing(session):
        duty = _duty(session, obligation_id)
        case = locked_case(session, duty.case_id)
        for one in session.scalars(rows.of_case(case.id)):
            if one.state != FilingState.SUBMITTED.value and living(session, one.obligation).id == duty.id:
                return one
        earlier = filed(session, duty)
        previous = earlier[0] if earlier else None
        form = form_of(previous, forms) if previous else rules.form_for(forms, duty.recipient)
        chosen = _phase(form, phase or rules.next_phase(form, duty.stage, filed_before=bool(earlier)),
                        filed_before=bool(earlier))
        answers = _answers(session, form.spoken(previous.language if previous else ENGLISH.language), duty, earlier, law)
        filing = _new(session, duty, form, chosen, answers, previous, by, now)
        audit.record(
            session, action="filing.drafted", by=by, now=now, case_id=case.id, subject="filing", subject_id=filing.id,
            details={"recipient": duty.recipient, "phase": filing.phase, "form": form.id, "number": filing.number},
        )
    return filing


def _new(
    session: Session, duty: Obligation, form: Form, phase: Phase, answers: Answers, previous: Filing | None, by: Actor,
    now: datetime,
) -> Filing:
    newest = session.scalar(select(func.max(Filing.number)).where(Filing.case_id == duty.case_id)) or 0
    filing = Filing(
        public_id=str(uuid.uuid4()), case_id=duty.case_id, obligation_id=duty.id, number=newest + 1, phase=phase.value,
        form_id=form.id, form_version=form.version, language=previous.language if previous else ENGLISH.language,
        state=FilingState.DRAFT.value, answers=rules.to_json(answers), before=previous.answers if previous else None,
        content_hash=rules.digest(form, phase.value, answers), author_id=by.id or None, editor_ids=[], made_at=now,
        saved_at=now,
    )
    session.add(filing)
    session.flush()
    return filing


def _duty(session: Session, obligation_id: int) -> Obligation:
    duty = session.get(Obligation, obligation_id)
    if duty is None or duty.recipient_type != AUTHORITY:
        raise NotFound("There is no such duty to an authority.")
    duty = living(session, duty)
    if duty.state == EXCUSED:
        raise Refused(f"It was decided that {duty.recipient} need not be told: {duty.state_reason} "
                      "Decide anew before you draft a filing.")
    return duty


def _phase(form: Form, phase: str, *, filed_before: bool) -> Phase:
    if phase not in form.phases:
        raise Refused("There is no such phase.", {"phase": f"Choose {', '.join(form.phases)}."})
    refusal = rules.phase_refusal(Phase(phase), filed_before=filed_before)
    if refusal:
        raise Refused(refusal, {"phase": refusal})
    return Phase(phase)


def _answers(session: Session, form: Form, duty: Obligation, earlier: list[Filing], law: Law) -> dict[str, Answer]:
    """Fill from the case; after an earlier filing keep what was typed there by hand."""
    known = known_of(session, duty, earlier, law, form.wording)
    filled = rules.fill(form, known, own_addresses(session, duty.case_id))
    if not earlier:
        return filled
    kept = {name: one for name, one in rules.from_json(earlier[0].answers).items()
            if form.field(name) and (name not in filled or (one.source is Source.TYPED and one.answered))}
    return filled | kept


def known_of(session: Session, duty: Obligation, earlier: list[Filing], law: Law, spoken: Wording) -> dict[str, rules.Fact]:
    """Return what the case says now, our own words in the language of the filing."""
    return rules.facts(record_of(session, duty.case, law, earlier[-1].reference if earlier else "", spoken))


def save(
    session: Session, filing_id: int, answers: Mapping[str, Mapping[str, object]], *, version: int, by: Actor,
    now: datetime, forms: Mapping[str, Form],
) -> Filing:
    """Keep answers typed by hand: ``{field id: {"value": …, "not_yet_known": bool}}``; the others stay.

    Raises ``Refused`` by field for what does not fit or holds data of affected people, ``Conflict`` for a stale form.
    """
    require(by, Permission.DRAFT_FILING)
    with writing(session):
        filing = locked(session, filing_id, version, *EDITABLE)
        form = form_of(filing, forms)
        held = rules.from_json(filing.answers)
        changed = _changed(form, held, answers)
        rules.refuse_personal_data(form, changed, own_addresses(session, filing.case_id))
        write_answers(session, filing, form, held | changed, changed, "filing.edited", by, now)
    return filing


def _changed(form: Form, held: Answers, given: Mapping[str, Mapping[str, object]]) -> dict[str, Answer]:
    changed: dict[str, Answer] = {}
    problems: dict[str, str] = {}
    for name, plain in given.items():
        field = form.field(name)
        if field is None:
            problems[name] = "There is no such field."
            continue
        waits = bool(plain.get("not_yet_known"))
        if waits and not field.may_wait:
            problems[name] = "“Not yet known” is no answer to this: it has to be said."
            continue
        try:
            value = None if waits else rules.checked(field, plain.get("value"))
        except Refused as refused:
            problems |= refused.problems
            continue
        before = held.get(name, Answer())
        if (value, waits) != (before.value, before.not_yet_known):
            changed[name] = Answer(value, Source.TYPED, waits)
    if problems:
        raise Refused("Nothing was saved.", problems)
    return changed


def use(
    session: Session, filing_id: int, field_ids: Sequence[str] | None, *, version: int, by: Actor, now: datetime,
    forms: Mapping[str, Form], law: Law,
) -> Filing:
    """Take what the case says now: for these fields, or (``None``) for all that were not typed by hand."""
    require(by, Permission.DRAFT_FILING)
    with writing(session):
        filing = locked(session, filing_id, version, *EDITABLE)
        form = form_of(filing, forms)
        held = rules.from_json(filing.answers)
        known = known_of(session, filing.obligation, filed(session, filing.obligation), law, form.spoken(filing.language).wording)
        taken = _taken(form, held, known, field_ids, own_addresses(session, filing.case_id))
        changed = {name: one for name, one in taken.items() if one != held.get(name)}
        write_answers(session, filing, form, held | changed, changed, "filing.taken_from_case", by, now)
    return filing


def _taken(
    form: Form, held: Answers, known: Mapping[str, rules.Fact], field_ids: Sequence[str] | None, own: tuple[str, ...],
) -> dict[str, Answer]:
    if field_ids is None:
        return {name: one for name, one in rules.fill(form, known, own).items()
                if not _typed(held.get(name, Answer()))}
    taken = {}
    for name in field_ids:
        field = form.field(name)
        answer = from_case(field, known, own) if field else None
        if answer is None:
            raise Refused("Nothing was taken.", {name: "The case does not answer this, or its words seem to hold data "
                                                       "of affected people. Write it by hand."})
        taken[name] = answer
    return taken


def _typed(answer: Answer) -> bool:
    """Whether a person said something here; an answer emptied by hand is open like any other."""
    return answer.source is Source.TYPED and (answer.answered or answer.not_yet_known)


def set_phase(
    session: Session, filing_id: int, phase: str, *, version: int, by: Actor, now: datetime,
    forms: Mapping[str, Form],
) -> Filing:
    """Make a draft an initial, follow-up or final filing, or a withdrawal."""
    require(by, Permission.DRAFT_FILING)
    with writing(session):
        filing = locked(session, filing_id, version, *EDITABLE)
        chosen = _phase(form_of(filing, forms), phase, filed_before=bool(filed(session, filing.obligation)))
        if chosen.value != filing.phase:
            filing.phase = chosen.value
            answers = rules.from_json(filing.answers)
            write_answers(session, filing, form_of(filing, forms), answers, {"phase": Answer(phase)}, "filing.edited", by, now)
    return filing


def write_answers(
    session: Session, filing: Filing, form: Form, answers: Answers, changed: Answers, action: str, by: Actor,
    now: datetime,
) -> None:
    """Keep these answers as a new version; an approval is void, and the entry names what ``changed``."""
    if not changed:
        return
    voided = filing.approved_hash
    filing.answers = rules.to_json(answers)
    filing.content_hash = rules.digest(form, filing.phase, answers)
    filing.version += 1
    filing.saved_at = now
    filing.editor_ids = sorted({*filing.editor_ids, by.id})
    filing.state = FilingState.DRAFT.value
    filing.approved_at = filing.approved_by_id = filing.approved_hash = filing.pdf_document_id = None
    filing.asked_at = filing.asked_by_id = None
    audit.record(
        session, action=action, by=by, now=now, case_id=filing.case_id, subject="filing", subject_id=filing.id,
        details={"fields": sorted(changed), "content_hash": filing.content_hash, "approval_voided": voided},
    )
