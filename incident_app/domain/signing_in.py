"""Coming in and staying in: how many tries, how long a session lives, how old a proof may be (``threats.md`` T-01 to T-17)."""

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from incident_app.domain.accounts import Role
from incident_app.domain.refusals import Refused

IDLE = timedelta(hours=12)
"""A session nobody uses for so long is over."""
DESK = timedelta(minutes=15)
"""After so long without a press, whoever approves or manages accounts says again who they are."""
LONGEST = timedelta(days=7)
FRESH = timedelta(minutes=5)
SETTING_UP = timedelta(minutes=30)
"""So long a proof counts for setting up the first password or second factor: there is nothing to prove with yet."""
HALF_WAY = timedelta(minutes=10)
"""From the right password to the second factor."""
LINK_LIVES = timedelta(hours=1)
KNOWN_PLACE = timedelta(days=30)
SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 256
LONGEST_ADDRESS = 254
RECOVERY_CODES = 10
SECOND_FACTOR_ROLES = frozenset({Role.APPROVER, Role.ADMIN})
DO_NOT_FIT = "Email and password do not fit, or the account is not active."
CODE_DOES_NOT_FIT = "The code does not fit, or has been used. Wait for the next one."
HOME = "/"
_OWN = re.compile(r"/(?:[A-Za-z0-9._~!$&'()*+,;=:@?#%-][A-Za-z0-9._~!$&'()*+,;=:@?#%/-]*)?")
_LONGEST_PATH = 1000


class TooMany(Refused):
    """Too many tries; ``until`` is when the next one counts. Right and wrong are refused alike."""

    def __init__(self, until: datetime, now: datetime) -> None:
        """Say how long to wait, in whole minutes."""
        self.seconds = max(1, int((until - now).total_seconds() + 0.999))
        minutes = -(-self.seconds // 60)
        super().__init__(f"Too many tries. Wait {minutes} minute{'s' if minutes != 1 else ''}, then try again.")


class Unreadable(Refused):
    """What was sent is not what a sign-in form sends; nothing was tried."""


class Scope(StrEnum):
    """Whose tries are counted together."""

    PLACE = "account and place"
    ACCOUNT = "account"
    ADDRESS = "address"
    EVERYBODY = "everybody"
    CODE = "code"
    RESET = "reset"


@dataclass(frozen=True, slots=True)
class Limit:
    """``most`` tries within ``window``; then none for ``lock``, twice as long each time again, at most ``longest``."""

    most: int
    window: timedelta
    lock: timedelta
    longest: timedelta


LIMITS = {
    Scope.PLACE: Limit(10, timedelta(minutes=15), timedelta(minutes=1), timedelta(hours=1)),
    Scope.ACCOUNT: Limit(100, timedelta(hours=1), timedelta(minutes=5), timedelta(hours=1)),
    Scope.ADDRESS: Limit(50, timedelta(minutes=15), timedelta(minutes=5), timedelta(hours=6)),
    Scope.EVERYBODY: Limit(1000, timedelta(minutes=15), timedelta(minutes=5), timedelta(minutes=15)),
    Scope.CODE: Limit(5, timedelta(minutes=15), timedelta(minutes=15), timedelta(hours=6)),
    Scope.RESET: Limit(3, timedelta(hours=1), timedelta(hours=1), timedelta(hours=1)),
}
STRIKES_FORGOTTEN = timedelta(hours=24)
NOT_FROM_A_KNOWN_PLACE = frozenset({Scope.ACCOUNT, Scope.EVERYBODY})
"""These do not hold whoever came in from the same place before: else a stranger could lock a person out on purpose."""


@dataclass(frozen=True, slots=True)
class Tries:
    """The tries counted in one scope. ``strikes``: how often it was locked lately."""

    count: int
    since: datetime
    locked_until: datetime | None = None
    strikes: int = 0


def one_more(tries: Tries, limit: Limit, now: datetime) -> Tries:
    """Count one try before it is made; the last one that is allowed locks those after it.

    The caller has asked :func:`held` first.
    """
    if tries.locked_until is not None or now >= tries.since + limit.window:
        quiet = now >= (tries.locked_until or tries.since) + STRIKES_FORGOTTEN
        tries = Tries(0, now, strikes=0 if quiet else tries.strikes)
    counted = replace(tries, count=tries.count + 1)
    if counted.count < limit.most:
        return counted
    lock = min(limit.lock * 2**min(counted.strikes, 16), limit.longest)
    return replace(counted, locked_until=now + lock, strikes=counted.strikes + 1)


def one_less(tries: Tries, limit: Limit) -> Tries:
    """Take one try back: it was the right one. A lock it would have caused is taken back with it."""
    if tries.count == 0:
        return tries
    if tries.count < limit.most:
        return replace(tries, count=tries.count - 1)
    return replace(tries, count=tries.count - 1, locked_until=None, strikes=tries.strikes - 1)


def held(tries: Tries, now: datetime) -> datetime | None:
    """Return until when no try counts here, ``None`` where one does."""
    return tries.locked_until if tries.locked_until is not None and now < tries.locked_until else None


def place(address: str) -> str:
    """Return what counts as one place: an IPv4 address, or the /64 a home of IPv6 addresses is given."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(found, ipaddress.IPv6Address):
        return str(found.ipv4_mapped or ipaddress.ip_network((found, 64), strict=False))
    return str(found)


def needs_second_factor(roles: Iterable[Role]) -> bool:
    """Tell whether these roles come in with two factors only."""
    return not SECOND_FACTOR_ROLES.isdisjoint(roles)


class Standing(StrEnum):
    """What a session is good for."""

    GOOD = "good"
    LEFT_ALONE = "left alone"
    OVER = "over"


def standing(*, made_at: datetime, used_at: datetime, roles: Iterable[Role], now: datetime) -> Standing:
    """Judge a session that nobody has ended."""
    if now >= made_at + LONGEST or now >= used_at + IDLE:
        return Standing.OVER
    if needs_second_factor(roles) and now >= used_at + DESK:
        return Standing.LEFT_ALONE
    return Standing.GOOD


def is_fresh(proved_at: datetime | None, now: datetime, within: timedelta = FRESH) -> bool:
    """Tell whether who it is was proved within the last five minutes."""
    return proved_at is not None and now < proved_at + within


def own_path(asked: str | None) -> str:
    """Return where to go after signing in: a path of ours, otherwise home. Never another site, whatever is written."""
    if not asked or len(asked) > _LONGEST_PATH or not _OWN.fullmatch(asked):
        return HOME
    return HOME if asked.startswith(("/sign-in", "/sign-out", "/prove", "/start/", "/password/")) else asked


def check_typed(email: object, password: object) -> tuple[str, str]:
    """Return both as text, or raise ``Unreadable`` before anything is counted or hashed."""
    if not isinstance(email, str) or not isinstance(password, str):
        raise Unreadable("Email and password must be text.")
    if len(email) > LONGEST_ADDRESS or len(password) > LONGEST_PASSWORD or "\0" in email + password:
        raise Unreadable("Email or password is too long, or holds signs that cannot be typed.")
    return email.strip().lower(), password


def check_password(password: str, again: str, *, email: str, name: str) -> None:
    """Refuse a new password that is short, easily guessed or typed differently twice (ASVS 6.2: length, no mixtures)."""
    problems = {}
    if len(password) < SHORTEST_PASSWORD:
        problems["password"] = f"Take at least {SHORTEST_PASSWORD} characters. Several words are easy to remember."
    elif len(password) > LONGEST_PASSWORD or "\0" in password:
        problems["password"] = f"Take at most {LONGEST_PASSWORD} characters that can be typed."
    elif _easily_guessed(password, email, name):
        words = "That is easily guessed. Take several words that do not belong together."
        problems["password"] = words
    if password != again:
        problems["again"] = "Type the same password twice."
    if problems:
        raise Refused("The password was not changed.", problems)


_KNOWN = ("password", "incident", "qwerty", "letmein", "welcome", "iloveyou", "administrator", "changeme")


def _easily_guessed(password: str, email: str, name: str) -> bool:
    plain = "".join(sign for sign in password.lower() if sign.isalnum())
    if len(set(plain)) < 5 or plain in "01234567890123456789" * 2 or plain in "abcdefghijklmnopqrstuvwxyz" * 2:
        return True
    rest = plain
    own = [part for part in re.split(r"[^a-z0-9]+", f"{email} {name}".lower()) if len(part) > 3]
    for word in sorted([*_KNOWN, *own], key=len, reverse=True):
        rest = rest.replace(word, "")
    return len(rest) < 5


def described(agent: str) -> str:
    """Return a browser's own description in few words: “Firefox on Linux”."""
    browsers = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrom", "Chrome"), ("Safari", "Safari"))
    systems = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac", "a Mac"),
               ("Linux", "Linux"))
    browser = next((name for mark, name in browsers if mark in agent), "A program")
    system = next((name for mark, name in systems if mark in agent), "")
    return f"{browser} on {system}" if system else browser


NOT_YOU = "Was it not you? Tell an administrator at once."
SUBJECT = "Your incident-app account"
LOCKED_WORDS = (
    "Somebody tried wrong passwords or codes for your account many times. Further tries are held for a while; where you "
    f"are signed in already, nothing changes, and a passkey still lets you in. {NOT_YOU}"
)
PASSWORD_WORDS = f"The password of your account was changed, and everything that was signed in has been signed out. {NOT_YOU}"
FACTOR_WORDS = f"The second factor of your account was changed, and other devices were signed out. {NOT_YOU}"


def reset_words(link: str) -> str:
    """Return the mail that lets somebody choose a new password."""
    return (
        f"Somebody asked for a new password for your account. Choose one here, within an hour:\n\n{link}\n\n"
        "Your second factor is still asked for. Was it not you? Then do nothing: nothing has changed."
    )
