"""How people look at the register: the columns each of them chose, and views that are saved, for oneself or for all."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor, Permission, may, require
from incident_app.domain.filings.answers import moment_words
from incident_app.domain.refusals import Forbidden, NotFound, Refused, Stale
from incident_app.domain.register import (
    CHOICES,
    DEFAULT,
    Column,
    Wanted,
    check_view_name,
    chosen,
    without_nothing,
)
from incident_app.domain.register import wanted as wanted_of
from incident_app.domain.reports import Filter
from incident_app.models.register import RegisterColumns, RegisterView, views_of
from incident_app.services import accounts, audit
from incident_app.services.cases import organisation
from incident_app.services.unit import writing

MOST_VIEWS = 50


@dataclass(frozen=True, slots=True)
class Look:
    """What a view is to be: its name, pill, filters by name, columns, and whether everybody who reads cases sees it."""

    name: str
    pill: str
    given: Mapping[str, str]
    columns: Sequence[str]
    shared: bool = False


def columns_of(session: Session, *, by: Actor) -> tuple[Column, ...]:
    """Return the columns this person chose, or the usual ones."""
    row = session.get(RegisterColumns, by.id)
    return chosen(name for name in row.names if name in set(CHOICES)) if row is not None else DEFAULT


def choose_columns(session: Session, names: Sequence[str], *, by: Actor, now: datetime) -> tuple[Column, ...]:
    """Remember the columns of this person; none at all means the usual ones. Raises ``Refused`` for what is no column."""
    require(by, Permission.SEE_CASES)
    wanted = chosen(names) or DEFAULT
    with writing(session):
        row = session.get(RegisterColumns, by.id)
        if row is None:
            row = RegisterColumns(user_id=by.id, names=[], chosen_at=now)
            session.add(row)
        row.names, row.chosen_at = [one.value for one in wanted], now
    return wanted


def every_view(session: Session, *, by: Actor) -> list[RegisterView]:
    """Return one's own views and the shared ones, by name."""
    require(by, Permission.SEE_CASES)
    return list(session.scalars(views_of(by.id)))


def one_view(session: Session, public_id: str, *, by: Actor) -> RegisterView:
    """Return a view. Raises ``NotFound`` where there is none, or it is another person's own."""
    require(by, Permission.SEE_CASES)
    row = session.scalar(views_of(by.id).where(RegisterView.public_id == public_id))
    if row is None:
        raise NotFound("There is no such view.")
    return row


def filters_of(view: RegisterView) -> Wanted:
    """Return the filters of a view."""
    return wanted_of(without_nothing(view.wanted))


def may_change(view: RegisterView, by: Actor) -> bool:
    """Tell whether ``by`` may change a view: its owner, and of a shared one everybody who works on cases."""
    return view.owner_id == by.id or (view.shared and may(by, Permission.EDIT_CASE))


def _read(look: Look) -> tuple[str, Filter, Wanted, list[str]]:
    """Read what a view is to be. Raises ``Refused`` for what makes none."""
    if look.pill not in set(Filter):
        raise Refused("The view was not saved.", {"filter": f"Choose {', '.join(Filter)}."})
    columns = [one.value for one in chosen(look.columns) or DEFAULT]
    return check_view_name(look.name), Filter(look.pill), wanted_of(look.given), columns


def save_view(session: Session, look: Look, *, by: Actor, now: datetime) -> RegisterView:
    """Save a view of one's own, shared or not."""
    require(by, Permission.SEE_CASES)
    name, pill, wanted, columns = _read(look)
    with writing(session):
        audit.lock(session)
        mine = session.scalar(select(func.count(RegisterView.id)).where(RegisterView.owner_id == by.id)) or 0
        if mine >= MOST_VIEWS:
            raise Refused(f"The view was not saved: you have {MOST_VIEWS} already. Remove one of them first.")
        row = RegisterView(public_id=str(uuid.uuid4()), owner_id=by.id, name=name, pill=pill.value, wanted=wanted.given,
                           columns=columns, shared=look.shared, changed_by_id=by.id, changed_at=now, version=1)
        session.add(row)
        session.flush()
        _record(session, "register.view_saved", row, by, now)
    return row


def change_view(
    session: Session, public_id: str, look: Look, *, version: int, by: Actor, now: datetime
) -> RegisterView:
    """Change a view that was read as ``version``. Only its owner says whether it is shared.

    Raises ``Stale`` with both texts where somebody changed it meanwhile; nothing is saved then.
    """
    require(by, Permission.SEE_CASES)
    name, pill, wanted, columns = _read(look)
    with writing(session):
        audit.lock(session)
        row = _to_change(session, public_id, by)
        if row.version != version:
            raise _stale(session, row, name, wanted, pill)
        row.name, row.pill, row.wanted, row.columns = name, pill.value, wanted.given, columns
        if row.owner_id == by.id:
            row.shared = look.shared
        row.changed_by_id, row.changed_at, row.version = by.id, now, row.version + 1
        _record(session, "register.view_changed", row, by, now)
    return row


def remove_view(session: Session, public_id: str, *, version: int, by: Actor, now: datetime) -> None:
    """Remove a view of one's own that was read as ``version``. Raises ``Stale`` where it was changed meanwhile."""
    require(by, Permission.SEE_CASES)
    with writing(session):
        audit.lock(session)
        row = _to_change(session, public_id, by)
        if row.owner_id != by.id:
            raise Forbidden("Only who made a view removes it.")
        if row.version != version:
            raise _stale(session, row, row.name, filters_of(row), Filter(row.pill))
        session.delete(row)
        _record(session, "register.view_removed", row, by, now)


def _to_change(session: Session, public_id: str, by: Actor) -> RegisterView:
    row = one_view(session, public_id, by=by)
    if not may_change(row, by):
        raise Forbidden("You may look at this view. Save one of your own to change it.")
    return row


def view_words(name: str, pill: Filter, wanted: Wanted) -> str:
    """Return what a view is in words: its name, and what it asks."""
    return f"“{name}” ({'; '.join(filter(None, [pill.words, wanted.words()]))})"


def _stale(session: Session, row: RegisterView, name: str, wanted: Wanted, pill: Filter) -> Stale:
    who = accounts.names(session).get(row.changed_by_id, "Somebody")
    at = moment_words(row.changed_at, organisation(session).zone)
    theirs, mine = view_words(row.name, Filter(row.pill), filters_of(row)), view_words(name, pill, wanted)
    stale = Stale(f"{who} changed this view on {at}. It is now {theirs}; yours would be {mine}. Nothing was saved: save again to "
                  "put yours on top, or open the view as it is now.")
    stale.both = {"version": row.version, "theirs": {"view": theirs}, "yours": {"view": mine}, "by": who, "at": row.changed_at.isoformat()}
    return stale


def _record(session: Session, action: str, row: RegisterView, by: Actor, now: datetime) -> None:
    """Words somebody looks for may name anybody: the record says which filters, not what they are."""
    audit.record(session, action=action, by=by, now=now, subject="register_view", subject_id=row.public_id,
                 details={"filters": sorted(row.wanted), "columns": len(row.columns), "shared": row.shared, "version": row.version})
