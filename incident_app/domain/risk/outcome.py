"""Proposed legal outcome from the factors that decide EDPB Guidelines 01/2021; the score is one input, not the rule.

Whatever is not known counts as the worse case: an unknown fact never hides a duty. A score speaks against facts only
where it contradicts them (:func:`worse_of`): evidence that nobody has the data stands whatever the data could do.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from incident_app.domain.cases import PeopleData
from incident_app.domain.risk.facts import Effect, RiskFacts, from_categories, worse_of
from incident_app.domain.risk.presuming import presumed
from incident_app.domain.risk.severity import (
    MANY_PEOPLE,
    Answers,
    Category,
    Level,
    Severity,
    may_exceed,
    score,
)

_HIGH = frozenset({Level.HIGH, Level.VERY_HIGH})


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is proposed to the human who decides, with the reasons for it."""

    record: bool
    notify_authority: bool
    tell_people: bool
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Weighed:
    """A proposal with the facts as they counted and the score beside it; ``presumed``: nobody scored yet."""

    outcome: Outcome
    facts: RiskFacts
    severity: Severity
    presumed: bool


def weigh(facts: RiskFacts, categories: Sequence[Category], answers: Answers | None) -> Weighed:
    """Weigh what is known: the categories fill in what nobody answered, the scoring may make it worse."""
    known = from_categories(facts, categories)
    if answers is None:
        worst = score(presumed(facts, categories))
        return Weighed(propose(known, None, worst), known, worst, presumed=True)
    known, severity = worse_of(known, answers), score(answers)
    return Weighed(propose(known, severity), known, severity, presumed=False)


def propose(facts: RiskFacts, severity: Severity | None, worst: Severity | None = None) -> Outcome:
    """Propose: every breach is recorded (33(5)); the authority is told unless a risk is shown to be unlikely (33(1));
    people are told where high risk is likely or cannot be ruled out yet (34(1)). ``worst``: the score at its worst
    reading, where nobody scored."""
    if facts.people_data is PeopleData.NO:
        return Outcome(True, False, False, ("No data of people are involved: not a personal data breach (Art 4(12)). "
                                            "Keep the record that says so.",))
    reasons = [f"Every breach is recorded, told or not (Art 33(5)). It counts for all the people hit, not only the worst "
               f"hit: {facts.people.words()}."]
    risks, calm = _risks(facts, severity)
    if not risks:
        reasons += ["The authority need not be told, a risk is unlikely (Art 33(1)): " + " ".join(calm),
                    "The people need not be told (Art 34(1)): A risk is unlikely."]
        return Outcome(True, False, False, tuple(reasons))
    reasons.append("Tell the authority (Art 33(1)): " + " ".join(risks))
    high = [*_scored_high(facts, severity, worst), *_high_by_gap(facts), *_high_by_readers(facts, severity)]
    if high:
        reasons.append("Tell the people (Art 34(1)): " + " ".join(high))
    else:
        reasons.append("The people need not be told (Art 34(1)): Nothing found makes high risk likely.")
    return Outcome(True, True, bool(high), tuple(reasons))


def _risks(facts: RiskFacts, severity: Severity | None) -> tuple[list[str], list[str]]:
    """Return what keeps a risk likely, and what makes it unlikely; the first is empty only where evidence says so."""
    risks, calm = [], []
    for hit, yes, unknown, calming in (
        (facts.confidentiality, "Others could read the data, and nothing shows that no harm follows.",
         "Not known: whether anybody could read the data.", _nobody_harmed(facts, severity)),
        (facts.integrity, "Data were changed, and it is not shown that nobody felt it.",
         "Not known: whether data were changed.", _no_loss(facts.integrity, facts, "Nothing was changed.")),
        (facts.availability, "Data were out of reach, and it is not shown that nobody felt it.",
         "Not known: whether data were out of reach.",
         _no_loss(facts.availability, facts, "The data were always at hand.")),
    ):
        if calming is None:
            risks.append(yes if hit else unknown)
        else:
            calm.append(calming)
    return risks, calm


def _no_loss(hit: bool | None, facts: RiskFacts, untouched: str) -> str | None:
    if hit is False:
        return untouched
    return "What was hit was back, and nobody felt it." if facts.unfelt else None


def _nobody_harmed(facts: RiskFacts, severity: Severity | None) -> str | None:
    if facts.confidentiality is False:
        return "Nobody read the data."
    if facts.exfiltration_excluded is True:
        return "Evidence excludes that data were read or taken."
    if facts.unintelligible is True:
        return "Nobody could read the data, and the key is safe."
    mild = _ordinary(facts, severity) and facts.vulnerable_people is False
    if mild and facts.entrusted:
        return "The recipients are known, trusted and bound, and confirmed deletion; the data are ordinary."
    harmless = mild and facts.identity_theft is False and facts.birth_date is False
    few = not may_exceed(facts.people, MANY_PEOPLE)
    low = severity is None or severity.level is Level.LOW
    if harmless and few and low and facts.recipients_known is True and facts.malicious is False:
        return "Ordinary data of few people went to known recipients by mistake."
    return None


def _ordinary(facts: RiskFacts, severity: Severity | None) -> bool:
    """Nothing special, or a mere hint: said so, or scored as giving no insight (EDPB 01/2021 case 15)."""
    return facts.ordinary or (facts.special_data is True and severity is not None and severity.dpc == 1)


def _scored_high(facts: RiskFacts, severity: Severity | None, worst: Severity | None) -> Iterator[str]:
    if severity is not None:
        if severity.level in _HIGH:
            yield f"The score is {severity.level.words}."
    elif worst is None:
        yield "Not scored yet: high risk cannot be ruled out."
    elif worst.level in _HIGH and not (facts.unread or facts.entrusted):
        yield f"Not scored yet: at its worst reading the score is {worst.level.words}."


def _high_by_gap(facts: RiskFacts) -> Iterator[str]:
    """Return what loss or change did to people."""
    if (facts.integrity is False and facts.availability is False) or facts.unfelt:
        return
    if facts.effect_on_people is Effect.SERIOUS:
        yield "The loss or the change harmed people seriously."
    elif facts.effect_on_people is None:
        yield "Not known: what the loss or the change did to people."


def _high_by_readers(facts: RiskFacts, severity: Severity | None) -> Iterator[str]:
    """Return what those who have the data may do with them, and to whom."""
    if facts.entrusted:
        return
    felt = severity is None or severity.level is not Level.LOW
    if felt and not _ordinary(facts, severity):
        yield _either(facts.special_data, "Special or as telling data are hit.", "Not known: whether special data are hit.")
    if felt and facts.vulnerable_people is not False:
        yield _either(facts.vulnerable_people, "Vulnerable people are hit.",
                      "Not known: whether vulnerable people are hit.")
    if facts.unread:
        return
    if facts.identity_theft is not False:
        yield _either(facts.identity_theft, "The data serve identity theft or fraud.",
                      "Not known: whether the data serve identity theft or fraud.")
    if felt and facts.malicious is not False and facts.basic_contact_only is not True:
        known = facts.malicious is True and facts.basic_contact_only is False
        yield _either(known, "Data were taken on purpose, and more than basic contact details.",
                      "Not known: whether more than basic contact details were taken on purpose.")
    loose = (facts.malicious is not False or facts.recipients_known is not True
             or may_exceed(facts.people, MANY_PEOPLE))
    if felt and loose and facts.birth_date is not False:
        yield _either(facts.birth_date, "Names with birth dates are in wrong or in many hands.",
                      "Not known: whether birth dates are among the data.")


def _either(known: bool | None, yes: str, unknown: str) -> str:
    return yes if known else unknown
