"""Every change of the organisation's profile is a version: by whom, when, and everything before and after."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor
from incident_app.models.systems import ProfileVersion, versions_of

ORGANISATION, SYSTEM = "organisation", "system"


def keep(
    session: Session, subject: str, subject_id: int, number: int, before: Mapping[str, Any] | None, after: Mapping[str, Any], *,
    by: Actor, now: datetime,
) -> None:
    """Add a version inside the caller's transaction."""
    session.add(ProfileVersion(
        subject=subject, subject_id=subject_id, number=number, before=dict(before) if before is not None else None,
        after=dict(after), by_id=by.id or None, at=now,
    ))


def versions(session: Session, subject: str, subject_id: int) -> Sequence[ProfileVersion]:
    """Return every version, the newest first."""
    return session.scalars(versions_of(subject, subject_id)).all()


def of_systems(session: Session, wanted: Sequence[tuple[int, int]]) -> dict[tuple[int, int], Mapping[str, Any]]:
    """Return what systems were in these versions, by (system, version), in one question."""
    rows = session.scalars(select(ProfileVersion).where(
        ProfileVersion.subject == SYSTEM, tuple_(ProfileVersion.subject_id, ProfileVersion.number).in_(wanted)))
    return {(one.subject_id, one.number): one.after for one in rows}


def differing(one: ProfileVersion) -> list[tuple[str, Any, Any]]:
    """Return (field, before, after) of what a version changed."""
    before = one.before or {}
    return [(name, before.get(name), value) for name, value in one.after.items() if before.get(name) != value]
