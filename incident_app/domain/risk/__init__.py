"""ENISA severity with a line of reasoning per step; proposed legal outcome from the deciding factors."""

from incident_app.domain.risk.outcome import Outcome, RiskFacts, from_categories, presumed, propose
from incident_app.domain.risk.severity import (
    BASE,
    CB,
    EI,
    METHOD,
    STEPS,
    Answers,
    Category,
    Change,
    ClassAnswer,
    DataClass,
    Level,
    Severity,
    figure,
    level_of,
    score,
    what_would_change,
)

__all__ = [
    "BASE", "CB", "EI", "METHOD", "STEPS", "Answers", "Category", "Change", "ClassAnswer", "DataClass", "Level",
    "Outcome", "RiskFacts", "Severity", "figure", "from_categories", "level_of", "presumed", "propose", "score",
    "what_would_change",
]
