"""The header ``Idempotency-Key``: a request that is sent again gets the answer of the first one."""

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from flask import current_app, jsonify, request
from flask.typing import ResponseReturnValue

from incident_app.api.guard import actor
from incident_app.api.versions import described
from incident_app.domain.refusals import Conflict
from incident_app.extensions import db
from incident_app.models.submissions import Submission
from incident_app.services import submitting
from incident_app.services.submitting import Sent, SentBefore
from incident_app.services.unit import FIRST
from incident_app.wiring import now

View = TypeVar("View", bound=Callable[..., Any])


def once(view: View) -> View:
    """Carry a request out once by its ``Idempotency-Key``; without that header, as ever."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> ResponseReturnValue:
        key = request.headers.get("Idempotency-Key", "")
        if not key:
            return cast(ResponseReturnValue, view(*args, **kwargs))
        said = hashlib.sha256(f"{request.method} {request.path}\n".encode() + request.get_data(cache=True))
        sent, session = Sent(submitting.check_key(key), said.hexdigest()), db.session()
        before = submitting.before(session, sent, by=actor())
        if before is not None:
            return _again(before)
        session.info[FIRST] = submitting.claim(sent, lands="", by=actor(), now=now())
        try:
            answer = current_app.make_response(view(*args, **kwargs))
        except SentBefore as again:
            return _again(again.found)
        finally:
            session.info.pop(FIRST, None)
        submitting.finish(session, sent, status=answer.status_code, answer=answer.get_json(silent=True), by=actor())
        return answer

    return cast(View, described(guarded, **{"x-once": True}))


def _again(found: Submission) -> ResponseReturnValue:
    if not found.status:
        raise Conflict("This request was carried out before; its answer is not at hand. Read the case to see what came of it.")
    return jsonify(found.answer), found.status
