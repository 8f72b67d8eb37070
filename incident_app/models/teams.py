"""Teams, who is in them, and who may read a restricted case."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from incident_app.models.base import UTC, Model


class Team(Model):
    """People who work on cases of their own; a case without a team is the whole organisation's."""

    __tablename__ = "teams"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    made_at: Mapped[datetime] = mapped_column(UTC)
    version: Mapped[int] = mapped_column(default=1)


class TeamMember(Model):
    """One person in one team."""

    __tablename__ = "team_members"

    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True, index=True)


class CaseReader(Model):
    """One person who may read a restricted case."""

    __tablename__ = "case_readers"

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True, index=True)
