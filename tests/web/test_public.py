"""The pages everybody may see: in twelve languages, without account or cookie, and with nothing of the inside."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from incident_app.domain.notices import spoken
from incident_app.extensions import db
from incident_app.models.notices import Notice
from incident_app.services import accounts
from incident_app.services.public_words import public_languages, public_words, spell
from tests.builders import a_case
from tests.fakes import START, FakeClock
from tests.letters_kit import Desk
from tests.people import People
from tests.web.posting import post as post_form

INSIDE = ("incident-app", "/sign-in", "BR-2026", "/cases", "<script", "csrf", "Person 1")


def the_code(app: Flask, clock: FakeClock) -> str:
    """Send a notice, and return its code."""
    with app.app_context():
        session = db.session()
        found = {name: accounts.find(session, f"{name}@example.org") for name in People.__dataclass_fields__}
        actors = {name: user.actor for name, user in found.items() if user is not None}
        return spoken(Desk(session, People(**actors), clock).launched().code or "")


def test_anybody_sees_whether_a_message_is_from_us(app: Flask, clock: FakeClock) -> None:
    code, visitor = the_code(app, clock), app.test_client()

    asked = visitor.get("/check").text
    known = visitor.get("/check", query_string={"code": code.lower()}).text
    unknown = visitor.get("/check?code=2222-2222").text
    mistyped = visitor.get("/check?code=2222-2223").text

    assert "Enter the code" in asked
    assert "We sent a message with this code." in known
    assert "Assistant Bot GmbH" in known
    assert f"{START.day} November 2026" in known
    assert "can copy a code" in known
    assert "We sent no message with this code." in unknown
    assert 'forward the message to <bdi class="whole" dir="ltr">dpo@example.org</bdi>' in unknown
    assert "one of its signs is wrong" in mistyped
    for page in (asked, known, unknown, mistyped):
        assert not [word for word in INSIDE if word in page]


def test_nobody_gets_a_cookie_and_nothing_is_kept(app: Flask) -> None:
    answer = app.test_client().get("/check?code=2222-2222")

    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"
    assert "script-src" in answer.headers["Content-Security-Policy"]


def test_every_code_that_is_not_ours_gets_the_same_answer(app: Flask, clock: FakeClock) -> None:
    # Given a code that was given out for a draft, and one that never was
    the_code(app, clock)
    with app.app_context():
        db.session().execute(update(Notice).values(launched_at=None))
        db.session().commit()
        drafted = spoken(db.session().query(Notice.code).scalar())
    visitor = app.test_client()

    # Then both pages are the same, but for the code itself
    pages = [visitor.get("/check", query_string={"code": code}).text.replace(code, "CODE") for code in (drafted, "2222-2222")]
    assert pages[0] == pages[1]
    assert "no message" in pages[0]


@pytest.mark.parametrize(("asked", "header", "language"), [
    ("", "de-AT,de;q=0.9,en;q=0.8", "de"), ("", "tlh, uk;q=0.5", "uk"), ("", "tlh", "en"), ("", "", "en"), ("", "pt-BR", "pt"),
    ("ar", "de", "ar"), ("zh", "de", "en"), ("<script>alert(1)</script>", "de", "en"), ("DE", "fr", "de"),
])
def test_the_page_speaks_the_language_of_its_reader(app: Flask, asked: str, header: str, language: str) -> None:
    page = app.test_client().get("/check", query_string={"lang": asked}, headers={"Accept-Language": header}).text

    assert f'<html lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}">' in page
    assert public_words(language)["check"]["title"] in page


def test_what_was_typed_stays_text_and_is_kept_when_the_language_changes(app: Flask) -> None:
    page = app.test_client().get("/check", query_string={"code": '"><b>x</b>'}).text

    assert "<b>x</b>" not in page
    assert "code=%22%3E%3Cb%3Ex%3C/b%3E" in page


def test_a_database_that_is_away_is_answered_in_calm_words(app: Flask) -> None:
    # Given pages whose database does not answer
    def away(*_: object) -> None:
        raise OperationalError("SELECT", {}, Exception("away"))

    app.before_request_funcs.setdefault("public", []).append(away)
    try:
        answer = app.test_client().get("/check?lang=fr")
    finally:
        app.before_request_funcs["public"].remove(away)

    assert answer.status_code == 503
    assert public_words("fr")["house"]["away"] in answer.text.replace("&#39;", "'")
    assert not [word for word in INSIDE if word in answer.text]


def test_another_verb_is_refused_and_a_head_is_answered(app: Flask) -> None:
    visitor = app.test_client()

    assert visitor.post("/check", data={"code": "x"}).status_code in {400, 405}
    assert visitor.head("/check").status_code == 200


# ------------------------------------------------------------------------------------------------------ notices in public


def post(client: FlaskClient, path: str, **data: object) -> TestResponse:
    """Post a form, and follow where it leads."""
    return post_form(client, path, dict(data), follow=True)


def the_case(app: Flask, clock: FakeClock) -> str:
    """File a case, and return its reference."""
    with app.app_context():
        session = db.session()
        found = accounts.find(session, "responder@example.org")
        assert found is not None
        return a_case(session, found.actor, data_categories=("health",)).ref


def test_a_public_notice_from_its_draft_to_its_end(app: Flask, client_for: Callable[[str], FlaskClient], clock: FakeClock) -> None:
    # Given a responder who drafts one in two languages, for thirty days
    ref, responder, visitor = the_case(app, clock), client_for("responder"), app.test_client()
    at, first, last = f"/cases/{ref}/public-notices", START.date().isoformat(), (START.date() + timedelta(days=30)).isoformat()
    assert "No public notice yet" in responder.get(at).text
    page = post(responder, at, languages=["en", "de"], first_day=first, last_day=last).text
    assert "Nobody outside can read it." in page
    address = re.search(r"/notice/[A-Z0-9]{8}", responder.get(f"{at}/1").text)

    # … corrects the German, is told what is no field, changes the days and asks for approval
    body = re.search(r"<textarea[^>]*>([^<]*)</textarea>", responder.get(f"{at}/1?language=de").text)
    assert body is not None
    said = post(responder, f"{at}/1", language="de", subject="((passwort))", body=unescape(body[1]), version="1").text
    assert "is not a field" in said
    assert "((passwort))" in said
    post(responder, f"{at}/1", language="de", subject="An alle", body=unescape(body[1]), version="1")
    assert "Give a day" in post(responder, f"{at}/1/days", first_day="soon", last_day=last, version="2").text
    post(responder, f"{at}/1/days", first_day=first, last_day=last, version="2")
    assert "Waiting for a second person" in post(responder, f"{at}/1/ask", version="2").text

    # When an approver sends it back once and then approves it
    approver = client_for("approver")
    post(approver, f"{at}/1/refuse", reason="Read it once more.", version="3")
    post(responder, f"{at}/1/ask", version="4")
    page = post(approver, f"{at}/1/approve", version="5").text
    assert "Everybody can read it" in page
    found = re.search(r"/notice/[A-Z0-9]{8}", page)
    assert found is not None
    assert address is None or address[0] == found[0]

    # Then everybody reads it in their language, without account or cookie, and may print it
    seen = visitor.get(found[0], headers={"Accept-Language": "de"})
    assert seen.status_code == 200
    assert "An alle" in seen.text
    assert "Betroffen sind diese Daten" in seen.text
    assert "Set-Cookie" not in seen.headers
    assert not [word for word in INSIDE if word in seen.text.replace(ref, "")]
    assert "hreflang=\"fr\"" not in seen.text  # it is not written in it
    assert visitor.get("/notice/22222222").status_code == 404
    assert public_words("fr")["house"]["nothing"].split("'")[0] in visitor.get("/notice/x?lang=fr").text

    # … it discharges the duty, and is over once it is withdrawn
    duty = re.search(r'<option value="(\d+)">EU-GDPR', page)
    assert duty is not None
    assert "with the snapshot as proof" in post(approver, f"{at}/1/count", obligation=duty[1], public_reason="Nobody has their addresses.").text
    assert "public notice 1" in responder.get(at).text.lower()
    post(responder, f"{at}/1/withdraw", reason="It is over.", version="6")
    gone = visitor.get(found[0], headers={"Accept-Language": "ar"})
    assert gone.status_code == 410
    assert public_words("ar")["notice"]["over"] in gone.text


def test_what_is_not_complete_is_not_put_up_for_approval(app: Flask, client_for: Callable[[str], FlaskClient], clock: FakeClock) -> None:
    at, responder = f"/cases/{the_case(app, clock)}/public-notices", client_for("responder")
    post(responder, at, languages=["en"], first_day=START.date().isoformat(), last_day=START.date().isoformat())
    post(responder, f"{at}/1", language="en", subject="To all", body="Something happened.", version="1")

    assert "not complete" in post(responder, f"{at}/1/ask", version="2").text


# ------------------------------------------------------------------------------------------------------------- the words


def shape(words: object) -> object:
    """Return the keys of some words, how many there are of each, and the fields in them."""
    if isinstance(words, dict):
        return {key: shape(value) for key, value in words.items()}
    if isinstance(words, list):
        return len(words)
    return sorted(set(re.findall(r"\{\w+\}|\(\(\w+\)\)", str(words))))


@pytest.mark.parametrize("language", public_languages())
def test_every_language_says_everything(language: str) -> None:
    said = {key: words for key, words in public_words(language).items() if key != "first"}  # only where the first has a name
    assert shape(said) == shape(public_words("en"))
    assert "2026" in spell(START.date(), language)


def test_twelve_languages_are_spoken_and_none_says_the_same_as_another() -> None:
    assert set(public_languages()) == {"en", "de", "fr", "es", "it", "pt", "nl", "pl", "ru", "uk", "tr", "ar"}
    for door in ("check", "house", "notice", "bot"):
        for key, words in public_words("en")[door].items():
            if key not in {"telegram", "email", "email_from"}:
                same = [one for one in public_languages() if public_words(one)[door][key] == words]
                assert same == ["en"], key


@pytest.mark.parametrize("language", public_languages())
def test_no_sentence_ends_twice_and_no_code_is_both_asked_for_and_never_asked_for(language: str) -> None:
    words, day = public_words(language), spell(START.date(), language)

    # A day within a sentence brings no dot of its own to its end
    assert ".." not in words["notice"]["shown"].format(since=day, until=day)
    # and what we never ask for says which codes, since the page asks for the code of a message
    sign_in = {"en": "sign in", "de": "Anmelden", "fr": "connexion", "es": "iniciar sesión", "it": "accesso", "pt": "entrar", "nl": "loggen",
               "pl": "logowania", "ru": "входа", "uk": "входу", "tr": "oturum", "ar": "تسجيل الدخول"}
    assert sign_in[language] in words["house"]["never"][0]
