"""A duty as a clock tile: four facts in one row, bands relative to the term, never a negative time."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from flask import url_for

from incident_app.domain.cases import CaseState
from incident_app.domain.deadlines import Stand, Standing, standing
from incident_app.domain.obligations.again import Again
from incident_app.models.obligations import DISCHARGED, EXCUSED, STILL_OPEN, UNDECIDED, Obligation
from incident_app.services.alerts import Mark
from incident_app.services.labels import reasoned
from incident_app.services.obligations.deciding import BY_RISK
from incident_app.web.filters import article, cited, moment, span
from incident_app.web.law_words import MODES, anchor_words, capital

WORDS = {
    Stand.WAITING: "Not started", Stand.RUNNING: "Running", Stand.SOON: "Due soon", Stand.CRITICAL: "Critical",
    Stand.OVERDUE: "Overdue", Stand.DONE: "Filed on time", Stand.LATE: "Filed late", Stand.OPEN: "No date in law",
}
SIDE = {Stand.OVERDUE: "overdue", Stand.DONE: "early", Stand.LATE: "late", Stand.OPEN: "since"}
RISING = (Stand.OVERDUE, Stand.CRITICAL, Stand.SOON, Stand.RUNNING, Stand.OPEN, Stand.WAITING, Stand.LATE, Stand.DONE)
BEGAN = {"aware": "aware", "detected": "detected", "discovered": "discovered", "noticed": "noticed"}
UNCHECKED = "check"
AGAIN = "To decide again"
AN_APPROVER = "An approver decides this."
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
    plain: str = ""
    owed: str = ""
    stopped: bool = False
    confirm: bool = False
    facts: tuple[tuple[str, str], ...] = ()
    foot: str = ""
    title_url: str = ""
    links: tuple[tuple[str, str], ...] = ()


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
        return MODES.get(duty.mode, duty.mode.replace("_", " "))
    return f"{duty.value} {WRITTEN.get(duty.unit, duty.unit)}"


def _notes(duty: Obligation, zone: str) -> tuple[str, ...]:
    notes = [f"When it arose, {moment(duty.raised_at, zone)}: {reasoned(duty.why)}"]
    if duty.confidence == UNCHECKED:
        notes.append("This rule was written down from memory: have counsel confirm it before you rely on it.")
    if duty.legal_latest_at is not None:
        notes.append(f"Latest moment under Reg. 1182/71 (evidence only): {moment(duty.legal_latest_at, zone)}.")
    if duty.rule_version:
        notes.append(f"Version of the law on file: {duty.rule_version[:8]}.")
    return tuple(notes)


def left_open(duty: Obligation) -> bool:
    """Whether its case was closed over it: its clock stands where it stood then."""
    return duty.case.closed_at is not None and duty.state in STILL_OPEN


def _due_text(duty: Obligation, zone: str) -> str:
    if duty.state == EXCUSED:
        return duty.state_reason
    if duty.discharged_at is not None:
        return f"{_done(duty)} {moment(duty.discharged_at, zone)}"
    if duty.due_at is not None:
        return f"due {moment(duty.due_at, zone)}"
    return f"“{term_words(duty)}” since {_since(duty)}"


def _since(duty: Obligation) -> str:
    return "awareness" if duty.anchor in {*BEGAN, "processor_aware"} else anchor_words(duty.anchor)


def _state_word(duty: Obligation, stand: Standing) -> str:
    if duty.state == EXCUSED:
        return "Decided"
    if left_open(duty):
        return "Left undecided" if duty.state == UNDECIDED else "Not told"
    if duty.state == UNDECIDED and stand.state is Stand.RUNNING:
        return "To decide"
    return done_words(duty, stand.state, capital(_done(duty)))


def done_words(duty: Obligation, state: Stand, done: str) -> str:
    """Return the word of a state; what has no date in law was told, neither on time nor late."""
    return done if state is Stand.DONE and duty.due_at is None else WORDS[state].replace("Filed", done)


def _done(duty: Obligation) -> str:
    return "filed" if duty.recipient_type == "authority" else "told"


def _plain(duty: Obligation, stand: Standing) -> str:
    """Words in place of figures, where no clock runs."""
    if duty.state == EXCUSED:
        return "Not owed"
    return "Not started" if stand.state is Stand.WAITING else ""


def _side(duty: Obligation, stand: Standing) -> str:
    if left_open(duty):
        return f"{SIDE.get(stand.state, 'left')} at closing" if stand.state is not Stand.OPEN else "until closing"
    if stand.state is Stand.DONE and duty.due_at is None:
        return f"after {(_since(duty) or 'awareness').removesuffix(' being sent')}"
    return SIDE.get(stand.state, "left")


def _ticks(duty: Obligation, marks: Iterable[Mark]) -> tuple[tuple[float, str, str], ...]:
    if duty.anchor_at is None or duty.due_at is None:
        return ()
    term = duty.due_at - duty.anchor_at
    return tuple((round(100 * ((mark.at - duty.anchor_at) / term), 1), mark.kind, mark.words) for mark in marks)


def _bar_label(duty: Obligation, stand: Standing, marks: Iterable[Mark]) -> str:
    gone = span(stand.since or timedelta(0))
    if stand.share_gone is None:
        return f"No end date in law; {gone} since it started"
    told = [mark.words for mark in marks if mark.kind != "tick"]
    return f"{gone} of {term_words(duty)} gone" + (f"; last reminder: {told[-1]}" if told else "")


def tile(
    duty: Obligation, now: datetime, *, who: str = "", marks: Iterable[Mark] = (), linked: bool = False, decides: bool = True,
    owed: str = "", zone: str = "", again: Again | None = None,
) -> Clock:
    """Return the tile of one duty as it stands at ``now``, with its reminders on the bar.

    ``linked``: with ways to the duty and to *what if*; ``decides``: whoever looks may decide about duties; ``owed``: why it
    is open though a notice ended; ``again``: why it is asked again though it is done. Moments are in ``zone``, or else in the case's.
    """
    zone, known = zone or duty.case.zone, tuple(marks)
    # Of two limits the earlier counts: where it is not this rule's own, the case's awareness began it.
    begun = duty.anchor_at or (duty.case.aware_at if duty.due_at else None)
    stopped = left_open(duty)
    stand = standing(begun, duty.due_at, duty.case.closed_at if stopped and duty.case.closed_at else now, duty.discharged_at)
    time, side = stand.over or stand.left or stand.since or timedelta(0), _side(duty, stand)
    share = None if stand.share_gone is None else round(stand.share_gone * 100, 1)
    shown = Clock(
        ref=duty.case.ref, title=duty.case.title, url=url_for("cases.show", ref=duty.case.ref),
        duty=capital(duty.recipient), provision=cited(duty),
        state="waiting" if duty.state == EXCUSED or stopped else stand.state.value, stopped=stopped, state_word=_state_word(duty, stand), big=big(time),
        word=side, due_text=_due_text(duty, zone), due_at=duty.due_at, anchor_at=duty.anchor_at,
        anchor_words=f"{BEGAN.get(duty.anchor, 'began')} {moment(duty.anchor_at, zone)}" if duty.anchor_at else "not started",
        term_words=", ".join(filter(None, (term_words(duty), _beside_term(duty)))), share=share, bar_label=_bar_label(duty, stand, known),
        time_words=_plain(duty, stand) or f"{span(time)} {side}{f' {_since(duty)}' if side == 'since' else ''}", who=who, actions=_actions(duty, "Mark as done" if owed else "Told another way", decides=decides), notes=_notes(duty, zone),
        ticks=_ticks(duty, known), plain=_plain(duty, stand), owed=owed, foot=_foot(duty, zone, stopped=stopped, decides=decides), **(_ways(duty) if linked else {}),
        confirm=duty.confidence == UNCHECKED and duty.state not in {DISCHARGED, EXCUSED},
    )
    return shown if again is None or duty.case.closed_at is not None else _asked_again(shown, duty, again, decides=decides)


def _asked_again(shown: Clock, duty: Obligation, again: Again, *, decides: bool) -> Clock:
    """Say in the place of the figures that it is asked again: told they were, and by what stands no more."""
    at = url_for("obligations.of_case", ref=duty.case.ref, _anchor=f"duty-{duty.id}")
    return replace(
        shown, state=Stand.SOON.value, state_word=AGAIN, plain="Are they still told?", due_at=None, anchor_at=None,
        owed=f"{again.words}.", actions=((f"{AGAIN[3:].capitalize()}…" if decides else "See the duty", at, True),),
        foot="" if decides else AN_APPROVER)


def _foot(duty: Obligation, zone: str, *, stopped: bool, decides: bool) -> str:
    if stopped:
        return f"Case closed {moment(duty.case.closed_at, zone)}"
    return AN_APPROVER if duty.state == UNDECIDED and not decides else ""


def _beside_term(duty: Obligation) -> str:
    """The receipt once it is done; until then the article, or from when it counts where no awareness begins it."""
    if duty.receipt_reference:
        return f"receipt {duty.receipt_reference}"
    begins = "" if duty.anchor in BEGAN else anchor_words(duty.anchor)
    return f"from {begins}" if begins else article(duty)


def _ways(duty: Obligation) -> dict[str, Any]:
    ref = duty.case.ref
    return {"title_url": url_for("obligations.of_case", ref=ref, _anchor=f"duty-{duty.id}"),
            "links": () if left_open(duty) else (("What if…", url_for("obligations.what_if", ref=ref)),)}


def by_assessment(duty: Obligation) -> bool:
    """Whether the decision about the breach decides it too: it hangs on the risk, and that decision is still to come."""
    return duty.threshold_id in BY_RISK and duty.case.state in {CaseState.LOGGED.value, CaseState.ASSESSED.value}


def where_decided(duty: Obligation) -> str:
    """Return where an undecided duty is decided: with the whole risk, or by itself."""
    ref = duty.case.ref
    if by_assessment(duty):
        return url_for("risk.assess", ref=ref)
    return url_for("obligations.of_case", ref=ref, _anchor=f"duty-{duty.id}")


def _actions(duty: Obligation, another: str, *, decides: bool) -> tuple[tuple[str, str, bool], ...]:
    ref = duty.case.ref
    if duty.state in {DISCHARGED, EXCUSED} or left_open(duty):
        return ()
    if duty.state == UNDECIDED and by_assessment(duty):
        return (("Assess and decide" if decides else "Assess", where_decided(duty), True),)
    if duty.state == UNDECIDED:
        return (("Decide…" if decides else "See the duty", where_decided(duty), True),)
    if duty.recipient_type == "authority":
        return (("Open filing", url_for("filings.of_case", ref=ref), True),)
    by_hand = url_for("obligations.of_case", ref=ref, _anchor=f"duty-{duty.id}")
    if duty.recipient_type == "data_subjects":
        return (("Open notices", url_for("notices.of_case", ref=ref), False), (another, by_hand, False))
    if duty.recipient_type == "controller":
        return (("Tell the controllers", url_for("controllers.of_case", ref=ref), False), (another, by_hand, False))
    return (("Record as told", by_hand, False),)


def worst_first(clocks: list[Clock]) -> list[Clock]:
    """Sort: overdue first, then by what is left; a duty without a date is never sorted to the bottom."""
    order = {stand.value: number for number, stand in enumerate(RISING)}
    return sorted(clocks, key=lambda one: (order[one.state], one.due_at is None, one.due_at or one.anchor_at))
