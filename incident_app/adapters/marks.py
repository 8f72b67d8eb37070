"""How far databases were, kept outside of them: in this process, in a file of this machine, in Redis for all machines.

Each place may be away or forget: then the others tell. None of them can be told to go back with the database by accident,
but for the file, where somebody puts back the whole folder and no worker is running meanwhile.
"""

import json
import os
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Lock, get_ident
from typing import cast

import redis

from incident_app.domain.epochs import Mark

FILE = "sending.mark"  # in the instance folder
AWAY = 5.0  # seconds that Redis is left alone after it did not answer: every few messages somebody would wait for it


class KeptMarks:
    """The Marks port. The file knows the last database only, Redis every one."""

    def __init__(self, path: Path, redis_url: str | None = None) -> None:
        """Read nothing yet."""
        self._path, self._own, self._lock, self._back_at = path, dict[str, Mark](), Lock(), 0.0
        self._redis: redis.Redis | None = None
        if redis_url is not None:
            self._redis = redis.Redis.from_url(redis_url, socket_timeout=2, socket_connect_timeout=2)

    def seen(self, name: str | None) -> Sequence[Mark]:
        """Return what each place knows of the database with this name; ``None``: what this process knows of any."""
        with self._lock:
            if name is None:
                return list(self._own.values())
            own = self._own.get(name)
        return [one for one in (own, self._in_file(name), self._in_redis(name)) if one is not None]

    def keep(self, name: str, mark: Mark) -> None:
        """Remember it where something less, or something else, is known."""
        with self._lock:
            if _is_news(self._own.get(name), mark):
                self._own[name] = mark
        if _is_news(self._in_file(name), mark):
            with suppress(OSError):  # a full disk stops nobody: this process and Redis remember
                self._write(_line(name, mark))
        if _is_news(self._in_redis(name), mark):
            self._ask(lambda there: there.set(_key(name), _line(name, mark)))

    def _in_file(self, name: str) -> Mark | None:
        try:
            return _mark(self._path.read_bytes(), name)
        except OSError:
            return None

    def _in_redis(self, name: str) -> Mark | None:
        return _mark(cast(bytes | None, self._ask(lambda there: there.get(_key(name)))) or b"", name)

    def _ask(self, question: Callable[[redis.Redis], object]) -> object:
        if self._redis is None or time.monotonic() < self._back_at:
            return None
        try:
            return question(self._redis)
        except redis.RedisError:
            self._back_at = time.monotonic() + AWAY
            return None

    def _write(self, line: str) -> None:
        """Put a whole file in the place of the one before: whoever reads it meanwhile reads the one or the other."""
        draft = self._path.with_name(f"{self._path.name}.{os.getpid()}-{get_ident()}")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            os.write(handle, line.encode())
        finally:
            os.close(handle)
        draft.replace(self._path)


def _is_news(known: Mark | None, mark: Mark) -> bool:
    return known is None or known.epoch != mark.epoch or known.ticks < mark.ticks


def _line(name: str, mark: Mark) -> str:
    return json.dumps({"database": name, "epoch": mark.epoch, "ticks": mark.ticks})


def _mark(line: bytes, name: str) -> Mark | None:
    """Read what is kept; nothing where it is of another database, or not ours."""
    try:
        found = json.loads(line)
        return Mark(str(found["epoch"]), int(found["ticks"])) if found["database"] == name else None
    except (ValueError, KeyError, TypeError):
        return None


def _key(name: str) -> str:
    return f"incident-app:mark:{name}"
