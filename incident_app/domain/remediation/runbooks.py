"""The checklists by kind of breach, read from files that a team edits without code."""

import hashlib
import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from incident_app.domain.accounts import Role
from incident_app.domain.refusals import Refused
from incident_app.domain.remediation.actions import (
    LATEST_HOURS,
    LONGEST_REVIEW,
    LONGEST_TITLE,
    ActionKind,
    Anchor,
)

FENCE = "+++"
VERSION_LENGTH = 12
_HEAD = {"kind", "title", "summary", "steps"}
_STEP = {"title", "kind", "role", "due_hours", "proof", "anchor", "mandatory", "waits_for", "review_days"}
_GIVEN_ANCHORS = (Anchor.AWARE, Anchor.LOGGED, Anchor.CONTAINED)

Choice = TypeVar("Choice", bound=StrEnum)


class RunbookError(Refused):
    """A runbook file cannot be read; the words name the file and what to change."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a runbook. ``due_hours`` counts from ``anchor``, and where it waits for others from when it is free.

    ``proof`` says what shows that it is done, ``waits_for`` names steps that come before it, ``review_days`` after how many
    days somebody looks whether it works (``None``: as is usual for its kind).
    """

    title: str
    kind: ActionKind
    role: Role
    due_hours: float
    proof: str
    anchor: Anchor = Anchor.AWARE
    mandatory: bool = False
    waits_for: tuple[str, ...] = ()
    review_days: int | None = None


@dataclass(frozen=True, slots=True)
class Runbook:
    """The checklist for one kind of breach. ``version`` is the beginning of the file's SHA-256."""

    kind: str
    title: str
    summary: str
    version: str
    steps: tuple[Step, ...]
    text: str


def _words(raw: dict[str, Any], field: str, where: str) -> str:
    value = raw.get(field)
    if not isinstance(value, str) or not value.strip():
        raise RunbookError(f"{where}: “{field}” is missing or not text.")
    return value.strip()


def _unknown(raw: dict[str, Any], known: set[str], where: str) -> None:
    odd = sorted(set(raw) - known)
    if odd:
        raise RunbookError(f"{where}: unknown {', '.join(odd)}; known are {', '.join(sorted(known))}.")


def _choice(kind: type[Choice], raw: dict[str, Any], field: str, where: str) -> Choice:
    value = _words(raw, field, where)
    if value not in set(kind):
        raise RunbookError(f"{where}: “{field}” is “{value}”; it must be one of {', '.join(kind)}.")
    return kind(value)


def _anchor(raw: dict[str, Any], where: str) -> Anchor:
    value = raw.get("anchor", Anchor.AWARE.value)
    if value not in _GIVEN_ANCHORS:
        raise RunbookError(f"{where}: “anchor” is “{value}”; it must be one of {', '.join(_GIVEN_ANCHORS)}.")
    return Anchor(value)


def _mandatory(raw: dict[str, Any], where: str) -> bool:
    value = raw.get("mandatory", False)
    if not isinstance(value, bool):
        raise RunbookError(f"{where}: “mandatory” must be true or false.")
    return value


def _review(raw: dict[str, Any], where: str) -> int | None:
    value = raw.get("review_days")
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LONGEST_REVIEW):
        raise RunbookError(f"{where}: “review_days” must be a whole number of days, 0 (no review) to {LONGEST_REVIEW}.")
    return value


def _waits(raw: dict[str, Any], before: Collection[str], where: str) -> tuple[str, ...]:
    value = raw.get("waits_for", [])
    if not isinstance(value, list) or any(name not in before for name in value):
        raise RunbookError(f"{where}: “waits_for” must be a list of titles of steps that come before it.")
    return tuple(value)


def _step(raw: object, before: Collection[str], where: str) -> Step:
    if not isinstance(raw, dict):
        raise RunbookError(f"{where}: each step is a table [[steps]].")
    _unknown(raw, _STEP, where)
    hours = raw.get("due_hours")
    if isinstance(hours, bool) or not isinstance(hours, int | float) or not 0 < hours <= LATEST_HOURS:
        raise RunbookError(f"{where}: “due_hours” must be a number of hours after its anchor, above 0.")
    title = _words(raw, "title", where)
    if len(title) > LONGEST_TITLE:
        raise RunbookError(f"{where}: the title is longer than {LONGEST_TITLE} characters.")
    if title in before:
        raise RunbookError(f"{where}: a step before it has the same title.")
    return Step(
        title=title, kind=_choice(ActionKind, raw, "kind", where), role=_choice(Role, raw, "role", where),
        due_hours=float(hours), proof=_words(raw, "proof", where), anchor=_anchor(raw, where),
        mandatory=_mandatory(raw, where), waits_for=_waits(raw, before, where), review_days=_review(raw, where),
    )


def _steps(raw: object, where: str) -> tuple[Step, ...]:
    if not isinstance(raw, list) or not raw:
        raise RunbookError(f"{where}: it has no [[steps]].")
    found: dict[str, Step] = {}
    for number, item in enumerate(raw, 1):
        step = _step(item, found, f"{where}, step {number}")
        found[step.title] = step
    return tuple(found.values())


def parse_runbook(name: str, text: str) -> Runbook:
    """Read one file: TOML between two lines ``+++``, then Markdown. ``name`` is the file's name without ending."""
    where = f"{name}.md"
    empty, fence, rest = text.replace("\r\n", "\n").partition(f"{FENCE}\n")
    head, closing, body = rest.partition(f"\n{FENCE}\n")
    if empty.strip() or not fence or not closing:
        raise RunbookError(f"{where}: begin with a line {FENCE}, then TOML, then a line {FENCE}.")
    try:
        raw = tomllib.loads(head)
    except tomllib.TOMLDecodeError as error:
        raise RunbookError(f"{where}: the part between the {FENCE} lines is not TOML: {error}.") from error
    _unknown(raw, _HEAD, where)
    if _words(raw, "kind", where) != name:
        raise RunbookError(f"{where}: “kind” must be the file's name, “{name}”.")
    return Runbook(
        kind=name, title=_words(raw, "title", where), summary=_words(raw, "summary", where),
        version=hashlib.sha256(text.encode()).hexdigest()[:VERSION_LENGTH],
        steps=_steps(raw.get("steps"), where),
        text=body.strip(),
    )
