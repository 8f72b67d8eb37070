"""When a refused message is tried again, and when many alerts to one person become one message."""

from datetime import datetime, timedelta

CLOSE_ENOUGH = timedelta(minutes=5)
MOST_TRIES = 6
REPEAT_AFTER = timedelta(seconds=30)
LEASE = timedelta(seconds=60)
TOO_MANY = 5
TOO_MANY_WITHIN = timedelta(minutes=5)
DIGEST_EVERY = timedelta(minutes=1)


def after_try(tries: int, *, retry_after: float | None) -> timedelta | None:
    """Return how long to wait before a refused message is tried again; ``None`` after the last try."""
    if tries >= MOST_TRIES:
        return None
    return timedelta(seconds=retry_after) if retry_after is not None else REPEAT_AFTER * 2 ** (tries - 1)


def is_digest(due: int, lately: int) -> bool:
    """Tell whether what is due for one person now goes out as one message.

    ``lately`` are the alerts this person got in the last five minutes.
    """
    return due + lately > TOO_MANY


def digest_at(last: datetime | None, lately: int, now: datetime) -> datetime:
    """Return when the next message may go: a person who got more than five in five minutes gets at most one a minute."""
    if last is None or lately < TOO_MANY:
        return now
    return max(now, last + DIGEST_EVERY)
