"""A plausible body for every endpoint, made from the OpenAPI document."""

from typing import Any

Json = dict[str, Any]
PLAIN = {"string": "Some words", "integer": 1, "number": 1, "boolean": True}


def example(schema: Json, document: Json, depth: int = 0) -> Any:
    """Return a value that fits this schema."""
    if "$ref" in schema:
        return example(document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]], document, depth)
    for many in ("allOf", "anyOf", "oneOf"):
        if many in schema:
            return example(schema[many][0], document, depth)
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type", "object")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "array":
        return [example(schema.get("items", {"type": "string"}), document, depth + 1)] if depth < 4 else []
    if kind == "object":
        return {name: example(one, document, depth + 1) for name, one in schema.get("properties", {}).items()}
    if schema.get("format") == "date-time":
        return "2026-11-23T08:00:00+00:00"
    return "2026-11-23" if schema.get("format") == "date" else PLAIN[kind]


def bodies(document: Json) -> dict[tuple[str, str], tuple[Any, str]]:
    """Return (path, method) → an example of its body, and its media type."""
    made = {}
    for path, item in document["paths"].items():
        for method, operation in item.items():
            content = operation.get("requestBody", {}).get("content", {}) if isinstance(operation, dict) else {}
            for media, one in content.items():
                made[path, method.upper()] = (example(one.get("schema", {}), document), media)
    return made


def places(body: Any, at: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Return the way to every value in a body, to objects and arrays too."""
    found = [at] if at else []
    items = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    for key, value in items:
        found += places(value, (*at, key))
    return found


def replaced(body: Any, at: tuple[str | int, ...], value: object) -> Any:
    """Return the body with another value at one place."""
    if not at:
        return value
    head, *rest = at
    if isinstance(body, dict):
        return {key: replaced(one, tuple(rest), value) if key == head else one for key, one in body.items()}
    return [replaced(one, tuple(rest), value) if number == head else one for number, one in enumerate(body)]
