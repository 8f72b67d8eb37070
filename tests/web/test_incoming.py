"""The evidence tab takes large files slice by slice, hands them out as streams, and warns of what others brought."""

import hashlib
import io
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest
import pyzipper
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from incident_app.adapters.clamd import ClamdScanner
from incident_app.domain.incoming import PART
from incident_app.extensions import db
from incident_app.services import accounts
from incident_app.tasks import scanning
from incident_app.wiring import KEY, ports
from tests.builders import a_case
from tests.conftest import TOKEN
from tests.loopback.clamd import FOUND, SIGN, Clamd
from tests.web.posting import post

SignIn = Callable[[str], FlaskClient]
TAB = "/cases/BR-2026-001/evidence"
CONTENT = bytes(range(256)) * (PART * 5 // 2 // 256)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def case(app: Flask) -> None:
    """A case."""
    with app.app_context():
        user = accounts.find(db.session(), "responder@example.org")
        assert user is not None
        a_case(db.session(), user.actor)


def slice_of(client: FlaskClient, address: str, start: int, body: bytes, **more: Any) -> TestResponse:
    found = TOKEN.search(client.get("/me").text)
    assert found is not None
    return client.put(f"{address}?from={start}", data=body, content_type="application/octet-stream",
                      headers={"X-CSRFToken": found[1], "Accept": "application/json"}, **more)


def link_of(page: str, end: str) -> str:
    """Return the first address on the page that ends so."""
    return next(part.split('"')[0] for part in page.split('href="') if part.split('"')[0].endswith(end))


def test_a_file_comes_in_slices_goes_on_after_a_break_and_shows_its_hash(app: Flask, client_for: SignIn, case: None) -> None:
    # Given a file that was announced and of which a slice came in, and a bit
    client = client_for("responder")
    begun = post(client, f"{TAB}/incoming", {"kind": "evidence", "name": "disk.img", "type": "", "size": str(len(CONTENT))})
    assert begun.status_code == 201
    address = begun.get_json()["put"]
    there = slice_of(client, address, 0, CONTENT[: PART + 7]).get_json()

    # Then it says how far it is, and by which part another would be known
    assert (there["received"], there["last"]) == (PART, hashlib.sha256(CONTENT[:PART]).hexdigest())
    assert client.get(address).get_json() == there
    page = client.get(TAB).text
    assert "<b>disk.img</b> broke off at 40 %" in page
    assert "began it, and can go on with it" in client_for("approver").get(TAB).text

    # When it goes on and is finished
    assert slice_of(client, address, 7, b"x").status_code == 409
    assert slice_of(client, address, PART, CONTENT[PART:]).get_json()["received"] == len(CONTENT)
    kept = post(client, there["finish"])

    # Then the next page shows its hash to compare, and it comes out as it went in
    assert kept.get_json() == {"sha256": SHA256, "page": TAB}
    page = client.get(TAB).text
    assert f"Compare its SHA-256 with yours: {SHA256}" in page
    answer = client.get(link_of(page, there["put"].rsplit("/", 1)[-1]))
    assert (answer.data, answer.content_length) == (CONTENT, len(CONTENT))


def test_what_is_no_number_and_what_is_not_wanted_is_refused_in_words(client_for: SignIn, case: None) -> None:
    client = client_for("responder")

    assert post(client, f"{TAB}/incoming", {"kind": "evidence", "name": "x", "size": "-1"}).status_code == 422
    begun = post(client, f"{TAB}/incoming", {"kind": "evidence", "name": "x", "size": "9"})
    address = begun.get_json()["put"]
    assert slice_of(client, address, 0, b"too much, far too much").status_code == 422
    assert client.put(f"{address}?from=0", data=b"123456789").status_code == 400  # no token of this session
    page = post(client, f"{address}/discard", follow=True).text

    assert "was thrown away" in page
    assert "broke off at" not in page


def test_the_form_without_a_script_takes_a_large_file_too(client_for: SignIn, case: None) -> None:
    client = client_for("responder")

    page = post(client, TAB, {"kind": "evidence", "file": (BytesIO(CONTENT), "disk.img")}, follow=True).text
    none = post(client, TAB, {"kind": "evidence", "file": (BytesIO(b""), "")})
    empty = post(client, TAB, {"kind": "evidence", "file": (BytesIO(b""), "empty.log")})

    assert SHA256 in page
    assert "data-slices=" in page
    assert none.status_code == empty.status_code == 422
    assert "Choose a file." in none.text
    assert "The file is empty." in empty.text


def test_beside_what_others_brought_stands_a_warning_and_a_locked_zip(client_for: SignIn, case: None) -> None:
    mine = client_for("responder")
    post(mine, TAB, {"kind": "evidence", "file": (BytesIO(CONTENT), "disk.img")})

    theirs = client_for("approver")
    page = theirs.get(TAB).text
    answer = theirs.get(link_of(page, "/zip"), buffered=True)

    assert "not from you: it may be harmful" in page
    assert "not from you" not in mine.get(TAB).text
    assert "Not scanned: no scanner is set up here" in page
    assert "password of every encrypted zip is <b>infected</b>" in " ".join(page.split())
    assert 'filename="disk.img.zip"' in answer.headers["Content-Disposition"]
    with pyzipper.AESZipFile(io.BytesIO(answer.data)) as opened:
        assert opened.read("disk.img", pwd=b"infected") == CONTENT


def test_a_file_the_scanner_finds_bad_is_marked_and_leaves_as_a_zip_only(app: Flask, client_for: SignIn, case: None) -> None:
    client = client_for("responder")
    post(client, TAB, {"kind": "evidence", "file": (BytesIO(SIGN), "dropper.exe")})
    address = link_of(client.get(TAB).text, "/zip").removesuffix("/zip")
    with app.app_context():
        assert scanning.scan() == 0  # no scanner is set up

        # When a scanner is set up, and looks
        with Clamd() as clamd:
            app.extensions[KEY] = replace(ports(), scanner=ClamdScanner(clamd.url))
            assert scanning.scan() == 1
        assert scanning.clear() == 0

    # Then the page says so, offers no plain file, and none is handed out
    page = client.get(TAB).text
    assert f"Found harmful: {FOUND}" in page
    assert f'href="{address}"' not in page
    refused = client.get(address)
    assert refused.status_code == 409
    assert "encrypted zip only" in refused.text
    with pyzipper.AESZipFile(io.BytesIO(client.get(f"{address}/zip").data)) as opened:
        assert opened.read("dropper.exe", pwd=b"infected") == SIGN
