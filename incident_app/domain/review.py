"""The review of a case writes itself: its timeline with long silences, hours, deadlines, reach, decisions, actions.

The figures are of what the register writes down about the case (:class:`incident_app.domain.register.Entry`), so that both
say the same. GDPR Art 33(5): facts, effects and remedial action are documented; Art 24 and 32(1)(d): measures are judged.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from incident_app.domain.notices.counting import by_list
from incident_app.domain.numbers import grouped
from incident_app.domain.register import Entry, Notified

LONG_SILENCE = timedelta(hours=24)
"""For longer than this nobody is to be seen doing nothing about a breach without it being named."""
LONGEST_WORDS = 20_000
SIGNERS = 2
OPEN = "open"
_OWED = frozenset({"undecided", "owed"})
KEY = frozenset({
    "case.filed", "case.awareness_changed", "risk.assessed", "risk.decided", "risk.confirmed", "filing.submitted",
    "notice.approved", "notice.launched", "notice.finished", "public.approved", "public.withdrawn", "obligation.discharged",
    "obligation.reopened", "obligation.asked_again", "obligation.stays_done", "obligation.stays_told", "notice.text_withdrawn", "notice.text_upheld",
    "case.closed", "case.reopened",
})
"""What is a step of the story; everything people did besides only breaks a silence."""
_TEXTS = frozenset({"notice.text_withdrawn", "notice.text_upheld"})
_PUBLIC = frozenset({"public.withdrawn", "obligation.reopened", "obligation.stays_done"})
_STILL = frozenset({"review", "report", "bundle", "audit", "account"})
_LOOKING = ("read", "verified", "exported", "looked", "opened")


@dataclass(frozen=True, slots=True)
class Act:
    """One entry of the record: what was done (``door.verb``), in words, by whom; ``human``: not by the app itself."""

    at: datetime
    action: str
    words: str
    who: str
    human: bool

    @property
    def is_work(self) -> bool:
        """Whether it is work on the case, not reading, printing, signing or closing."""
        door, _, verb = self.action.partition(".")
        return door not in _STILL and not verb.startswith(_LOOKING) and not self.action.startswith(("case.clos", "case.reopen"))


@dataclass(frozen=True, slots=True)
class Before:
    """How the story was told once: which acts were no steps of it yet, whether a public notice was called by its number, and
    whether of several notices to one list only the one that reached most counted (``by_list``)."""

    no_steps: frozenset[str] = frozenset()
    numbered: bool = True
    by_list: bool = True


AS_NOW = Before()
BEFORE = (Before(by_list=False), Before(_TEXTS, by_list=False), Before(_TEXTS | _PUBLIC, numbered=False, by_list=False))
"""Before whoever got two notices was one person; before withdrawn texts were steps; and before that public notices that were taken away, and what was decided then."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the story."""

    at: datetime
    words: str
    who: str = ""


@dataclass(frozen=True, slots=True)
class Silence:
    """How long nobody did anything: from the last thing done to the next."""

    since: datetime
    until: datetime
    hours: float


@dataclass(frozen=True, slots=True)
class Hours:
    """Hours with one decimal; ``None`` where one of the two moments is not known or has not come."""

    signal_to_awareness: float | None
    awareness_to_filing: float | None
    awareness_to_first_told: float | None
    awareness_to_last_told: float | None


@dataclass(frozen=True, slots=True)
class Deadline:
    """One duty: ``outcome`` is kept | missed | told | open | excused; ``reason`` why it was late or not owed.

    ``undated``: what is said in the place of a date where there is none; ``""`` where there is one.
    """

    recipient: str
    recipient_type: str
    provision: str
    outcome: str
    due_at: datetime | None
    told_at: datetime | None
    hours: float | None
    late_by_seconds: int
    reason: str
    undated: str = ""


@dataclass(frozen=True, slots=True)
class Reach:
    """People on the lists of what was sent = told + failed + uncertain + none (it waits, or was stopped).

    ``reached``: a receipt came; part of told.
    """

    listed: int
    told: int
    reached: int
    failed: int
    uncertain: int
    none: int

    @property
    def missing(self) -> int:
        """How many have no outcome that is counted; a sum that does not add up is shown as one."""
        return self.listed - self.told - self.failed - self.uncertain - self.none


@dataclass(frozen=True, slots=True)
class Differed:
    """A decision that is not what the score proposed, with its reason, who took it and how it stands."""

    subject: str
    outcome: str
    proposed: str
    reason: str
    who: str
    standing: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Told:
    """When the first and the last person was told by what was sent, to the minute; how many receipts came; how many people
    nothing was sent to."""

    first_at: datetime | None = None
    last_at: datetime | None = None
    reached: int = 0
    none: int = 0


@dataclass(frozen=True, slots=True)
class Controllers:
    """The controllers of a case in which data are processed for others, as a review has them: how many a notice went to, how
    many were told and have acknowledged it, and hours from awareness to the first and the last one told."""

    listed: int
    told: int
    acknowledged: int
    awareness_to_first_told: float | None
    awareness_to_last_told: float | None


@dataclass(frozen=True, slots=True)
class ToldControllers:
    """The same with moments, to the minute, of what was sent to them."""

    listed: int = 0
    told: int = 0
    acknowledged: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Review:
    """What the record says of a case, once it is over. ``actions`` is how many there are by state; ``controllers`` is ``None``
    where the data are our own."""

    ref: str
    aware_at: datetime
    steps: tuple[Step, ...]
    silences: tuple[Silence, ...]
    hours: Hours
    deadlines: tuple[Deadline, ...]
    reach: Reach
    differed: tuple[Differed, ...]
    actions: Mapping[str, int]
    open_actions: tuple[str, ...]
    people: str
    controllers: Controllers | None = None

    def counted(self, outcome: str) -> int:
        """Return how many duties ended so."""
        return sum(one.outcome == outcome for one in self.deadlines)

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON: moments in UTC. What is said in the place of a date stands only where there is none."""
        plain = _plain(asdict(self))
        deadlines = [{name: value for name, value in one.items() if name != "undated" or value} for one in plain["deadlines"]]
        found = {**plain, "deadlines": deadlines, "reach": {**asdict(self.reach), "missing": self.reach.missing}}
        if self.controllers is None:  # not written: what was signed before there was such a part keeps its hash
            del found["controllers"]
        return found


def as_before(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts as they were written before a duty without a date said why: what was signed then stays signed."""
    return {**facts, "deadlines": [{name: value for name, value in one.items() if name != "undated"} for one in facts["deadlines"]]}


def dated(deadline: Mapping[str, Any]) -> str:
    """Return the words in the place of a date that is not there; of facts signed before they said why, only that."""
    return str(deadline.get("undated") or "no date")


def _plain(value: Any) -> Any:
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat()
        case dict():
            return {name: _plain(one) for name, one in value.items()}
        case list() | tuple():
            return [_plain(one) for one in value]
        case _:
            return value


def hours_between(since: datetime | None, until: datetime | None) -> float | None:
    """Return hours with one decimal, ``None`` where a moment is missing. Every page and paper counts by this."""
    if since is None or until is None:
        return None
    return round((until - since).total_seconds() / 3600, 1)


def written(
    entry: Entry, acts: Sequence[Act], told: Told, differed: Iterable[Differed], controllers: ToldControllers | None = None,
    no_steps: Collection[Act] = (), *, every: bool = False,
) -> Review:
    """Return the review of a case from what the register writes down and what the record says was done.

    ``controllers``: what was sent to those whose data we process, ``None`` where the data are our own. ``no_steps``: acts that
    are left out of the story, as they were when it was signed. ``every``: whoever got several notices to one list counts
    several times, as then.
    """
    sent = entry.sent if every else by_list(entry.sent, lambda one: one.list_id, lambda one: one.told)
    deadlines = tuple(_deadline(one, entry.aware_at) for one in entry.duties)
    filed = [one.told_at for one in deadlines if one.recipient_type == "authority" and one.told_at is not None]
    people = [one.told_at for one in deadlines if one.recipient_type == "data_subjects" and one.told_at is not None]
    first = told.first_at or min(people, default=None)
    last = told.last_at or max(people, default=None)
    signal = min((at for at in (entry.first_signal_at, entry.detected_at) if at is not None), default=None)
    states = [state for _, state in entry.actions]
    return Review(
        ref=entry.ref, aware_at=entry.aware_at, steps=_steps(entry, [one for one in acts if one not in no_steps], told, controllers), silences=_silences(entry, acts),
        hours=Hours(hours_between(signal, entry.aware_at), hours_between(entry.aware_at, min(filed, default=None)),
                    hours_between(entry.aware_at, first), hours_between(entry.aware_at, last)),
        deadlines=deadlines, differed=tuple(differed), people=entry.people.words(),
        reach=Reach(sum(one.listed for one in sent), sum(one.told for one in sent), told.reached,
                    sum(one.failed for one in sent), sum(one.uncertain for one in sent), told.none),
        actions={state: states.count(state) for state in sorted(set(states))},
        open_actions=tuple(what for what, state in entry.actions if state == OPEN),
        controllers=_controllers(controllers, entry.aware_at, deadlines) if controllers is not None else None,
    )


def _controllers(found: ToldControllers, aware_at: datetime, deadlines: Sequence[Deadline]) -> Controllers:
    by_hand = [one.told_at for one in deadlines if one.recipient_type == "controller" and one.told_at is not None]
    first, last = found.first_at or min(by_hand, default=None), found.last_at or max(by_hand, default=None)
    return Controllers(found.listed, found.told, found.acknowledged, hours_between(aware_at, first), hours_between(aware_at, last))


def _deadline(duty: Notified, aware_at: datetime) -> Deadline:
    late = max(duty.late_by_seconds or 0, 0) if duty.told_at is not None else 0
    if duty.told_at is not None:
        outcome = "missed" if late else "kept" if duty.due_at is not None else "told"
    else:
        outcome = OPEN if duty.state in _OWED else duty.state
    return Deadline(
        recipient=duty.recipient, recipient_type=duty.recipient_type, provision=duty.provision, outcome=outcome, due_at=duty.due_at,
        told_at=duty.told_at, hours=hours_between(aware_at, duty.told_at), late_by_seconds=late,
        reason=duty.late_reason if late else "" if duty.told_at is not None else duty.reason,
        undated=duty.undated if duty.due_at is None else "",
    )


def _moments(entry: Entry) -> list[Step]:
    known = (
        ("It happened", entry.occurred_at), ("First hint", entry.first_signal_at), ("Detected", entry.detected_at),
        ("Aware", entry.aware_at), ("Contained", entry.contained_at),
    )
    return [Step(at, words) for words, at in known if at is not None]


def _steps(entry: Entry, acts: Sequence[Act], told: Told, controllers: ToldControllers | None) -> tuple[Step, ...]:
    them = controllers or ToldControllers()
    sent = (("The first person was told", told.first_at), ("The last person was told", told.last_at),
            ("The first controller was told", them.first_at), ("The last controller was told", them.last_at))
    found = [Step(one.at, one.words, one.who) for one in acts if one.action in KEY and one.is_work]
    found += [*_moments(entry), *(Step(at, words) for words, at in sent if at is not None)]
    return tuple(sorted(found, key=lambda one: one.at))


def _silences(entry: Entry, acts: Sequence[Act]) -> tuple[Silence, ...]:
    """Return where nobody did anything for long, from the first sign of the breach to the last thing done."""
    since = [at for at in (entry.first_signal_at, entry.detected_at, entry.aware_at, entry.contained_at) if at is not None]
    seen = sorted({*since, *(one.at for one in acts if one.human and one.is_work)})
    return tuple(
        Silence(before, after, round((after - before).total_seconds() / 3600, 1))
        for before, after in pairwise(seen) if after - before >= LONG_SILENCE
    )


def content_of(facts: Mapping[str, Any], judgement: str, to_change: str) -> bytes:
    """Return exactly what is signed: the facts as JSON and the words."""
    plain = json.dumps({"facts": facts, "judgement": judgement, "to_change": to_change}, ensure_ascii=False, sort_keys=True,
                       separators=(",", ":"))
    return plain.encode(errors="surrogatepass")


def hash_of(facts: Mapping[str, Any], judgement: str, to_change: str) -> str:
    """Return the SHA-256 of a review. Whoever signs binds exactly this."""
    return hashlib.sha256(content_of(facts, judgement, to_change)).hexdigest()


def check_words(judgement: str, to_change: str) -> dict[str, str]:
    """Return field → words for what is wrong with what people add."""
    problems = {}
    for name, text, missing in (
        ("judgement", judgement, "Say how you judge what was done, in a sentence or more."),
        ("to_change", to_change, "Say what should change, or that nothing has to, and why."),
    ):
        if not text.strip():
            problems[name] = missing
        elif len(text) > LONGEST_WORDS:
            problems[name] = f"At most {grouped(LONGEST_WORDS)} characters."
    return problems


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature that stands: by which person, and whether they close cases."""

    person: int
    decides: bool


def why_not_sign(person: int, decides: bool, written_down: bool, standing: Sequence[Signed]) -> str | None:
    """Return why this person cannot sign now, or ``None``. Two different persons sign, one of them an approver."""
    if not written_down:
        return "Nobody has written yet how it is judged and what should change."
    if any(one.person == person for one in standing):
        return "You signed it. A second person signs it too."
    if len(standing) >= SIGNERS:
        return "Two people signed it."
    if standing and not decides and not any(one.decides for one in standing):
        return "One of the two has to be an approver. Somebody who works on cases signed already."
    return None
