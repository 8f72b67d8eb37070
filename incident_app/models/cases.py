"""Our file on one breach, and every version of the moment we became aware of it."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Integer, LargeBinary, Select, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from incident_app.domain.cases import CaseState, Count
from incident_app.models.base import UTC, Json, Model


class Case(Model):
    """One personal data breach. Counts are JSON of :class:`incident_app.domain.cases.Count`; ``None`` in a
    confidentiality, integrity or availability field means *not known yet*. Without ``team_id`` it is the whole
    organisation's; a ``restricted`` one is read by its :class:`incident_app.models.teams.CaseReader` rows alone.

    ``data_key`` seals its people and dies with them; ``file_key`` seals its files, which stay. ``rekey_at``: since when
    rows are sealed anew under fresh keys, ``None`` where that is not under way.
    """

    __tablename__ = "cases"

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(20), unique=True)
    filing_key: Mapped[str | None] = mapped_column(String(64), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    summary: Mapped[str] = mapped_column(Text, default="")
    kind: Mapped[str] = mapped_column(String(60), default="other")
    is_drill: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str] = mapped_column(String(32), default=CaseState.LOGGED.value)
    role: Mapped[str] = mapped_column(String(32), default="controller")
    home_country: Mapped[str] = mapped_column(String(2))
    zone: Mapped[str] = mapped_column(String(64))

    occurred_at: Mapped[datetime | None] = mapped_column(UTC)
    first_signal_at: Mapped[datetime | None] = mapped_column(UTC)
    detected_at: Mapped[datetime | None] = mapped_column(UTC)
    aware_at: Mapped[datetime] = mapped_column(UTC, index=True)
    aware_source: Mapped[str] = mapped_column(Text, default="")
    aware_version: Mapped[int] = mapped_column(default=1)
    gap_reason: Mapped[str] = mapped_column(Text, default="")
    filed_at: Mapped[datetime] = mapped_column(UTC)
    contained_at: Mapped[datetime | None] = mapped_column(UTC)
    closed_at: Mapped[datetime | None] = mapped_column(UTC)
    close_reason: Mapped[str] = mapped_column(Text, default="")

    people_data: Mapped[str] = mapped_column(String(32), default="unsure")
    people_count: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    records_count: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    confidentiality: Mapped[bool | None]
    integrity: Mapped[bool | None]
    availability: Mapped[bool | None]
    malicious: Mapped[bool | None]
    unintelligible: Mapped[bool | None]
    data_categories: Mapped[list[str]] = mapped_column(Json, default=list)
    countries: Mapped[list[str]] = mapped_column(Json, default=list)
    cause: Mapped[str] = mapped_column(Text, default="")
    consequences: Mapped[str] = mapped_column(Text, default="")
    measures_taken: Mapped[str] = mapped_column(Text, default="")
    measures_planned: Mapped[str] = mapped_column(Text, default="")
    measures_before: Mapped[str] = mapped_column(Text, default="")
    processors: Mapped[list[str]] = mapped_column(Json, default=list)
    controllers: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)

    law_version: Mapped[str] = mapped_column(String(60), default="", index=True)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    filed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id"), index=True)
    restricted: Mapped[bool] = mapped_column(default=False)
    data_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    file_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    rekey_at: Mapped[datetime | None] = mapped_column(UTC)
    version: Mapped[int] = mapped_column(Integer, default=1)

    @property
    def people(self) -> Count:
        """How many people are concerned; unknown is not zero."""
        return Count.from_json(self.people_count)

    @property
    def records(self) -> Count:
        """How many records are concerned; unknown is not zero."""
        return Count.from_json(self.records_count)


class Awareness(Model):
    """One version of the moment of awareness; the newest counts, none is ever deleted."""

    __tablename__ = "awareness_versions"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    number: Mapped[int]
    aware_at: Mapped[datetime] = mapped_column(UTC)
    zone: Mapped[str] = mapped_column(String(64))
    source: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text, default="")
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(UTC)


class Moment(Model):
    """When a clock started that no other moment of the case tells; the last version of an anchor counts."""

    __tablename__ = "case_moments"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    anchor: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime] = mapped_column(UTC)
    reason: Mapped[str] = mapped_column(Text)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    recorded_at: Mapped[datetime] = mapped_column(UTC)


class Note(Model):
    """What somebody wrote into the timeline. Never edited: a correction is a further note that names it."""

    __tablename__ = "case_notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    text: Mapped[str] = mapped_column(Text)
    corrects_id: Mapped[int | None] = mapped_column(ForeignKey("case_notes.id"))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(UTC)


def newest_first(*, drills: bool = True) -> Select[Case]:
    """Ask for every case, the newest awareness first."""
    question = select(Case).order_by(Case.aware_at.desc(), Case.id.desc())
    return question if drills else question.where(Case.is_drill.is_(False))


def by_ref(session: Session, ref: str) -> Case | None:
    """Find a case by its reference."""
    return session.scalar(select(Case).where(Case.ref == ref))
