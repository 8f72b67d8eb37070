"""What is said to the bot is kept until it is answered, once, our own people first; and one process asks."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor
from incident_app.domain.staff_bot import Trouble
from incident_app.models.alerts import Alert
from incident_app.models.hearing import BotStranger, BotUpdate
from incident_app.services import alerts, hearing
from incident_app.services.hearing import Heard
from tests.bot.kit import link
from tests.fakes import START
from tests.people import People

SECOND = timedelta(seconds=1)


def _heard(number: int, chat: str = "7001", exempt: bool = False) -> Heard:
    return Heard(number, chat, {"text": "what was said"}, exempt)


@pytest.fixture
def staff(session: Session, people: People) -> Actor:
    """The on-call person, in chat 7001."""
    link(session, people.oncall_person.id, "7001")
    return people.oncall_person


# ------------------------------------------------------------------------------------------------------------ one asks


def test_one_process_asks_at_a_time_and_goes_on_asking(session: Session) -> None:
    assert hearing.take_turn(session, "one", now=START) == 0
    assert hearing.take_turn(session, "other", now=START + 5 * SECOND) is None
    assert hearing.take_turn(session, "one", now=START + 5 * SECOND) == 0
    assert hearing.take_turn(session, "one", now=START + 15 * SECOND) == 0  # renewed
    assert hearing.take_turn(session, "other", now=START + 25 * SECOND) is None


def test_when_it_is_killed_another_goes_on_within_half_a_minute_where_it_stood(session: Session, staff: Actor) -> None:
    hearing.take_turn(session, "one", now=START)
    hearing.receive(session, [_heard(41)], now=START, upto=41, holder="one")

    assert hearing.take_turn(session, "other", now=START + 30 * SECOND) == 42
    assert hearing.take_turn(session, "one", now=START + 31 * SECOND) is None


def test_who_lost_the_turn_while_asking_keeps_nothing_and_moves_nothing(session: Session, staff: Actor) -> None:
    hearing.take_turn(session, "one", now=START)
    hearing.take_turn(session, "other", now=START + 30 * SECOND)

    assert hearing.receive(session, [_heard(41)], now=START, upto=41, holder="one") == 0
    assert hearing.waiting(session, now=START) == []
    assert hearing.take_turn(session, "other", now=START + 30 * SECOND) == 0


def test_after_days_of_silence_the_place_means_nothing(session: Session, staff: Actor) -> None:
    hearing.take_turn(session, "one", now=START)
    hearing.receive(session, [_heard(41)], now=START, upto=41, holder="one")
    assert hearing.take_turn(session, "one", now=START + timedelta(days=6)) == 0


# ------------------------------------------------------------------------------------------------------- answered once


def test_an_update_counts_once_however_often_it_comes(session: Session, staff: Actor) -> None:
    assert hearing.receive(session, [], now=START) == 0
    assert hearing.receive(session, [_heard(42), _heard(41), _heard(41)], now=START) == 2
    assert hearing.waiting(session, now=START) == [41, 42]

    taken = hearing.take(session, 41, now=START)
    assert taken is not None
    assert (taken.raw, taken.again) == ({"text": "what was said"}, False)
    assert hearing.take(session, 41, now=START) is None
    assert hearing.waiting(session, now=START) == [42]
    hearing.done(session, 41, now=START)

    assert hearing.receive(session, [_heard(41)], now=START) == 0
    assert hearing.take(session, 41, now=START + timedelta(hours=1)) is None
    assert hearing.take(session, 4711, now=START) is None
    assert session.get_one(BotUpdate, 41, populate_existing=True).raw == {}


def test_what_somebody_died_over_is_taken_up_by_another_and_marked(session: Session, staff: Actor) -> None:
    hearing.receive(session, [_heard(41)], now=START)
    hearing.take(session, 41, now=START)

    assert hearing.waiting(session, now=START + 29 * SECOND) == []
    assert hearing.waiting(session, now=START + 30 * SECOND) == [41]
    taken = hearing.take(session, 41, now=START + 30 * SECOND)
    assert taken is not None
    assert taken.again
    assert taken.seen_at == START


def test_what_kills_everybody_is_given_up(session: Session, staff: Actor) -> None:
    hearing.receive(session, [_heard(41)], now=START)
    tries = [hearing.take(session, 41, now=START + minutes * timedelta(minutes=1)) for minutes in range(6)]

    assert [taken is not None for taken in tries] == [True] * 5 + [False]
    assert hearing.waiting(session, now=START + timedelta(hours=1)) == []


def test_what_was_answered_days_ago_is_forgotten(session: Session, staff: Actor) -> None:
    hearing.receive(session, [_heard(41), _heard(42)], now=START)
    hearing.done(session, 41, now=START)
    hearing.done(session, 42, now=START + timedelta(days=3))
    assert list(session.scalars(select(BotUpdate.update_id))) == [42]


# ----------------------------------------------------------------------------------------------------------- strangers


def test_a_stranger_is_answered_once_an_hour(session: Session, staff: Actor) -> None:
    kept = [hearing.receive(session, [_heard(number, "9999")], now=START + timedelta(minutes=20) * number)
            for number in range(4)]
    assert kept == [1, 0, 0, 1]
    assert "9999" not in set(session.scalars(select(BotStranger.digest)))


def test_a_code_that_is_waited_for_is_heard_whoever_sends_it(session: Session, staff: Actor) -> None:
    assert hearing.receive(session, [_heard(1, "9999"), _heard(2, "9999"), _heard(3, "9999", exempt=True)], now=START) == 2


def test_a_flood_of_strangers_holds_nobody_of_ours_up(session: Session, staff: Actor) -> None:
    # Given 500 strangers, and one of ours behind them
    flood = [_heard(number, str(90_000 + number)) for number in range(500)]
    assert hearing.receive(session, [*flood, _heard(1000)], now=START) == hearing.LONGEST_QUEUE + 1

    # Then ours come first, and of the others only a few at a time
    waiting = hearing.waiting(session, now=START)
    assert waiting[0] == 1000
    assert len(waiting) == 1 + hearing.STRANGERS_AT_ONCE


# ------------------------------------------------------------------------------------------------------------- trouble


def _stolen(session: Session) -> list[str]:
    session.expire_all()
    return [alert.words for alert in session.scalars(select(Alert).where(Alert.kind == "bot_stolen").order_by(Alert.id))]


def test_a_token_that_is_refused_wakes_somebody_once(session: Session, staff: Actor) -> None:
    hearing.asked(session, None, now=START)
    for seconds in (0, 3, 6):
        hearing.asked(session, Trouble.TOKEN, now=START + seconds * SECOND)
    assert len(_stolen(session)) == 1
    assert "token" in _stolen(session)[0]


def test_another_program_that_asks_too_wakes_somebody_when_it_goes_on(session: Session, staff: Actor) -> None:
    hearing.asked(session, Trouble.CONFLICT, now=START)
    hearing.asked(session, Trouble.CONFLICT, now=START + 119 * SECOND)
    assert _stolen(session) == []
    hearing.asked(session, Trouble.CONFLICT, now=START + 120 * SECOND)
    assert len(_stolen(session)) == 1

    # And once it is over, it begins anew
    hearing.asked(session, None, now=START + 121 * SECOND)
    hearing.asked(session, None, now=START + 122 * SECOND)
    hearing.asked(session, Trouble.CONFLICT, now=START + 123 * SECOND)
    assert len(_stolen(session)) == 1


def test_telegram_being_away_wakes_nobody(session: Session, staff: Actor) -> None:
    for hours in range(5):
        hearing.asked(session, Trouble.AWAY, now=START + timedelta(hours=hours))
    assert _stolen(session) == []


def test_a_thief_who_asks_in_turn_with_us_is_noticed(session: Session, staff: Actor) -> None:
    # Given another program that asks too: each of the two is refused while the other asks
    for seconds in range(0, 120, 6):
        hearing.asked(session, Trouble.CONFLICT, now=START + seconds * SECOND)
        hearing.asked(session, None, now=START + (seconds + 3) * SECOND)
    assert _stolen(session) == []

    # When that goes on for two minutes, though Telegram is away for a moment, then somebody is woken, once
    hearing.asked(session, Trouble.AWAY, now=START + 119 * SECOND)
    for seconds in range(120, 600, 6):
        hearing.asked(session, Trouble.CONFLICT, now=START + seconds * SECOND)
        hearing.asked(session, None, now=START + (seconds + 3) * SECOND)
    assert len(_stolen(session)) == 1


def test_a_conflict_that_passes_wakes_nobody(session: Session, staff: Actor) -> None:
    for minutes in (0, 10, 20):  # a restart each
        hearing.asked(session, Trouble.CONFLICT, now=START + timedelta(minutes=minutes))
        for later in (1, 4):
            hearing.asked(session, None, now=START + timedelta(minutes=minutes + later))
    assert _stolen(session) == []


def test_a_suspicion_wakes_somebody_once_while_it_lasts_and_again_when_it_comes_back(session: Session, staff: Actor) -> None:
    words = "Somebody else hears the bot."
    assert hearing.suspect(session, words, now=START)
    assert not hearing.suspect(session, words, now=START + timedelta(days=1))
    assert hearing.suspect(session, "Telegram cannot reach us.", now=START, kind=hearing.UNHEARD)

    assert hearing.trust(session, now=START + timedelta(days=1)) == 1
    assert hearing.trust(session, now=START + timedelta(days=1)) == 0

    assert hearing.suspect(session, words, now=START + timedelta(days=2))
    assert hearing.trust(session, now=START + timedelta(days=2), kind=hearing.UNHEARD) == 1


def test_an_alert_about_another_program_ends_only_when_asking_went_well_for_minutes(session: Session, staff: Actor) -> None:
    for seconds in (0, 120):
        hearing.asked(session, Trouble.CONFLICT, now=START + seconds * SECOND)
    assert hearing.trust(session, now=START + timedelta(minutes=3), asks=True) == 0

    hearing.asked(session, None, now=START + timedelta(minutes=4))
    assert hearing.trust(session, now=START + timedelta(minutes=8), asks=True) == 0
    assert hearing.trust(session, now=START + timedelta(minutes=9), asks=True) == 1

    alert = session.scalars(select(Alert)).one()
    assert (alert.state, alert.note.split(" ")[0]) == ("cancelled", "Nobody")


# ------------------------------------------------------------------------------------------------ commands, the record


def test_telegram_is_told_of_the_commands_once_and_again_where_that_failed(session: Session) -> None:
    assert hearing.commands_due(session, "a", now=START)
    assert not hearing.commands_due(session, "a", now=START + timedelta(minutes=59))
    assert hearing.commands_due(session, "a", now=START + timedelta(hours=1))
    hearing.commands_shown(session, "a")
    assert not hearing.commands_due(session, "a", now=START + timedelta(days=1))
    assert hearing.commands_due(session, "b", now=START + timedelta(days=1))


def test_the_record_tells_who_did_what_since_when(session: Session, people: People) -> None:
    alert = alerts.send_demo(session, by=people.oncall_person, now=START)
    alerts.acknowledge(session, alert.id, by=people.oncall_person, now=START)

    def did(action: str, number: int, by: Actor, seconds: int) -> bool:
        return hearing.did(session, action, number, by=by, since=START + seconds * SECOND)

    assert did("alert.acknowledged", alert.id, people.oncall_person, 0)
    assert not did("alert.acknowledged", alert.id, people.oncall_person, 1)
    assert not did("alert.taken", alert.id, people.oncall_person, 0)
    assert not did("alert.acknowledged", alert.id, people.responder, 0)
    assert not did("alert.acknowledged", alert.id + 1, people.oncall_person, 0)
