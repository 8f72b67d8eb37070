"""Who watches a send asks every second: let in as to any page, then for half a minute by one question of the database.

That question says in the same breath whether session, account, roles, teams and case are what they were: as soon as one
of them is not, the request goes the whole way again. What only time ends (a session left alone) is looked at every
half minute; a case that was broken open, which also ends by time, always goes the whole way.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from flask import Flask, Response, current_app, g, jsonify, request

from incident_app.domain.deliveries import BUCKETS, Sum
from incident_app.domain.notices import NoticeState
from incident_app.domain.numbers import grouped
from incident_app.extensions import db
from incident_app.services import deliveries
from incident_app.services.accounts.hashing import digest
from incident_app.web.keeping import own, secret_of
from incident_app.wiring import now

ENDPOINT = "deliveries.progress"
LASTS = timedelta(seconds=30)
MOST = 40
"""So many answers, then the request is counted among all others again (``limits``)."""
MOST_WATCHERS = 1000
NAMES = {"accepted": "accepted", "failed": "failed", "uncertain": "uncertain", "waiting": "waiting",
         "cancelled": "stopped"}
TWICE_IS = "may have got it twice"
GOING_ON = frozenset({NoticeState.SENDING})
_KEY = "incident_app.glances"


@dataclass(slots=True)
class _Watcher:
    notice_id: int
    stamp: tuple[object, ...]
    until: datetime
    left: int = MOST


_Watchers = dict[tuple[str, str], _Watcher]


def is_over(state: str, total: Sum) -> bool:
    """Whether a page has nothing left to wait for. A sum that does not add up is never finished."""
    return state not in GOING_ON and total.adds_up and (total.waiting == 0 or state == "paused")


def answer(state: str, total: Sum, twice: int) -> Response:
    """Say how far a send is; unchanged figures cost no body (ETag)."""
    terms = {NAMES[name]: getattr(total, name) for name in BUCKETS}
    shares: dict[str, float] = {}
    edge = 0.0
    for name in BUCKETS:
        width = 100 * getattr(total, name) / total.total if total.total else 0.0
        shares |= {f"{name}_width": width, f"{name}_x": edge}
        edge += width
    made = jsonify(
        state=state, total=total.total, percent=f"{total.percent:.1f}", adds_up=total.adds_up,
        finished=is_over(state, total), missing=total.missing, reached=total.accepted, twice=twice, **terms, **shares,
        label=", ".join(f"{grouped(count)} {name}" for name, count in terms.items()) + f", of {grouped(total.total)}",
    )
    made.set_etag(sha256(made.get_data()).hexdigest()[:20])
    made.make_conditional(request)
    return made


def let_in(notice_id: int) -> None:
    """Remember for some seconds that whoever asks for this page was let in the whole way."""
    watchers: _Watchers = current_app.extensions[_KEY]
    seen = deliveries.glance(db.session(), own().digest, notice_id)
    if seen is None or g.opened:
        return
    if len(watchers) >= MOST_WATCHERS:
        watchers.clear()  # they come back by the whole way
    watchers[own().digest, request.path] = _Watcher(notice_id, seen.stamp, now() + LASTS)


def _look() -> Response | None:
    """Answer who was let in a moment ago; everybody else goes the whole way."""
    if request.endpoint != ENDPOINT:
        return None
    watchers: _Watchers = current_app.extensions[_KEY]
    key = digest(secret_of()), request.path
    watcher = watchers.get(key)
    if watcher is None or watcher.until < now() or watcher.left < 1:
        return None
    watcher.left -= 1
    seen = deliveries.glance(db.session(), key[0], watcher.notice_id)
    return answer(seen.state, seen.sum, seen.twice) if seen is not None and seen.stamp == watcher.stamp else None


def register(app: Flask) -> None:
    """Look before anybody asks who is signed in: that alone takes as long as the rest of a page."""
    app.extensions[_KEY] = {}
    app.before_request(_look)
