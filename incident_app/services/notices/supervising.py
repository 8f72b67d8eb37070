"""Which data protection authority a case is under, by name: who was told, and to whom people may complain."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from sqlalchemy.orm import Session

from incident_app.models.cases import Case
from incident_app.models.obligations import DISCHARGED, of_case
from incident_app.paths import PACKAGE

STANDS_IN = "Land authority (DE)"  # until the Land of the seat is set: nobody can complain to it


@dataclass(frozen=True, slots=True)
class Supervision:
    """``told``: whether an authority has been told. The names are empty where the law files have none."""

    told: bool
    told_name: str
    name: str


@cache
def names() -> Mapping[str, str]:
    """Return the names of authorities by the short ones that duties carry, as ``authorities.toml`` has them."""
    raw = tomllib.loads((PACKAGE / "law" / "authorities.toml").read_text(encoding="utf-8"))["authority"]
    return {one["short_name"]: one["name"] for one in raw if one["short_name"] != STANDS_IN}


def supervision(session: Session, case: Case) -> Supervision:
    """Return who supervises a case: by its duties to authorities, those done first."""
    duties = [duty for duty in session.scalars(of_case(case.id)) if duty.recipient_type == "authority"]
    told = [duty for duty in duties if duty.state == DISCHARGED]
    told_names = [names()[duty.recipient] for duty in told if duty.recipient in names()]
    known = [*told_names, *(names()[duty.recipient] for duty in duties if duty.recipient in names())]
    return Supervision(bool(told), next(iter(told_names), ""), next(iter(known), ""))
