"""The case as a form sees it, and the rows a filing stands on."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain import filings as rules
from incident_app.domain.cases import CaseState
from incident_app.domain.deadlines import lateness
from incident_app.domain.filings import ENGLISH, CaseRecord, Form, Phase, Situation, ToldOtherwise, Wording
from incident_app.domain.filings.scored import reasons_in
from incident_app.domain.organisation import Establishment
from incident_app.domain.refusals import Conflict, NotFound, Stale
from incident_app.domain.regimes import Law
from incident_app.domain.remediation import ActionKind, ActionState
from incident_app.models import filings as rows
from incident_app.models.cases import Case
from incident_app.models.filings import Filing
from incident_app.models.obligations import DISCHARGED, STILL_OPEN, SUPERSEDED, Obligation
from incident_app.models.obligations import of_case as duties_of_case
from incident_app.models.organisation import Organisation
from incident_app.models.remediation import of_case as actions_of_case
from incident_app.models.risk import Assessment, Decision, counting
from incident_app.services import labels, lessons, picking
from incident_app.services.asking_again import asked_again
from incident_app.services.filings.telling import letters_of, told_people
from incident_app.services.obligations.discharging import by_our_message
from incident_app.services.risk.facts import answers_of

AUTHORITY = "authority"
_DONE, _OPEN = ActionState.DONE.value, ActionState.OPEN.value
TAKEN = {one.value: (_DONE,) for one in (ActionKind.CONTAIN, ActionKind.MITIGATE, ActionKind.REMEDY)}
PREVENTIVE = {ActionKind.PREVENT.value: (_DONE, _OPEN)}


def duties_to_authorities(session: Session, case_id: int) -> list[Obligation]:
    """Return the duties of a case that are owed to authorities, as they stand."""
    return [duty for duty in session.scalars(duties_of_case(case_id)) if duty.recipient_type == AUTHORITY]


def living(session: Session, duty: Obligation) -> Obligation:
    """Return the duty that took this one's place when awareness or facts changed, or itself."""
    if duty.state != SUPERSEDED:
        return duty
    same = [one for one in duties_to_authorities(session, duty.case_id)
            if (one.regime, one.provision, one.stage, one.recipient, one.controller)
            == (duty.regime, duty.provision, duty.stage, duty.recipient, duty.controller)]
    return same[0] if same else duty


def home(session: Session) -> Organisation:
    """Return the organisation that files."""
    found = session.scalar(select(Organisation).order_by(Organisation.id))
    if found is None:
        raise NotFound("No organisation has been set up yet.")
    return found


def own_addresses(session: Session, case_id: int) -> tuple[str, ...]:
    """Return what of ours may stand anywhere in a filing: how to reach us, as the organisation and every notice say it."""
    us = home(session)
    said = {word for letter in letters_of(session, case_id) for word in rules.contacts(letter.words)}
    return tuple(filter(None, [us.dpo_email, us.dpo_phone, *sorted(said)]))


def filed(session: Session, duty: Obligation) -> list[Filing]:
    """Return what this authority got about the case before, the newest first."""
    return list(session.scalars(rows.submitted_to(duty.case_id, duty.regime, duty.recipient)))


def record_of(session: Session, case: Case, law: Law, reference: str = "", spoken: Wording = ENGLISH) -> CaseRecord:
    """Return everything a form may ask of a case, as plain values; ``reference`` is the authority's for the first, and what
    we say ourselves is said as ``spoken``: what people typed stays as they typed it."""
    org = home(session)
    assessment = session.scalar(
        select(Assessment).where(Assessment.case_id == case.id).order_by(Assessment.number.desc()).limit(1)
    )
    learnt, picked = lessons.latest(session, case.id), picking.of_case(session, case)
    decided = {one.subject: one for one in session.scalars(counting().where(Decision.case_id == case.id))}
    contact, otherwise = [org.address, org.website], _told_otherwise(session, case.id)
    return CaseRecord(
        case_ref=case.ref, previous_reference=reference,
        controller_name=org.legal_name or org.name, controller_contact="\n".join(filter(None, contact)),
        dpo_name=org.dpo_name, dpo_contact="\n".join(filter(None, [org.dpo_email, org.dpo_phone])),
        processors=tuple(_processors(org, case, spoken)), occurred_at=case.occurred_at, contained_at=case.contained_at,
        detected_at=case.detected_at, aware_at=case.aware_at, aware_source=case.aware_source,
        gap_reason=case.gap_reason, confidentiality=case.confidentiality, integrity=case.integrity,
        availability=case.availability, unintelligible=case.unintelligible, kind=case.kind,
        summary=case.summary or case.title, cause=lessons.said_of_cause(case, learnt), people=case.people, records=case.records,
        data_categories=tuple(case.data_categories), data_labels=tuple(_labels(case, law, spoken)),
        countries=tuple(case.countries), area_countries=law.in_shared_area(case.countries), measures_before=case.measures_before, consequences=case.consequences,
        measures_taken=case.measures_taken or _actions(session, case, TAKEN, spoken),
        measures_planned=case.measures_planned or _actions(session, case, PREVENTIVE, spoken),
        level=assessment.level if assessment else None, score=assessment.se if assessment else "",
        reasons=_scored(assessment, case, spoken) if assessment else (),
        authority=decided[AUTHORITY].outcome if AUTHORITY in decided else None,
        people_decision=decided["people"].outcome if "people" in decided else None,
        decision_reasons=tuple(f"{spoken.word(f'decided_{name}')}: {one.reason}" for name, one in decided.items()),
        told=told_people(session, case.id, withdrawn=not otherwise["telling_open"]), exemption=decided["people"].exemption if "people" in decided else "",
        exemption_words="\n".join(filter(None, [decided["people"].reason, decided["people"].proof])) if "people" in decided else "",
        cause_kind=law.words.caused_by(learnt.cause, case.malicious) if learnt else None,
        systems="\n".join(one.facts.in_a_line() for one in picked),
        people_kinds=tuple(kind for kind in law.people if any(kind in one.facts.people_kinds for one in picked)),
        establishments="\n".join(Establishment(**one).words() for one in org.establishments), spoken=spoken, **otherwise,
    )


def _scored(assessment: Assessment, case: Case, spoken: Wording) -> tuple[str, ...]:
    """Return the steps of the score: in English as they were kept, in another language by the answers that were."""
    if spoken.language == ENGLISH.language:
        return tuple(assessment.reasons)
    return reasons_in(spoken, answers_of(assessment.answers, case))


def _told_otherwise(session: Session, case_id: int) -> dict[str, Any]:
    """Return what the duties to tell the people say of it: how they were told, and whether it is open in one of them."""
    duties = [one for one in session.scalars(duties_of_case(case_id)) if one.recipient_type == "data_subjects"]
    done = [ToldOtherwise(one.discharged_at, one.discharged_how, one.receipt_reference, one.public_reason, by_our_message(one))
            for one in duties if one.state == DISCHARGED and one.discharged_at is not None]
    still = any(one.state in STILL_OPEN for one in duties) or bool(asked_again(session, duties))
    return {"told_otherwise": tuple(done), "telling_open": still}


def _actions(session: Session, case: Case, wanted: Mapping[str, tuple[str, ...]], spoken: Wording) -> str:
    """Return the actions of these kinds and states, one a line: what the case says where nobody summed it up."""
    return "\n".join(
        f"{one.title} ({spoken.word('done' if one.state == ActionState.DONE else 'planned')})"
        for one in session.scalars(actions_of_case(case.id)) if one.state in wanted.get(one.kind, ())
    )


def _labels(case: Case, law: Law, spoken: Wording) -> list[str]:
    if spoken.language != ENGLISH.language:
        return [labels.category_in(name, spoken.language) for name in case.data_categories]
    known = [law.categories[name] for name in case.data_categories if name in law.categories]
    return [f"{one.label} ({', '.join(one.examples)})" if one.examples else one.label for one in known]


def _processors(org: Organisation, case: Case, spoken: Wording) -> list[str]:
    role = spoken.word("processor")
    purposes = {str(one.get("name")): str(one.get("purpose", "")) for one in org.processors}
    return [f"{name} ({role}, {purposes[name]})" if purposes.get(name) else f"{name} ({role})"
            for name in case.processors]


def form_of(filing: Filing, forms: Mapping[str, Form]) -> Form:
    """Return the form a filing was drafted on, as it serves the duty it is for."""
    form = forms.get(filing.form_id)
    if form is None:
        raise NotFound(f"The form “{filing.form_id}” of this filing is not installed.")
    return form.under(filing.obligation.regime, filing.obligation.provision)


def situation_of(filing: Filing, now: datetime) -> Situation:
    """Return what decides beside the answers. A submitted filing is judged by its own moment."""
    late = filing.late_by_seconds if filing.submitted_at is not None else owed_late(filing, now)
    return Situation(Phase(filing.phase), late=bool(late))


def owed_late(filing: Filing, at: datetime) -> int | None:
    """Seconds past due, for the filing that discharges the duty; a further one on a duty already done is never late."""
    if filing.obligation.state == DISCHARGED:
        return None
    late_by = lateness(filing.obligation.due_at, at).late_by
    return (int(late_by.total_seconds()) or None) if late_by else None


def locked(session: Session, filing_id: int, version: int | None, *states: rules.FilingState) -> Filing:
    """Return a filing in one of these states, held for this transaction; a stale form raises ``Conflict``."""
    filing = session.scalar(select(Filing).where(Filing.id == filing_id).with_for_update(of=Filing))
    if filing is None:
        raise NotFound("There is no such filing.")
    if filing.case.state == CaseState.CLOSED.value:
        raise Conflict("This case is closed. Nothing was changed.")
    if filing.state == rules.FilingState.SUBMITTED.value:
        raise Conflict("This filing was submitted; it stays as the authority got it. Draft a follow-up instead.")
    if version is not None and version != filing.version:
        raise Stale("Somebody changed this filing while you had it open. Nothing of yours was saved: load the page "
                    "again, compare, and enter it once more.")
    if filing.state not in {state.value for state in states}:
        raise Conflict(f"This filing is {filing.state.replace('_', ' ')}; that is not possible now.")
    filing.obligation = living(session, filing.obligation)
    return filing
