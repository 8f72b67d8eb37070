"""Whose breaches these are: the controller, its data protection officer and what it works with."""

from typing import Any

from sqlalchemy import String, Text, false
from sqlalchemy.orm import Mapped, mapped_column

from incident_app.models.base import Json, Model


class Organisation(Model):
    """The one organisation this installation serves. ``covered_entity``: it, or the data it holds, is under HIPAA.

    ``controllers``: companies of the group it serves too; ``contacts`` are JSON of
    :class:`incident_app.domain.systems.Contact`, ``establishments`` of ``Establishment``.
    """

    __tablename__ = "organisations"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    legal_name: Mapped[str] = mapped_column(String(200), default="")
    service_name: Mapped[str] = mapped_column(String(200), default="")
    address: Mapped[str] = mapped_column(Text, default="")
    country: Mapped[str] = mapped_column(String(2))
    subdivision: Mapped[str | None] = mapped_column(String(10))
    zone: Mapped[str] = mapped_column(String(64))
    language: Mapped[str] = mapped_column(String(8), default="en")
    eu_establishment: Mapped[bool] = mapped_column(default=True)
    covered_entity: Mapped[bool] = mapped_column(default=False, server_default=false())
    sectors: Mapped[list[str] | None] = mapped_column(Json)
    dpo_name: Mapped[str] = mapped_column(String(200), default="")
    dpo_email: Mapped[str] = mapped_column(String(320), default="")
    dpo_phone: Mapped[str] = mapped_column(String(60), default="")
    website: Mapped[str] = mapped_column(String(300), default="")
    data_categories: Mapped[list[str]] = mapped_column(Json, default=list)
    processors: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)
    controllers: Mapped[list[str]] = mapped_column(Json, default=list, server_default="[]")
    contacts: Mapped[list[dict[str, str]]] = mapped_column(Json, default=list, server_default="[]")
    establishments: Mapped[list[dict[str, str]]] = mapped_column(Json, default=list, server_default="[]")
    is_demo: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)
