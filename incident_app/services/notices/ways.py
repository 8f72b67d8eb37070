"""By which ways a person can be told under a plan, and how many people are left without any."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from incident_app.domain import notices as rules
from incident_app.domain import recipients as list_rules
from incident_app.domain.notices import ChannelPlan, Facts
from incident_app.models.notices import Notice
from incident_app.models.recipients import parts_of
from incident_app.services.recipients.kinds import special_kinds

NONE = "none"


@dataclass(frozen=True, slots=True)
class Reach:
    """How many people each channel is tried first for. ``none`` have no channel; of these, ``withheld`` people have an
    address, but only on channels that must not carry what the message says about them."""

    first: Mapping[str, int]
    none: int
    withheld: int

    @property
    def counts(self) -> dict[str, int]:
        """Everybody by the channel they are tried on first, ``none`` among them where there is anybody."""
        return {**self.first, **({NONE: self.none} if self.none else {})}


def case_is_sensitive(notice: Notice) -> bool:
    """Whether the kinds of data of the case, as the approval binds them, are sensitive; unknown ones count as it."""
    return rules.sensitive(Facts.from_json(notice.facts).categories, special_kinds()) is not False


def channels_of(plan: ChannelPlan, own: bool | None, case: bool) -> tuple[str, ...]:
    """Return the channels a person may be written to on: by their ``own`` kinds of data, else by those of the case."""
    return rules.channels_for(plan, case if own is None else own)


def reach(session: Session, notice: Notice) -> Reach:
    """Count the people of a notice by the channel they are tried on first, from what is known of each part of the list."""
    plan, case = ChannelPlan.from_json(notice.plan), case_is_sensitive(notice)
    first, none, withheld = dict.fromkeys(plan.order, 0), 0, 0
    for part in session.scalars(parts_of(notice.list_id)):
        for alike, count in part.reach.items():
            can, own = list_rules.unmasked(int(alike))
            way = next((channel for channel in channels_of(plan, own, case) if channel in can), None)
            if way is not None:
                first[way] += count
            else:
                none += count
                withheld += count if set(can) & set(plan.order) else 0
    return Reach(first, none, withheld)
