"""Files as JSON: small ones in one request, large ones by parts, and a locked zip of each."""

import hashlib
import io
from collections.abc import Callable

import pytest
import pyzipper
from flask import Flask

from incident_app.domain.incoming import PART
from incident_app.extensions import db
from incident_app.services import accounts
from tests.builders import a_case
from tests.conftest import ApiClient

CONTENT = bytes(range(256)) * (PART * 3 // 2 // 256)
FILES = "/cases/BR-2026-001/documents"


@pytest.fixture
def case(app: Flask) -> None:
    """A case."""
    with app.app_context():
        user = accounts.find(db.session(), "responder@example.org")
        assert user is not None
        a_case(db.session(), user.actor)


def test_a_large_file_comes_by_parts_and_goes_out_whole_or_locked(api_for: Callable[[str], ApiClient], case: None) -> None:
    # Given a file that is announced, comes in, and is not quite what its sender has
    api, sha256 = api_for("responder"), hashlib.sha256(CONTENT).hexdigest()
    assert api("POST", f"{FILES}/incoming", {"name": "disk.img", "size": 0})[0] == 422
    _, begun = api("POST", f"{FILES}/incoming", {"name": "disk.img", "size": len(CONTENT)})
    here = f"{FILES}/incoming/{begun['id']}"
    _, part = api("PUT", here, data=CONTENT[:PART], content_type="application/octet-stream")
    assert (part["received"], part["last"]) == (PART, hashlib.sha256(CONTENT[:PART]).hexdigest())
    assert api("PUT", here, data=CONTENT[PART:], content_type="application/octet-stream")[0] == 409
    assert api("PUT", f"{here}?from={PART}", data=CONTENT[PART:], content_type="application/octet-stream")[0] == 200
    status, other = api("POST", f"{here}/finish", {"sha256": "0" * 64})
    assert (status, sha256 in str(other)) == (422, True)

    # When they finish it, twice, for the first answer was lost
    _, kept = api("POST", f"{here}/finish", {"sha256": sha256})
    assert api("POST", f"{here}/finish", {}) == (201, kept)

    # Then it is a file like any other
    assert (kept["sha256"], kept["size"], kept["scan"]) == (sha256, len(CONTENT), "waiting")
    assert kept["scan_words"] == "Not scanned: no scanner has looked at it yet"
    assert api("GET", here)[1]["state"] == "kept"
    assert api("DELETE", here)[0] == 409
    content = api.client.get(f"/api/v1{FILES}/{kept['id']}/content", headers=api.headers)
    assert (content.data, content.content_length) == (CONTENT, len(CONTENT))
    locked = api.client.get(f"/api/v1{FILES}/{kept['id']}/zip", headers=api.headers)
    with pyzipper.AESZipFile(io.BytesIO(locked.data)) as opened:
        assert opened.read("disk.img", pwd=b"infected") == CONTENT
    assert api("POST", f"{FILES}/{kept['id']}/verify")[1]["outcome"] == "match"


def test_one_that_is_given_up_is_gone(api_for: Callable[[str], ApiClient], case: None) -> None:
    api = api_for("responder")
    here = f"{FILES}/incoming/{api('POST', f'{FILES}/incoming', {'name': 'x', 'size': 5})[1]['id']}"

    assert api("DELETE", here)[0] == 204
    assert api("GET", here)[0] == 404
