"""Public vectors: ENISA's published values, and the cases of EDPB Guidelines 01/2021 as structured facts."""

import csv
from pathlib import Path
from typing import Any

from incident_app.domain.cases import Count, PeopleData
from incident_app.domain.risk import Effect, RiskFacts

HERE = Path(__file__).parent
TRUTH = {"y": True, "n": False, "": None}
PLAIN = {"id", "title", "data_categories", "people", "restored_in_hours", "effect_on_people", "authority", "tell_people"}


def rows(name: str) -> list[dict[str, str]]:
    """Read a file of vectors beside the tests."""
    with (HERE / name).open(newline="") as file:
        return list(csv.DictReader(file))


def people_of(words: str) -> Count:
    """Read ``15``, ``about 40``, or nothing."""
    if not words:
        return Count.unknown()
    number = int(words.removeprefix("about "))
    return Count.about(number) if words.startswith("about ") else Count.exact(number)


def facts_of(row: dict[str, str]) -> RiskFacts:
    """Read the structured facts of a case; an empty cell is not known."""
    said: dict[str, Any] = {name: TRUTH[value] for name, value in row.items() if name not in PLAIN}
    return RiskFacts(
        people_data=PeopleData.YES, people=people_of(row["people"]),
        restored_in_hours=int(row["restored_in_hours"]) if row["restored_in_hours"] else None,
        effect_on_people=Effect(row["effect_on_people"]) if row["effect_on_people"] else None, **said,
    )
