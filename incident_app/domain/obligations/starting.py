"""When the clock of a rule starts: at a moment of the case, or when the stage before it was sent."""

from dataclasses import dataclass
from datetime import datetime

from incident_app.domain.regimes import CaseFacts, Rule


@dataclass(frozen=True, slots=True)
class Start:
    """``at`` is ``None`` while nothing has started the clock; ``words`` say where the moment was taken from."""

    at: datetime | None
    words: str = ""


def start(rule: Rule, regime: str, recipient: str, facts: CaseFacts) -> Start:
    """Return when the clock of a rule towards one recipient starts."""
    at, taken_from = facts.anchor_at(rule.anchor)
    if at is not None and taken_from != rule.anchor:
        other = {"aware": "awareness", "detected": "detection"}.get(taken_from, taken_from)
        return Start(at, f" Counted from {other}: no other moment for “{spoken(rule.anchor)}” is on record.")
    if at is not None or not rule.follows:
        return Start(at)
    sent = [one for one in facts.sent if (one.regime, one.stage) == (regime, rule.follows)]
    to_them = [one.at for one in sent if one.recipient == recipient] or [one.at for one in sent]
    return Start(max(to_them, default=None))


def still_missing(regime: str, recipient: str, facts: CaseFacts) -> bool:
    """Tell whether the last thing sent to them may have left something open."""
    sent = [one for one in facts.sent if (one.regime, one.recipient) == (regime, recipient)]
    return not sent or max(sent, key=lambda one: one.at).complete is not True


def spoken(anchor: str) -> str:
    """Return the name of an anchor in words."""
    return anchor.replace("_", " ")
