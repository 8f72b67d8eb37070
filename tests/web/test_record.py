"""The record and retention as pages: who sees what, errors in words, and the buttons that take two people."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from incident_app.domain.accounts import Actor
from incident_app.domain.retention import DEFAULTS
from incident_app.extensions import db
from incident_app.models.alerts import Alert
from incident_app.models.cases import Case
from incident_app.models.proposals import Proposal
from incident_app.services import accounts, audit, recipients, retention
from incident_app.wiring import Ports
from tests.builders import a_case
from tests.conftest import TOKEN, ApiClient
from tests.fakes import START, FakeClock
from tests.letters_kit import csv_of

ClientFor = Callable[[str], FlaskClient]
WHY = "The court asked for it yesterday."


def actor_of(who: str) -> Actor:
    user = accounts.find(db.session(), f"{who}@example.org")
    assert user is not None
    return user.actor


@pytest.fixture
def ref(app: Flask, test_ports: Ports) -> str:
    """A case with three people."""
    with app.app_context():
        by = actor_of("responder")
        case = a_case(db.session(), by, title="Secret title")
        recipients.import_list(db.session(), case.id, "p.csv", csv_of(3), by=by, now=START, vault=test_ports.vault)
        return case.ref


def posted(client: FlaskClient, page: str, to: str, **data: str) -> tuple[int, str]:
    token = TOKEN.search(client.get(page).text)
    assert token is not None
    answer = client.post(to, data={"csrf_token": token[1], **data}, follow_redirects=True)
    return answer.status_code, answer.text


def test_the_record_says_who_did_what_in_words(client_for: ClientFor, ref: str) -> None:
    page = client_for("auditor").get("/record").text

    assert "A breach was logged" in page
    assert "A list of people was taken over" in page
    assert f">{ref}</a>" in page
    assert "person1@example.org" not in page


def test_an_administrator_sees_no_case_there(client_for: ClientFor, ref: str) -> None:
    page = client_for("admin").get("/record").text

    assert "An account was made" in page
    assert ref not in page
    assert "Secret" not in page
    assert "A breach was logged" not in page


def test_what_is_looked_for_stands_in_the_address_and_goes_page_by_page(
    client_for: ClientFor, app: Flask, ref: str
) -> None:
    client = client_for("auditor")
    assert "Nothing found" in client.get("/record?case=BR-1999-001").text
    assert "<td class=\"cell-lead\">A breach was logged" not in client.get("/record?action=account").text
    with app.app_context():
        top = audit.head_of(db.session())[0]
        for _ in range(60):
            audit.record(db.session(), action="account.signed_in", by=actor_of("admin"), now=START)
        db.session.commit()

    first = client.get("/record?action=account.signed_in&first=2026-11-23&last=2026-11-23&person=7").text
    assert "before=" in first
    assert f"before={top + 11}" in first
    assert "Newest" in client.get(f"/record?before={top + 11}").text


@pytest.mark.parametrize("query", ["first=nonsense", "person=x", "before=x", "first=2026-11-25&last=2026-11-24", "person=" + "9" * 30,
                                   "before=-1", "first=99999-01-01"])
def test_bad_input_is_said_in_words(client_for: ClientFor, query: str) -> None:
    answer = client_for("auditor").get(f"/record?{query}")

    assert answer.status_code == 422
    assert "There is a problem" in answer.text


def test_the_record_is_verified_on_its_page(client_for: ClientFor, app: Flask, ref: str) -> None:
    client = client_for("auditor")
    with app.app_context():
        seq, digest = audit.head_of(db.session())

    status, page = posted(client, "/record", "/record/verify", anchor=f"{seq}:{digest[:16]}")
    assert (status, "The record is complete." in page) == (200, True)
    assert f"The anchor given by hand (entry {seq}) matches. 1 anchor agrees, the one you gave among them." in page

    _, page = posted(client, "/record", "/record/verify", anchor=f"{seq}:{'0' * 16}")
    assert f"Entry {seq} does not have the fingerprint that the anchor given by hand names." in page
    assert f"Was it typed as it was given? If so, the record was rewritten somewhere between entry 1 and entry {seq}." in page

    _, page = posted(client, "/record", "/record/verify", anchor=f"{seq + 900}:{digest[:16]}")
    assert f"The record is broken at entry {seq + 1}" in page
    status, page = posted(client, "/record", "/record/verify", anchor="nonsense")
    assert (status, "such as 4711:" in page) == (422, True)


def test_the_record_is_handed_out_as_csv(client_for: ClientFor, ref: str) -> None:
    answer = client_for("approver").get(f"/record.csv?case={ref}")

    assert answer.mimetype == "text/csv"
    assert "A breach was logged" in answer.text
    assert client_for("approver").get("/record.csv?first=x").status_code == 422


def test_the_record_in_json(api_for: Callable[[str], ApiClient], ref: str, app: Flask) -> None:
    api = api_for("auditor")
    status, page = api("GET", f"/audit/entries?case={ref}&limit=1")
    assert (status, len(page["entries"])) == (200, 1)  # type: ignore[arg-type]  # a list
    assert page["older"]
    with app.app_context():
        seq, digest = audit.head_of(db.session())

    assert api("GET", f"/audit/verify?anchor={seq}:{digest}")[1]["anchor"] == {
        "entry": seq, "where": "the anchor given by hand", "at": None}
    assert api("GET", f"/audit/verify?anchor={seq}:{'0' * 64}")[1]["broken_at"] == seq
    assert api("GET", "/audit/verify?anchor=x")[0] == 422
    assert api("GET", "/audit/anchors") == (200, {"anchors": []})
    assert api("GET", f"/audit/deliveries/{ref}/1")[0] == 404
    assert api("GET", "/audit/entries?before=0")[0] == 422


# ----------------------------------------------------------------------------------------------------------- retention


def test_the_dry_run_says_what_goes_when(client_for: ClientFor, ref: str) -> None:
    page = client_for("approver").get("/retention").text
    assert ref in page
    assert "3 people: contacts" in page
    assert "What others keep" in page

    of_admin = client_for("admin").get("/retention").text
    assert ref not in of_admin
    assert "Shorten" in of_admin


def test_an_administrator_shortens_a_period(client_for: ClientFor) -> None:
    client = client_for("admin")
    facts = {"people": "60", "people_most": "365", "events": "30", "evidence": "1096", "exports": "24", "version": "0"}

    status, page = posted(client, "/retention", "/retention", **facts)
    assert (status, "Say why" in page) == (422, True)
    status, page = posted(client, "/retention", "/retention", **facts, reason=WHY)
    assert (status, "Shorter from now on" in page) == (200, True)
    assert posted(client, "/retention", "/retention", **facts, reason=WHY)[0] == 409
    assert posted(client, "/retention", "/retention", **facts | {"people": "x", "version": "y"})[0] == 422
    assert posted(client, "/retention", "/retention", **facts | {"people": ""})[0] == 422


def waiting_id(app: Flask) -> str:
    with app.app_context():
        return db.session.scalars(db.select(Proposal.public_id).order_by(Proposal.id.desc())).first() or ""


def test_a_hold_is_set_shown_on_the_case_and_lifted_by_two(client_for: ClientFor, app: Flask, ref: str) -> None:
    first, second, page = client_for("approver"), client_for("second_approver"), f"/cases/{ref}/retention"
    assert posted(first, page, f"/cases/{ref}/hold", reason="x")[0] == 422
    assert "On legal hold" in posted(first, page, f"/cases/{ref}/hold", reason=WHY)[1]
    assert "Legal hold" in first.get(f"/cases/{ref}").text
    assert "Legal hold" in client_for("auditor").get(page).text
    assert "Legal hold" in first.get("/retention").text
    assert "not erased until it is lifted" in first.get(f"/cases/{ref}/people").text

    assert posted(first, page, f"/cases/{ref}/hold/lift", reason="x")[0] == 422
    assert "Asked." in posted(first, page, f"/cases/{ref}/hold/lift", reason=WHY)[1]
    answer = f"/cases/{ref}/hold/lift/{waiting_id(app)}/"
    assert "You asked for this" in first.get(page).text
    assert posted(first, page, answer + "agree")[0] == 403
    assert posted(second, page, answer + "refuse", reason="x")[0] == 422
    assert "The hold is lifted." in posted(second, page, answer + "agree")[1]
    assert "Lifted" in second.get(page).text


def test_contacts_are_erased_early_by_two(client_for: ClientFor, app: Flask, ref: str) -> None:
    first, second, page = client_for("approver"), client_for("second_approver"), f"/cases/{ref}/retention"
    assert "3 people in 1 list" in first.get(page).text
    assert posted(first, page, f"/cases/{ref}/erase", reason="x")[0] == 422
    assert "Asked." in posted(first, page, f"/cases/{ref}/erase", reason=WHY)[1]
    refused = f"/cases/{ref}/erase/{waiting_id(app)}/refuse"
    assert "Nothing is erased." in posted(first, page, refused)[1]
    posted(first, page, f"/cases/{ref}/erase", reason=WHY)
    answer = f"/cases/{ref}/erase/{waiting_id(app)}/agree"
    assert posted(first, page, answer)[0] == 403
    assert "The contacts are erased." in posted(second, page, answer)[1]
    assert "There are no contacts." in second.get(page).text


def test_retention_in_json(api_for: Callable[[str], ApiClient], ref: str, app: Flask) -> None:
    first, second = api_for("approver"), api_for("second_approver")
    assert first("GET", "/retention")[1]["periods"] == DEFAULTS.plain()
    assert first("POST", f"/cases/{ref}/hold", {"reason": WHY})[1]["lifted_at"] is None
    asked = first("POST", f"/cases/{ref}/hold/lift", {"reason": WHY})[1]["id"]
    assert second("POST", f"/cases/{ref}/hold/lift/{asked}/refuse", {"reason": "It is still needed."})[0] == 200
    asked = first("POST", f"/cases/{ref}/hold/lift", {"reason": WHY})[1]["id"]
    assert first("POST", f"/cases/{ref}/hold/lift/{asked}/agree")[0] == 403
    assert second("POST", f"/cases/{ref}/hold/lift/{asked}/agree")[1]["lifted_at"]
    asked = first("POST", f"/cases/{ref}/erase", {"reason": WHY})[1]["id"]
    assert first("POST", f"/cases/{ref}/erase/{asked}/refuse", {"reason": ""})[1]["state"] == "withdrawn"
    asked = first("POST", f"/cases/{ref}/erase", {"reason": WHY})[1]["id"]
    assert second("POST", f"/cases/{ref}/erase/{asked}/agree") == (200, {"lists": 1, "people": 3})


def test_views_that_take_a_fresh_proof_are_marked(app: Flask, clock: FakeClock) -> None:
    marked = {name for name, view in app.view_functions.items() if name.startswith("retention.") and getattr(view, "fresh", False)}

    assert marked == {"retention.lower", "retention.hold", "retention.ask_lift", "retention.answer_lift",
                      "retention.ask_erase", "retention.answer_erase"}


@pytest.mark.parametrize("page", ["retention", "readers"])
def test_these_pages_of_a_case_belong_to_the_register(client_for: ClientFor, ref: str, page: str) -> None:
    client = client_for("approver")

    assert re.findall(r'<a href="([^"]+)"\s+aria-current', client.get(f"/cases/{ref}/{page}").text)[0] == "/register"
    assert re.findall(r'<a href="([^"]+)"\s+aria-current', client.get("/retention").text)[0] == "/retention"


def test_t87_words_that_do_not_open_while_the_record_streams_wake_somebody(client_for: ClientFor, ref: str, app: Flask) -> None:
    # Given a hold whose words stand in the record, in a case that was given the key of another
    with app.app_context():
        session = db.session()
        case = session.scalars(select(Case).where(Case.ref == ref)).one()
        retention.set_hold(session, case.id, WHY, by=actor_of("approver"), now=START)
        other = a_case(session, actor_of("responder"), title="The other one")
        session.execute(update(Case).where(Case.ref == ref).values(text_key=other.text_key))
        session.commit()

    # When the record is streamed to its end
    answer = client_for("approver").get(f"/record.csv?case={ref}")
    assert "A legal hold was set" in answer.text
    assert WHY not in answer.text
    assert "(This text cannot be opened:" in answer.text

    # Then the on-call is woken as by a page
    with app.app_context():
        (alert,) = db.session.scalars(select(Alert).where(Alert.kind == "sealed_row"))
        assert "a sealed text does not open" in alert.words
