"""Whose accounts an entry is about: the record holds them by number, and is read by their names of today."""

from collections.abc import Mapping
from typing import Any

from incident_app.domain.record.words import door_of

_ACCOUNTS = {"people": "{}", "user": "{}", "with": "with {}", "from": "from {}", "joined": "with {}", "left": "without {}",
             "asked_by": "asked for by {}"}
_OF_ACCOUNTS = frozenset({"account", "case", "hold", "rota", "team"})
"""The doors whose entries name accounts by their number in their details too."""


def whom_of(
    action: str, about: tuple[str, str], by: int, details: Mapping[str, Any], names: Mapping[int, str]
) -> tuple[str, dict[str, Any]]:
    """Return whose accounts an entry is about, as pages show them, and the details that are left to say.

    ``about``: the kind and the number of what was acted on; ``by``: the account that acted, which stands beside it anyway.
    """
    found, rest = list[str](), dict(details)
    if about[0] == "user" and about[1].isdecimal() and int(about[1]) != by:
        found.append(_name(int(about[1]), names))
    if door_of(action) in _OF_ACCOUNTS:
        rest.pop("person", None)  # which of two accounts their person is counted by
        for key, form in _ACCOUNTS.items():
            given = rest.get(key)
            ids: list[Any] = given if isinstance(given, list) else [given]
            if ids and all(isinstance(one, int) for one in ids):
                found.append(form.format(", ".join(_name(one, names) for one in ids)))
                del rest[key]
    return " · ".join(found), rest


def _name(number: int, names: Mapping[int, str]) -> str:
    return names.get(number, f"account {number}")
