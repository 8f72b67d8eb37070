"""Our file on one breach, and every version of the moment we became aware of it."""

from datetime import UTC as UTC_ZONE
from datetime import datetime
from typing import Any, cast

from sqlalchemy import ForeignKey, Integer, LargeBinary, Select, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from incident_app.domain.cases import CaseState, Count
from incident_app.models.base import UTC, Json, Model
from incident_app.models.sealing import KeyHolder, SealedText, Sealing


class Case(KeyHolder, Model):
    """One personal data breach. Counts are JSON of :class:`incident_app.domain.cases.Count`; ``None`` in a
    confidentiality, integrity or availability field means *not known yet*. Without ``team_id`` it is the whole
    organisation's; a ``restricted`` one is read by its :class:`incident_app.models.teams.CaseReader` rows alone.

    ``data_key`` seals its people and dies with them; ``file_key`` seals its files, which stay, ``text_key`` what is written
    in it (see ``sealing``). ``rekey_at``: since when rows are sealed anew under fresh keys, ``None`` where that is not
    under way. ``texts_erased_at``: when ``text_key`` was destroyed because its time had come.
    """

    __tablename__ = "cases"

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(20), unique=True)
    filing_key: Mapped[str | None] = mapped_column(String(64), unique=True)
    title: Mapped[str] = mapped_column(String(200))
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
    aware_version: Mapped[int] = mapped_column(default=1)
    filed_at: Mapped[datetime] = mapped_column(UTC)
    contained_at: Mapped[datetime | None] = mapped_column(UTC)
    closed_at: Mapped[datetime | None] = mapped_column(UTC)

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
    texts_erased_at: Mapped[datetime | None] = mapped_column(UTC)
    version: Mapped[int] = mapped_column(Integer, default=1)

    summary = SealedText()
    aware_source = SealedText()
    gap_reason = SealedText()
    close_reason = SealedText()
    cause = SealedText()
    consequences = SealedText()
    measures_taken = SealedText()
    measures_planned = SealedText()
    measures_before = SealedText()

    def row_name(self) -> str:
        """Its reference, which never changes."""
        return self.ref

    def number_of_case(self) -> int:
        """Its own id."""
        return self.id

    def is_erased(self, session: Session) -> bool:
        """Whether its texts were erased."""
        del session
        return self.texts_erased_at is not None

    @property
    def people(self) -> Count:
        """How many people are concerned; unknown is not zero."""
        return Count.from_json(self.people_count)

    @property
    def records(self) -> Count:
        """How many records are concerned; unknown is not zero."""
        return Count.from_json(self.records_count)


class OfCase(Sealing):
    """A record with texts that belongs to a case; it has a column ``case_id``."""

    def number_of_case(self) -> int | None:
        """Return the id of the case."""
        return cast("int", cast("Any", self).case_id)

    def ring(self, session: Session) -> bytes | None:
        """Return the text key of the case; the case is asked for once, however many of its records are read."""
        case = session.get_one(Case, self.number_of_case())
        self.__dict__["_case_held"] = case  # or the session forgets it, and asks again for the next record
        return case.text_key

    def is_erased(self, session: Session) -> bool:
        """Whether the texts of the case were erased."""
        return session.get_one(Case, self.number_of_case()).texts_erased_at is not None

    def newest_ring(self, session: Session) -> bytes | None:
        """Ask for the key alone, not for the case as it was read before."""
        with session.no_autoflush:
            return session.scalar(select(Case.text_key).where(Case.id == self.number_of_case()))


class Awareness(OfCase, Model):
    """One version of the moment of awareness; the newest counts, none is ever deleted."""

    __tablename__ = "awareness_versions"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    number: Mapped[int]
    aware_at: Mapped[datetime] = mapped_column(UTC)
    zone: Mapped[str] = mapped_column(String(64))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(UTC)

    source = SealedText()
    reason = SealedText()

    def row_name(self) -> str:
        """Case and number of the version."""
        return name_of_awareness(self.case_id, self.number)


class Moment(OfCase, Model):
    """When a clock started that no other moment of the case tells; the last version of an anchor counts."""

    __tablename__ = "case_moments"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    anchor: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime] = mapped_column(UTC)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    recorded_at: Mapped[datetime] = mapped_column(UTC)

    reason = SealedText()

    def row_name(self) -> str:
        """Case, anchor, and by whom it was recorded when."""
        return name_of_moment(self.case_id, self.anchor, self.by_id, self.recorded_at)


class Note(OfCase, Model):
    """What somebody wrote into the timeline. Never edited: a correction is a further note that names it."""

    __tablename__ = "case_notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    corrects_id: Mapped[int | None] = mapped_column(ForeignKey("case_notes.id"))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(UTC)

    text = SealedText()

    def row_name(self) -> str:
        """Case, and who wrote it when: the text does not open as anybody else's, or of another moment."""
        return name_of_note(self.case_id, self.by_id, self.at)


def name_of_awareness(case_id: int, number: int) -> str:
    """Return what the texts of one version of awareness are bound to."""
    return f"{case_id}/{number}"


def name_of_moment(case_id: int, anchor: str, by_id: int | None, recorded_at: datetime) -> str:
    """Return what the reason of a moment is bound to."""
    return f"{case_id}/{anchor}/{by_id or 0}/{exactly(recorded_at)}"


def name_of_note(case_id: int, by_id: int | None, at: datetime) -> str:
    """Return what the text of a note is bound to."""
    return f"{case_id}/{by_id or 0}/{exactly(at)}"


def exactly(at: datetime) -> str:
    """Return a moment as rows are bound to it: in UTC, to the microsecond."""
    return at.astimezone(UTC_ZONE).isoformat(timespec="microseconds")


def newest_first(*, drills: bool = True) -> Select[Case]:
    """Ask for every case, the newest awareness first."""
    question = select(Case).order_by(Case.aware_at.desc(), Case.id.desc())
    return question if drills else question.where(Case.is_drill.is_(False))


def by_ref(session: Session, ref: str) -> Case | None:
    """Find a case by its reference."""
    return session.scalar(select(Case).where(Case.ref == ref))
