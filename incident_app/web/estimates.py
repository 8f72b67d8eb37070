"""How long a notice will take, in words, before it is approved and before it is sent."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from incident_app.domain import deliveries as rules
from incident_app.web.filters import span
from incident_app.wiring import rates


@dataclass(frozen=True, slots=True)
class Estimate:
    """``words`` say how long; ``stars`` is the most that Telegram charges; ``long``: more than a day."""

    words: str
    long: bool
    stars: int
    by_telegram: bool


def estimate(first: Mapping[str, int]) -> Estimate:
    """Return how long it takes to send this many people's first messages by channel."""
    pace = rates()
    seconds = rules.seconds_for(first, pace)
    words = "Less than a minute" if seconds < 60 else f"About {span(timedelta(seconds=seconds))}"
    telegram = first.get("telegram", 0)
    return Estimate(words, seconds > rules.LONG, rules.stars_for(telegram, pace.get("telegram")), telegram > 0)
