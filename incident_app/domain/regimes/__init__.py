"""The types the law files load into; which regimes apply to the facts.

The shape holds seven axes: what starts the clock (``anchor``), how long (``value``, ``unit``), how it is counted
(``mode``, ``hour_rule``, ``cap_of``), the chain of stages (``follows``), from which threshold on, who is told, and from
when to when the rule is law.
"""

from incident_app.domain.regimes.facts import (
    Applicable,
    CaseFacts,
    Entity,
    Sent,
    applicable,
    lives_in,
    touched,
    within,
)
from incident_app.domain.regimes.law import Authority, Law, Regime, Rule, Sector
from incident_app.domain.regimes.words import (
    ANCHORS,
    CHAINED,
    RECORDED,
    STAND_INS,
    YEAR_END,
    Confidence,
    Link,
    Mode,
    Status,
    Threshold,
    Unit,
    Weight,
)

__all__ = [
    "ANCHORS",
    "CHAINED",
    "RECORDED",
    "STAND_INS",
    "YEAR_END",
    "Applicable",
    "Authority",
    "CaseFacts",
    "Confidence",
    "Entity",
    "Law",
    "Link",
    "Mode",
    "Regime",
    "Rule",
    "Sector",
    "Sent",
    "Status",
    "Threshold",
    "Unit",
    "Weight",
    "applicable",
    "lives_in",
    "touched",
    "within",
]
