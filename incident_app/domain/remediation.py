"""What is to be done about a breach: runbooks and their steps, what is open and overdue, what closing waits for."""

import hashlib
import tomllib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar

from incident_app.domain.accounts import Role
from incident_app.domain.refusals import Refused

FENCE = "+++"
VERSION_LENGTH = 12
LONGEST_TITLE = 300
LATEST_HOURS = 24 * 366
_HEAD = {"kind", "title", "summary", "steps"}
_STEP = {"title", "kind", "role", "due_hours", "proof"}

Choice = TypeVar("Choice", bound=StrEnum)


class ActionKind(StrEnum):
    """What an action is for."""

    CONTAIN = "contain"
    MITIGATE = "mitigate"
    REMEDY = "remedy"
    PREVENT = "prevent"
    NOTIFY = "notify"


class ActionState(StrEnum):
    """Where an action stands."""

    OPEN = "open"
    DONE = "done"
    NOT_NEEDED = "not_needed"


class RunbookError(Refused):
    """A runbook file cannot be read; the words name the file and what to change."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a runbook. ``due_hours`` counts from awareness; ``proof`` says what shows that it is done."""

    title: str
    kind: ActionKind
    role: Role
    due_hours: float
    proof: str

    def due_at(self, anchor_at: datetime) -> datetime:
        """Return by when, counted from awareness."""
        return anchor_at + timedelta(hours=self.due_hours)


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


def _step(raw: object, where: str) -> Step:
    if not isinstance(raw, dict):
        raise RunbookError(f"{where}: each step is a table [[steps]].")
    _unknown(raw, _STEP, where)
    hours = raw.get("due_hours")
    if isinstance(hours, bool) or not isinstance(hours, int | float) or not 0 < hours <= LATEST_HOURS:
        raise RunbookError(f"{where}: “due_hours” must be a number of hours after awareness, above 0.")
    title = _words(raw, "title", where)
    if len(title) > LONGEST_TITLE:
        raise RunbookError(f"{where}: the title is longer than {LONGEST_TITLE} characters.")
    return Step(
        title=title, kind=_choice(ActionKind, raw, "kind", where), role=_choice(Role, raw, "role", where),
        due_hours=float(hours), proof=_words(raw, "proof", where),
    )


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
    steps = raw.get("steps")
    if not isinstance(steps, list) or not steps:
        raise RunbookError(f"{where}: it has no [[steps]].")
    return Runbook(
        kind=name, title=_words(raw, "title", where), summary=_words(raw, "summary", where),
        version=hashlib.sha256(text.encode()).hexdigest()[:VERSION_LENGTH],
        steps=tuple(_step(item, f"{where}, step {number}") for number, item in enumerate(steps, 1)),
        text=body.strip(),
    )


def is_overdue(state: str, due_at: datetime | None, now: datetime) -> bool:
    """Tell whether an open action's moment has passed; one without a date is never overdue."""
    return state == ActionState.OPEN and due_at is not None and due_at < now


def check_new(title: str, kind: str) -> dict[str, str]:
    """Return field → words for what is wrong with a new action."""
    problems = {}
    if not title.strip():
        problems["title"] = "Say in one line what is to be done."
    elif len(title) > LONGEST_TITLE:
        problems["title"] = f"At most {LONGEST_TITLE} characters."
    if kind not in set(ActionKind):
        problems["kind"] = f"Choose one of {', '.join(ActionKind)}."
    return problems
