"""The organisation's ladders, one per kind of clock: read, changed, and what each would mean if it started now."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from incident_app.domain import alerts as rules
from incident_app.domain.accounts import Actor, Permission, require
from incident_app.domain.alerts import KIND_WORDS, ClockKind, Ladder
from incident_app.domain.refusals import NotFound, Refused, Stale
from incident_app.models.alerts import Alert, LadderRow
from incident_app.models.obligations import STILL_OPEN, Obligation
from incident_app.services import audit
from incident_app.services.alerts import paging
from incident_app.services.unit import changed, writing

Ladders = Mapping[ClockKind, Ladder]


@dataclass(frozen=True, slots=True)
class LadderStep:
    """One step as a sentence, with whom it would wake when if it started now."""

    number: int
    after_minutes: int
    who: str
    ways: str
    at: datetime
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LadderPage:
    """One ladder: whether it is the organisation's ``own``, its version (0: by default), and its steps from now on."""

    kind: ClockKind
    name: str
    ladder: Ladder
    own: bool
    version: int
    steps: tuple[LadderStep, ...]


def load(session: Session) -> Ladders:
    """Return the ladder of every kind of clock."""
    rows = {row.kind: row for row in session.scalars(select(LadderRow))}
    return {kind: _read(rows.get(kind.value), kind) for kind in ClockKind}


def _read(row: LadderRow | None, kind: ClockKind) -> Ladder:
    if row is None:
        return rules.default_of(kind)
    try:
        return rules.read(row.body, kept_since=row.changed_at)
    except Refused:  # written by another version: better the default than silence
        return rules.default_of(kind)


def of_alert(session: Session, alert: Alert) -> Ladder:
    """Return the ladder an alert is on."""
    kind = rules.kind_of(alert.obligation.recipient_type if alert.obligation else None, alert.kind)
    return _read(session.get(LadderRow, kind.value), kind)


def _kind(name: str) -> ClockKind:
    try:
        return ClockKind(name)
    except ValueError:
        raise NotFound("There is no such ladder.") from None


def preview(session: Session, ladder: Ladder, *, now: datetime) -> tuple[LadderStep, ...]:
    """Return whom each step of ``ladder`` would wake when if it started now; cases have no owner here."""
    return tuple(
        LadderStep(
            number, int(step.after.total_seconds()) // 60, step.who.value, step.ways.value, now + step.after,
            tuple(user.name for user in paging.people_for(session, step.who, None, now + step.after)),
        )
        for number, step in enumerate(ladder.steps, 1)
    )


def page(session: Session, name: str, *, by: Actor, now: datetime) -> LadderPage:
    """Return one ladder. Raises ``NotFound`` for a kind of clock that does not exist."""
    require(by, Permission.SEE_LADDERS)
    kind = _kind(name)
    row = session.get(LadderRow, kind.value)
    ladder = _read(row, kind)
    return LadderPage(kind, KIND_WORDS[kind], ladder, rules.plain(ladder) != rules.plain(rules.default_of(kind)), row.version if row else 0,
                      preview(session, ladder, now=now))


def pages(session: Session, *, by: Actor, now: datetime) -> list[LadderPage]:
    """Return every ladder."""
    return [page(session, kind.value, by=by, now=now) for kind in ClockKind]


def save(
    session: Session, name: str, body: Mapping[str, object], *, version: int, by: Actor, now: datetime
) -> LadderRow:
    """Give one kind of clock a ladder of its own. What runs goes on as it began; open deadlines wait by the new one.

    ``version`` is what the change was made from (0: the default). Raises ``Refused`` with what is wrong, ``Conflict``
    where somebody else changed it meanwhile.
    """
    require(by, Permission.MANAGE_LADDERS)
    kind = _kind(name)
    ladder = rules.read(body)
    with writing(session):
        audit.lock(session)
        row = session.get(LadderRow, kind.value)
        _same(row, version)
        before = row.body if row else rules.plain(rules.default_of(kind))
        if row is None:
            row = LadderRow(kind=kind.value)
            session.add(row)
        row.body, row.changed_at, row.changed_by_id = rules.plain(ladder), now, by.id
        session.flush()
        _tell(session, kind, before, row.body, by=by, now=now)
    session.refresh(row)
    return row


def reset(session: Session, name: str, *, version: int, by: Actor, now: datetime) -> LadderRow:
    """Go back to the default for one kind of clock; the row stays, for since when it holds must be known."""
    return save(session, name, rules.plain(rules.default_of(_kind(name))), version=version, by=by, now=now)


def _same(row: LadderRow | None, version: int) -> None:
    if (row.version if row else 0) != version:
        raise Stale("Somebody else changed this ladder meanwhile. Look at it as it is now, and change it again.")


def _tell(
    session: Session, kind: ClockKind, before: Mapping[str, object], after: Mapping[str, object], *, by: Actor, now: datetime
) -> None:
    audit.record(session, action="ladder.changed", by=by, now=now, subject="ladder", subject_id=kind.value,
                 details={"before": before, "after": after})
    types = {"authority": ("authority",), "people": ("data_subjects",)}.get(kind.value)
    if kind in {ClockKind.SYSTEM, ClockKind.ACTIONS}:
        return
    fits = Obligation.recipient_type.in_(types) if types else Obligation.recipient_type.not_in(("authority", "data_subjects"))
    changed(session, update(Obligation).where(Obligation.state.in_(STILL_OPEN), fits).values(look_at=now))
