"""What somebody wants to see of the register: filters by name, each read in words."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date

from incident_app.domain.cases import BreachKind, CaseState
from incident_app.domain.refusals import Refused
from incident_app.domain.territories import is_country, read_place

TIMINGS = {"on_time": "Told, not late", "late": "Told late", "overdue": "Overdue", "not_due": "Nothing told, nothing late"}
TOLD = {"told": "Authority told", "not_told": "Authority not told"}
PEOPLE = {"told": "People told", "not_told": "People not told"}
KINDS = {kind.value: kind.value.capitalize() for kind in BreachKind}
LONGEST = 200
LONGEST_NAME = 80
_CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Filters that all must fit; an empty one fits everything. ``q`` and ``system`` are looked for in texts.

    ``since`` and ``until`` are dates of awareness, ISO, both included, in the zone of the organisation.
    """

    q: str = ""
    state: str = ""
    country: str = ""
    cause: str = ""
    kind: str = ""
    system: str = ""
    timing: str = ""
    authority: str = ""
    people: str = ""
    since: str = ""
    until: str = ""

    @property
    def given(self) -> dict[str, str]:
        """Return those that are set, by name."""
        return {name: text for name, text in asdict(self).items() if text}

    @property
    def narrows(self) -> bool:
        """Whether anything is asked: then only breaches one may read in full are looked through."""
        return bool(self.given)

    def words(self) -> str:
        """Return what is asked in words, for a heading: ``State: closed; Country: ES``."""
        said = {"q": "Words", "since": "Aware from", "until": "Aware until", "kind": "Kind of breach", "timing": "", "authority": "",
                "people": ""}
        table = {"timing": TIMINGS, "authority": TOLD, "people": PEOPLE}
        parts = []
        for name, text in self.given.items():
            label, value = said.get(name, name.capitalize()), table.get(name, {}).get(text, text)
            parts.append(f"{label}: {value}" if label else value)
        return "; ".join(parts)


FIELDS = tuple(one.name for one in fields(Wanted))
_CHOICES = {
    "state": {state.value: state.value for state in CaseState}, "kind": KINDS, "timing": TIMINGS, "authority": TOLD, "people": PEOPLE,
}


def wanted(given: Mapping[str, str]) -> Wanted:
    """Read filters by name. Raises ``Refused`` with words about each that is none."""
    found = {name: given.get(name, "").strip() for name in FIELDS}
    found["country"] = read_place(found["country"].upper())
    problems = {name: f"Use at most {LONGEST} characters." for name, text in found.items() if len(text) > LONGEST}
    for name, choices in _CHOICES.items():
        if found[name] and found[name] not in choices:
            problems[name] = f"Choose of: {', '.join(choices)}."
    if found["country"] and not is_country(found["country"]):
        problems["country"] = "Give the two letters of a country, as ES."
    if found["cause"] and not _CODE.fullmatch(found["cause"]):
        problems["cause"] = "Choose one of the kinds of incident."
    dates = {name: _date(name, found[name], problems) for name in ("since", "until")}
    since, until = dates["since"], dates["until"]
    if since and until and since > until:
        problems["until"] = "The end lies before the beginning."
    if problems:
        raise Refused("The register was not narrowed.", problems)
    return Wanted(**found)


def _date(name: str, text: str, problems: dict[str, str]) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text) if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) else _no_date()
    except ValueError:
        problems[name] = "Give a date as 2026-11-24."
        return None


def _no_date() -> date:
    raise ValueError("not written as a date")


def without_nothing(given: Mapping[str, str]) -> dict[str, str]:
    """Return the filters of a saved view that still are filters; what a later version dropped is left out."""
    return {name: text for name, text in given.items() if name in FIELDS and text}


def check_view_name(name: str) -> str:
    """Return a view's name, tidied. Raises ``Refused`` for none, and for one that is too long."""
    tidy = " ".join(name.split())
    if not tidy or len(tidy) > LONGEST_NAME:
        raise Refused("The view was not saved.", {"name": f"Give it a name of at most {LONGEST_NAME} characters."})
    return tidy
