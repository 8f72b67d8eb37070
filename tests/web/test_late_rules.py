"""Routes that learn late how to write their address write the same ones."""

from flask import Flask
from werkzeug.routing import AnyConverter, BaseConverter, IntegerConverter, Map, Rule

from incident_app.web.late_rules import LateRule


def _fitting(part: BaseConverter) -> object:
    """Return a value for a part of an address."""
    if isinstance(part, AnyConverter):
        return min(part.items)
    return 7 if isinstance(part, IntegerConverter) else "ä-b c"


def test_every_address_of_the_app_is_written_as_the_library_writes_it(app: Flask) -> None:
    late = [one for one in app.url_map.iter_rules() if isinstance(one, LateRule)]
    assert len(late) > 300
    plain = Map([Rule(one.rule, endpoint=one.endpoint, methods=one.methods, defaults=one.defaults) for one in late])

    for mine, theirs in zip(late, plain.iter_rules(), strict=True):
        values = {name: _fitting(mine._converters[name]) for name in mine.arguments}
        for given in (values, values | {"page": "2", "q": ["ä", "b"]}):
            assert mine.build(given) == theirs.build(given), mine.rule
        assert mine.build(values, append_unknown=False) == theirs.build(values, append_unknown=False)
