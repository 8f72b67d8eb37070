"""``ETag`` and ``If-Match``: reading says which version it was, writing may say so by header."""

import re
from collections.abc import Callable
from copy import deepcopy
from functools import wraps
from typing import Any, TypeVar, cast

from flask import current_app, g, request
from flask.typing import ResponseReturnValue

from incident_app.api.schemas import LARGEST_VERSION
from incident_app.domain.refusals import Refused

View = TypeVar("View", bound=Callable[..., Any])
NEVER = LARGEST_VERSION
"""The version of a tag that is none of ours: it matches nothing that is there."""
_OURS = re.compile(r'"(\d{1,9})"')


def described(view: View, **said: object) -> View:
    """Say something of a view in the OpenAPI document."""
    told = deepcopy(getattr(view, "_apidoc", {}))
    told.setdefault("manual_doc", {}).update(said)
    view._apidoc = told  # type: ignore[attr-defined]  # where flask-smorest looks
    return view


def versioned(view: View) -> View:
    """Give the answer the ``ETag`` of its ``version``, and take ``If-Match`` in place of the body's; below ``allowed``."""

    @wraps(view)
    def tagged(*args: Any, **kwargs: Any) -> ResponseReturnValue:
        if request.method != "GET":
            g.if_match = _asked()
        answer = current_app.make_response(view(*args, **kwargs))
        version = (answer.get_json(silent=True) or {}).get("version")
        if version is not None:
            answer.set_etag(str(version))
        return answer

    tagged.versioned = True  # type: ignore[attr-defined]  # read by ``allowed``
    return cast(View, described(tagged, **{"x-versioned": True}))


def _asked() -> int | None:
    """Return the version that ``If-Match`` names; ``None`` where nothing is asked, or only that there is something."""
    said = request.headers.get("If-Match", "").strip()
    if said in {"", "*"}:
        return None
    if "," in said:
        raise Refused("Nothing was done.", {"If-Match": "Name the one version that you read."})
    ours = _OURS.fullmatch(said)
    return int(ours[1]) if ours else NEVER


def refuse_tag() -> None:
    """Refuse ``If-Match`` where there is no version: whoever sends it believes that it protects them."""
    if "If-Match" in request.headers:
        raise Refused("Nothing was done.", {"If-Match": "This has no version. Send it without."})
