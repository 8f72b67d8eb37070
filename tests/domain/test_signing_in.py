"""How many tries, how long a session lives, how old a proof may be, and where one may go afterwards."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident_app.domain import signing_in as rules
from incident_app.domain.accounts import Role
from incident_app.domain.refusals import Refused
from incident_app.domain.signing_in import LIMITS, Limit, Scope, Standing, TooMany, Tries, Unreadable

NOW = datetime(2026, 11, 23, 9, 40, tzinfo=UTC)
LIMIT = Limit(3, timedelta(minutes=10), timedelta(minutes=1), timedelta(minutes=3))
HOSTILE = [
    "//evil.example", "/\\evil.example", "\\\\evil.example", "\\/evil.example", "http://evil.example", "https://evil.example/",
    "HTTPS://evil.example", "https:evil.example", "https:/evil.example", "///evil.example", "////evil.example",
    "/ /evil.example", "/\t/evil.example", "/\n/evil.example", "\t//evil.example", " //evil.example", " https://evil.example",
    "javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd", "ftp://evil.example",
    "//evil.example/%2e%2e", "/\\/evil.example", "/\\\\evil.example", "//user@evil.example", "https://ours@evil.example",
    "//evil.example#ours", "//[::1]", "//0x7f.1", "//evil。example", "/\u2028/evil", "/\u00a0/evil", "/\r\nLocation: https://evil.example",
    "/%0d%0aSet-Cookie:x\r\n", "evil.example", "evil", "", " ", "?next=https://evil.example", "#x", ".", "..", "../", "*", "null",
    "/" + "a" * 2000, "//", "/\\", "/\0", "\0//evil.example", "mailto:a@b", "https;//evil.example", "/<script>", '/"onload=',
]


@pytest.mark.parametrize("asked", [*HOSTILE, None])
def test_no_address_leads_elsewhere(asked: str | None) -> None:
    assert rules.own_path(asked) == "/"


@pytest.mark.parametrize("asked", ["/cases/BR-2026-001?tab=1", "/register?q=a%20b&page=2", "/alerts/7#now", "/", "/me"])
def test_a_page_of_ours_is_come_back_to(asked: str) -> None:
    assert rules.own_path(asked) == asked


@pytest.mark.parametrize("asked", ["/sign-in", "/sign-out", "/prove?next=/prove", "/start/x", "/password/x"])
def test_the_door_itself_is_no_place_to_come_back_to(asked: str) -> None:
    assert rules.own_path(asked) == "/"


@given(st.text(max_size=30))
def test_whatever_is_written_the_answer_stays_on_our_site(asked: str) -> None:
    path = rules.own_path(asked)

    assert path.startswith("/")
    assert not path.startswith(("//", "/\\"))


def test_the_last_try_that_counts_locks_those_after_it() -> None:
    # Given three tries within the window
    tries = Tries(0, NOW)
    for _ in range(3):
        assert rules.held(tries, NOW) is None
        tries = rules.one_more(tries, LIMIT, NOW)

    # Then nothing counts for a minute, and then it does again
    assert rules.held(tries, NOW) == NOW + timedelta(minutes=1)
    assert rules.held(tries, NOW + timedelta(minutes=1)) is None


def test_each_lock_is_twice_as_long_up_to_the_longest() -> None:
    now, tries, locks = NOW, Tries(0, NOW), []
    for _ in range(3):
        for _ in range(3):
            tries = rules.one_more(tries, LIMIT, now)
        assert tries.locked_until is not None
        locks.append(tries.locked_until - now)
        now = tries.locked_until

    assert locks == [timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=3)]


def test_a_quiet_day_makes_the_lock_short_again() -> None:
    tries = Tries(3, NOW, NOW + timedelta(minutes=3), strikes=5)

    again = rules.one_more(tries, LIMIT, NOW + timedelta(days=2))

    assert (again.count, again.strikes) == (1, 0)


def test_an_old_window_is_over() -> None:
    tries = rules.one_more(Tries(2, NOW), LIMIT, NOW + timedelta(minutes=10))

    assert (tries.count, tries.locked_until) == (1, None)


def test_the_right_one_takes_its_try_back() -> None:
    assert rules.one_less(Tries(2, NOW), LIMIT) == Tries(1, NOW)
    assert rules.one_less(Tries(0, NOW), LIMIT) == Tries(0, NOW)
    assert rules.one_less(Tries(3, NOW, NOW, 1), LIMIT) == Tries(2, NOW, None, 0)


@given(st.integers(1, 60))
def test_however_often_it_is_tried_no_more_than_the_limit_count(often: int) -> None:
    tries, counted = Tries(0, NOW), 0
    for _ in range(often):
        if rules.held(tries, NOW) is None:
            tries, counted = rules.one_more(tries, LIMITS[Scope.CODE], NOW), counted + 1

    assert counted == min(often, 5)


@pytest.mark.parametrize(("address", "place"), [
    ("192.0.2.7", "192.0.2.7"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"), ("::ffff:192.0.2.7", "192.0.2.7"),
    ("", "unknown"), ("spoofed, 192.0.2.7", "unknown"),
])
def test_a_home_of_ipv6_addresses_is_one_place(address: str, place: str) -> None:
    assert rules.place(address) == place


@pytest.mark.parametrize(("role", "minutes", "expected"), [
    (Role.APPROVER, 14, Standing.GOOD), (Role.APPROVER, 15, Standing.LEFT_ALONE), (Role.ADMIN, 15, Standing.LEFT_ALONE),
    (Role.RESPONDER, 719, Standing.GOOD), (Role.RESPONDER, 720, Standing.OVER), (Role.APPROVER, 720, Standing.OVER),
])
def test_a_desk_left_alone(role: Role, minutes: int, expected: Standing) -> None:
    found = rules.standing(made_at=NOW, used_at=NOW, roles={role}, now=NOW + timedelta(minutes=minutes))

    assert found is expected


def test_no_session_lives_longer_than_a_week() -> None:
    now = NOW + timedelta(days=7)

    assert rules.standing(made_at=NOW, used_at=now, roles=set(), now=now) is Standing.OVER


def test_a_proof_counts_for_five_minutes() -> None:
    assert rules.is_fresh(NOW, NOW + timedelta(seconds=299))
    assert not rules.is_fresh(NOW, NOW + timedelta(minutes=5))
    assert not rules.is_fresh(None, NOW)


@pytest.mark.parametrize(("email", "password"), [
    (None, "x"), ("a@example.org", None), ([], "x"), ("a@example.org", ["x"]), ("a@example.org", {"x": 1}), ({}, {}), (1, "x"),
    ("a@example.org", True), ("a@example.org", "x" * 257), ("a" * 255, "x"), ("a@example.org", "x\0"), ("a\0", "x"),
    ("a@example.org", "x" * 1_000_000),
])
def test_what_is_not_two_texts_is_not_looked_at(email: object, password: object) -> None:
    with pytest.raises(Unreadable):
        rules.check_typed(email, password)


def test_what_is_typed_is_taken_as_it_is() -> None:
    assert rules.check_typed(" A@Example.org ", " pass word ") == ("a@example.org", " pass word ")


@pytest.mark.parametrize("password", [
    "", "short words", "aaaaaaaaaaaaaaaa", "abcabcabcabcabc", "0123456789012345", "abcdefghijklmnop", "Password1234", "incident-app-1",
    "responder@example.org", "Rene Responder 1", "x" * 257, "a good pass\0word",
])
def test_a_weak_password_is_refused_in_words(password: str) -> None:
    with pytest.raises(Refused) as refused:
        rules.check_password(password, password, email="responder@example.org", name="Rene Responder")

    assert "password" in refused.value.problems


def test_both_must_be_the_same_and_long_ones_may_be_simple() -> None:
    rules.check_password("correct horse battery", "correct horse battery", email="a@example.org", name="Ada")
    with pytest.raises(Refused) as refused:
        rules.check_password("correct horse battery", "correct horse", email="a@example.org", name="Ada")
    assert list(refused.value.problems) == ["again"]


def test_the_wait_is_said_in_whole_minutes() -> None:
    assert "Wait 2 minutes" in TooMany(NOW + timedelta(seconds=61), NOW).reason
    assert "Wait 1 minute," in TooMany(NOW + timedelta(seconds=1), NOW).reason


@pytest.mark.parametrize(("agent", "words"), [
    ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox on Linux"),
    ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/156.0 Safari/537.36 Edg/156.0", "Edge on Windows"),
    ("curl/8", "A program"),
])
def test_a_browser_is_described_in_few_words(agent: str, words: str) -> None:
    assert rules.described(agent) == words
