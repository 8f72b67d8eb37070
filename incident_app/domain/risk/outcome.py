"""Proposed legal outcome from the factors that decide EDPB Guidelines 01/2021; the score is one input, not the rule.

Whatever is not known counts as the worse case: an unknown fact never hides a duty.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from incident_app.domain.cases import Count, PeopleData
from incident_app.domain.risk.severity import (
    MANY_PEOPLE,
    Answers,
    Category,
    ClassAnswer,
    DataClass,
    Level,
    Severity,
    may_exceed,
)

_HIGH = frozenset({Level.HIGH, Level.VERY_HIGH})


@dataclass(frozen=True, slots=True)
class RiskFacts:
    """What decides. ``None`` means not known yet.

    ``exfiltration_excluded``: by evidence (logs, an expert), not merely not seen. ``unintelligible``: nobody could read
    the data at the time, and the key is safe. ``restored_in_time``: back or put right before anybody felt it.
    ``recipients_known``: everybody who got the data is known; ``recipient_trusted``: and bound, and confirmed deletion.
    ``identity_theft``: enough for it (name with birth date, number of an identity document, card to pay with).
    """

    people_data: PeopleData = PeopleData.UNSURE
    people: Count = field(default_factory=Count.unknown)
    confidentiality: bool | None = None
    integrity: bool | None = None
    availability: bool | None = None
    malicious: bool | None = None
    unintelligible: bool | None = None
    exfiltration_excluded: bool | None = None
    restored_in_time: bool | None = None
    recipients_known: bool | None = None
    recipient_trusted: bool | None = None
    identity_theft: bool | None = None
    special_data: bool | None = None
    vulnerable_people: bool | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is proposed to the human who decides, with the reasons for it."""

    record: bool
    notify_authority: bool
    tell_people: bool
    reasons: tuple[str, ...]


def from_categories(facts: RiskFacts, categories: Sequence[Category]) -> RiskFacts:
    """Fill in what the categories of data say where nobody answered. No category named leaves it unknown."""
    if not categories:
        return facts
    found = replace(facts)
    if facts.special_data is None:
        found = replace(found, special_data=any(category.special for category in categories))
    if facts.identity_theft is None:
        found = replace(found, identity_theft=any(category.identity for category in categories))
    if facts.vulnerable_people is None:
        found = replace(found, vulnerable_people=any(category.vulnerable for category in categories))
    return found


def presumed(facts: RiskFacts, categories: Sequence[Category]) -> Answers | None:
    """Return the answers at their worst reading, to score from before anybody assessed; ``None`` without a category."""
    if not categories:
        return None
    half, quarter, none = Decimal("0.5"), Decimal("0.25"), Decimal(0)
    known = facts.recipients_known is True or facts.recipient_trusted is True
    untouched = facts.confidentiality is False or facts.exfiltration_excluded is True
    lasting = half if facts.restored_in_time is None else quarter
    lasting = none if facts.restored_in_time else lasting
    classes = tuple(
        ClassAnswer(data_class) for data_class in DataClass if any(one.data_class is data_class for one in categories)
    )
    return Answers(
        classes=classes, ei=quarter if facts.unintelligible is True else Decimal(1),
        confidentiality=none if untouched else quarter if known else half,
        integrity=none if facts.integrity is False else lasting,
        availability=none if facts.availability is False else lasting,
        malicious=facts.malicious is not False, people=facts.people, unintelligible=facts.unintelligible,
    )


def propose(facts: RiskFacts, severity: Severity | None) -> Outcome:
    """Propose: every breach is recorded (33(5)); the authority is told unless a risk is shown to be unlikely (33(1));
    people are told where high risk is likely or cannot be ruled out yet (34(1))."""
    if facts.people_data is PeopleData.NO:
        return Outcome(True, False, False, ("No data of people are involved: not a personal data breach (Art 4(12)). "
                                            "Keep the record that says so.",))
    reasons = ["Every breach is recorded, told or not (Art 33(5))."]
    risks, calm = _risks(facts, severity)
    notify = bool(risks)
    if notify:
        reasons.append("Tell the authority (Art 33(1)): " + " ".join(risks))
    else:
        reasons.append("The authority need not be told, a risk is unlikely (Art 33(1)): " + " ".join(calm))
    high = _high_risks(facts, severity) if notify else []
    if high:
        reasons.append("Tell the people (Art 34(1)): " + " ".join(high))
    else:
        reasons.append("The people need not be told (Art 34(1)): "
                       + ("Nothing found makes high risk likely." if notify else "A risk is unlikely."))
    return Outcome(True, notify, bool(high), tuple(reasons))


def _risks(facts: RiskFacts, severity: Severity | None) -> tuple[list[str], list[str]]:
    """Return what keeps a risk likely, and what makes it unlikely; the first is empty only where evidence says so."""
    risks, calm = [], []
    for hit, yes, unknown, calming in (
        (facts.confidentiality, "Others could read the data, and nothing shows that no harm follows.",
         "Not known: whether anybody could read the data.", _nobody_harmed(facts, severity)),
        (facts.integrity, "Data were changed, and it is not shown that they were put right in time.",
         "Not known: whether data were changed.", _no_loss(facts.integrity, facts, "Nothing was changed.")),
        (facts.availability, "Data were out of reach, and it is not shown that nobody felt it.",
         "Not known: whether data were out of reach.",
         _no_loss(facts.availability, facts, "The data were always at hand.")),
    ):
        if calming is None:
            risks.append(yes if hit else unknown)
        else:
            calm.append(calming)
    if severity is not None and severity.level in _HIGH:
        risks.append(f"The score is {severity.level.words}.")
    return risks, calm


def _no_loss(hit: bool | None, facts: RiskFacts, untouched: str) -> str | None:
    if hit is False:
        return untouched
    return "What was hit was back before anybody felt it." if facts.restored_in_time is True else None


def _nobody_harmed(facts: RiskFacts, severity: Severity | None) -> str | None:
    if facts.confidentiality is False:
        return "Nobody read the data."
    if facts.exfiltration_excluded is True:
        return "Evidence excludes that data were read or taken."
    if facts.unintelligible is True:
        return "Nobody could read the data, and the key is safe."
    harmless = facts.identity_theft is False and _ordinary(facts, severity) and facts.vulnerable_people is False
    if harmless and facts.recipient_trusted is True:
        return "The recipient is trusted, bound, and confirmed deletion; the data are ordinary."
    few = not may_exceed(facts.people, MANY_PEOPLE)
    low = severity is not None and severity.level is Level.LOW
    if harmless and few and low and facts.recipients_known is True and facts.malicious is False:
        return "Ordinary data of few people went to known recipients by mistake, and the score is low."
    return None


def _ordinary(facts: RiskFacts, severity: Severity | None) -> bool:
    """Nothing special, or a mere hint: scored, with a reason, as giving no insight (EDPB 01/2021 case 15)."""
    hint = facts.special_data is True and severity is not None and severity.dpc == 1
    return facts.special_data is False or hint


def _high_risks(facts: RiskFacts, severity: Severity | None) -> list[str]:
    """Return what makes high risk likely, or keeps it from being ruled out."""
    found = []
    if severity is None:
        found.append("Not scored yet: high risk cannot be ruled out.")
    elif severity.level in _HIGH:
        found.append(f"The score is {severity.level.words}.")
    safe = facts.confidentiality is False or facts.exfiltration_excluded is True or facts.unintelligible is True
    if facts.identity_theft is not False and not safe:
        found.append(_either(facts.identity_theft, "The data serve identity theft or fraud.",
                             "Not known: whether the data serve identity theft or fraud."))
    felt = severity is None or severity.level is not Level.LOW
    if felt and facts.special_data is not False and facts.recipient_trusted is not True:
        found.append(_either(facts.special_data, "Special or as telling data are hit.",
                             "Not known: whether special data are hit."))
    if felt and facts.vulnerable_people is not False:
        found.append(_either(facts.vulnerable_people, "Vulnerable people are hit.",
                             "Not known: whether vulnerable people are hit."))
    return found


def _either(known: bool | None, yes: str, unknown: str) -> str:
    return yes if known else unknown
