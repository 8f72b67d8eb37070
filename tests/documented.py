"""Holds every answer the tests get from the API against the OpenAPI document: the status, the kind of content, every field."""

from functools import cache
from typing import Any

import jsonschema_rs
from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

Json = dict[str, Any]


@cache
def _document(app: Flask) -> Json:
    found: Json = app.test_client().get("/api/v1/openapi.json").get_json()
    return found


@cache
def _validator(app: Flask, path: str, method: str, status: str, media: str) -> Any:
    document = _document(app)
    answer = document["paths"][path][method]["responses"].get(status)
    if answer is None:
        return f"{method.upper()} {path} answers {status}, which the document does not name."
    if "$ref" in answer:
        answer = document["components"]["responses"][answer["$ref"].rsplit("/", 1)[1]]
    content = answer.get("content", {})
    if media not in content and (content or status != "204"):
        return f"{method.upper()} {path} answers {status} as {media}, which the document does not name."
    schema = content.get(media, {}).get("schema", {})
    return jsonschema_rs.validator_for({**schema, "components": document["components"]}, validate_formats=True)


def path_of(rule: Rule) -> str:
    """Return an address as the document writes it: ``/cases/{ref}``."""
    return "".join("{" + part.rpartition(":")[2] + "}" if is_variable else part for is_variable, part in _split(rule.rule))


def _split(rule: str) -> list[tuple[bool, str]]:
    pieces = rule.replace("<", "\0<").replace(">", "\0").split("\0")
    return [(piece.startswith("<"), piece.lstrip("<")) for piece in pieces]


def _rule(app: Flask, answer: TestResponse) -> Rule | None:
    try:
        return app.url_map.bind_to_environ(answer.request.environ).match(return_rule=True)[0]
    except HTTPException:
        return None


def check(app: Flask, answer: TestResponse) -> None:
    """Raise ``AssertionError`` in words where an answer is not as the document says."""
    rule, method = _rule(app, answer), answer.request.method.lower()
    if rule is None or rule.endpoint == "openapi":
        return
    found = _validator(app, path_of(rule), method, str(answer.status_code), answer.mimetype)
    assert not isinstance(found, str), found
    if answer.mimetype != "application/json" or answer.status_code == 204:
        return
    wrong = [f"{'.'.join(map(str, one.instance_path))}: {one.message[:300]}" for one in found.iter_errors(answer.get_json())]
    assert wrong == [], (method, rule.rule, answer.status_code, wrong)
