"""The OpenAPI document: what the doors say of themselves, and what is the same everywhere: how a request is refused."""

from typing import Any

from incident_app.api.shapes import (
    ANYTHING,
    MOMENT,
    NAMED,
    NUMBER,
    TEXT,
    Shape,
    by_name,
    many,
    maybe,
    parts,
    shape,
)

ABOUT = """
Every call but this document takes a token: `Authorization: Bearer …`. A token is made in the web UI under one's name, may
never do more than its owner, and only what was ticked when it was made. `x-permission` names what an operation takes.

**Refusals** are JSON in words: `error` says why, `problems` maps a field to what is wrong with it. Nothing is half-saved.
An unknown field is refused by name.

**Fresh proof.** What approves, sends, exports or changes who may do what (`x-fresh-proof`) takes more than a token: its owner
must have proved who they are just now. In the browser they do it by passkey or code; a token counts as that proof for five
minutes after it was made, for making one takes that proof too. After that such a call is refused (403), and everything else
the token may goes on. A script that is to send has its person beside it; it cannot send by itself at night.

**Two at one record.** What can be edited has a `version`. Reading it gives it as `ETag`, too. Whoever writes says which
version they read: as `version` in the body, or as the header `If-Match` (the ETag, as it came). Where somebody was faster,
the answer says what they changed beside what you sent (`theirs`, `yours`, the `version` now, `by` whom, `at` when): 409, or
412 where it was asked by `If-Match`. Operations without a version refuse `If-Match`.

**The same request twice.** Where `Idempotency-Key` is listed, a request that is sent again with the same key gets the answer
of the first one.
""".strip()

PROBLEM = shape("Problem", "Why a request is refused, in words; problems maps a field to words about it.",
                error=TEXT, problems=by_name(TEXT), gaps=many(parts(kind=TEXT, subject=TEXT, words=TEXT)))
NAMED["Problem"] |= {"required": ["error", "problems"],
                     "description": "Why a request is refused, in words; problems maps a field to words about it; gaps are what "
                                    "keeps a case from being closed."}
STALE: Shape = {"$ref": "#/components/schemas/Stale"}
NAMED["Stale"] = {
    "description": "Somebody was faster, or it was done already. Both texts, for the fields that were sent.", **parts(
        error=TEXT, problems=by_name(TEXT), yours=by_name(ANYTHING), theirs=by_name(ANYTHING), version=NUMBER, by=TEXT,
        at=maybe(MOMENT)), "required": ["error", "problems"]}

WORDS = {
    400: "It could not be read, or came to another host than ours.", 401: "No valid token came with it.",
    403: "Whoever asks may not do this, or has to prove afresh who they are.",
    404: "There is no such thing within one's scope.", 405: "Not by this method.",
    409: "Somebody was faster, or it was done already.", 412: "Somebody was faster: it is not the version of If-Match any more.",
    413: "Too large.", 414: "The address is too long.", 415: "Its body is not sent as application/json.",
    422: "It cannot be done as it was sent; the problems say why.",
    429: "Too many requests came.", 503: "The database did not answer in time.",
}
ALWAYS = (400, 401, 403, 414, 429, 503)
WRITING = (409, 413, 422)
WAIT = {"Retry-After": {"schema": NUMBER, "description": "Seconds to wait."}}
TAG = {"ETag": {"schema": TEXT, "description": "The version, to be sent back as If-Match."}}
IF_MATCH = {
    "name": "If-Match", "in": "header", "required": False, "schema": {"type": "string", "pattern": r'^"[0-9]{1,9}"$'},
    "description": "The ETag that was read, instead of version in the body.",
}
KEY = {
    "name": "Idempotency-Key", "in": "header", "required": False,
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9._-]{8,64}$"},
    "description": "Of one's own choice. The same request with the same key is carried out once.",
}


def _answers() -> dict[str, Any]:
    made: dict[str, Any] = {}
    for status, words in WORDS.items():
        content = {"application/json": {"schema": STALE if status in {409, 412} else PROBLEM}}
        if status == 400:
            content["text/plain"] = {"schema": TEXT}
        made[f"Refused{status}"] = {"description": words, "content": content}
        if status in {429, 503}:
            made[f"Refused{status}"]["headers"] = WAIT
    return made


def _statuses(path: str, method: str, operation: dict[str, Any]) -> set[int]:
    found = set(ALWAYS)
    if "{" in path or path.startswith("/hooks"):
        found.add(404)
    if method != "get":
        found.update(WRITING)
    if "application/json" in operation.get("requestBody", {}).get("content", {}):
        found.add(415)
    if "application/json" not in operation["responses"].get("200", {}).get("content", {"application/json": None}):
        found.add(409)  # a file that is not there yet, or is not handed out so
    if any(one.get("in") == "query" for one in operation.get("parameters", ())):
        found.update({404, 422})
    return found | ({412} if operation.get("x-versioned") else set())


def complete(document: dict[str, Any]) -> dict[str, Any]:
    """Return the document with every refusal, and the headers that say which version was read or that it is sent again."""
    document["info"]["description"] = ABOUT
    components = document["components"]
    components.setdefault("schemas", {}).update(NAMED)
    components["responses"] = components.get("responses", {}) | _answers()
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method == "parameters":
                continue
            if path.startswith("/hooks"):
                operation["security"] = []
            operation["responses"].update({
                str(status): {"$ref": f"#/components/responses/Refused{status}"}
                for status in sorted(_statuses(path, method, operation))})
            _headers(method, operation)
    return document


def _headers(method: str, operation: dict[str, Any]) -> None:
    given = operation.setdefault("parameters", [])
    if operation.get("x-versioned"):
        for status, answer in operation["responses"].items():
            if status.startswith("2"):
                answer["headers"] = TAG
        if method != "get":
            given.append(IF_MATCH)
    if operation.pop("x-once", False):
        given.append(KEY)
