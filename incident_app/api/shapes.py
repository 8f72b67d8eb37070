"""Words to say what an answer looks like in the OpenAPI document. Every field that is named is there in every answer."""

from typing import Any

Shape = dict[str, Any]
NAMED: dict[str, Shape] = {}
"""Every shape that has a name, for the document's components."""

TEXT: Shape = {"type": "string"}
NUMBER: Shape = {"type": "integer"}
FRACTION: Shape = {"type": "number"}
YES_NO: Shape = {"type": "boolean"}
MOMENT: Shape = {"type": "string", "format": "date-time"}
DAY: Shape = {"type": "string", "format": "date"}
ANYTHING: Shape = {}
A_FILE: Shape = {"type": "string", "format": "binary"}


def maybe(one: Shape) -> Shape:
    """Return what may also be null."""
    return {"anyOf": [one, {"type": "null"}]}


def either(*several: Shape) -> Shape:
    """Return what is one of several."""
    return {"anyOf": list(several)}


def many(one: Shape) -> Shape:
    """Return a list of these."""
    return {"type": "array", "items": one}


def by_name(one: Shape) -> Shape:
    """Return an object whose names are not known beforehand."""
    return {"type": "object", "additionalProperties": one}


def parts(**fields: Shape) -> Shape:
    """Return an object with exactly these fields."""
    return {"type": "object", "properties": fields, "required": sorted(fields), "additionalProperties": False}


def shape(name: str, words: str, /, **fields: Shape) -> Shape:
    """Name an object with exactly these fields, and return what refers to it."""
    NAMED[name] = {"description": words, **parts(**fields)}
    return {"$ref": f"#/components/schemas/{name}"}


def each(kind: Shape, names: str) -> dict[str, Shape]:
    """Return fields of one kind, by their names in one line."""
    return dict.fromkeys(names.split(), kind)
