"""Every address a page names by its endpoint is there."""

import re

from flask import Flask

from tests.house.sources import TOP, files, short

NAMED = re.compile(r"""url_for\(\s*["']([a-z_]+\.[a-z_]+)["']""")


def test_every_endpoint_that_is_named_exists(app: Flask) -> None:
    pages = [*files("incident_app"), *sorted((TOP / "templates").rglob("*.html"))]
    named = {(short(path), name) for path in pages for name in NAMED.findall(path.read_text(encoding="utf-8"))}

    assert len(named) > 100
    assert {(path, name) for path, name in named if name not in app.view_functions} == set()
