"""A worker on a machine whose clock is wrong. Imports nothing of ours before its clock lies."""

import datetime as dt
import sys
import time
from collections.abc import Mapping

_TRUE, _TRUE_SECONDS = dt.datetime, time.time  # noqa: TID251 (to be made wrong)


class _Kind(type):
    """Takes every moment for one of ours, as the library's own functions still make theirs."""

    def __instancecheck__(cls, thing: object) -> bool:
        return isinstance(thing, _TRUE)


def lie(seconds: float) -> None:
    """Let this process's clock be wrong by so much, for everything that is imported from now on."""
    assert "incident_app" not in sys.modules

    class Lying(dt.datetime, metaclass=_Kind):
        __slots__ = ()

        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> dt.datetime:
            return _TRUE.fromtimestamp(_TRUE_SECONDS() + seconds, tz)

    time.time = lambda: _TRUE_SECONDS() + seconds  # noqa: TID251 (this process's clock is wrong)
    dt.datetime = Lying  # type: ignore[misc]  # this process's clock is wrong


def work(seconds: float, orders: Mapping[str, object]) -> None:
    """Work as any other by these orders, with a clock that is wrong by so many seconds."""
    lie(seconds)
    from tests.faults import sender

    sender.work(sender.Orders(**orders))  # type: ignore[arg-type]  # they were Orders before
