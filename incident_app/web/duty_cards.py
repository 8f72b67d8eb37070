"""One duty as a card: who is told, by when, why, and what can be done about it."""

from dataclasses import dataclass, field
from datetime import datetime

from flask import url_for

from incident_app.domain.deadlines import Stand
from incident_app.domain.obligations.again import Again
from incident_app.domain.regimes import RECORDED
from incident_app.models.cases import Case
from incident_app.models.obligations import DISCHARGED, EXCUSED, OWED, STILL_OPEN, UNDECIDED, Obligation
from incident_app.services.labels import reasoned
from incident_app.services.obligations.discharging import how_words
from incident_app.services.obligations.showing import Shown
from incident_app.web import clocks
from incident_app.web.clocks import Clock, tile
from incident_app.web.filters import moment, span
from incident_app.web.forms.obligations import DutyForm
from incident_app.web.law_words import capital, rule_words, sources, stage_words

# Whom neither a filing nor a notice reaches: that they were told is recorded by hand. People may be told another way.
BY_HAND = frozenset({"controller", "other", "internal"})
TOLD_BY_HAND = BY_HAND | {"data_subjects"}
CONDITIONS = ("if ", "always", "only ", "unless ", "once ", "where ", "when ", "whenever ")
WHOLES = ("every ", "what ", "whatever ")
GONE = "Withdrawn: "
"""So the reason begins for which a public notice was taken away; what follows are the words of a person."""
WORST = {stand.value: number for number, stand in enumerate(clocks.RISING)}


@dataclass(frozen=True, slots=True)
class Card:
    """What a card shows. ``clock_words`` follows the figures; ``target``: the house's own, never a deadline of law;
    ``arose``: the reason of the day it arose, where that was another; ``again``: why it is asked again whether the
    people are told."""

    duty: Obligation
    title: str
    law: str
    stage: str
    clock: Clock
    state_word: str
    decision: tuple[str, str, str]
    clock_words: str
    target: str
    why: str
    arose: str
    more: tuple[str, ...]
    rule: str
    sources: list[tuple[str, str]]
    shown: Shown
    again: str
    link: tuple[str, str] | None
    forms: dict[str, DutyForm] = field(default_factory=dict)
    opened: str = ""


def card(shown: Shown, now: datetime, owed: str = "", again: Again | None = None) -> Card:
    """Return the card of one duty as it stands at ``now``, without its forms; ``owed``: why it is open though a notice ended;
    ``again``: why it is asked again whether the people are told."""
    duty, clock = shown.duty, tile(shown.duty, now, owed=owed)
    (why, more), (arose, _) = reason(shown.why, shown.law), reason(duty.why, shown.law)
    return Card(
        duty=duty, title=_title(duty), law=shown.law, stage=stage_words(duty.stage), clock=clock, state_word=_state_word(duty, clock),
        decision=_decision(duty), clock_words=_clock_words(duty, clock), target=_target(duty, now), why=why, more=more,
        arose="" if arose == why else arose,
        rule=rule_words(duty.value, duty.unit, duty.mode, duty.anchor), sources=sources(duty.source), shown=shown,
        again=again_words(again, duty.case.zone) if again else "", link=_link(duty),
    )


def again_words(again: Again, zone: str) -> str:
    """Return what became of what told the people, when and why."""
    said = again.why.removeprefix(GONE)
    return f"{again.words} {moment(again.at, zone)}" + (f": “{said}”" if said else ".")


def worst_first(cards: list[Card]) -> list[Card]:
    """Sort: what can be late before what is settled, overdue first; what only may bind us after what does."""
    return sorted(cards, key=lambda one: (one.duty.state not in STILL_OPEN and not one.again, one.shown.hangs, WORST[one.clock.state],
                                          one.duty.due_at is None, one.duty.due_at or one.duty.raised_at))


def reason(said: str, law: str) -> tuple[str, tuple[str, ...]]:
    """Return one sentence why the duty is there (its test and what ties the case to the law), and the sentences left."""
    whole = reasoned(said.removeprefix(f"{law}: "))
    head, owed, test = whole.rpartition(" Owed: ")
    first, *more = [one for one in head.split(". ") if one]
    first, test = first.rstrip(".").replace(": nobody has said yet", " (nobody has said yet)"), test.rstrip(".")
    link = ": owed" if test.startswith(CONDITIONS) else ": owed for" if test.startswith(WHOLES) else ". Owed on this test:"
    sentence = f"{capital(first)}{link} {test}." if owed else whole
    return sentence, tuple(one.rstrip(".") + "." for one in more)


def _state_word(duty: Obligation, clock: Clock) -> str:
    if clock.stopped:
        return clock.state_word
    return clocks.done_words(duty, Stand(clock.state), "Filed" if duty.recipient_type == "authority" else "Done")


def _title(duty: Obligation) -> str:
    apart = duty.controller and duty.controller != duty.recipient
    return capital(f"{duty.recipient} for {duty.controller}" if apart else duty.recipient)


def _decision(duty: Obligation) -> tuple[str, str, str]:
    if duty.state == UNDECIDED and clocks.left_open(duty):
        return "", "", ""
    return {
        UNDECIDED: ("soon", "signpost-split", "To decide"), OWED: ("running", "check2-circle", "Owed"),
        EXCUSED: ("waiting", "slash-circle", "Not owed"),
    }.get(duty.state, ("", "", ""))


def _clock_words(duty: Obligation, clock: Clock) -> str:
    zone = duty.case.zone
    if clock.stopped:
        return f"{clock.time_words}, {clock.due_text}. {clock.foot}"
    if duty.state == DISCHARGED:
        return f"told {moment(duty.discharged_at, zone)}, {how_words(duty)}, reference {duty.receipt_reference}"
    if duty.due_at is not None:
        return f"due {moment(duty.due_at, zone)}"
    if duty.anchor_at is not None:
        return f"No date in law, since {moment(duty.anchor_at, zone)}"
    if duty.anchor in RECORDED:
        return f"Its clock starts the moment {RECORDED[duty.anchor]}. Nothing is recorded yet."
    return "Its clock starts once the stage before it was sent."


def _target(duty: Obligation, now: datetime) -> str:
    if duty.target_at is None or duty.state not in STILL_OPEN or clocks.left_open(duty):
        return ""
    apart = span(duty.target_at - now)
    return f"{moment(duty.target_at, duty.case.zone)} ({apart} {'left' if duty.target_at >= now else 'past'})"


def _link(duty: Obligation) -> tuple[str, str] | None:
    if clocks.left_open(duty):
        return None
    if duty.state != EXCUSED and duty.recipient_type == "controller":
        return "Tell the controllers", url_for("controllers.of_case", ref=duty.case.ref)
    if duty.state == EXCUSED or duty.recipient_type in BY_HAND:
        return None
    if duty.recipient_type == "authority":
        return "Open filings", url_for("filings.of_case", ref=duty.case.ref, _anchor=f"duty-{duty.id}")
    return "Open notices", url_for("notices.of_case", ref=duty.case.ref)


def asks_moment(duty: Obligation) -> bool:
    """Whether somebody has to record when its clock started."""
    return duty.anchor in RECORDED and duty.state in STILL_OPEN


def by_hand(duty: Obligation) -> bool:
    """Whether it is recorded by hand that they were told."""
    return duty.recipient_type in TOLD_BY_HAND and duty.state in STILL_OPEN


def closed(case: Case) -> bool:
    """Whether nothing can be changed any more."""
    return case.closed_at is not None
