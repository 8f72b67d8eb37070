"""Look at a send: the sum, the reasons, how far each group is. Counters only: nobody's row is read here."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from incident_app.domain import deliveries as rules
from incident_app.domain.accounts import Actor
from incident_app.domain.deliveries import DeliveryState, Sum
from incident_app.domain.notices import NoticeState, language_for
from incident_app.models.cases import Case
from incident_app.models.deliveries import Chunk, Delivery, Pulse, Tally, open_chunks
from incident_app.models.notices import Notice
from incident_app.models.recipients import PartRow, RecipientList, parts_of
from incident_app.services import scope
from incident_app.services.deliveries.addressing import Addressing
from incident_app.services.deliveries.counting import sum_of
from incident_app.services.deliveries.lasting import rest_of
from incident_app.services.deliveries.launching import first_channels
from incident_app.services.notices.looking import get, languages_of

MOST_BARS = 60
MOST_REASONS = 12


@dataclass(frozen=True, slots=True)
class Share:
    """How many of a group (a channel, a language) were reached."""

    name: str
    accepted: int
    total: int

    @property
    def percent(self) -> float:
        """Share reached, in percent with one decimal."""
        return self.accepted * 1000 // self.total / 10 if self.total else 0.0


@dataclass(frozen=True, slots=True)
class Progress:
    """A send as it stands at ``now``. ``reasons`` are of people not reached, most frequent first.

    ``letters``: how many of those who wait can only be written to by post, which people do: ``seconds_left`` says nothing of
    them. ``waits_until``: until when somebody waits for their turn, for another try or for their next channel, where that is
    what takes longest, or until when a provider's wish holds a channel. ``holds`` says which and until when,
    ``taken_over_at`` when others take over from a worker who does not answer.
    """

    notice_id: int
    state: str
    state_reason: str
    sum: Sum
    now: datetime
    launched_at: datetime | None
    finished_at: datetime | None
    last_result_at: datetime | None
    resent: int
    seconds_left: int | None = None
    waits_until: datetime | None = None
    holds: tuple[tuple[str, datetime], ...] = ()
    taken_over_at: datetime | None = None
    letters: int = 0
    delivered: int = 0
    undecided: int = 0
    reasons: tuple[tuple[str, int], ...] = ()
    by_channel: tuple[Share, ...] = ()
    by_language: tuple[Share, ...] = ()
    by_country: tuple[Share, ...] = ()
    over_time: tuple[tuple[datetime, int], ...] = ()

    @property
    def total(self) -> int:
        """How many people are in the approved list."""
        return self.sum.total

    @property
    def accepted(self) -> int:
        """How many people's message a provider took."""
        return self.sum.accepted

    @property
    def posted(self) -> int:
        """For how many of the accepted people here said that a letter went to the post: no provider said anything."""
        return sum(share.accepted for share in self.by_channel if share.name in rules.BY_HAND)

    @property
    def failed(self) -> int:
        """How many people were not reached on any channel."""
        return self.sum.failed

    @property
    def uncertain(self) -> int:
        """How many people may or may not have got it."""
        return self.sum.uncertain

    @property
    def waiting(self) -> int:
        """How many people's turn is still to come."""
        return self.sum.waiting

    @property
    def cancelled(self) -> int:
        """How many people were not written to because somebody stopped it."""
        return self.sum.cancelled

    @property
    def adds_up(self) -> bool:
        """Whether nobody is unaccounted for."""
        return self.sum.adds_up

    @property
    def percent(self) -> float:
        """Share of people whose message was taken."""
        return self.sum.percent


def _shares(counts: dict[str, list[int]]) -> tuple[Share, ...]:
    return tuple(Share(name, accepted, total) for name, (accepted, total) in sorted(
        counts.items(), key=lambda item: (-item[1][1], item[0])))


def _tallies(session: Session, notice: Notice) -> list[Tally]:
    return list(session.scalars(select(Tally).where(Tally.notice_id == notice.id, Tally.count != 0)))


def without_row_yet(session: Session, notice_id: int) -> dict[str, int]:
    """Return about how many people of each channel have no row yet, by the chunks that are not done."""
    waiting: dict[str, int] = {}
    for chunk in session.execute(open_chunks(notice_id).with_only_columns(
            Chunk.channel, Chunk.first, Chunk.last, Chunk.done_to, Chunk.people_count)):
        part = (chunk.last - chunk.done_to) / (chunk.last - chunk.first + 1)
        waiting[chunk.channel] = waiting.get(chunk.channel, 0) + round(chunk.people_count * part)
    return waiting


def _waiting(session: Session, notice: Notice, tallies: list[Tally]) -> dict[str, int]:
    """Return how many wait on each channel; whoever is not even cut into chunks waits as the others do."""
    waiting = without_row_yet(session, notice.id)
    for one in tallies:
        if one.state == "waiting":
            waiting[one.channel] = waiting.get(one.channel, 0) + one.count
    uncut = (notice.list_count or 0) - notice.cut_to if notice.state != NoticeState.CANCELLED else 0
    if uncut > 0:
        counts = session.scalars(parts_of(notice.list_id).where(PartRow.first > notice.cut_to)).all()
        addressing = Addressing(notice)
        for part in counts:
            for channel, count in first_channels(part, addressing).items():
                waiting[channel] = waiting.get(channel, 0) + count
    return {channel: count for channel, count in waiting.items() if count}


def _groups(
    notice: Notice, people: RecipientList, written: dict[str, int], tallies: list[Tally], waiting: dict[str, int]
) -> tuple[tuple[Share, ...], tuple[Share, ...], tuple[Share, ...]]:
    channels = {channel: [0, count] for channel, count in waiting.items()}
    languages = {language: [0, count] for language, count in written.items() if count}
    countries: dict[str, list[int]] = {}
    for place, count in people.countries.items():
        countries.setdefault(_country(place), [0, 0])[1] += count
    for one in tallies:
        if one.state not in rules.STATES or one.state == DeliveryState.RESENT:
            continue
        taken = one.count if one.state == DeliveryState.ACCEPTED else 0
        pair = channels.setdefault(one.channel, [0, 0])
        pair[0] += taken
        pair[1] += one.count if one.state != "waiting" else 0
        languages.setdefault(_written(notice, one), [0, 0])[0] += taken
        countries.setdefault(_country(one.country), [0, 0])[0] += taken
    return _shares(channels), _shares(languages), _shares(countries)


def _written(notice: Notice, one: Tally) -> str:
    """Return the text that these people are written to in: those for a country stand apart from those of its language."""
    return language_for(one.language, tuple(notice.texts), notice.fallback_language, one.country)


def _country(place: str) -> str:
    return place.partition("-")[0]


def _reasons(tallies: list[Tally]) -> tuple[tuple[str, int], ...]:
    counts: dict[str, int] = {}
    for one in tallies:
        if one.state == DeliveryState.FAILED:
            counts[one.cause] = counts.get(one.cause, 0) + one.count
    return tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:MOST_REASONS])


def _undecided(session: Session, notice: Notice, *, glance: bool) -> int:
    """Count the uncertain nobody decided about; at a ``glance`` one stands for all."""
    theirs = select(Delivery.id).where(
        Delivery.notice_id == notice.id, and_(Delivery.is_current), Delivery.state == DeliveryState.UNCERTAIN.value,
        Delivery.state != DeliveryState.ACCEPTED.value, Delivery.decided_at.is_(None))
    some = theirs.limit(1) if glance else theirs
    return session.scalar(select(func.count()).select_from(some.subquery())) or 0


def overview(
    session: Session, notice_id: int, *, now: datetime, brief: bool = False, rates: Mapping[str, float] | None = None,
    holds: Mapping[str, float] | None = None, glance: bool = False,
) -> Progress:
    """Return a send as it stands, by its counters: it costs the same for ten people and for ten million.

    ``brief`` leaves the groups and reasons out (for polling). ``rates`` are messages a second of channels with a limit;
    the others are taken to go on as fast as in the last minutes. ``holds`` are seconds for which nothing leaves on a
    channel. At a ``glance`` it is not counted how many are ``undecided``, only whether anybody is.
    """
    notice = get(session, notice_id)
    if brief or notice.launched_at is None:
        return _progress(notice, sum_of(notice), now)
    tallies = _tallies(session, notice)
    waiting = _waiting(session, notice, tallies)
    people = session.get_one(RecipientList, notice.list_id)
    by_channel, by_language, by_country = _groups(notice, people, languages_of(session, notice), tallies, waiting)
    rest = rest_of(session, notice, waiting, now, rates=rates or {}, holds=holds or {})
    return replace(
        _progress(notice, sum_of(notice), now), seconds_left=rest.seconds, waits_until=rest.until,
        holds=rest.holds, taken_over_at=rest.taken_over_at,
        letters=sum(count for channel, count in waiting.items() if channel in rules.BY_HAND),
        undecided=_undecided(session, notice, glance=glance) if notice.uncertain_count else 0,
        delivered=sum(one.count for one in tallies if one.state == "delivered"), reasons=_reasons(tallies),
        by_channel=by_channel, by_language=by_language, by_country=by_country, over_time=_over_time(session, notice.id),
    )


def _over_time(session: Session, notice_id: int) -> tuple[tuple[datetime, int], ...]:
    """Return how many were taken in each of at most ``MOST_BARS`` equal stretches since the first."""
    rows = session.execute(select(Pulse.minute, Pulse.count).where(Pulse.notice_id == notice_id)
                           .order_by(Pulse.minute)).all()
    if not rows:
        return ()
    first = rows[0].minute
    minutes = int((rows[-1].minute - first).total_seconds() // 60) + 1
    width = -(-minutes // MOST_BARS)
    bars = [0] * -(-minutes // width)
    for minute, count in rows:
        bars[int((minute - first).total_seconds() // 60) // width] += count
    return tuple((first + timedelta(minutes=width * place), count) for place, count in enumerate(bars))


def under_way(session: Session, *, by: Actor, now: datetime) -> list[tuple[str, Notice, Progress]]:
    """Return (case number, notice, progress) of the sends in cases within scope that are not over, the first begun first."""
    going = [NoticeState.SENDING.value, NoticeState.PAUSED.value, NoticeState.HELD.value]
    question = select(Case.ref, Notice).join(Case, Case.id == Notice.case_id).where(
        Notice.state.in_(going), scope.visible_to(by))
    return [(ref, notice, overview(session, notice.id, now=now, brief=True))
            for ref, notice in session.execute(question.order_by(Notice.launched_at, Notice.id))]


def _progress(notice: Notice, total: Sum, now: datetime) -> Progress:
    return Progress(
        notice.id, notice.state, notice.state_reason, total, now, notice.launched_at, notice.finished_at,
        notice.last_result_at, notice.resent_count,
    )
