"""The contents of the register, the statistics and their exports (Art 33(5): every breach, told or not)."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from incident_app.domain.cases import Count
from incident_app.domain.deadlines import Stand, standing
from incident_app.domain.numbers import grouped
from incident_app.domain.regimes.terms import NO_ANCHOR
from incident_app.domain.statistics import percent_of

OPEN_STATES = frozenset({"undecided", "owed"})
_STATE_WORDS = {"undecided": "not decided yet", "owed": "to be told", "discharged": "told", "excused": "not owed"}


def state_words(state: str) -> str:
    """Return the state of a duty in words."""
    return _STATE_WORDS.get(state, state)


class Filter(StrEnum):
    """The pills above the register."""

    ALL = "all"
    RUNNING = "running"
    DECIDE = "decide"
    OVERDUE = "overdue"
    CLOSED = "closed"
    DRILL = "drill"

    @property
    def words(self) -> str:
        """The pill's label."""
        return "To decide" if self is Filter.DECIDE else self.value.capitalize()


@dataclass(frozen=True, slots=True)
class DutyLine:
    """One duty of a case as the register looks at it; ``state`` is undecided, owed, discharged or excused."""

    recipient_type: str
    stage: str
    state: str
    anchor_at: datetime | None
    due_at: datetime | None
    discharged_at: datetime | None
    late_by_seconds: int | None
    anchor: str = ""

    @property
    def waits(self) -> bool:
        """Whether its clock has not begun: what starts it has not happened, or is not recorded."""
        return self.anchor_at is None and self.due_at is None and self.anchor not in NO_ANCHOR

    @property
    def is_open(self) -> bool:
        """Whether it is neither done nor excused."""
        return self.state in OPEN_STATES


@dataclass(frozen=True, slots=True)
class CaseLine:
    """One case as the register looks at it. ``told`` and ``total`` count people; ``None`` where nothing was sent.

    ``filing_state`` is of the filing being worked on; ``people_decision`` what a human decided (or ``None``);
    ``asked_again``: what told its people stands no more, and somebody decides whether they are told.
    """

    ref: str
    title: str
    aware_at: datetime
    zone: str
    is_drill: bool
    closed_at: datetime | None
    people: Count
    people_data: str
    level: str | None
    owner: str
    duties: tuple[DutyLine, ...]
    filing_state: str | None = None
    people_decision: str | None = None
    asked_again: bool = False
    told: int | None = None
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Chip:
    """A state as icon and word; ``state`` names the colour that repeats it."""

    state: str
    icon: str
    words: str


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the register."""

    ref: str
    title: str
    aware_at: datetime
    zone: str
    drill: bool
    closed: bool
    overdue: bool
    to_decide: bool
    running: bool
    authority: Chip
    people: str
    people_sub: str
    severity: str
    owner: str
    next_words: str
    next_due_at: datetime | None
    state: str


def row(line: CaseLine, now: datetime) -> Row:
    """Return a case as a line of the register at ``now``."""
    closed = line.closed_at is not None
    duties = [] if closed else [one for one in line.duties if one.is_open and one.recipient_type != "register"]
    dated = sorted((one.due_at, one.stage) for one in duties if one.due_at is not None)
    overdue = bool(dated) and now > dated[0][0]
    due_at = dated[0][0] if dated else None
    again = line.asked_again and not closed
    states = [standing(one.anchor_at, one.due_at, now).state for one in duties]
    return Row(
        ref=line.ref, title=line.title, aware_at=line.aware_at, zone=line.zone, drill=line.is_drill, closed=closed,
        overdue=overdue, to_decide=again or any(one.state == "undecided" for one in duties), running=bool(duties), authority=_authority(line, now, closed),
        people=line.people.words(), people_sub=_people(line),
        severity=line.level.replace("_", " ").capitalize() if line.level else "to assess", owner=line.owner,
        next_words=_next(line, duties, dated, now), next_due_at=due_at,
        state="closed" if closed else min(states, key=_RISING.index).value if states else Stand.DONE.value,
    )


_RISING = (Stand.OVERDUE, Stand.CRITICAL, Stand.SOON, Stand.RUNNING, Stand.OPEN, Stand.WAITING, Stand.LATE, Stand.DONE)
_FILING = {
    "draft": ("pencil", "Draft"), "in_review": ("eye", "To approve"), "approved": ("send", "To file"),
}


def _authority(line: CaseLine, now: datetime, closed: bool) -> Chip:
    duties = [one for one in line.duties if one.recipient_type == "authority"]
    if not duties:
        to_controller = sum(one.recipient_type == "controller" for one in line.duties)
        if to_controller:
            words = "Controller" if to_controller == 1 else f"{to_controller} controllers"
            return Chip("running", "building", words)
        return Chip("waiting", "slash-circle", "No duty")
    open_ = [] if closed else [one for one in duties if one.is_open]
    late = [one for one in open_ if one.due_at is not None and now > one.due_at]
    if late:
        return Chip("overdue", "exclamation-lg", "Overdue" if late[0].stage == "initial" else _stage(late[0].stage))
    if any(one.state == "undecided" for one in open_):
        return Chip("running", "signpost-split", "To decide")
    done = [one for one in duties if one.discharged_at is not None]
    if open_ and done:
        return Chip("done", "check-lg", f"{_stage(done[0].stage)} sent")
    if open_:
        state = min((standing(one.anchor_at, one.due_at, now).state for one in open_), key=_RISING.index)
        icon, words = _FILING.get(line.filing_state or "", ("send", "To file"))
        return Chip(state.value, icon, words)
    if any((one.late_by_seconds or 0) > 0 for one in done):
        return Chip("late", "check-lg", "Filed late")
    if done:
        return Chip("done", "check-lg", "On time" if any(one.due_at is not None for one in done) else "Filed")
    return Chip("waiting", "slash-circle", "Not told")


def _stage(stage: str) -> str:
    return stage.replace("_", " ").replace("-", " ").capitalize().replace(" up", "-up")


def _people(line: CaseLine) -> str:
    if line.asked_again and line.closed_at is None:
        return "to decide again"
    if line.total:
        return f"{share(line.told or 0, line.total)} reached"
    if line.people_data == "no":
        return "no people's data"
    for party, said in (("controller", "controllers "), ("data_subjects", "")):
        known = [one for one in line.duties if one.recipient_type == party]
        done = sum(one.discharged_at is not None for one in known)
        waits = any(one.is_open for one in known)
        if done or (waits and party == "controller"):  # to them it is owed by us
            return said + ("told" if not waits else "told in part" if done else "to be told")
    return {"required": "to be told", "not_required": "not needed"}.get(line.people_decision or "", "not decided")


def share(part: int, whole: int) -> str:
    """Return ``62 %``, as :func:`percent_of` rounds it."""
    return f"{percent_of(part, whole)} %"


def _next(line: CaseLine, duties: Sequence[DutyLine], dated: Sequence[tuple[datetime, str]], now: datetime) -> str:
    if line.closed_at is not None:
        local = line.closed_at.astimezone(ZoneInfo(line.zone))
        return f"Closed {local.day} {local:%b %Y}"
    if dated and now > dated[0][0]:
        return f"Overdue by {span(now - dated[0][0])}"
    if dated:
        local = dated[0][0].astimezone(ZoneInfo(line.zone))
        return f"{local:%a} {local.day} {local:%b %H:%M %Z}"
    if line.asked_again:
        return "To decide again"
    if any(one.state == "undecided" for one in duties):
        return "Decision waits"
    if duties and all(one.waits for one in duties):
        return "Clock not begun"
    return "No date in law" if duties else "Nothing due"


def span(time: timedelta) -> str:
    """Return ``3 d 4 h`` from one day on, ``3 h 20 min``, ``20 min``."""
    minutes = int(time.total_seconds()) // 60
    days, rest = divmod(minutes, 24 * 60)
    hours, minutes = divmod(rest, 60)
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def shortened(text: str, most: int) -> str:
    """Return a text of at most so many characters; where some were left out, it says so at its end."""
    if len(text) <= most:
        return text
    end = f" … [shortened: {grouped(len(text))} characters; all of them stand in the case]"
    return text[: max(most - len(end), 0)] + end


_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|")


def neutral(cell: object) -> str:
    """Return a CSV cell that no spreadsheet takes for a formula: what begins like one gets an apostrophe before it."""
    text = "" if cell is None else str(cell)
    bare = unicodedata.normalize("NFKC", text).lstrip(" '\u00a0")
    return f"'{text}" if text.startswith(_FORMULA) or bare.startswith(_FORMULA) else text


def file_moment(at: datetime | None) -> str:
    """Return a moment as it stands in the cells of every file: ISO 8601 in UTC, to the second, so that sorted as text it is
    sorted by time; empty where there is none."""
    return at.astimezone(UTC).isoformat(timespec="seconds") if at else ""
