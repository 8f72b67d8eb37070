"""The figures of one year: how many breaches of what, how fast authorities were told, how many people were reached.

A year is one of awareness, on the calendar of each case. What has no data is ``None``, and shown as “—”: it is not zero.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from incident_app.domain.cases import Certainty, Count
from incident_app.domain.notices.counting import by_list
from incident_app.domain.numbers import grouped
from incident_app.domain.pictures import Dot, Picture, bars, dots
from incident_app.domain.remediation import Works

NONE = "—"
WHO = {"authority": "Authorities", "data_subjects": "People"}
OTHERS = "Others"
HOUR = 3600
DAY = timedelta(days=1)
PRACTISED = timedelta(days=365)
"""A team proves that it practises by its drills of the last 12 months, whatever year is looked at."""
UNKNOWN = Count.unknown()
NO_CAUSE = "Not found out yet"
NOT_LOOKED_AT = "Not looked at yet"
EFFECTS = {Works.WORKS: "Works", Works.PARTLY: "Works partly", Works.NOT: "Does not work"}


def percent_of(part: int, whole: int) -> int:
    """Return a share in per cent; less than all is never rounded up to all, more than none never down to none."""
    percent = round(100 * part / whole)
    return min(max(percent, int(part > 0)), 100 - int(part < whole))


@dataclass(frozen=True, slots=True)
class Breach:
    """One breach, as far as a year counts it. ``cause`` is empty while nobody wrote one down; ``systems`` by their names."""

    id: int
    ref: str
    kind: str
    aware_at: datetime
    zone: str
    data: tuple[str, ...] = ()
    people: Count = UNKNOWN
    cause: str = ""
    systems: tuple[str, ...] = ()

    @property
    def year(self) -> int:
        """The year of awareness on its own calendar, which lies less than a day from any other."""
        if (self.aware_at - DAY).year == (self.aware_at + DAY).year:
            return self.aware_at.year
        return self.aware_at.astimezone(ZoneInfo(self.zone)).year


@dataclass(frozen=True, slots=True)
class Practice:
    """How many drills were logged within ``PRACTISED``, and when the last one was; ``None``: none was."""

    count: int
    last_at: datetime | None

    def words(self, zone: str) -> str:
        """Say it in words, such as "2, last on 24 Nov 2026"."""
        if self.last_at is None:
            return "none"
        last = self.last_at.astimezone(ZoneInfo(zone))
        return f"{grouped(self.count)}, last on {last.day} {last:%b %Y}"


@dataclass(frozen=True, slots=True)
class Deed:
    """Things to remove a cause or keep it from coming back, done or not; ``works`` is what the last look found, if any."""

    done: bool
    works: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class Duty:
    """One duty to tell somebody that stands: ``law`` is regime and provision, ``done_at`` when it was discharged."""

    case_id: int
    law: str
    recipient_type: str
    due_at: datetime | None
    done_at: datetime | None
    how: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """One notice that was sent: to how many of which list, and how many were reached."""

    case_id: int
    list_id: int
    total: int
    reached: int


@dataclass(frozen=True, slots=True)
class Filing:
    """How long an authority waited: hours since awareness, the term in hours, and by how many hours it was late.

    ``term_hours`` is ``None`` where the law names no date: then nothing was late.
    """

    ref: str
    law: str
    hours: float
    term_hours: float | None
    late_hours: float

    @property
    def late(self) -> bool:
        """Whether it came after its term."""
        return self.late_hours > 0


@dataclass(frozen=True, slots=True)
class Share:
    """Of the duties with a date to one kind of recipient: done in time, done late, and not done though their time is over."""

    who: str
    on_time: int
    late: int
    missed: int

    @property
    def percent(self) -> int | None:
        """The share done in time of all whose time is over or that are done; ``None`` where there is none."""
        all_of_them = self.on_time + self.late + self.missed
        return percent_of(self.on_time, all_of_them) if all_of_them else None


@dataclass(frozen=True, slots=True)
class People:
    """How many people are affected, at least and at most; in ``unknown`` breaches nobody knows, and in ``known`` somebody does."""

    low: int
    high: int
    known: int
    unknown: int
    estimated: bool

    def words(self) -> str:
        """Return the number as far as it is known: “about 12,000, and in 1 breach not known”."""
        if not self.known:
            return NONE
        number = f"{grouped(self.low)}" if self.low == self.high else f"{grouped(self.low)} to {grouped(self.high)}"
        about = "about " if self.estimated else ""
        rest = f", and in {grouped(self.unknown)} {'breach' if self.unknown == 1 else 'breaches'} not known" if self.unknown else ""
        return f"{about}{number}{rest}"


@dataclass(frozen=True, slots=True)
class Year:
    """One year. ``told`` and ``reached`` are ``None`` where nothing was sent; ``public``: breaches told of in public.

    ``effects``: of the actions done to remedy and prevent, how many were found to work; empty where none was done.
    """

    year: int
    breach_count: int
    by_kind: tuple[tuple[str, int], ...]
    by_data: tuple[tuple[str, int], ...]
    by_cause: tuple[tuple[str, int], ...]
    by_system: tuple[tuple[str, int], ...]
    effects: tuple[tuple[str, int], ...]
    filings: tuple[Filing, ...]
    shares: tuple[Share, ...]
    people: People
    told: int | None
    reached: int | None
    public: int

    @property
    def reached_percent(self) -> int | None:
        """The share of those written to who were reached."""
        return percent_of(self.reached, self.told) if self.told and self.reached is not None else None

    def named(self, kinds: Mapping[str, str], data: Mapping[str, str], causes: Mapping[str, str]) -> "Year":
        """Return it with the kinds of breach and of data, and the causes, in words."""
        return replace(self, by_kind=_named(self.by_kind, kinds), by_data=_named(self.by_data, data),
                       by_cause=_named(self.by_cause, {"": NO_CAUSE, **causes}))

    def pictures(self) -> dict[str, Picture | None]:
        """Return each picture by its name; ``None`` where there is nothing to draw."""
        laws = dict.fromkeys(one.law for one in self.filings)
        terms = [(law, [Dot(one.hours, one.term_hours, one.late) for one in self.filings
                        if one.law == law and one.term_hours is not None]) for law in laws]
        reach = [("Written to", self.told or 0), ("Reached", self.reached or 0)]
        return {"kinds": bars("Breaches by kind", self.by_kind), "data": bars("Breaches by kind of data", self.by_data),
                "causes": bars("Breaches by cause", self.by_cause), "systems": bars("Breaches by system", self.by_system),
                "effects": bars("Actions that were to remedy and prevent, by effect", self.effects),
                "hours": dots("Hours from awareness to filing", terms),
                "people": bars("People told", reach) if self.told else None}


@dataclass(frozen=True, slots=True)
class Brief:
    """As much of a year as the first page shows; ``share`` is that of the authorities.

    ``until``: when the next duty to an authority runs out of time, and the share changes though nobody does anything.
    """

    year: int
    breach_count: int
    by_kind: tuple[tuple[str, int], ...]
    filings: tuple[Filing, ...]
    share: Share
    until: datetime | None


def brief(year: int, breaches: Iterable[Breach], duties: Iterable[Duty], *, now: datetime) -> Brief:
    """Count of one year what the first page shows, as ``of_year`` does; ``duties`` are those to authorities."""
    mine = {one.id: one for one in breaches if one.year == year}
    owed = [one for one in duties if one.case_id in mine]
    coming = [one.due_at for one in owed if one.done_at is None and one.due_at is not None and one.due_at >= now]
    return Brief(year, len(mine), _most(one.kind for one in mine.values()), _filings(mine, owed), _shares(owed, now)[0],
                 min(coming, default=None))


def of_year(
    year: int, breaches: Iterable[Breach], duties: Iterable[Duty], sent: Iterable[Sent], deeds: Iterable[Deed], *, now: datetime
) -> Year:
    """Count one year. Drills, duties that do not stand any more, and deeds of other years are left out by the caller."""
    mine = {one.id: one for one in breaches if one.year == year}
    owed = [one for one in duties if one.case_id in mine]
    best = by_list((one for one in sent if one.case_id in mine), lambda one: one.list_id, lambda one: one.reached)
    return Year(
        year, len(mine), _most(one.kind for one in mine.values()),
        _most(name for one in mine.values() for name in dict.fromkeys(one.data)),
        _most(one.cause for one in mine.values()), _most(name for one in mine.values() for name in one.systems),
        _effects(deeds),
        _filings(mine, owed), _shares(owed, now), _people([one.people for one in mine.values()]),
        sum(one.total for one in best) if best else None, sum(one.reached for one in best) if best else None,
        len({one.case_id for one in owed if one.how == "public" and one.done_at is not None}),
    )


def _named(rows: Iterable[tuple[str, int]], words: Mapping[str, str]) -> tuple[tuple[str, int], ...]:
    return tuple((words.get(name, name), count) for name, count in rows)


def _effects(deeds: Iterable[Deed]) -> tuple[tuple[str, int], ...]:
    """Return how many were found to work, from the best to what nobody knows; one that did not work is open again."""
    looked: Counter[str] = Counter()
    unknown = 0
    for one in deeds:
        looked[one.works] += one.count
        unknown += one.count if one.done and not one.works else 0
    found = [(words, looked[name]) for name, words in EFFECTS.items()]
    return (*found, (NOT_LOOKED_AT, unknown)) if unknown or any(count for _, count in found) else ()


def _most(names: Iterable[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(Counter(names).items(), key=lambda one: (-one[1], one[0])))


def _filings(mine: Mapping[int, Breach], owed: Iterable[Duty]) -> tuple[Filing, ...]:
    return tuple(_filing(mine[one.case_id], one, one.done_at) for one in owed
                 if one.recipient_type == "authority" and one.done_at is not None)


def _filing(breach: Breach, duty: Duty, done_at: datetime) -> Filing:
    term = None if duty.due_at is None else _hours(breach.aware_at, duty.due_at)
    late = 0.0 if duty.due_at is None or done_at <= duty.due_at else max(0.1, _hours(duty.due_at, done_at))
    return Filing(breach.ref, duty.law, _hours(breach.aware_at, done_at), term, late)


def _hours(begin: datetime, end: datetime) -> float:
    return round((end - begin).total_seconds() / HOUR, 1)


def _shares(duties: Sequence[Duty], now: datetime) -> tuple[Share, ...]:
    by_who: dict[str, list[tuple[datetime, datetime | None]]] = {who: [] for who in (*WHO.values(), OTHERS)}
    for one in duties:
        if one.due_at is not None:
            by_who[WHO.get(one.recipient_type, OTHERS)].append((one.due_at, one.done_at))
    found = []
    for who, dated in by_who.items():
        done = [done_at <= due_at for due_at, done_at in dated if done_at is not None]
        found.append(Share(who, sum(done), len(done) - sum(done), sum(at is None and due_at < now for due_at, at in dated)))
    return tuple(found)


def _people(counts: Sequence[Count]) -> People:
    known = [(one.low, one.low if one.high is None else one.high) for one in counts if one.low is not None]
    return People(sum(low for low, _ in known), sum(high for _, high in known), len(known), len(counts) - len(known),
                  any(one.certainty is Certainty.ABOUT for one in counts))
