"""What comes in is plain: looked at once, before any view, so that no view meets what no person would send.

No control characters, no broken UTF-8, no numbers beyond 64 bits, no field of a million letters, no JSON that nests without
end or says a thing twice. Everything else is the rules' business.
"""

import json
import math
import re
from collections.abc import Iterable
from typing import Any

from flask import Flask, abort, request
from werkzeug.exceptions import RequestEntityTooLarge

from incident_app.domain.numbers import grouped
from incident_app.domain.refusals import NotFound, Refused

LARGEST_BODY = 1024 * 1024
"""Of JSON, in bytes; where a proof goes along as base64, or rows of a list, ``LARGER`` counts."""
LARGER = {
    "api_filings.submitted": 36 * 1024 * 1024, "api_obligations.done": 36 * 1024 * 1024,
    "api_recipients.upload_rows": 8 * 1024 * 1024, "hooks.sendgrid": 4 * 1024 * 1024,
}
PAGES_WITH_JSON = frozenset({"signing_in.by_password", "unsaved.keep"})
"""Every other page is a form, and would take the values of JSON for texts."""
SIGNED = "X-Twilio-Email-Event-Webhook-Signature"
LONGEST_TEXT = 100_000
"""Letters in one field."""
MOST_FIELDS = 2000
LONGEST_QUERY = 8000
DEEPEST = 50
LARGEST_NUMBER = 2**63 - 1
_NOT_PLAIN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_TYPES = ("application/json", "application/x-www-form-urlencoded", "multipart/form-data")


class _NotJson(ValueError):
    """Why this is no JSON we take, in words."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise _NotJson("The JSON names a field twice.")
    return made


def _integer(digits: str) -> int:
    if len(digits) > 20 or abs(number := int(digits)) > LARGEST_NUMBER:
        raise _NotJson("The JSON holds a number beyond 64 bits.")
    return number


def _float(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise _NotJson("The JSON holds a number that is too large.")
    return number


def _constant(name: str) -> None:
    raise _NotJson(f"The JSON holds {name}, which is no number.")


def read_json(content: bytes) -> Any:
    """Return strict JSON. Raises ``Refused`` in words for what is not: other encodings, doubled fields, endless nesting."""
    try:
        return json.loads(content.decode(), object_pairs_hook=_object, parse_int=_integer, parse_float=_float,
                          parse_constant=_constant)
    except _NotJson as error:
        raise Refused("The body was not understood.", {"json": str(error)}) from None
    except UnicodeDecodeError:
        raise Refused("The body was not understood.", {"json": "It is not UTF-8."}) from None
    except RecursionError:
        raise Refused("The body was not understood.", {"json": "It nests too deep."}) from None
    except ValueError:
        raise Refused("The body was not understood.", {"json": "It is not JSON."}) from None


def check_json(value: object, name: str = "", depth: int = 0, *, longest: int = LONGEST_TEXT) -> None:
    """Look at every text and number below ``value``. Raises ``Refused`` with the field's name."""
    if depth > DEEPEST:
        raise Refused("The body was not understood.", {"json": "It nests too deep."})
    if isinstance(value, str):
        check_text(name, value, longest)
    elif isinstance(value, dict):
        for key, one in value.items():
            check_text("json", key, 200)
            check_json(one, f"{name}.{key}".strip("."), depth + 1, longest=longest)
    elif isinstance(value, list):
        for one in value:
            check_json(one, name, depth + 1, longest=longest)


def check_text(name: str, words: str, longest: int = LONGEST_TEXT) -> None:
    """Raise ``Refused`` where a text is too long or holds what cannot be written."""
    if len(words) > longest:
        raise Refused("The text is too long; nothing was saved.", {_shown(name): f"At most {grouped(longest)} characters."})
    if _NOT_PLAIN.search(words):
        raise Refused("The text holds a character that cannot be written; nothing was saved.",
                      {_shown(name): "Remove the control characters, or type it anew."})


def _shown(name: str) -> str:
    return _NOT_PLAIN.sub("�", name)[:100] or "request"


def _address() -> None:
    """An address that nobody would type leads nowhere."""
    for value in (request.view_args or {}).values():
        if (isinstance(value, int) and value > LARGEST_NUMBER) or (isinstance(value, str) and (
                len(value) > 500 or _NOT_PLAIN.search(value))):
            raise NotFound("There is nothing here.")
    if len(request.query_string) > LONGEST_QUERY:
        abort(414, "The address is too long.")
    _fields(request.args.items(multi=True))


def _fields(items: Iterable[tuple[str, str]]) -> None:
    for number, (name, words) in enumerate(items):
        if number >= MOST_FIELDS:
            raise RequestEntityTooLarge(f"More than {grouped(MOST_FIELDS)} fields were sent.")
        check_text("request", name, 200)
        check_text(name, words)


def _json() -> None:
    known = "Authorization" in request.headers or SIGNED in request.headers
    limit = LARGER.get(request.endpoint or "", LARGEST_BODY) if known else LARGEST_BODY
    request.max_content_length = limit
    if (request.content_length or 0) > limit:
        raise RequestEntityTooLarge(f"At most {grouped(limit)} bytes of JSON.")
    if request.path.startswith("/hooks/"):
        return  # the signature is over the bytes; what they say is judged event by event
    content = request.get_data()  # kept: whoever reads the body next finds it
    if content:
        check_json(read_json(content), longest=LONGEST_TEXT if limit == LARGEST_BODY else limit)


def _files() -> None:
    for name, file in request.files.items(multi=True):
        check_text(name, file.filename or "", 1000)
        if "\n" in (file.filename or "") or "\r" in (file.filename or ""):
            raise Refused("The file was not taken.", {_shown(name): "Its name must be one line."})


def look() -> None:
    """Look at this request. Raises a refusal in words; a route that does not exist is left to answer for itself."""
    if request.endpoint is None or request.url_rule is None:
        return
    if request.method == "HEAD":
        request.method = "GET"  # a view asks "is it GET?" and would take anything else for its form; the server drops the body
    _address()
    if request.method in {"GET", "OPTIONS"}:
        return
    if request.mimetype == "application/json" or request.mimetype.endswith("+json"):
        if not request.path.startswith(("/api/", "/hooks/")) and request.endpoint not in PAGES_WITH_JSON:
            abort(415, "This is a form: send it as a browser does.")
        _json()
    elif request.mimetype in _TYPES:
        _fields(request.form.items(multi=True))
        _files()


def register(app: Flask) -> None:
    """Look at every request, before its view."""
    app.before_request(look)
