"""Read the rota for a change, and write what became of it: one lock, one check, one diff."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from incident_app.domain import rota as rules
from incident_app.domain.accounts import Actor, Permission, may
from incident_app.domain.refusals import NotFound, Refused, Stale
from incident_app.domain.rota import Gap, Slot
from incident_app.models.accounts import User
from incident_app.models.rota import Shift, highest_rank, not_over
from incident_app.services import audit
from incident_app.services.rota.asking import slot_of

Stretches = dict[int, list[Gap]]


@dataclass(frozen=True, slots=True)
class Change:
    """What was written: the ids of shifts that are new, that became others, and that are gone."""

    added: tuple[int, ...]
    changed: tuple[int, ...]
    removed: tuple[int, ...]

    def details(self) -> dict[str, list[int]]:
        """Return it for the record."""
        return {"added": list(self.added), "changed": list(self.changed), "removed": list(self.removed)}


@dataclass(frozen=True, slots=True)
class Rota:
    """The rota from now on, read under the lock; nobody else changes it before this transaction ends."""

    session: Session
    rows: dict[int, Shift]
    slots: list[Slot]
    now: datetime
    zone: str

    def slot(self, shift_id: int, version: int | None) -> Slot:
        """Return one shift that is not over. A ``version`` that is not today's is a ``Conflict``."""
        row = self.rows.get(shift_id)
        if row is None:
            if self.session.get(Shift, shift_id) is None:
                raise NotFound("There is no such shift.")
            raise Refused("This shift is over. The rota keeps who was on call.")
        if version is not None and version != row.version:
            raise Stale("This shift was changed meanwhile. Nothing was saved; load the page again.")
        return next(slot for slot in self.slots if slot.id == shift_id)

    def next_rank(self) -> int:
        """Return the rank of a shift that is made now."""
        return (self.session.scalar(highest_rank()) or 0) + 1

    def change(self, after: Sequence[Slot], shift: Gap | None = None) -> Change:
        """Write ``after``. Raises ``Refused`` where it opens a gap."""
        rules.check(self.slots, after, self.now, zone=self.zone, shift=shift)
        return _write(self, after)


def open_rota(session: Session, *, by: Actor, now: datetime) -> Rota:
    """Lock the rota (by the head of the record, as everything recorded is) and read it from ``now`` on."""
    audit.lock(session)
    rows = {shift.id: shift for shift in session.scalars(not_over(now))}
    return Rota(session, rows, [slot_of(shift) for shift in rows.values()], now, zone_of_actor(session, by))


def zone_of_actor(session: Session, by: Actor) -> str:
    """Return the zone in which moments are said to this person."""
    user = session.get(User, by.id)
    return user.zone if user is not None else "UTC"


def unable(session: Session, user_id: int) -> dict[str, str]:
    """Return what is wrong with putting this person on call; empty where nothing is."""
    user = session.get(User, user_id)
    if user is None or not user.active or not may(user.actor, Permission.ACK_ALERT):
        return {"user_id": "Choose somebody who may answer alerts."}
    return {}


def _write(rota: Rota, after: Sequence[Slot]) -> Change:
    counted = _stretches(rota.slots, rota.now)
    kept = {slot.id: slot for slot in after if slot.id}
    gone = [row for number, row in rota.rows.items() if number not in kept]
    for row in gone:
        rota.session.delete(row)
    changed = []
    for number, slot in kept.items():
        if slot != slot_of(rota.rows[number]):
            _fill(rota.rows[number], slot)
            changed.append(number)
    made = [_fill(Shift(made_at=rota.now, version=0), slot) for slot in after if not slot.id]
    for row in made:
        _touch(row, rota.now)
        rota.session.add(row)
    rota.session.flush()
    counts = _stretches(after, rota.now)
    for number in kept:
        if number in changed or counted.get(number) != counts.get(number):
            _touch(rota.rows[number], rota.now)
    return Change(tuple(row.id for row in made), tuple(changed), tuple(row.id for row in gone))


def _fill(row: Shift, slot: Slot) -> Shift:
    row.user_id, row.starts_at, row.ends_at = slot.user_id, slot.starts_at, slot.ends_at
    row.rank, row.covers_id = slot.rank, slot.covers
    return row


def _touch(row: Shift, now: datetime) -> None:
    row.version += 1
    row.changed_at = now


def _stretches(slots: Sequence[Slot], now: datetime) -> Stretches:
    """Return when each saved shift counts, from now on."""
    found: Stretches = {}
    for one in rules.timeline(slots, now, max([now, *(slot.ends_at for slot in slots)])):
        if one.slot is not None and one.slot.id:
            found.setdefault(one.slot.id, []).append((one.starts_at, one.ends_at))
    return found
