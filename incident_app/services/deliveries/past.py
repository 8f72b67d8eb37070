"""What the record of a case says of its number of people and of its duties to tell them: what stood there when a notice was approved.

A number that somebody lowers afterwards, alone, ends no duty: whom a notice told is held against the highest since its approval.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import SYSTEM
from incident_app.domain.cases import Count
from incident_app.models.audit import Entry
from incident_app.models.cases import Case
from incident_app.models.notices import Notice
from incident_app.models.obligations import Obligation

_STEPS = ("case.edited", "notice.approved", "notice.launched", "obligation.reopened")


@dataclass(frozen=True, slots=True)
class Past:
    """The ``people`` a case says now, and the steps of its record, the first first."""

    people: Count
    steps: Sequence[Entry]

    def numbers(self, seq: int) -> list[Count]:
        """Return the number of people that stood there after this entry, and each that came since; the last is the one of now."""
        edits = [one for one in self.steps if one.seq > seq and "people" in one.details.get("was", {})]
        return [*(Count.from_json(one.details["was"]["people"]) for one in edits), self.people]

    def highest(self, notice: Notice) -> Count:
        """Return the highest number the case said since this notice was approved."""
        return max(self.numbers(self._last("notice.approved", notice.id)), key=size)

    def counting(self, duties: Sequence[Obligation], over: Sequence[Notice]) -> Iterator[tuple[list[Notice], list[Obligation]]]:
        """Yield the notices that count for duties, with these: where somebody let one be owed once more, those sent since."""
        groups: dict[int, list[Obligation]] = defaultdict(list)
        for duty in duties:
            groups[self._last("obligation.reopened", duty.id, by_system=False)].append(duty)
        for since, some in groups.items():
            counted = [one for one in over if not since or self._last("notice.launched", one.id) > since]
            if counted:
                yield counted, some

    def _last(self, action: str, subject_id: int, *, by_system: bool = True) -> int:
        """Return the place of the last such entry in the record, 0 where there is none."""
        return max((one.seq for one in self.steps if one.action == action and one.subject_id == str(subject_id)
                    and (by_system or one.actor_id != SYSTEM.id)), default=0)


def size(people: Count) -> int:
    """Return how many a number says are concerned at least; 0 where it is unknown."""
    return people.low or 0


def past_of(session: Session, case: Case) -> Past:
    """Return what the record says."""
    return Past(case.people, session.scalars(
        select(Entry).where(Entry.case_id == case.id, Entry.action.in_(_STEPS)).order_by(Entry.seq)).all())
