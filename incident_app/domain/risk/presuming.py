"""A score at its worst reading of the facts, where nobody has scored yet."""

from collections.abc import Sequence
from decimal import Decimal

from incident_app.domain.risk.facts import RiskFacts
from incident_app.domain.risk.severity import KNOWN_OR_TEMPORARY, Answers, Category, ClassAnswer, DataClass

_NONE, _WORST = Decimal(0), Decimal("0.5")


def presumed(facts: RiskFacts, categories: Sequence[Category]) -> Answers:
    """Return the answers at the worst that the facts as answered allow; forgetting one never gives milder answers."""
    return Answers(
        classes=_classes(facts, categories),
        ei=KNOWN_OR_TEMPORARY if facts.unintelligible is True else Decimal(1),
        confidentiality=_readers(facts), integrity=_loss(facts.integrity, facts),
        availability=_loss(facts.availability, facts), malicious=facts.malicious is not False, people=facts.people,
        unintelligible=facts.unintelligible,
    )


def _readers(facts: RiskFacts) -> Decimal:
    if facts.confidentiality is False or facts.exfiltration_excluded is True:
        return _NONE
    return KNOWN_OR_TEMPORARY if facts.recipients_known is True else _WORST


def _loss(hit: bool | None, facts: RiskFacts) -> Decimal:
    if hit is False or facts.unfelt:
        return _NONE
    returns = facts.restored_in_hours is not None or (facts.backup_electronic and facts.backup_tested)
    return KNOWN_OR_TEMPORARY if returns else _WORST


def _classes(facts: RiskFacts, categories: Sequence[Category]) -> tuple[ClassAnswer, ...]:
    named = {one.data_class for one in categories if not one.credentials}
    if not named:
        opens = any(one.credentials for one in categories)
        return (ClassAnswer(_unnamed(facts), credentials=opens),)
    found = [_class(one, facts) for one in DataClass if one in named]
    return tuple(found)


def _unnamed(facts: RiskFacts) -> DataClass:
    """Nobody said which data: the worst class that the answers leave."""
    if not facts.ordinary:
        return DataClass.SENSITIVE
    return DataClass.SIMPLE if facts.identity_theft is False else DataClass.FINANCIAL


def _class(data_class: DataClass, facts: RiskFacts) -> ClassAnswer:
    if data_class is DataClass.SENSITIVE and facts.ordinary:
        return ClassAnswer(data_class, -3, "By the facts no special data, or only a hint at them.")
    if data_class is DataClass.FINANCIAL and facts.identity_theft is False and facts.ordinary:
        return ClassAnswer(data_class, -1, "By the facts not enough for fraud.")
    return ClassAnswer(data_class)
