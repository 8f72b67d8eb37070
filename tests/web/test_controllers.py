"""Controllers on pages: list, draft, receipts on the delivery page, and the public page behind the link."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError

from incident_app.extensions import db
from incident_app.models.cases import Case
from incident_app.models.controllers import ControllerReceipt
from incident_app.models.notices import Notice
from incident_app.services import accounts, controllers
from incident_app.services.public_words import public_languages
from incident_app.wiring import KEY, ports
from tests.controllers_kit import ENVELOPE, LIST, Office
from tests.fakes import FakeClock
from tests.people import People
from tests.web.posting import post as post_form

Client = Callable[[str], FlaskClient]
INSIDE = ("incident-app", "/sign-in", "BR-2026", "/cases", "<script", "csrf", "Harbour", "Nordwind", "Priya")
HARBOUR = "dpo@blueharbour.example"


def the_office(app: Flask, clock: FakeClock) -> Office:
    """Return a desk on the database of the app. Call inside its context."""
    session = db.session()
    found = {name: accounts.find(session, f"{name}@example.org") for name in People.__dataclass_fields__}
    return Office(session, People(**{name: user.actor for name, user in found.items() if user is not None}), clock)


def the_codes(app: Flask, clock: FakeClock) -> tuple[str, dict[str, str]]:
    """Tell three controllers; return the case and the codes by address."""
    with app.app_context():
        office = the_office(app, clock)
        notice = office.told()
        return office.session.get_one(Case, notice.case_id).ref, office.codes()


def acknowledged(app: Flask) -> int:
    """Count the receipts that were given."""
    with app.app_context():
        return len(db.session.scalars(select(ControllerReceipt.id).where(ControllerReceipt.acknowledged_at.is_not(None))).all())


def test_who_has_the_link_confirms_by_name_and_a_second_press_changes_nothing(app: Flask, clock: FakeClock) -> None:
    _, codes = the_codes(app, clock)
    visitor, address = app.test_client(), f"/receipt/{codes[HARBOUR]}"

    # When a scanner of links opens it, and then a person does
    for method in (visitor.get, visitor.head, visitor.options, visitor.get):
        method(address)
    assert acknowledged(app) == 0
    asked = visitor.get(address).text
    first = visitor.post(address, data={"name": "Priya Shah, DPO"})
    second = visitor.post(address, data={"name": "Priya Shah, DPO"})
    later = visitor.get(address)

    # Then it is recorded once, and no page says by whom or for which organisation
    assert acknowledged(app) == 1
    assert re.search(r"Confirmed on [^<]* at \d\d:\d\d \(UTC\+\d\)\.", later.text)
    assert "Your name and role" in asked
    assert "Thank you. The receipt is recorded." in first.text
    assert "This receipt was confirmed before." in second.text
    assert "This receipt was confirmed before." in later.text
    for page in (asked, first.text, second.text, later.text):
        assert not [word for word in INSIDE if word in page]
    assert not first.headers.getlist("Set-Cookie")
    assert first.headers["Cache-Control"] == "no-store"


def test_the_page_speaks_twelve_languages_and_keeps_its_address_when_it_changes(app: Flask, clock: FakeClock) -> None:
    _, codes = the_codes(app, clock)
    visitor = app.test_client()

    pages = {code: visitor.get(f"/receipt/{codes[HARBOUR]}?lang={code}").text for code in public_languages()}
    wrong = {code: visitor.post(f"/receipt/{codes[HARBOUR]}?lang={code}", data={"name": " "}) for code in ("ar", "uk")}

    titles = {re.search(r"<h1>(.*?)</h1>", page, re.DOTALL).group(1) for page in pages.values()}  # type: ignore[union-attr]  # every page has one
    assert len(titles) == 12
    assert 'dir="rtl"' in pages["ar"]
    assert f"/receipt/{codes[HARBOUR]}?lang=de" in pages["en"]
    assert {answer.status_code for answer in wrong.values()} == {422}
    assert 'role="alert"' in wrong["ar"].text
    assert acknowledged(app) == 0


@pytest.mark.parametrize("code", ["a" * 32, "x", "1" * 90, "<script>alert(1)", "..%5c..%5cetc"])
def test_a_code_of_nobody_reads_like_a_page_that_does_not_exist(app: Flask, clock: FakeClock, code: str) -> None:
    the_codes(app, clock)
    visitor = app.test_client()

    shown, tried = visitor.get(f"/receipt/{code}"), visitor.post(f"/receipt/{code}", data={"name": "Mallory"})

    assert (shown.status_code, tried.status_code) == (404, 404)
    assert "There is no such page here." in shown.text
    assert acknowledged(app) == 0


def test_an_old_link_says_so_and_whom_to_ask(app: Flask, clock: FakeClock) -> None:
    _, codes = the_codes(app, clock)
    clock.move(days=366)
    visitor, address = app.test_client(), f"/receipt/{codes[HARBOUR]}"

    shown, tried = visitor.get(address), visitor.post(address, data={"name": "Priya"})

    assert (shown.status_code, tried.status_code) == (410, 410)
    assert "This link is no longer in use." in tried.text
    assert "dpo@example.org" in tried.text
    assert acknowledged(app) == 0


def test_a_drill_says_so(app: Flask, clock: FakeClock) -> None:
    _, codes = the_codes(app, clock)
    with app.app_context():
        db.session.execute(update(Case).values(is_drill=True))
        db.session.commit()

    assert "This is an exercise" in app.test_client().get(f"/receipt/{codes[HARBOUR]}").text


def test_a_database_that_is_away_is_said_in_words(app: Flask, clock: FakeClock) -> None:
    _, codes = the_codes(app, clock)

    def gone(*_: object) -> None:
        raise OperationalError("SELECT 1", {}, Exception("away"))

    app.before_request_funcs.setdefault("receipts", []).append(gone)
    try:
        answer = app.test_client().get(f"/receipt/{codes[HARBOUR]}")
    finally:
        app.before_request_funcs["receipts"].remove(gone)

    assert answer.status_code == 503
    assert acknowledged(app) == 0


# --------------------------------------------------------------------------------------------------------------- staff


def a_processors_case(app: Flask, clock: FakeClock, *names: str) -> str:
    """File a case in which we are the processor of these controllers, where any are named; return its number."""
    with app.app_context():
        app.extensions[KEY] = replace(ports(), envelope=ENVELOPE)
        return the_office(app, clock).case(controllers=names).ref


def test_who_named_the_controllers_is_asked_for_their_addresses_alone(app: Flask, clock: FakeClock, client_for: Client) -> None:
    ref = a_processors_case(app, clock, "Harbour & Sons", *(f"Partner {number}" for number in range(1, 7)))

    page = client_for("responder").get(f"/cases/{ref}/controllers").text

    assert "No controller is listed yet" not in page
    assert "The case names Harbour &amp; Sons, Partner 1, Partner 2, Partner 3, Partner 4 and 2 more. Say where each is reached" in page


def test_a_list_is_pasted_or_uploaded_a_notice_drafted_and_read(app: Flask, clock: FakeClock, client_for: Client) -> None:
    ref, client = a_processors_case(app, clock), client_for("responder")
    assert "Tell the controllers" in client.get(f"/cases/{ref}/notices").text
    assert "No controller is listed yet" in client.get(f"/cases/{ref}/controllers").text

    # When a bad list is pasted, and then a good one uploaded
    bad = post_form(client, f"/cases/{ref}/controllers", {"pasted": "organisation,email\nNordwind,nobody\n"})
    assert bad.status_code == 422
    assert "Line 2: email is not an email address" in bad.text
    good = post_form(client, f"/cases/{ref}/controllers", {"file": (BytesIO(LIST.encode()), "customers.csv")}, follow=True)
    assert "Taken over: 3 controllers." in good.text

    # Then a notice is drafted with a day until which we write again, one not past
    for day in ("2020-01-01", "soon"):
        refused = post_form(client, f"/cases/{ref}/controllers/notices", {"list_id": "1", "again_on": day})
        assert refused.status_code == 422
        assert "still to come" in refused.text
    drafted = post_form(client, f"/cases/{ref}/controllers/notices", {"list_id": "1", "again_on": "2026-12-24"}, follow=True)
    assert "What will controllers read?" in drafted.text
    assert "((receipt))" in drafted.text
    assert "24. Dezember 2026" in drafted.text
    for step in ("audience", "channels", "check", "approval"):
        assert client.get(f"/cases/{ref}/notices/1/{step}").status_code == 200
    assert "3 controllers" in client.get(f"/cases/{ref}/notices/1/approval").text
    assert "goes first · 3 controllers" in client.get(f"/cases/{ref}/notices/1/message").text
    channels = client.get(f"/cases/{ref}/notices/1/channels").text
    assert "Email only" in channels
    assert "Telegram, then" not in channels
    listed = client.get(f"/cases/{ref}/notices").text
    assert "to controllers" in listed
    assert "German, English, French" in listed
    assert "Notices to people" not in listed
    checked = client.get(f"/cases/{ref}/notices/1/check").text
    assert "Controller 1 of 3" in checked
    assert "C-0001" in checked
    assert "Next controller" in checked
    assert not [word for word in ("Person 1", "Next person", "P-00001") if word in checked]
    assert "4 lines → <b>3 controllers</b> (1 header or blank, 0 duplicates joined, 0 refused)" in client.get(
        f"/cases/{ref}/notices/1/audience").text
    assert "with at most 25 in the list all of them go at once" in channels
    assert "Notice 1" in client.get(f"/cases/{ref}/controllers").text


def test_the_delivery_page_shows_each_receipt_and_drafts_what_follows(app: Flask, clock: FakeClock, client_for: Client) -> None:
    ref, codes = the_codes(app, clock)
    client, auditor = client_for("responder"), client_for("auditor")
    app.test_client().post(f"/receipt/{codes[HARBOUR]}", data={"name": "Priya Shah"})

    page = client.get(f"/cases/{ref}/notices/1/delivery").text
    assert "Notice 1 to controllers" in page
    assert "1 acknowledged, 0 delivered, 2 sent" in page
    assert "Blue Harbour Ltd" in page
    assert "Priya Shah" in page
    assert page.count("C-0002") == 3  # its receipt, its line and its story: one name for it
    assert "P-00002" not in page
    seen = auditor.get(f"/cases/{ref}/notices/1/delivery").text
    assert "C-0002" in seen
    assert "Harbour" not in seen
    assert "Priya" not in seen

    file = client.get(f"/cases/{ref}/notices/1/receipts.csv").text
    assert file.count("\n") == 4
    assert "Blue Harbour Ltd,DPA-18,acknowledged" in file
    assert auditor.get(f"/cases/{ref}/notices/1/receipts.csv").status_code == 403

    # When it is too early, nobody is reminded; a day later the two others are
    clock.move(seconds=timedelta(minutes=5).total_seconds())
    early = post_form(client, f"/cases/{ref}/notices/1/reminder", {"hours": ""}, follow=True)
    assert early.status_code == 200
    assert "Nobody is left to be reminded." in early.text
    assert "there is nobody to remind yet" in early.text
    assert "Draft a reminder" not in early.text
    assert "Draft a reminder to 2" in client.get(f"/cases/{ref}/notices/1/delivery?hours=0").text
    unread = post_form(client, f"/cases/{ref}/notices/1/reminder", {"hours": "three days"})
    assert unread.status_code == 422
    assert "Give a whole number from 0 to 2\u202f160." in unread.text
    again = post_form(client, f"/cases/{ref}/notices/1/reminder", {"hours": "0"}, follow=True)
    assert "Erinnerung: " in again.text
    carried = post_form(client, f"/cases/{ref}/notices/1/update", {"list_id": "1", "again_on": "2027-01-31"}, follow=True)
    assert "Neuer Stand: " in carried.text
    listed = client.get(f"/cases/{ref}/controllers").text
    assert "reminder, " in listed
    assert "update, " in listed


def test_a_page_that_follows_says_what_it_follows(app: Flask, clock: FakeClock, client_for: Client) -> None:
    with app.app_context():
        office = the_office(app, clock)
        first = office.told()
        second = office.out(controllers.carry_on(office.session, first.id, by=office.people.responder, now=office.now,
                                                 envelope=ENVELOPE))
        ref = office.session.get_one(Case, first.case_id).ref
        assert second.follows_id == first.id
        assert office.session.get_one(Notice, second.id).is_reminder is False

    page = client_for("responder").get(f"/cases/{ref}/notices/2/delivery?controller=1&hours=48").text

    assert "carries on" in page
    assert "48 hours ago" in page
    assert "First page" in page


def test_the_delivery_page_speaks_of_controllers_where_they_are_told(app: Flask, clock: FakeClock, client_for: Client) -> None:
    with app.app_context():
        office = the_office(app, clock)
        ref = office.session.get_one(Case, office.told().case_id).ref

    page = client_for("responder").get(f"/cases/{ref}/notices/1/delivery").text
    told = client_for("responder").get(f"/cases/{ref}/timeline").text

    assert "notice 1 to controllers · 3 controllers" in told
    assert "3 people" not in told
    assert "3 controllers, all within this time" in page
    assert "Controllers (CSV)" in page
    assert "3 people" not in page
    assert "People (CSV)" not in page


def test_a_list_that_names_others_than_the_case_says_so_and_the_duty_says_why_it_stays_owed(
    app: Flask, clock: FakeClock, client_for: Client,
) -> None:
    # Given a case that names two controllers, and a list that misspells one of them
    ref, client = a_processors_case(app, clock, "Nordwind Versand", "Blue Harbor Ltd"), client_for("responder")

    taken = post_form(client, f"/cases/{ref}/controllers", {"pasted": LIST}, follow=True).text

    # Then it is said at once, with the line in the list
    assert "Not named in the case: “Blue Harbour Ltd”, “Maison Claire”. No line for: “Blue Harbor Ltd”." in taken
    assert "not named in the case: write it as the facts" in client.get(f"/cases/{ref}/people/1").text

    # When it is sent all the same
    with app.app_context():
        office = the_office(app, clock)
        case = office.session.scalars(select(Case).where(Case.ref == ref)).one()
        office.told(case=case)

    # Then duties, case and sending say why one of them is not told
    for page in (f"/cases/{ref}/duties", f"/cases/{ref}", f"/cases/{ref}/notices/1/delivery"):
        assert "No list that was written to has a line for “Blue Harbor Ltd”." in client.get(page).text, page
    assert "The duty to tell controllers is still owed." in client.get(f"/cases/{ref}/notices/1/delivery").text
    assert "by our message, which a provider took" in client.get(f"/cases/{ref}/duties").text
    assert "Blue Harbor Ltd · No list that was written to has a line for it." in client.get(f"/cases/{ref}/timeline").text


def test_who_confirmed_stands_in_the_timeline_and_the_review_speaks_of_controllers(
    app: Flask, clock: FakeClock, client_for: Client,
) -> None:
    ref, codes = the_codes(app, clock)
    app.test_client().post(f"/receipt/{codes[HARBOUR]}", data={"name": "Priya Shah"})
    responder, auditor = client_for("responder"), client_for("auditor")

    seen, masked = (client.get(f"/cases/{ref}/timeline").text for client in (responder, auditor))
    assert "notice 1 to controllers · Blue Harbour Ltd · Priya Shah" in seen
    assert "notice 1 to controllers · Blue Harbour Ltd" in masked
    assert "Priya" not in masked

    judged = responder.get(f"/cases/{ref}/review").text
    assert "Awareness to first controller told" in judged
    assert "3 of 3 controllers written to were told, 1 acknowledged that the notice arrived." in judged
    assert not [words for words in ("person told", "The first person", "No message of ours") if words in judged]


def test_kinds_of_data_in_words_of_their_own_are_warned_of_in_the_letter_they_go_into(
    app: Flask, clock: FakeClock, client_for: Client,
) -> None:
    # Given a controller that reads Italian, and whose kinds of data somebody wrote in English
    ref, client = a_processors_case(app, clock), client_for("responder")
    odd = "organisation,email,language,data\nUno S.r.l.,a@uno.example,it,names of members\nTwo Ltd,b@two.example,en,contact\n"
    post_form(client, f"/cases/{ref}/controllers", {"pasted": odd})
    post_form(client, f"/cases/{ref}/controllers/notices", {"list_id": "1"})

    italian, english = (client.get(f"/cases/{ref}/notices/1/message?language={code}").text for code in ("it", "en"))

    # Then the check of the Italian letter says so, with the line, and that of the English one does not
    said = "Line 2 of the list: kinds of data in words of their own."
    assert said in italian
    assert "See that they are in Italiano" in italian
    assert said not in english
    assert "kinds of data in words of its own" in client.get(f"/cases/{ref}/people/1").text
