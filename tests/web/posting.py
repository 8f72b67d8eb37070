"""Post a form as a browser does: with the token of the page it stands on."""

import re
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


def post(client: FlaskClient, path: str, data: dict[str, Any] | None = None, *, follow: bool = False) -> TestResponse:
    """Post ``data`` with a token of this session, taken from the page of one's own account."""
    found = TOKEN.search(client.get("/me").text)
    assert found is not None
    return client.post(path, data=(data or {}) | {"csrf_token": found[1]}, follow_redirects=follow)
