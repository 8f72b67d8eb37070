"""The systems of the organisation's profile, every version of the profile, and the systems of a case."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Select, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from incident_app.models.base import UTC, Json, Model


class System(Model):
    """A system that holds data of people, as it is now; ``facts`` as JSON of :class:`incident_app.domain.systems.Facts`.

    A retired one stays for the cases that have it, and is not offered any more.
    """

    __tablename__ = "systems"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    facts: Mapped[dict[str, Any]] = mapped_column(Json)
    version: Mapped[int] = mapped_column(default=1)
    retired_at: Mapped[datetime | None] = mapped_column(UTC)


class ProfileVersion(Model):
    """One change of the profile: of the ``organisation`` or of a ``system``, with everything before and after.

    Rows are added and never changed. ``before`` is ``None`` where it began.
    """

    __tablename__ = "profile_versions"
    __table_args__ = (UniqueConstraint("subject", "subject_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(String(20))
    subject_id: Mapped[int]
    number: Mapped[int]
    before: Mapped[dict[str, Any] | None] = mapped_column(Json)
    after: Mapped[dict[str, Any]] = mapped_column(Json)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(UTC)


class CaseSystem(Model):
    """A system a breach has hit, in the version the case was given; ``filled`` is what it filled in, by field of the case."""

    __tablename__ = "case_systems"
    __table_args__ = (UniqueConstraint("case_id", "system_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    system_id: Mapped[int] = mapped_column(ForeignKey("systems.id"), index=True)
    system_version: Mapped[int]
    filled: Mapped[dict[str, list[str]]] = mapped_column(Json, default=dict)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(UTC)

    system: Mapped[System] = relationship(lazy="joined")


class CaseTrait(Model):
    """What a case may share with a later one: its cause, a system or a processor, for the search for similar breaches."""

    __tablename__ = "case_traits"
    __table_args__ = (UniqueConstraint("kind", "value", "case_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    value: Mapped[str] = mapped_column(String(120))


def systems_in_use() -> Select[System]:
    """Ask for the systems that are not retired, by name."""
    return select(System).where(System.retired_at.is_(None)).order_by(System.name, System.id)


def systems_of(case_id: int) -> Select[CaseSystem]:
    """Ask for the systems of a case, in the order they were picked."""
    return select(CaseSystem).where(CaseSystem.case_id == case_id).order_by(CaseSystem.id)


def versions_of(subject: str, subject_id: int) -> Select[ProfileVersion]:
    """Ask for every version of a part of the profile, the newest first."""
    return (
        select(ProfileVersion).where(ProfileVersion.subject == subject, ProfileVersion.subject_id == subject_id)
        .order_by(ProfileVersion.number.desc())
    )
