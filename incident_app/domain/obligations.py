"""Regimes + facts → who must be told, by when, and why."""

from dataclasses import dataclass
from datetime import date, datetime

from incident_app.domain.deadlines import due
from incident_app.domain.ports import Calendar
from incident_app.domain.regimes import (
    CHAINED,
    Applicable,
    CaseFacts,
    Law,
    Regime,
    Rule,
    Threshold,
    applicable,
)


@dataclass(frozen=True, slots=True)
class Duty:
    """One duty to tell one party, with its terms as they are law now: the fields of an ``Obligation`` row.

    ``anchor_at`` is ``None`` while nothing has started the clock; ``due_at`` too where the law names no date.
    """

    regime: str
    provision: str
    stage: str
    recipient_type: str
    recipient: str
    anchor: str
    anchor_at: datetime | None
    value: int | None
    unit: str
    mode: str
    threshold_id: Threshold
    threshold: str
    due_at: datetime | None
    legal_latest_at: datetime | None
    source: str
    confidence: str
    rule_version: str
    why: str

    @property
    def always(self) -> bool:
        """Whether it is owed whatever a human decides about the risk."""
        return self.threshold_id is Threshold.ALWAYS

    def terms(self) -> dict[str, object]:
        """Return what an ``Obligation`` row keeps, by column name."""
        return {name: getattr(self, name) for name in self.__slots__ if name != "threshold_id"}


def arising(law: Law, facts: CaseFacts, calendar: Calendar, on: date) -> tuple[Duty, ...]:
    """Return every duty the facts give rise to under the law of that day (``on``: the local day of awareness).

    A processor owes the controller (Art 33(2)), not the authority. A stage that follows another one arises once that
    was sent. Unknown facts never take a duty away.
    """
    duties: list[Duty] = []
    for found in applicable(law.regimes, facts, on):
        for rule in found.regime.rules_on(on):
            if rule.binds is facts.role and _arises(rule, facts):
                duties += duties_of(rule, found, law, facts, calendar)
    return tuple(duties)


def _arises(rule: Rule, facts: CaseFacts) -> bool:
    if rule.threshold is Threshold.NEVER:
        return False
    if rule.threshold is Threshold.STILL_MISSING and facts.still_missing is False:
        return False
    return rule.anchor not in CHAINED or facts.anchor_at(rule.anchor)[0] is not None


def duties_of(rule: Rule, found: Applicable, law: Law, facts: CaseFacts, calendar: Calendar) -> list[Duty]:
    """Return the duty of one rule, or one per authority where there is no lead authority (EDPB 9/2022, para 73)."""
    anchor_at, taken_from = facts.anchor_at(rule.anchor)
    country, zone = _place(found.regime, facts)
    subdivision = facts.subdivision if country == facts.home_country else None
    moments = due(rule, anchor_at, zone, calendar, country, subdivision)
    why = found.why
    if taken_from != rule.anchor and anchor_at is not None:
        why += f" Counted from awareness: no other moment for “{rule.anchor.replace('_', ' ')}” is on record."
    return [
        Duty(
            regime=found.regime.id, provision=rule.provision, stage=rule.stage, recipient_type=rule.recipient_type,
            recipient=recipient, anchor=rule.anchor, anchor_at=anchor_at, value=rule.value, unit=rule.unit.value,
            mode=rule.mode.value, threshold_id=rule.threshold, threshold=rule.threshold_words,
            due_at=moments.due_at, legal_latest_at=moments.legal_latest_at, source=rule.source,
            confidence=rule.confidence.value, rule_version=law.version, why=f"{why}{because}",
        )
        for recipient, because in _recipients(rule, found, law, facts)
    ]


def _place(regime: Regime, facts: CaseFacts) -> tuple[str, str]:
    """Return the country and zone whose working days and midnights count."""
    if facts.home_country in regime.countries:
        return facts.home_country, facts.zone
    return regime.countries[0], regime.zone or facts.zone


def _recipients(rule: Rule, found: Applicable, law: Law, facts: CaseFacts) -> list[tuple[str, str]]:
    if rule.recipient_type != "authority":
        return [(rule.recipient, "")]
    if not found.regime.one_stop_shop:
        return [(_named(law, found.regime.countries[0], None) or rule.recipient, "")]
    home = facts.home_country
    if home in found.regime.countries and facts.eu_establishment:
        because = f" Lead authority of {home}, where the main establishment is."
        return [(_named(law, home, facts.subdivision) or rule.recipient, because)]
    people = [code for code in found.countries if code in facts.people_countries]
    if not people:
        return [(rule.recipient, " No establishment, so every authority where affected people live; "
                                 "their countries are not known yet.")]
    because = " No establishment, so the authority of every country where affected people live."
    return [(_named(law, code, None) or f"authority of {code}", because) for code in people]


def _named(law: Law, country: str, subdivision: str | None) -> str | None:
    found = law.authority(country, subdivision)
    return found.short_name if found else None
