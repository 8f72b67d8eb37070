"""ENISA severity with a line of reasoning per step; proposed legal outcome from the deciding factors."""

from incident_app.domain.risk.deciding import (
    NEED_MORE_FACTS,
    NOT_REQUIRED,
    OUTCOMES,
    PEOPLE,
    REQUIRED,
    SHORTEST_REASON,
    YOURSELF,
    Exemption,
    Ruling,
    confirm_refusal,
    ground,
    problems_of,
)
from incident_app.domain.risk.facts import (
    QUESTIONS,
    RESTORED,
    Effect,
    Question,
    RiskFacts,
    from_categories,
    worse_of,
)
from incident_app.domain.risk.identifying import IDENTIFIERS
from incident_app.domain.risk.moves import Change, Move, what_would_change, what_would_move
from incident_app.domain.risk.outcome import Outcome, Weighed, propose, weigh
from incident_app.domain.risk.presuming import presumed
from incident_app.domain.risk.severity import (
    BASE,
    CB,
    EI,
    METHOD,
    STEPS,
    Answers,
    Category,
    ClassAnswer,
    DataClass,
    Level,
    Severity,
    figure,
    level_of,
    score,
)

__all__ = [
    "BASE", "CB", "EI", "IDENTIFIERS", "METHOD", "NEED_MORE_FACTS", "NOT_REQUIRED", "OUTCOMES", "PEOPLE", "QUESTIONS",
    "REQUIRED", "RESTORED", "SHORTEST_REASON", "STEPS", "YOURSELF", "Answers", "Category", "Change", "ClassAnswer", "DataClass", "Effect", "Exemption",
    "Level", "Move", "Outcome", "Question", "RiskFacts", "Ruling", "Severity", "Weighed", "confirm_refusal", "figure",
    "from_categories", "ground", "level_of", "presumed", "problems_of", "propose", "score", "weigh", "what_would_change",
    "what_would_move", "worse_of",
]
