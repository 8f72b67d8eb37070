"""What a button carries: bound to what it does, to one chat, and to a while."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident_app.domain.buttons import ALL, LIVES, VERBS, button_data, read_button
from incident_app.domain.refusals import Refused
from tests.fakes import START

SECRET = b"s" * 32
NUMBERS = st.integers(0, 10**15 - 1)
CHATS = st.integers(1, 2**52 - 1).map(str)


@given(st.sampled_from([*VERBS, ALL]), NUMBERS, CHATS, st.timedeltas(timedelta(0), timedelta(days=36500)))
def test_a_button_is_read_as_it_was_made_and_fits_telegram(verb: str, number: int, chat: str, later: timedelta) -> None:
    data = button_data(SECRET, verb, number, chat, now=START + later)

    assert read_button(SECRET, data, chat, now=START + later) == (verb, number)
    assert len(data.encode()) <= 64


@given(NUMBERS, CHATS, st.integers(0, 60), st.characters(codec="utf-8"))
def test_with_any_sign_changed_it_is_refused(number: int, chat: str, place: int, sign: str) -> None:
    data = button_data(SECRET, "ack", number, chat, now=START)
    place %= len(data)
    changed = data[:place] + sign + data[place + 1 :]
    if changed != data:
        with pytest.raises(Refused, match="does not belong to this chat"):
            read_button(SECRET, changed, chat, now=START)


def test_it_works_in_its_own_chat_with_its_own_key_and_for_a_week() -> None:
    data = button_data(SECRET, "ack", 12, "7001", now=START)

    assert read_button(SECRET, data, "7001", now=START + LIVES - timedelta(minutes=2)) == ("ack", 12)
    for secret, chat in ((SECRET, "7002"), (b"o" * 32, "7001")):
        with pytest.raises(Refused, match="does not belong to this chat"):
            read_button(secret, data, chat, now=START)
    with pytest.raises(Refused, match="too old"):
        read_button(SECRET, data, "7001", now=START + LIVES)


@pytest.mark.parametrize("data", [
    "", "ack", "ack:12", "ack:12:99", "ack:x:99:s", "ack:²:99:s", "drop:12:99:s", "ack:12:99:ü", f"ack:{'9' * 40}:99:s",
    f"ack:1:{'9' * 40}:s", "ack:12:99:s:more", "::::", "ack:12:0123456789abcdef",
])
def test_a_made_up_one_is_refused_in_words(data: str) -> None:
    with pytest.raises(Refused, match="does not belong to this chat"):
        read_button(SECRET, data, "7001", now=START)
