"""Which data protection authority a case is under, by name: who was told, and to whom people may complain."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.models.cases import Case
from incident_app.models.obligations import DISCHARGED, of_case
from incident_app.models.organisation import Organisation
from incident_app.paths import PACKAGE

STANDS_IN = "Land authority (DE)"  # until the Land of the seat is set: nobody can complain to it


@dataclass(frozen=True, slots=True)
class Supervision:
    """``told``: whether an authority has been told, ``told_name`` which one; ``name``: the one where the controller is at
    home. The names are empty where the law files have none."""

    told: bool
    told_name: str
    name: str


@cache
def names() -> Mapping[str, str]:
    """Return the names of authorities by the short ones that duties carry, as ``authorities.toml`` has them."""
    return {one["short_name"]: one["name"] for one in _known()}


@cache
def _known() -> tuple[Mapping[str, str], ...]:
    raw = tomllib.loads((PACKAGE / "law" / "authorities.toml").read_text(encoding="utf-8"))["authority"]
    return tuple(one for one in raw if one["short_name"] != STANDS_IN)


def named_in(name: str, language: str) -> str:
    """Return how an authority is called by who reads ``language`` (“ru”, “pt-BR”): by its own name in that script where it has
    one, or as everybody calls it."""
    found = next((one for one in _known() if one["name"] == name), {})
    return str(found.get(f"name_{language.partition('-')[0]}", name))


@cache
def authority_in(place: str) -> str:
    """Return the name of the authority of somebody who lives in ``place`` (“FR”, “DE-BE”); empty where none is known, or where
    which one it is depends on a part of the country that is not."""
    country, _, part = place.partition("-")
    found = {one.get("subdivision", ""): one["name"] for one in _known() if one["country"] == country}
    return found.get(part) or found.get("", "")


def supervision(session: Session, case: Case) -> Supervision:
    """Return who supervises a case: the authority where the controller is at home; told is that one before any other."""
    home = session.scalar(select(Organisation).order_by(Organisation.id))
    part = home.subdivision or "" if home is not None and home.country == case.home_country else ""
    lead = authority_in(f"{case.home_country}-{part.removeprefix(f'{case.home_country}-')}".rstrip("-"))
    told = [duty for duty in session.scalars(of_case(case.id))
            if duty.recipient_type == "authority" and duty.state == DISCHARGED]
    told_names = [names()[duty.recipient] for duty in told if duty.recipient in names()]
    return Supervision(bool(told), lead if lead in told_names else next(iter(told_names), ""), lead)
