"""A duty as a clock tile: four facts in one row, bands relative to the term, never a negative time."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from flask import url_for

from incident_app.domain.deadlines import Stand, standing
from incident_app.models.obligations import DISCHARGED, EXCUSED, UNDECIDED, Obligation
from incident_app.web.filters import moment, span

WORDS = {
    Stand.WAITING: "Not started", Stand.RUNNING: "Running", Stand.SOON: "Due soon", Stand.CRITICAL: "Critical",
    Stand.OVERDUE: "Overdue", Stand.DONE: "Filed on time", Stand.LATE: "Filed late", Stand.OPEN: "No date in law",
}
SIDE = {Stand.OVERDUE: "overdue", Stand.DONE: "early", Stand.LATE: "late", Stand.OPEN: "since"}
RISING = (Stand.OVERDUE, Stand.CRITICAL, Stand.SOON, Stand.RUNNING, Stand.OPEN, Stand.WAITING, Stand.LATE, Stand.DONE)
WRITTEN = {"hours": "h", "business_days": "working days", "calendar_days": "days", "months": "months"}


@dataclass(frozen=True, slots=True)
class Clock:
    """What a tile shows of one duty."""

    ref: str
    title: str
    url: str
    duty: str
    provision: str
    state: str
    state_word: str
    big: tuple[tuple[str, str], ...]
    word: str
    due_text: str
    due_at: datetime | None
    anchor_at: datetime | None
    anchor_words: str
    term_words: str
    share: float | None
    bar_label: str
    time_words: str
    who: str = ""
    ticks: tuple[tuple[float, str, str], ...] = ()
    actions: tuple[tuple[str, str, bool], ...] = ()
    notes: tuple[str, ...] = field(default=())


def big(time: timedelta) -> tuple[tuple[str, str], ...]:
    """Return the figures of a tile: days and hours beyond four days, hours and minutes below."""
    minutes = int(time.total_seconds()) // 60
    days, rest = divmod(minutes, 24 * 60)
    if days >= 4:
        return ((str(days), "d"), (str(rest // 60), "h"))
    hours, minutes = divmod(minutes, 60)
    return ((str(hours), "h"), (str(minutes), "min"))


def term_words(duty: Obligation) -> str:
    """Return the term as the rule has it: ``72 h``, ``3 working days``, ``without undue delay``."""
    if duty.value is None:
        return duty.mode.replace("_", " ") if duty.mode != "undue_delay" else "without undue delay"
    return f"{duty.value} {WRITTEN.get(duty.unit, duty.unit)}"


def _notes(duty: Obligation) -> tuple[str, ...]:
    notes = [duty.why]
    if duty.confidence == "memory":
        notes.append("Have counsel confirm this rule.")
    if duty.legal_latest_at is not None:
        notes.append(f"Latest moment under Reg. 1182/71 (evidence only): {moment(duty.legal_latest_at, duty.case.zone)}.")
    return tuple(notes)


def tile(duty: Obligation, now: datetime, *, who: str = "") -> Clock:
    """Return the tile of one duty as it stands at ``now``."""
    zone = duty.case.zone
    stand = standing(duty.anchor_at, duty.due_at, now, duty.discharged_at)
    time = stand.over or stand.left or stand.since or timedelta(0)
    side = SIDE.get(stand.state, "left")
    if stand.state is Stand.DONE and duty.due_at is None:
        side = "after awareness"
    state_word = WORDS[stand.state]
    if duty.state == EXCUSED:
        state_word = "Not owed"
    elif duty.state == UNDECIDED and stand.state in {Stand.RUNNING, Stand.OPEN}:
        state_word = "To decide" if stand.state is Stand.RUNNING else state_word
    if duty.discharged_at is not None:
        due_text = f"filed {moment(duty.discharged_at, zone)}"
    elif duty.due_at is not None:
        due_text = f"due {moment(duty.due_at, zone)}"
    else:
        due_text = f"“{term_words(duty)}” since awareness"
    share = None if stand.share_gone is None else round(stand.share_gone * 100, 1)
    reference = f"receipt {duty.receipt_reference}" if duty.receipt_reference else f"rule {duty.rule_version[:8]}"
    return Clock(
        ref=duty.case.ref, title=duty.case.title, url=url_for("cases.show", ref=duty.case.ref),
        duty=duty.recipient, provision=f"{duty.regime} {duty.provision}",
        state="done" if duty.state == EXCUSED else stand.state.value, state_word=state_word, big=big(time), word=side,
        due_text=due_text, due_at=duty.due_at, anchor_at=duty.anchor_at,
        anchor_words=f"{duty.anchor.replace('_', ' ')} {moment(duty.anchor_at, zone)}" if duty.anchor_at else "not started",
        term_words=f"{term_words(duty)}, {reference}", share=share,
        bar_label=f"{span(stand.since or timedelta(0))} of {term_words(duty)} gone" if share is not None
        else f"No end date in law; {span(stand.since or timedelta(0))} since it started",
        time_words=f"{span(time)} {side}", who=who, actions=_actions(duty), notes=_notes(duty),
    )


def _actions(duty: Obligation) -> tuple[tuple[str, str, bool], ...]:
    if duty.state in {DISCHARGED, EXCUSED}:
        return ()
    if duty.state == UNDECIDED:
        return (("Assess and decide", url_for("risk.assess", ref=duty.case.ref), True),)
    if duty.recipient_type == "authority":
        return (("Open filing", url_for("filings.of_case", ref=duty.case.ref), True),)
    return ()


def worst_first(clocks: list[Clock]) -> list[Clock]:
    """Sort: overdue first, then by what is left; a duty without a date is never sorted to the bottom."""
    order = {stand.value: number for number, stand in enumerate(RISING)}
    return sorted(clocks, key=lambda one: (order[one.state], one.due_at is None, one.due_at or one.anchor_at))
