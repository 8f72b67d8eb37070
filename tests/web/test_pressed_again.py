"""Is it you? Whoever is asked in the middle of a form loses nothing of it, and nothing is done by the answer."""

import re

import pytest
from flask import Flask
from sqlalchemy import select

from incident_app.extensions import db
from incident_app.models.accounts import User
from incident_app.models.drafts import Draft
from incident_app.web.filling_in import fill_in
from tests.fakes import FakeClock
from tests.web.door import Browser

INVITED = {"email": "new@example.org", "name": 'Nia "N" <Newcomer>', "roles": ["reporter", "responder"], "zone": "Europe/Madrid",
           "reason": "Two lines:\nshe is new & here."}
FROM_PEOPLE = {"Referer": "http://localhost/people"}


def is_invited(app: Flask) -> bool:
    with app.app_context():
        return db.session().scalar(select(User).where(User.email == "new@example.org")) is not None


def waiting(app: Flask) -> int:
    with app.app_context():
        return len(db.session().scalars(select(Draft)).all())


def test_an_invitation_is_there_again_after_the_proof_and_is_sent_by_a_press_alone(
    visitor: Browser, app: Flask, clock: FakeClock,
) -> None:
    # Given an administrator whose last proof is six minutes old, and who invites somebody
    visitor.come_in("admin")
    clock.move(minutes=6)
    asked = visitor.post("/people", "/people", headers=FROM_PEOPLE, **INVITED)

    # When they say who they are
    assert asked.location == "/prove?next=/people"
    assert "with all you typed" in visitor.get(asked.location).text
    proved = visitor.prove("admin", code=visitor.code("admin"), next="/people")

    # Then nothing was done by that, and the form stands there as it was typed, after a reload as well
    assert proved.location == "/people"
    for _ in range(2):
        page = visitor.get("/people").text
        assert 'value="new@example.org"' in page
        assert 'value="Nia &quot;N&quot; &lt;Newcomer&gt;"' in page
        assert "Two lines:\nshe is new &amp; here.</textarea>" in page
        assert sorted(re.findall(r'value="(\w+)" checked', page)) == ["reporter", "responder"]
        assert '<option value="Europe/Madrid" selected>' in page
        assert page.count("is here again. Nothing was done with it yet") == 1
    assert not is_invited(app)

    # And one press sends it, once; the form is empty afterwards
    assert visitor.post("/people", "/people", headers=FROM_PEOPLE, **INVITED).status_code == 200
    assert is_invited(app)
    assert waiting(app) == 0
    assert "new@example.org" not in visitor.get("/people").text.partition("Invite somebody")[2]


def test_another_browser_and_a_later_hour_see_nothing_of_it(
    visitor: Browser, another: Browser, clock: FakeClock,
) -> None:
    another.come_in("responder")
    visitor.come_in("responder")
    clock.move(minutes=6)
    visitor.post("/me/tokens", "/me", name="for the night", days="30", headers={"Referer": "http://localhost/me"})

    assert "for the night" not in another.get("/me").text
    assert "for the night" in visitor.get("/me").text
    clock.move(minutes=16)
    assert "for the night" not in visitor.get("/me").text


def test_a_desk_left_alone_loses_no_note_and_no_unsaved_text(visitor: Browser, app: Flask, clock: FakeClock) -> None:
    # Given an approver who wrote about a breach for twenty minutes, and what they typed was kept meanwhile
    app.config["WTF_CSRF_ENABLED"] = False
    visitor.come_in("approver")
    words = "The export was open from nine to eleven."
    visitor.client.post("/drafts/breach/new", json={"values": [["title", words]]})
    clock.move(minutes=20)

    # When they press, and are asked who they are
    sent = visitor.client.post("/cases/new", data={"title": words, "draft_of": "breach/new"},
                               headers={"Referer": "http://localhost/cases/new"})
    assert sent.location == "/prove?next=/cases/new"
    visitor.prove("approver", code=visitor.code("approver"), next="/cases/new")

    # Then it is in the form again, and what was kept while they typed is still there too
    assert words in visitor.get("/cases/new").text
    assert visitor.client.get("/drafts/breach/new").get_json()["values"] == [["title", words]]


def test_passwords_are_not_kept_for_a_minute(visitor: Browser, app: Flask, clock: FakeClock) -> None:
    visitor.come_in("responder")
    clock.move(minutes=6)
    app.config["WTF_CSRF_ENABLED"] = False

    asked = visitor.client.post("/me/security/password", data={"password": "seven purple kettles", "again": "x"})

    assert asked.location.startswith("/prove?")
    assert waiting(app) == 0


def test_what_is_too_long_to_be_kept_is_said_before_it_is_gone(visitor: Browser, clock: FakeClock) -> None:
    visitor.come_in("responder")
    clock.move(minutes=6)

    asked = visitor.post("/me/tokens", "/me", name="x", scopes=["see_cases"] * 400, headers={"Referer": "http://localhost/me"})

    assert "go back in your browser and copy it first" in visitor.get(asked.location).text


@pytest.mark.parametrize("referer", ["http://localhost/people/1/invitation", "http://localhost/people/1", ""])
def test_who_pressed_on_an_answer_is_led_to_the_page_it_belongs_to(
    visitor: Browser, clock: FakeClock, referer: str,
) -> None:
    visitor.come_in("admin")
    clock.move(minutes=6)

    assert visitor.post("/people/1/disable", "/people", version="1",
                        headers={"Referer": referer}).location == "/prove?next=/people/1"


PAGE = """<details><summary>x</summary>
<form method="post" action="/a"><input type="hidden" name="one" value="1"><input name="why" value="">
</form></details>
<form method="post" action="/a"><input type="hidden" name="one" value="2"><input type="hidden" name="version" value="9">
<input name="why" value="old"><input name="why"><input name="off" disabled><input type="file" name="paper">
<input type="checkbox" name="sure" checked><select name="kind"><option>Red <option selected value="b">Blue</select>
<select name="gone"><option selected value="c"></select><input type="radio" name="r" value="1" checked>
<input type="radio" name="r" value="2"><textarea name="text">before</textarea><textarea name="kept">stays</textarea>
<input type="hidden" name="csrf_token" value="fresh"><button formaction="/b">B</button></form>
<form action="/a"><input name="why"></form><form method="post"><button>only a button</button></form>"""


def test_of_several_forms_to_one_address_the_one_that_was_sent_is_filled_in() -> None:
    sent = [("one", "2"), ("version", "7"), ("why", "a<b"), ("why", "c"), ("off", "x"), ("paper", "p"), ("kind", "Red"),
            ("gone", "d"), ("r", "2"), ("text", "now"), ("csrf_token", "old")]

    page = fill_in(PAGE, "/own", "/b", sent, "NOTE") or ""
    same = fill_in(PAGE, "/own", "/a", sent, "NOTE")

    assert page == same
    assert '<details><summary>' in page
    assert page.count("NOTE") == 1
    assert page.index('value="1"') < page.index("NOTE") < page.index('value="2"')
    assert '<input type="hidden" name="version" value="7">' in page
    assert '<input name="why" value="a&lt;b"><input name="why" value="c"><input name="off" disabled>' in page
    assert '<input type="file" name="paper">' in page
    assert '<input type="checkbox" name="sure"><select name="kind"><option selected>Red <option value="b">' in page
    assert '<option selected value="c">' in page
    assert '<input type="radio" name="r" value="1">\n<input type="radio" name="r" value="2" checked>' in page
    assert '<textarea name="text">\nnow</textarea><textarea name="kept">stays</textarea>' in page
    assert 'name="csrf_token" value="fresh"' in page


def test_a_form_in_something_shut_is_opened_and_one_that_is_not_there_is_not_filled() -> None:
    assert (fill_in(PAGE, "/own", "/a", [("one", "1"), ("why", "w")], "NOTE") or "").startswith("<details open><summary>")
    assert fill_in(PAGE, "/own", "/own", [("one", "1")], "NOTE") is None
    assert fill_in(PAGE, "/own", "/c", [("one", "1")], "NOTE") is None


def test_what_stands_outside_its_form_is_filled_in_too_and_opened_where_something_was_typed() -> None:
    page = ('<form method="post" id="text"><input name="a" value=""></form><details><textarea form="text" name="b"></textarea>'
            '</details><details class="c"><input form="text" name="c"></details><input name="d" value=""><p>Find</p>'
            '<button form="text" formaction="/there" name="check">')

    for path in ("/x", "/there"):
        filled = fill_in(page, "/x", path, [("a", "one"), ("b", "why"), ("c", " "), ("d", "no")], "")

        assert filled is not None
        assert 'name="a" value="one"' in filled
        assert '<details open><textarea form="text" name="b">\nwhy</textarea>' in filled
        assert '<details class="c"><input' in filled
        assert '<input name="d" value="">' in filled
