"""Two browsers at one form, a button pressed twice, and text that was not saved."""

import uuid
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from incident_app.extensions import db
from incident_app.models.cases import Case, Note
from incident_app.models.organisation import Organisation
from incident_app.models.remediation import Action
from incident_app.models.sealing import texts_of
from incident_app.services import accounts
from tests.builders import a_case
from tests.web.posting import post
from tests.web.reading import form_of

SignIn = Callable[[str], FlaskClient]


@pytest.fixture
def ref(app: Flask) -> str:
    """A filed case."""
    with app.app_context():
        user = accounts.find(db.session(), "responder@example.org")
        assert user is not None
        return a_case(db.session(), user.actor, kind="leaked-token").ref


def the_case(app: Flask) -> Case:
    with app.app_context():
        case = db.session().get_one(Case, 1)
        texts_of(case)  # while it has a session
        return case


def test_the_slower_one_sees_both_texts_and_joins_them(app: Flask, client_for: SignIn, ref: str) -> None:
    # Given two people who opened the facts of one case
    fast, slow, at = client_for("approver"), client_for("responder"), f"/cases/{ref}/edit"
    theirs = form_of(fast.get(at).text, "base", title="Leak of chats", cause="A script.\nOf ours.", confidentiality="yes")
    mine = form_of(slow.get(at).text, "base", summary="Read by three.", cause="A person.", people_data="no")
    assert fast.post(at, data=theirs).status_code == 302

    # When the slower one saves
    answer = slow.post(at, data=mine)

    # Then both texts stand there, field by field, with who and when; nothing is saved
    assert answer.status_code == 409
    assert "Ada Approver changed this while you were editing" in answer.text
    assert "Only they changed it: theirs is taken." in answer.text
    assert "Only you changed it: yours is kept." in answer.text
    assert answer.text.count("Which one stays?") == 1
    assert "A script.\nOf ours." in answer.text
    assert the_case(app).version == 2

    # And one press saves on top of the newest: mine where chosen, and what only one of us changed
    joined = form_of(answer.text, "base", **{"choose-cause": "mine", "mine-cause": "A person with a script."})
    assert slow.post(at, data=joined).status_code == 302
    case = the_case(app)
    assert (case.title, case.cause, case.confidentiality) == ("Leak of chats", "A person with a script.", True)
    assert (case.summary, case.people_data, case.version) == ("Read by three.", "no", 3)


def test_theirs_is_taken_where_chosen_and_no_choice_saves_nothing(app: Flask, client_for: SignIn, ref: str) -> None:
    fast, slow, at = client_for("approver"), client_for("responder"), f"/cases/{ref}/edit"
    theirs, mine = form_of(fast.get(at).text, "base", cause="A script."), form_of(slow.get(at).text, "base", cause="A person.")
    fast.post(at, data=theirs)
    page = slow.post(at, data=mine).text

    undecided = slow.post(at, data=form_of(page, "base"))
    decided = slow.post(at, data=form_of(page, "base", **{"choose-cause": "theirs"}))

    assert undecided.status_code == 409
    assert "Which one stays?" in undecided.text
    assert decided.status_code == 302
    assert (the_case(app).cause, the_case(app).version) == ("A script.", 2)


@pytest.mark.parametrize("base", ["", "{", "[1]", '{"cause": 3}'])
def test_a_form_that_does_not_say_where_it_began_is_asked_about_every_difference(
    client_for: SignIn, ref: str, base: str
) -> None:
    fast, slow, at = client_for("approver"), client_for("responder"), f"/cases/{ref}/edit"
    mine = form_of(slow.get(at).text, "base", base=base, summary="Read by three.")
    fast.post(at, data=form_of(fast.get(at).text, "base", title="Leak of chats"))

    answer = slow.post(at, data=mine)

    assert answer.status_code == 409
    assert answer.text.count("Which one stays?") == 2


def test_a_stale_organisation_and_a_stale_action_show_both_texts(app: Flask, client_for: SignIn, ref: str) -> None:
    # Given the details of the organisation, opened twice
    admin, other = client_for("admin"), client_for("admin")
    mine = form_of(other.get("/organisation").text, "base", website="https://other.example.org")
    admin.post("/organisation", data=form_of(admin.get("/organisation").text, "base", dpo_name="Dora", legal_name="Bot AG"))
    answer = other.post("/organisation", data=mine)
    assert answer.status_code == 409
    assert "Dora" in answer.text
    assert other.post("/organisation", data=form_of(answer.text, "base")).status_code == 302
    with app.app_context():
        home = db.session().scalars(select(Organisation)).one()
        assert (home.dpo_name, home.website, home.version) == ("Dora", "https://other.example.org", 3)
        action = db.session().scalars(select(Action).order_by(Action.id)).first()
        assert action is not None
        number = action.id

    # And an action that two people assign
    client = client_for("responder")
    at = f"/actions/{number}/change"
    first = {"version": "1", "base": '{"owner_id": ["0"], "due_at": ["x"]}', "owner_id": "2", "due_at": "2026-12-01T10:00"}
    assert post(client, at, first).status_code == 302
    answer = post(client, at, first | {"owner_id": "3"})
    assert answer.status_code == 409
    assert "Rene Responder" in answer.text
    assert "Ada Approver" in answer.text


def test_a_program_is_told_both_texts(api_for: Callable[..., Callable[..., tuple[int, dict[str, object]]]], ref: str) -> None:
    api = api_for("responder")
    assert api("PATCH", f"/cases/{ref}", {"version": 1, "title": "Leak", "cause": "A script."})[0] == 200

    status, answer = api("PATCH", f"/cases/{ref}", {"version": 1, "cause": "A person."})

    assert status == 409
    assert answer["yours"] == {"cause": "A person."}
    assert answer["theirs"] == {"cause": "A script."}
    assert (answer["version"], answer["by"]) == (2, "Rene Responder")
    assert answer["at"]


def test_a_note_sent_twice_stands_once(app: Flask, client_for: SignIn, ref: str) -> None:
    # Given the form of a note
    client = client_for("responder")
    note = form_of(client.get(f"/cases/{ref}/timeline").text, "text", text="It began at nine.")

    # When the button is pressed twice
    first, second = client.post(f"/cases/{ref}/notes", data=note), client.post(f"/cases/{ref}/notes", data=note)

    # Then both land on the same page, and the note stands once
    assert first.location == second.location == f"/cases/{ref}/timeline"
    assert "That was sent before" in client.get(second.location).text
    with app.app_context():
        assert db.session().scalar(select(func.count(Note.id))) == 1

    # And other words under the same key are refused in words
    note["text"] = "Other words."
    other = client.post(f"/cases/{ref}/notes", data=note)
    assert other.status_code == 422
    assert "sent before, with other words" in other.text
    note["once"] = "x"
    assert client.post(f"/cases/{ref}/notes", data=note).status_code == 422


def test_an_action_sent_twice_is_on_the_list_once(app: Flask, client_for: SignIn, ref: str) -> None:
    client = client_for("responder")
    action = form_of(client.get(f"/cases/{ref}/actions").text, "proof", title="Ring the bank", kind="contain")

    answers = [client.post(f"/cases/{ref}/actions", data=action) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [302, 302]
    with app.app_context():
        found = [one.title for one in db.session().scalars(select(Action))].count("Ring the bank")
        assert found == 1


def test_a_request_sent_twice_gets_the_same_answer(
    app: Flask, api_for: Callable[..., Callable[..., tuple[int, dict[str, object]]]], ref: str
) -> None:
    api = api_for("responder")
    headers = {**api.headers, "Idempotency-Key": uuid.uuid4().hex}  # type: ignore[attr-defined]  # tests.conftest.ApiClient

    answers = [api("POST", f"/cases/{ref}/notes", {"text": "It began at nine."}, headers=headers) for _ in range(2)]

    assert answers[0][0] == 201
    assert answers[0] == answers[1]
    assert api("POST", f"/cases/{ref}/notes", {"text": "Other."}, headers=headers)[0] == 422
    with app.app_context():
        assert db.session().scalar(select(func.count(Note.id))) == 1


def test_unsaved_text_is_offered_to_its_writer_until_it_is_saved(app: Flask, client_for: SignIn, ref: str) -> None:
    # Given text that was typed and not saved
    client, other = client_for("responder"), client_for("approver")
    form = form_of(client.get(f"/cases/{ref}/timeline").text, "text", text="It began at nine.")
    kept = client.post(f"/drafts/note/{ref}", json={"values": [["text", "It began at nine."]]},
                       headers={"X-CSRFToken": form["csrf_token"]})
    assert kept.status_code == 200
    assert kept.headers["Cache-Control"] == "no-store"

    # Then its writer, in a browser that signed in anew, is offered it, and nobody else is
    anew = client_for("responder")
    assert "You have unsaved text from" in anew.get(f"/cases/{ref}/timeline").text
    taken = anew.get(f"/drafts/note/{ref}")
    assert taken.get_json()["values"] == [["text", "It began at nine."]]
    assert taken.headers["Cache-Control"] == "no-store"
    assert "You have unsaved text" not in other.get(f"/cases/{ref}/timeline").text
    assert other.get(f"/drafts/note/{ref}").status_code == 404

    # And once it is saved it is offered no more
    client.post(f"/cases/{ref}/notes", data=form)
    assert "You have unsaved text" not in client.get(f"/cases/{ref}/timeline").text


def test_unsaved_text_can_be_thrown_away_and_needs_the_token_of_the_page(client_for: SignIn, ref: str) -> None:
    client = client_for("responder")
    token = form_of(client.get(f"/cases/{ref}/timeline").text, "text")["csrf_token"]
    body = {"values": [["text", "x"]]}
    assert client.post(f"/drafts/note/{ref}", json=body).status_code == 400
    assert client.post(f"/drafts/note/{ref}", json=["x"], headers={"X-CSRFToken": token}).status_code == 422
    assert client.post("/drafts/note/BR-2020-999", json=body, headers={"X-CSRFToken": token}).status_code == 404
    huge = {"values": [["text", "x" * 600_000]]}
    assert client.post(f"/drafts/note/{ref}", json=huge, headers={"X-CSRFToken": token}).status_code in {413, 422}
    client.post(f"/drafts/note/{ref}", json=body, headers={"X-CSRFToken": token})

    gone = post(client, f"/drafts/note/{ref}/discard", {"back": f"/cases/{ref}/timeline"})
    elsewhere = post(client, f"/drafts/note/{ref}/discard", {"back": "//evil.example"})

    assert (gone.location, elsewhere.location) == (f"/cases/{ref}/timeline", "/")
    assert "You have unsaved text" not in client.get(f"/cases/{ref}/timeline").text
