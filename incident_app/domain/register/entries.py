"""One breach as the register writes it down, and what nobody has recorded yet (Art 33(5); EDPB 9/2022, section V)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from incident_app.domain.cases import ControllerRole, Count
from incident_app.domain.notices.public import Publication
from incident_app.domain.numbers import grouped
from incident_app.domain.regimes.terms import NO_DATE
from incident_app.domain.register.columns import WRITTEN_DOWN, Column
from incident_app.domain.register.plain import LEFT_OUT, without_addresses
from incident_app.domain.reports import state_words

Written = Callable[[datetime | None, str], str]
"""How a moment is written: the moment (or ``None``) and a zone in, words out."""
NO_REASON = "no reason recorded"
NOT_DECIDED = "not decided"


@dataclass(frozen=True, slots=True)
class Judged:
    """What a named human decided about telling one party; ``ground`` is the exception used, with its proof, in words."""

    outcome: str
    reason: str
    who: str
    at: datetime
    second: str = ""
    ground: str = ""


@dataclass(frozen=True, slots=True)
class Notified:
    """One duty to tell one party. ``reason``: why it is not owed; ``late_by_seconds`` as frozen when it was told;
    ``undated``: what is said in the place of a date, in words; ``public``: told in public, because of ``public_reason``;
    ``again``: what became of what told the people, where somebody decides again whether they are told."""

    recipient: str
    recipient_type: str
    provision: str
    state: str
    reason: str = ""
    due_at: datetime | None = None
    told_at: datetime | None = None
    reference: str = ""
    late_by_seconds: int | None = None
    late_reason: str = ""
    undated: str = NO_DATE
    public: bool = False
    public_reason: str = ""
    again: str = ""

    @property
    def late(self) -> bool:
        """Whether it was told late."""
        return self.told_at is not None and (self.late_by_seconds or 0) > 0

    def overdue(self, now: datetime) -> bool:
        """Whether it ought to have been told by now, and was not."""
        return self.state in ("undecided", "owed") and self.due_at is not None and now > self.due_at


@dataclass(frozen=True, slots=True)
class Sent:
    """How many people of which list one notice was for, and how many it told."""

    number: int
    list_id: int
    at: datetime | None
    listed: int
    told: int
    failed: int
    uncertain: int


@dataclass(frozen=True, slots=True)
class Entry:
    """Everything the register holds about one breach. Texts are as they were typed; ``actions`` are (what, state);
    ``closed_over`` is what was open when two people closed it all the same, with both names."""

    ref: str
    title: str
    drill: bool
    state: str
    role: str
    kind: str
    zone: str
    aware_at: datetime
    logged_at: datetime
    people: Count
    records: Count
    team: str = ""
    owner: str = ""
    occurred_at: datetime | None = None
    first_signal_at: datetime | None = None
    detected_at: datetime | None = None
    contained_at: datetime | None = None
    closed_at: datetime | None = None
    aware_source: str = ""
    gap_reason: str = ""
    close_reason: str = ""
    closed_over: str = ""
    facts: str = ""
    cause: str = ""
    systems: str = ""
    processors: tuple[str, ...] = ()
    confidentiality: bool | None = None
    integrity: bool | None = None
    availability: bool | None = None
    people_data: str = "unsure"
    categories: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    effects: str = ""
    level: str = ""
    score: str = ""
    method: str = ""
    before: str = ""
    taken: str = ""
    planned: str = ""
    actions: tuple[tuple[str, str], ...] = ()
    authority: Judged | None = None
    tell_people: Judged | None = None
    duties: tuple[Notified, ...] = ()
    sent: tuple[Sent, ...] = ()
    published: tuple[Publication, ...] = ()


def cells(entry: Entry, now: datetime, written: Written) -> dict[Column, str]:
    """Return every column that is written down, in words; contacts of people are left out of all of them."""
    found = {**_identity(entry), **_moments(entry, written), **_facts(entry), **_told(entry, now, written)}
    return {name: found[name] if name in _OURS else without_addresses(found[name]) for name in WRITTEN_DOWN}


_OURS = frozenset({Column.REFERENCE, Column.ZONE, Column.DRILL, Column.STATE, Column.PEOPLE, Column.RECORDS})


def _identity(one: Entry) -> dict[Column, str]:
    return {
        Column.REFERENCE: one.ref, Column.TITLE: one.title, Column.DRILL: "yes" if one.drill else "no", Column.STATE: one.state,
        Column.TEAM: one.team or "the whole organisation", Column.OWNER: one.owner or "nobody yet", Column.ROLE: one.role,
        Column.KIND: one.kind, Column.ZONE: one.zone,
    }


def _moments(one: Entry, written: Written) -> dict[Column, str]:
    moments = {
        Column.OCCURRED: one.occurred_at, Column.SIGNAL: one.first_signal_at, Column.DETECTED: one.detected_at,
        Column.AWARE: one.aware_at, Column.LOGGED: one.logged_at, Column.CONTAINED: one.contained_at, Column.CLOSED: one.closed_at,
    }
    return {name: written(at, one.zone) for name, at in moments.items()} | {
        Column.SOURCE: one.aware_source, Column.GAP: one.gap_reason, Column.CLOSING: "\n".join(filter(None, [one.close_reason, one.closed_over])),
    }


def _truth(value: bool | None) -> str:
    return {True: "yes", False: "no", None: "not known"}[value]


def _facts(one: Entry) -> dict[Column, str]:
    return {
        Column.FACTS: one.facts, Column.CAUSE: one.cause, Column.SYSTEMS: one.systems, Column.PROCESSORS: "; ".join(one.processors),
        Column.CONFIDENTIALITY: _truth(one.confidentiality), Column.INTEGRITY: _truth(one.integrity),
        Column.AVAILABILITY: _truth(one.availability), Column.PEOPLE: one.people.words(), Column.RECORDS: one.records.words(),
        Column.CATEGORIES: "; ".join(one.categories), Column.COUNTRIES: "; ".join(one.countries), Column.EFFECTS: one.effects,
        Column.SEVERITY: one.level.replace("_", " ").capitalize() or "to assess", Column.SCORE: one.score, Column.METHOD: one.method,
        Column.BEFORE: one.before, Column.TAKEN: one.taken, Column.PLANNED: one.planned,
        Column.ACTIONS: "\n".join(f"{what} ({state.replace('_', ' ')})" for what, state in one.actions),
    }


def _told(one: Entry, now: datetime, written: Written) -> dict[Column, str]:
    authority, people = _judged(one.authority, one.zone, written), _judged(one.tell_people, one.zone, written)
    return {
        Column.AUTHORITY_DECISION: authority[0], Column.AUTHORITY_REASON: authority[1], Column.AUTHORITY_BY: authority[2],
        Column.PEOPLE_DECISION: people[0], Column.PEOPLE_REASON: people[1], Column.PEOPLE_BY: people[2],
        Column.TIMELINESS: _timeliness(one, now),
        Column.SUBMISSIONS: "\n".join(_duty(duty, one.zone, now, written) for duty in one.duties),
        Column.TOLD: "\n".join((*(_sent(sent, one.zone, written) for sent in one.sent),
                               *(public.words(lambda at: written(at, one.zone)) for public in one.published))) or "nobody by a notice of ours",
        Column.GAPS: "\n".join(entry_gaps(one, now)),
    }


def _judged(said: Judged | None, zone: str, written: Written) -> tuple[str, str, str]:
    if said is None:
        return NOT_DECIDED, "", ""
    reason = " ".join(filter(None, [said.reason, said.ground])) or NO_REASON
    return said.outcome.replace("_", " "), reason, ", ".join(filter(None, [said.who, written(said.at, zone), said.second]))


def _hours(seconds: int) -> str:
    minutes = seconds // 60
    return f"{minutes // 60} h {minutes % 60:02} min"


def _timeliness(one: Entry, now: datetime) -> str:
    """Say of every authority whether it was told in time; on time where all were, and a law named the time."""
    duties = [duty for duty in one.duties if duty.recipient_type == "authority"]
    late = [f"late by {_hours(duty.late_by_seconds or 0)}: {_named(one, duty)}" for duty in duties if duty.late]
    overdue = [f"overdue: {_named(one, duty)}" for duty in duties if duty.overdue(now)]
    if late or overdue:
        return "\n".join(late + overdue)
    told = [duty for duty in duties if duty.told_at is not None]
    if told:
        undated = "told, no date in law" if any(duty.undated == NO_DATE for duty in told) else "told, its clock had not begun"
        return "on time" if any(duty.due_at is not None for duty in told) else undated
    if any(duty.state in ("undecided", "owed") for duty in duties):
        return "not told yet, not late"
    return "not told" if duties else "no authority to tell"


def _named(one: Entry, duty: Notified) -> str:
    """Return who is owed a duty; where they are owed several, also which."""
    several = sum(other.recipient == duty.recipient for other in one.duties) > 1
    return f"{duty.recipient}, {duty.provision}" if several else duty.recipient


def _duty(duty: Notified, zone: str, now: datetime, written: Written) -> str:
    parts = [] if duty.told_at is not None else [state_words(duty.state)]
    parts.append(f"due {written(duty.due_at, zone)}" if duty.due_at is not None else duty.undated)
    if duty.told_at is not None:
        parts.append(f"told {written(duty.told_at, zone)}{' in public' if duty.public else ''}, reference {duty.reference or 'none recorded'}")
        parts += [f"late by {_hours(duty.late_by_seconds or 0)}"] if duty.late else ["on time"] if duty.due_at else []
    if duty.again:
        parts.append(f"to decide again: {duty.again}")
    if duty.public_reason:
        parts.append(f"not one by one, because: {duty.public_reason}")
    if duty.late or duty.overdue(now):
        parts.append(f"late: {duty.late_reason or NO_REASON}")
    elif duty.state == "excused":
        parts.append(duty.reason or NO_REASON)
    return f"{duty.recipient} ({duty.provision}): {', '.join(parts)}"


def _sent(one: Sent, zone: str, written: Written) -> str:
    return (f"notice {one.number}, {written(one.at, zone)}: {grouped(one.told)} of {grouped(one.listed)} told, {grouped(one.failed)} not reached,"
            f" {grouped(one.uncertain)} uncertain")


def entry_gaps(entry: Entry, now: datetime) -> tuple[str, ...]:
    """Return what Art 33(5) asks for and nobody recorded, each in words."""
    return (*_missing(entry), *_undecided(entry), *_late_gaps(entry, now))


def _missing(one: Entry) -> Iterator[str]:
    absent = {
        "facts": one.facts, "effects": one.effects, "remedial action": one.taken or one.planned or one.actions, "cause": one.cause,
        "system": one.systems or one.processors, "severity": one.level, "kind of data": one.categories, "country": one.countries,
    }
    yield from (f"No {what} recorded" for what, there in absent.items() if not there)
    if one.people.certainty.value == "unknown":
        yield "Number of people not known"
    if all(value is None for value in (one.confidentiality, one.integrity, one.availability)):
        yield "Not said whether confidentiality, integrity or availability was broken"
    if any(LEFT_OUT in without_addresses(text) for text in (one.title, one.facts, one.effects, one.cause, one.taken, one.planned)):
        yield "A contact stands in the text of the case; it is left out here, take it out there"


def _undecided(one: Entry) -> Iterator[str]:
    if one.people_data == "no":
        return
    for party, said in (("authority", one.authority), ("people", one.tell_people)):
        if said is None and not _is_others_to_decide(one, party):
            yield f"Nobody decided whether the {'people are' if party == 'people' else 'authority is'} told"
        elif said is not None and not (said.reason or said.ground):
            yield f"No reason recorded for the decision about the {party}"


def _is_others_to_decide(one: Entry, party: str) -> bool:
    """Whether the controllers decide it: a processor tells them (Art 33(2)) and nobody else, unless another law binds it."""
    to = {"authority": "authority", "people": "data_subjects"}[party]
    return one.role == ControllerRole.PROCESSOR and not any(
        duty.recipient_type == to and duty.state in ("undecided", "owed") for duty in one.duties)


def _late_gaps(one: Entry, now: datetime) -> Iterator[str]:
    for duty in one.duties:
        if duty.again:
            yield f"Nobody decided again whether people are told: {_named(one, duty)}"
        if duty.overdue(now):
            yield f"Overdue and not told, no reason recorded: {_named(one, duty)}"
        elif duty.late and not duty.late_reason:
            yield f"Late, no reason recorded: {_named(one, duty)}"
        elif duty.state == "excused" and not duty.reason:
            yield f"Not told, no reason recorded: {_named(one, duty)}"
        elif duty.told_at is not None and not duty.reference:
            yield f"Told, no receipt recorded: {_named(one, duty)}"
