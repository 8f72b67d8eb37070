"""Who can be told on which channels under the plan of a notice, in order: by the ways to reach them, and what they may learn there."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from incident_app.domain.notices import ChannelPlan
from incident_app.models.notices import Notice
from incident_app.models.recipients import ways
from incident_app.services.notices.ways import case_is_sensitive, channels_of

Kind = tuple[bool, bool, bool, bool | None]


class Who(NamedTuple):
    """One person as rows and tallies name them: no contact. ``channels`` are those they may be told on, in order.

    ``withheld``: they have an address, but only on channels that must not carry what the message says about them.
    """

    recipient_id: int
    number: int
    language: str
    country: str
    channels: tuple[str, ...]
    withheld: bool = False


class Addressing:
    """The plan of one notice, applied to people; those alike in how they can be told are worked out once."""

    def __init__(self, notice: Notice) -> None:
        """Take the plan, and whether the data of the case are sensitive."""
        self.plan = ChannelPlan.from_json(notice.plan)
        self._case = case_is_sensitive(notice)
        self._known: dict[Kind, tuple[tuple[str, ...], bool]] = {}

    def channels(self, reachable: Iterable[str], sensitive: bool | None) -> tuple[str, ...]:
        """Return the channels of the plan for people reachable so, whose data are sensitive or not (``None``: as the case)."""
        can = set(reachable)
        return tuple(channel for channel in channels_of(self.plan, sensitive, self._case) if channel in can)

    def who(self, person: Any) -> Who:
        """Return a person (a recipient, or a row with the same columns) as rows and tallies name them."""
        kind = (person.has_telegram, person.has_email, person.has_post, person.sensitive)
        return Who(person.id, person.number, person.language, person.country, *self.told(kind))

    def told(self, kind: Kind) -> tuple[tuple[str, ...], bool]:
        """Return ``channels`` and ``withheld`` of people alike in how they can be told."""
        known = self._known.get(kind)
        if known is None:
            can = ways(*kind[:3])
            channels = self.channels(can, kind[3])
            known = self._known[kind] = channels, not channels and bool(set(can) & set(self.plan.order))
        return known
