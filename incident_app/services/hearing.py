"""What is said to the on-call bot: kept until it is answered, each update once, our own people before strangers.

One process at a time asks Telegram, for as long as its turn lasts; whoever takes over goes on where it stood.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, delete, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor
from incident_app.domain.staff_bot import TROUBLE_WORDS, Trouble
from incident_app.models.accounts import User
from incident_app.models.audit import Entry
from incident_app.models.hearing import BotStranger, BotTurn, BotUpdate
from incident_app.services import alerts
from incident_app.services.unit import changed, writing

TURN = timedelta(seconds=20)
LONGEST_POLL = timedelta(seconds=13)
ANSWER_LEASE = timedelta(seconds=30)
MOST_TRIES = 5
STRANGERS_AT_ONCE = 3
AT_ONCE = 50
LONGEST_QUEUE = 100
STRANGER_EVERY = timedelta(hours=1)
KEPT = timedelta(days=2)
POSITION_HOLDS = timedelta(days=5)
"""After a week of silence Telegram counts from a new number, which may be lower: our place means nothing then."""
CONFLICT_LASTS = timedelta(minutes=2)
CONFLICT_OVER = timedelta(minutes=4)
"""So long after the first conflict a success ends it; what goes on is met again, and has been told by then."""
WELL_FOR = timedelta(minutes=5)
STOLEN, UNHEARD = "bot_stolen", "bot_unheard"
WELL_AGAIN = {
    STOLEN: "Nobody else uses the on-call bot any more, as far as Telegram shows.",
    UNHEARD: "What on-call people answer is heard again, as far as Telegram shows.",
}
COMMANDS_AGAIN = timedelta(hours=1)
TURN_ID = 1


def _turn(session: Session) -> BotTurn:
    """Return the one row, locked; made by whoever comes first."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    question = select(BotTurn).where(BotTurn.id == TURN_ID).with_for_update().execution_options(populate_existing=True)
    found = session.scalar(question)
    if found is None:
        session.execute(insert(BotTurn).values(
            id=TURN_ID, holder="", position=0, trouble="", commands="").on_conflict_do_nothing())
        found = session.scalars(question).one()
    return found


def take_turn(session: Session, holder: str, *, now: datetime) -> int | None:
    """Return the update to ask for next, if it is this process's turn to ask; ``None`` while another one does."""
    seen = session.get(BotTurn, TURN_ID, populate_existing=True)
    if seen is not None and seen.holder == holder and seen.held_until is not None and seen.held_until - now > LONGEST_POLL:
        return _place(seen, now)
    with writing(session):
        turn = _turn(session)
        if turn.holder != holder and turn.held_until is not None and turn.held_until > now:
            return None
        turn.holder, turn.held_until = holder, now + TURN
        return _place(turn, now)


def _place(turn: BotTurn, now: datetime) -> int:
    fresh = turn.position_at is not None and now - turn.position_at < POSITION_HOLDS
    return turn.position if fresh else 0


@dataclass(frozen=True, slots=True)
class Heard:
    """One update as the entrance read it: ``chat`` whose it is, ``raw`` what it says, ``exempt``: always answered.

    A stranger is answered once an hour, and once more to each ``topic``.
    """

    number: int
    chat: str
    raw: Mapping[str, Any]
    exempt: bool = False
    topic: str = ""


def receive(session: Session, heard: Sequence[Heard], *, now: datetime, upto: int = 0, holder: str | None = None) -> int:
    """Keep what is to be answered; return how many updates that were. Each number counts once, however often it comes.

    A chat that belongs to nobody here is kept once an hour. ``upto`` is the highest number seen, for the ``holder`` of
    the turn to go on from.
    """
    if not heard and upto == 0:
        return 0
    with writing(session):
        if holder is not None and not _move_on(session, holder, upto, now):
            return 0
        session.execute(delete(BotStranger).where(BotStranger.told_at <= now - STRANGER_EVERY))
        known = set(session.scalars(select(User.telegram_chat_id).where(
            User.telegram_chat_id.in_({one.chat for one in heard}), User.active.is_(True))))
        return sum(_keep(session, one, one.chat not in known, now) for one in heard)


def _move_on(session: Session, holder: str, upto: int, now: datetime) -> bool:
    turn = _turn(session)
    if turn.holder != holder:
        return False  # somebody took over: they will be told the same once more
    turn.position, turn.position_at = upto + 1, now
    return True


def _insert(session: Session, table: type[BotUpdate | BotStranger], values: dict[str, Any]) -> bool:
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    key = BotUpdate.update_id if table is BotUpdate else BotStranger.digest
    return session.scalar(insert(table).values(**values).on_conflict_do_nothing().returning(key)) is not None


def _keep(session: Session, one: Heard, stranger: bool, now: datetime) -> bool:
    if session.get(BotUpdate, one.number) is not None:
        return False
    if stranger and not one.exempt:
        if _queue(session) >= LONGEST_QUEUE:
            return False
        digest = hashlib.sha256(f"{one.chat}{one.topic}".encode()).hexdigest()
        if not _insert(session, BotStranger, {"digest": digest, "told_at": now}):
            return False
    return _insert(session, BotUpdate, {
        "update_id": one.number, "raw": dict(one.raw), "stranger": stranger, "seen_at": now, "tries": 0})


def _queue(session: Session) -> int:
    return session.scalar(select(func.count()).where(BotUpdate.done_at.is_(None), BotUpdate.stranger.is_(True))) or 0


def waiting(session: Session, *, now: datetime) -> list[int]:
    """Return the numbers of the updates to be answered now: our own people's in order, then a few of strangers."""
    due = and_(BotUpdate.done_at.is_(None), or_(BotUpdate.lease_until.is_(None), BotUpdate.lease_until <= now))
    found: list[int] = []
    for stranger, most in ((False, AT_ONCE), (True, STRANGERS_AT_ONCE)):
        found += session.scalars(
            select(BotUpdate.update_id).where(due, BotUpdate.stranger.is_(stranger))
            .order_by(BotUpdate.update_id).limit(most))
    session.rollback()
    return found


@dataclass(frozen=True, slots=True)
class Taken:
    """An update to be answered by whoever took it; ``again`` when somebody died over it."""

    number: int
    raw: Mapping[str, Any]
    seen_at: datetime
    again: bool


def take(session: Session, number: int, *, now: datetime) -> Taken | None:
    """Take one update for half a minute; ``None`` where another process has it. After five tries it is given up."""
    with writing(session):
        row = session.get(BotUpdate, number, with_for_update=True, populate_existing=True)
        if row is None or row.done_at is not None or (row.lease_until is not None and row.lease_until > now):
            return None
        if row.tries >= MOST_TRIES:
            row.raw, row.done_at = {}, now
            return None
        row.tries, row.lease_until = row.tries + 1, now + ANSWER_LEASE
        return Taken(number, row.raw, row.seen_at, again=row.tries > 1)


def done(session: Session, number: int, *, now: datetime) -> None:
    """Forget what was said: it is answered. What was answered days ago goes altogether."""
    with writing(session):
        changed(session, update(BotUpdate).where(BotUpdate.update_id == number).values(raw={}, done_at=now))
        session.execute(delete(BotUpdate).where(BotUpdate.done_at <= now - KEPT))


def did(session: Session, action: str, alert_id: int, *, by: Actor, since: datetime) -> bool:
    """Tell by the record whether this person has done this to the alert since then."""
    found = session.scalar(select(Entry.seq).where(
        Entry.action == action, Entry.subject == "alert", Entry.subject_id == str(alert_id), Entry.actor_id == by.id,
        Entry.at >= since).limit(1))
    session.rollback()
    return found is not None


def commands_due(session: Session, commands: str, *, now: datetime) -> bool:
    """Tell whether Telegram is to be told of these commands; asked again an hour later where that did not work."""
    known = session.get(BotTurn, TURN_ID, populate_existing=True)
    if known is not None and known.commands == commands:
        return False
    with writing(session):
        turn = _turn(session)
        if turn.commands == commands or (turn.commands_at is not None and now - turn.commands_at < COMMANDS_AGAIN):
            return False
        turn.commands_at = now
        return True


def commands_shown(session: Session, commands: str) -> None:
    """Remember that Telegram knows these commands."""
    with writing(session):
        _turn(session).commands = commands


def asked(session: Session, trouble: Trouble | None, *, now: datetime) -> None:
    """Note how asking Telegram went. A token that is refused, and one that two programs use, wake somebody (T-80).

    Two that ask take turns in being refused: a success ends nothing so soon, nor does Telegram being away.
    """
    turn = session.get(BotTurn, TURN_ID, populate_existing=True)
    if _changes_nothing(turn, trouble, now):
        session.rollback()
        return
    with writing(session):
        turn = _turn(session)
        if turn.trouble != (trouble or ""):
            turn.trouble, turn.trouble_since = trouble or "", now
        lasting = turn.trouble_since is not None and now - turn.trouble_since >= CONFLICT_LASTS
        if trouble is Trouble.TOKEN or (trouble is Trouble.CONFLICT and lasting):
            _wake(session, TROUBLE_WORDS[trouble], now=now)


def _changes_nothing(turn: BotTurn | None, trouble: Trouble | None, now: datetime) -> bool:
    if turn is None or not turn.trouble:
        return trouble is None
    if trouble is None:
        began = turn.trouble_since
        return turn.trouble == Trouble.CONFLICT and began is not None and now - began < CONFLICT_OVER
    return trouble is Trouble.AWAY


def suspect(session: Session, words: str, *, now: datetime, kind: str = STOLEN) -> bool:
    """Wake somebody about what a look at the bot found, once while it lasts; tell whether this call did.

    ``kind``: ``STOLEN``, somebody else uses the bot, or ``UNHEARD``, Telegram cannot deliver.
    """
    with writing(session):
        return _wake(session, words, now=now, kind=kind)


def _wake(session: Session, words: str, *, now: datetime, kind: str = STOLEN) -> bool:
    about = hashlib.sha256(words.encode()).hexdigest()[:16]
    return alerts.raise_once(session, kind=kind, about=about, words=words, now=now) is not None


def trust(session: Session, *, now: datetime, kind: str = STOLEN, asks: bool = False) -> int:
    """End what was alerted, now that a look finds nothing; return how many alerts that were.

    Where the bot ``asks``, only once asking has gone well for some minutes.
    """
    with writing(session):
        turn = session.get(BotTurn, TURN_ID, populate_existing=True)
        if asks and turn is not None and not _well(turn, now):
            return 0
        return alerts.end_about(session, kind=kind, begins="", reason=WELL_AGAIN[kind], now=now)


def _well(turn: BotTurn, now: datetime) -> bool:
    return not turn.trouble and (turn.trouble_since is None or now - turn.trouble_since >= WELL_FOR)
