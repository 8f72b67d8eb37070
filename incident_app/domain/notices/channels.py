"""Which channels of the plan a person may be written to on: some must not carry what tells too much."""

from collections.abc import Iterable, Mapping

from incident_app.domain.notices.approval import ChannelPlan

CHANNELS = {"telegram": "Telegram", "email": "Email", "post": "Letter", "none": "No channel"}
"""What people here call each of them."""


def sensitive(kinds: Iterable[str], special: Mapping[str, bool]) -> bool | None:
    """Tell whether kinds of data are special (Art 9 GDPR, or as telling); ``None`` where that cannot be said.

    ``special`` maps what the law names, in small letters, to whether it is. A kind it does not name says nothing: it
    is neither special nor harmless.
    """
    found = [special.get(kind.strip().casefold()) for kind in kinds]
    if any(found):
        return True
    return None if not found or None in found else False


def channels_for(plan: ChannelPlan, sensitive: bool) -> tuple[str, ...]:
    """Return the order of the plan, without the channels that must not carry sensitive words where they would."""
    return tuple(channel for channel in plan.order if not (sensitive and channel in plan.never))
