"""Every rule of every regime that touches a case: a duty with its clock, or the reason why not."""

from dataclasses import dataclass, replace
from datetime import date

from incident_app.domain.cases import ControllerRole
from incident_app.domain.deadlines import Due, due, earlier, target_at
from incident_app.domain.obligations.duty import Duty, NotOwed
from incident_app.domain.obligations.starting import spoken, start, still_missing
from incident_app.domain.obligations.telling import place_of, recipients
from incident_app.domain.obligations.testing import verdict
from incident_app.domain.ports import Calendar
from incident_app.domain.regimes import (
    Applicable,
    CaseFacts,
    Entity,
    Law,
    Rule,
    Status,
    Threshold,
    applicable,
    touched,
)


@dataclass(frozen=True, slots=True)
class Judged:
    """What a case owes, and what it does not, with the reasons."""

    duties: tuple[Duty, ...]
    not_owed: tuple[NotOwed, ...]


def arising(law: Law, facts: CaseFacts, calendar: Calendar, on: date) -> tuple[Duty, ...]:
    """Return every duty the facts give rise to under the law of that day (``on``: the local day of awareness).

    A processor owes the controllers (Art 33(2)), not the authority. Unknown facts never take a duty away.
    """
    return judge(law, facts, calendar, on).duties


def judge(law: Law, facts: CaseFacts, calendar: Calendar, on: date) -> Judged:
    """Return the duties, and for each rule that touches the case without being one, why."""
    duties: list[Duty] = []
    against: list[NotOwed] = []
    for found in applicable(law, facts, on):
        for rule in found.regime.rules_on(on):
            if rule.cap_of:
                continue
            if rule.binds is not facts.role:
                against.append(_not(rule, found, _other_role(rule.binds)))
                continue
            tested = verdict(rule, facts)
            if not tested.arises:
                against.append(_not(rule, found, tested.why))
                continue
            made = [one for one in duties_of(rule, found, law, facts, calendar) if _begun(rule, one, facts)]
            duties += made
            if not made:
                against.append(_not(rule, found, "Owed once the notice before it was sent and left something open."))
    return Judged(tuple(duties), (*against, *not_yet(law, facts, on)))


def _other_role(binds: ControllerRole) -> str:
    return f"Not owed by you here: it binds the {binds.value}."


def _not(rule: Rule, found: Applicable, why: str) -> NotOwed:
    return NotOwed(found.regime.id, found.regime.name, rule.provision, rule.recipient, why, rule.source,
                   rule.confidence.value)


def not_yet(law: Law, facts: CaseFacts, on: date) -> list[NotOwed]:
    """Return the rules of the places touched that are no law on that day: to come, proposed, over, or never a duty."""
    found = []
    for regime in law.regimes:
        hit = touched(law, regime, facts)
        if hit is not None:
            found += [_not(rule, hit, _no_law(rule, on)) for rule in regime.rules if not rule.is_law_on(on)]
    return found


def _no_law(rule: Rule, on: date) -> str:
    if rule.in_force_to is not None and rule.in_force_to < on:
        return f"No longer law: it ended on {rule.in_force_to.day} {rule.in_force_to:%B %Y}."
    if rule.status in (Status.IN_FORCE, Status.FUTURE) and rule.in_force_from is not None:
        return f"Not law yet: in force from {rule.in_force_from.day} {rule.in_force_from:%B %Y}."
    words = {
        Status.FUTURE: "Not law yet: the day it comes into force is not set",
        Status.PROPOSAL: "Not law: a proposal",
        Status.VOLUNTARY: "No duty: telling is voluntary",
        Status.PENDING_RULES: "No term yet: the rules that set it are missing",
        Status.REPEALED: "No longer law",
    }.get(rule.status, "No duty")
    return f"{words}. {rule.threshold_words[:1].upper()}{rule.threshold_words[1:].rstrip('.')}."


def duties_of(rule: Rule, found: Applicable, law: Law, facts: CaseFacts, calendar: Calendar) -> list[Duty]:
    """Return the duty of one rule: one per controller, and one per authority where there is no lead authority."""
    made = []
    for entity in facts.controllers or (Entity(""),):
        own = facts if entity.aware_at is None else replace(facts, aware_at=entity.aware_at, detected_at=None)
        to = [(entity.name or rule.recipient, "")] if rule.recipient_type == "controller" else (
            recipients(rule, found, law, own))
        made += [_duty(rule, found, law, own, calendar, one, because, entity.name) for one, because in to]
    return made


def _begun(rule: Rule, duty: Duty, facts: CaseFacts) -> bool:
    if rule.threshold is not Threshold.STILL_MISSING:
        return True
    return duty.anchor_at is not None and still_missing(duty.regime, duty.recipient, facts)


def _duty(
    rule: Rule, found: Applicable, law: Law, facts: CaseFacts, calendar: Calendar, recipient: str, because: str,
    controller: str,
) -> Duty:
    regime = found.regime
    begun = start(rule, regime.id, recipient, facts)
    moments, capped = _limits(rule, found, facts, calendar, recipient)
    tested = verdict(rule, facts)
    return Duty(
        regime=regime.id, provision=rule.provision, stage=rule.stage, recipient_type=rule.recipient_type,
        recipient=recipient, controller=controller, anchor=rule.anchor, anchor_at=begun.at, value=rule.value,
        unit=rule.unit.value, mode=rule.mode.value, threshold_id=rule.threshold.value, threshold=rule.threshold_words,
        always=tested.always and found.sure, due_at=moments.due_at, legal_latest_at=moments.legal_latest_at,
        target_at=target_at(rule, begun.at), source=rule.source, confidence=rule.confidence.value,
        rule_version=law.version, why=f"{found.why}{because}{begun.words}{capped} {tested.why}", note=rule.note,
        maybe=bool(regime.sectors) and facts.sectors is None,
    )


def _limits(
    rule: Rule, found: Applicable, facts: CaseFacts, calendar: Calendar, recipient: str,
) -> tuple[Due, str]:
    """Return the moments of a rule, cut by the second limit where the law sets one, with words about it."""
    regime = found.regime
    country, part, zone = place_of(regime, facts)
    begun = start(rule, regime.id, recipient, facts).at
    moments = due(rule, begun, zone, calendar, country, part)
    for cap in regime.rules:
        if cap.cap_of == rule.stage and cap.recipient_type == rule.recipient_type:
            limit = due(cap, start(cap, regime.id, recipient, facts).at, zone, calendar, country, part)
            words = f" Two limits, the earlier counts; the other: {cap.value} {cap.unit} from {spoken(cap.anchor)}."
            return earlier(moments, begun, limit), words
    return moments, ""
