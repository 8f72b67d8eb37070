"""The page between a file and a list: which encoding, which column is what, how far it is."""

import io
import re
from collections.abc import Callable

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient

from incident_app.extensions import db
from incident_app.services import accounts, recipients
from incident_app.tasks import recipients as tasks
from incident_app.web import uploads
from incident_app.wiring import Ports
from tests.builders import a_case
from tests.fakes import FakeClock
from tests.letters_kit import csv_of
from tests.web.walk import CHOSEN, REF, UPLOAD, Walk

PEOPLE = f"/cases/{REF}/people"


@pytest.fixture
def walk(app: Flask, client_for: Callable[[str], FlaskClient], test_ports: Ports, clock: FakeClock) -> Walk:
    with app.app_context():
        user = accounts.find(db.session(), "responder@example.org")
        assert user is not None
        a_case(db.session(), user.actor)
    return Walk(app, client_for, test_ports, clock)


def sent(walk: Walk, content: bytes, name: str = "people.csv") -> tuple[str, str]:
    """Send a file only; return the address of its page and the page."""
    _, text = walk.post(walk.responder, PEOPLE, PEOPLE, file=(io.BytesIO(content), name))
    found = UPLOAD.search(text)
    assert found is not None, text
    return found[1], text


def test_columns_are_shown_masked_with_what_we_recognised(walk: Walk) -> None:
    page, text = sent(walk, b"Kontakt,Land,telegram_id\nAnna@example.org,DE,700001\n")

    assert "What stands in which column?" in text
    assert "A…@example.org" in text
    assert "Anna@example.org" not in text
    assert "700001" not in text
    status, text = walk.take_over(page, "", **{"column-0": "email", "column-9": "x"})
    assert status == 422
    assert "no such column" in text
    assert CHOSEN.findall(text) == ["email"]
    for address in (f"{page}/columns", f"{page}/encoding"):  # where the browser stands now: it may be loaded again
        assert walk.responder.get(address).location == page
    status, text = walk.take_over(page, walk.responder.get(page).text)
    assert (status, "1 person from people.csv" in text) == (200, True)
    assert walk.responder.get(page).headers["Location"].endswith("/people/1")


def test_before_anything_is_drafted_the_list_says_who_is_told_in_another_language(walk: Walk) -> None:
    # Given a list with a language nothing is written in, one that is none, and a person without
    lines = [b"email,language", b"ann@example.org,sv", b"bea@example.org,xx", b"cat@example.org,", b"dan@example.org,de"]
    page, _ = sent(walk, b"\n".join(lines) + b"\n")

    # When it is taken over
    status, text = walk.take_over(page, walk.responder.get(page).text)

    # Then nobody is left out, the odd cell is named, and it is said what they will read
    plain = " ".join(text.split())
    assert status == 200
    assert "4 people from people.csv" in plain
    assert "names no language we know: xx; it is left out, the person is kept" in plain
    assert "Told in English, as there is no text in their language, or we do not know it: not given 2, Swedish 1." in plain


def test_a_spreadsheet_is_taken_over_like_a_list(walk: Walk) -> None:
    book = openpyxl.Workbook()
    book.active.append(("Email", "Telegram"))
    book.active.append(("anna@example.org", 700001))
    file = io.BytesIO()
    book.save(file)

    status, text = walk.upload(file.getvalue(), "people.xlsx")

    assert (status, "1 person from people.xlsx" in text) == (200, True)


def test_an_encoding_we_do_not_read_is_refused(walk: Walk) -> None:
    page, text = sent(walk, "email,name\na@example.org,Jürgen\n".encode("windows-1252"))

    assert "Which line reads right?" in text
    status, text = walk.post(walk.responder, f"{page}/encoding", page, encoding="klingon")
    assert (status, "is not one we read" in text) == (422, True)


def test_a_long_file_is_read_by_a_worker_while_the_page_says_how_far_it_is(walk: Walk) -> None:
    page, text = sent(walk, csv_of(uploads.SMALL // 30))
    assert "waits for you to say what is in it" in walk.responder.get(PEOPLE).text

    _, text = walk.take_over(page, text)
    assert "lines read so far" in text
    assert 'data-poll="' in text
    assert walk.responder.get(f"{page}/progress.json").json == {
        "percent": 0, "lines": 0, "state": "queued", "finished": False}
    with walk.app.app_context():
        assert tasks.read() == 1

    answer = walk.responder.get(f"{page}/progress.json").json
    assert answer is not None
    assert (answer["percent"], answer["finished"]) == (100, True)
    assert walk.responder.get(page, follow_redirects=True).status_code == 200


def test_a_file_is_thrown_away(walk: Walk) -> None:
    page, _ = sent(walk, csv_of(2))

    status, text = walk.post(walk.responder, f"{page}/discard", page)

    assert (status, "Nobody was taken over" in text) == (200, True)
    assert "No list of people yet" in text
    assert "thrown away" in walk.responder.get(page, follow_redirects=True).text


def test_a_file_that_cannot_be_shown_says_why(walk: Walk) -> None:
    _, text = sent(walk, b"PK\x03\x04 not a spreadsheet", "people.xlsx")

    assert "damaged" in text
    assert "upload it again" in text


def test_somebody_else_reads_it_already(walk: Walk) -> None:
    page, _ = sent(walk, csv_of(2))
    with walk.app.app_context():
        session = db.session()
        user = accounts.find(session, "responder@example.org")
        assert user is not None
        recipients.choose_columns(session, 1, 1, {1: "email"}, by=user.actor, now=walk.clock.now(),
                                  vault=walk.ports.vault, sheets=walk.ports.sheets)

    status, text = walk.take_over(page, "", **{"column-1": "email"})

    assert (status, "lines read so far" in text) == (409, True)


def test_did_we_write_to_this_person(walk: Walk) -> None:
    walk.to_approved()
    walk.launch(12)
    walk.pump()

    _, text = walk.post(walk.responder, f"{PEOPLE}/ask", PEOPLE, address="Person1@example.org")
    assert "P-00001" in text
    assert re.search(r"Notice 1 by \w+: accepted", text)
    assert "This contact stands in no list" in walk.post(
        walk.responder, f"{PEOPLE}/ask", PEOPLE, address="nobody@example.org")[1]
    status, text = walk.post(walk.responder, f"{PEOPLE}/ask", PEOPLE, address="nonsense")
    assert (status, "the @ is missing" in text) == (422, True)


def test_once_erased_the_list_says_so(walk: Walk) -> None:
    walk.upload(csv_of(2))
    assert "The contacts are erased on" in walk.responder.get(PEOPLE).text

    walk.clock.move(days=366)
    with walk.app.app_context():
        tasks.clear()

    walk.responder = walk.client_for("responder")
    assert "The contacts were erased" in walk.responder.get(f"{PEOPLE}/1").text


def test_a_large_file_may_come_from_who_is_signed_in_only(walk: Walk) -> None:
    walk.app.config["MAX_CONTENT_LENGTH"] = 50_000
    content = csv_of(2000)

    assert "What stands in which column?" in sent(walk, content)[1]
    stranger = walk.app.test_client().post(PEOPLE, data={"file": (io.BytesIO(content), "x.csv")})
    assert stranger.status_code == 413


@pytest.mark.parametrize(("content", "words"), [
    (bytes(range(256)) * 9, "This file holds no text that can be read"),
    (b'name,email\n"Ann,ann@example.org\n', "Line 2: a quote is opened and not closed"),
])
def test_a_list_that_cannot_be_read_says_so_wherever_it_is_seen(walk: Walk, content: bytes, words: str) -> None:
    # When somebody uploads it, and looks at it again
    status, text = walk.post(walk.responder, f"/cases/{REF}/people", f"/cases/{REF}/people",
                             file=(io.BytesIO(content), "people.csv"))
    assert status == 200
    assert words in text
    assert words in walk.responder.get(f"/cases/{REF}/people/uploads/1").text

    # Then it does not wait for them among the lists
    listed = " ".join(walk.responder.get(f"/cases/{REF}/people").text.split())
    assert "people.csv</a> could not be read" in listed
    assert "waits for you to say what is in it" not in listed


def test_an_encoding_that_leaves_no_table_is_said_as_well(walk: Walk) -> None:
    content = 'name,email\n"Jörg,j@example.org\n'.encode("windows-1252")
    walk.post(walk.responder, f"/cases/{REF}/people", f"/cases/{REF}/people", file=(io.BytesIO(content), "people.csv"))
    assert "waits for you to say what is in it" in walk.responder.get(f"/cases/{REF}/people").text

    status, text = walk.post(walk.responder, f"/cases/{REF}/people/uploads/1/encoding", f"/cases/{REF}/people/uploads/1",
                             encoding="windows-1252")

    assert (status, "Line 2: a quote is opened and not closed" in text) == (200, True)
    assert "could not be read" in walk.responder.get(f"/cases/{REF}/people").text
