"""The duties of a case as pages: read, decided, dated, recorded as done."""

import io
import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from incident_app.extensions import db
from incident_app.models.cases import Case
from incident_app.models.obligations import Obligation, of_case
from incident_app.models.organisation import Organisation
from incident_app.services import obligations
from incident_app.wiring import Ports
from tests.fakes import FakeClock
from tests.web.test_pages import BREACH, post

Client = Callable[[str], FlaskClient]
PAGE = "/cases/BR-2026-001/duties"
LONG_AGO = "2026-03-29T02:30"


def duty_of(app: Flask, provision: str) -> Obligation:
    """Return the living duty of this article in the first case."""
    with app.app_context():
        found = [one for one in db.session.scalars(of_case(1)) if one.provision == provision]
        assert len(found) == 1, [(one.provision, one.recipient) for one in found]
        return found[0]


def say_what_we_are(app: Flask, sectors: list[str] | None) -> None:
    with app.app_context():
        db.session.scalars(select(Organisation)).one().sectors = sectors
        db.session.commit()


def follow(app: Flask, ports: Ports, clock: FakeClock) -> None:
    """Let the tick look at the law anew."""
    with app.app_context():
        db.session.scalars(select(Case)).one().law_version = ""
        db.session.commit()
        obligations.follow_law(db.session(), law=ports.law, calendar=ports.calendar, now=clock.now())


def live_in(app: Flask, ports: Ports, clock: FakeClock, *countries: str) -> None:
    with app.app_context():
        db.session.scalars(select(Case)).one().countries = list(countries)
        db.session.commit()
    follow(app, ports, clock)


def card_of(client: FlaskClient, provision: str) -> str:
    cards: list[str] = re.findall(r'<h3 class="clock-duty">(.*?)</article>', client.get(PAGE).text, re.DOTALL)
    return next(card for card in cards if provision in card)


@pytest.fixture
def filed(client_for: Client) -> FlaskClient:
    """A responder who filed a breach of people in Germany."""
    client = client_for("responder")
    assert post(client, "/cases/new", BREACH)[0] == 200
    return client


@pytest.fixture
def abroad(app: Flask, filed: FlaskClient, test_ports: Ports, clock: FakeClock) -> FlaskClient:
    """The same, with people in Russia too."""
    with app.app_context():
        db.session.scalars(select(Case)).one().countries = ["DE", "RU"]
        db.session.commit()
    follow(app, test_ports, clock)
    return filed


def act(client: FlaskClient, app: Flask, provision: str, verb: str, **form: object) -> tuple[int, str]:
    return post(client, f"{PAGE}/{duty_of(app, provision).id}/{verb}", dict(form), PAGE)


def test_the_page_says_who_is_told_by_when_and_why(filed: FlaskClient) -> None:
    page = filed.get(PAGE).text

    assert "72 hours from awareness" in page
    assert "due Thu 26 Nov 2026 10:40 CET" in page
    assert "The controller is at home in Germany: owed always, unless the breach is unlikely to result in a risk." in page
    assert "No date in law, since Mon 23 Nov 2026 10:40 CET" in page
    assert "House target, not the law: Thu 26 Nov 2026 10:40 CET" in page
    assert "Evidence only" in page
    assert "This case is the record." in page
    assert "A proposal" not in page.split("Not owed, and why")[0]
    assert "Not law: a proposal." in page


def test_the_reason_is_true_today_and_the_one_of_the_day_it_arose_stays(
    filed: FlaskClient, app: Flask, test_ports: Ports, clock: FakeClock,
) -> None:
    # Given a duty that arose while people were known in Germany only
    assert "When it arose" not in filed.get(PAGE).text

    # When people in Italy and Ireland become known
    live_in(app, test_ports, clock, "DE", "IT", "IE")
    page = filed.get(PAGE).text

    # Then its page says so by name, and what it was raised with is there still
    assert "people live in Germany, Ireland, Italy: owed always" in page
    assert re.search(r"<dt>When it arose</dt>\s*<dd>\s*Mon 23 Nov 2026 10:40 CET: The controller", page)

    # And what was decided keeps the reason it was decided with
    with app.app_context():
        next(one for one in db.session.scalars(of_case(1)) if one.provision == "Art 34(1)").state = "excused"
        db.session.commit()
    live_in(app, test_ports, clock, "PT")
    assert "Portugal" not in card_of(filed, "Art 34(1)")
    assert "Portugal" in card_of(filed, "Art 33(1)")


def test_the_disputed_reading_is_a_note_and_never_a_clock(filed: FlaskClient, clock: FakeClock, client_for: Client) -> None:
    clock.move(days=4)
    post(filed, "/cases/new", BREACH)

    page = filed.get("/cases/BR-2026-002/duties").text

    assert "would then end Tue 1 Dec 2026 00:00 CET if a working day that is only touched counts" not in page
    assert "Wed 2 Dec 2026 00:00 CET if only whole ones do" in page
    assert "Bavaria and North Rhine-Westphalia disagree" in page
    assert page.count("data-due") == 1


def test_the_earliest_of_several_leads_and_doubt_is_named(abroad: FlaskClient) -> None:
    page = abroad.get(PAGE).text

    cards = re.findall(r'<h3 class="clock-duty">(.*?)</article>', page, re.DOTALL)
    assert ["Leads" in card for card in cards if "Roskomnadzor" in card] == [True, False]
    assert ["Leads" in card for card in cards if "Art 33(1)" in card] == [False]
    assert [("Leads" in card, "Have counsel confirm" in card) for card in cards if "GosSOPKA" in card] == [(False, True)]
    assert page.index("Roskomnadzor") < page.index("Affected people")


def test_a_tab_counts_what_is_open_and_warns_of_what_is_undecided(filed: FlaskClient) -> None:
    page = filed.get("/cases/BR-2026-001").text

    assert re.search(r'Duties\s*<span class="tab-count">2</span>', page)
    assert 'aria-label="2 to decide"' in page


def test_a_tile_leads_to_its_duty_and_to_what_if(app: Flask, filed: FlaskClient) -> None:
    page = filed.get("/cases/BR-2026-001").text

    assert f'href="{PAGE}#duty-{duty_of(app, "Art 33(1)").id}"' in page
    assert "/cases/BR-2026-001/what-if" in page
    assert "Art 33(1)" in page
    assert "rule " + duty_of(app, "Art 33(1)").rule_version[:8] not in page


def test_an_approver_decides_one_duty_with_a_reason(app: Flask, abroad: FlaskClient, client_for: Client) -> None:
    approver = client_for("approver")

    # Given a decision without its reason, then one without a choice: each is named, what was typed stays
    status, text = act(approver, app, "Art 19(12)-(13)", "decision", owed="no", reason="")
    assert (status, "Say why" in text) == (422, True)
    status, text = act(approver, app, "Art 19(12)-(13)", "decision", reason="Everybody was phoned")
    assert (status, "Choose owed or not owed." in text, "Everybody was phoned" in text) == (422, True, True)

    # When it is decided, and decided again
    status, text = act(approver, app, "Art 19(12)-(13)", "decision", owed="no", reason="Everybody was phoned")
    assert (status, "Decided: not owed." in text) == (200, True)
    status, text = act(approver, app, "Art 19(12)-(13)", "decision", owed="yes", reason="The phone list was wrong")

    # Then the last decision stands
    assert (status, "Decided: The phone list was wrong" in text) == (200, True)
    assert duty_of(app, "Art 19(12)-(13)").state == "owed"


def test_who_may_not_decide_sees_no_form_and_is_refused(app: Flask, filed: FlaskClient, client_for: Client) -> None:
    assert "Decide…" not in filed.get(PAGE).text
    assert act(filed, app, "Art 34(1)", "decision", owed="no", reason="Because")[0] == 403
    assert "Decide…" not in client_for("auditor").get(PAGE).text
    assert client_for("oncall_person").get(PAGE).status_code == 403


def test_a_duty_that_is_not_of_this_case_does_not_exist(filed: FlaskClient, client_for: Client) -> None:
    post(filed, "/cases/new", BREACH)
    approver = client_for("approver")

    for verb in ("decision", "done"):
        assert post(approver, f"/cases/BR-2026-002/duties/1/{verb}", {"owed": "no", "reason": "Because"}, PAGE)[0] == 404


@pytest.fixture
def bank(app: Flask, filed: FlaskClient, test_ports: Ports, clock: FakeClock) -> FlaskClient:
    """A responder of a financial business two hours later: its clock starts when somebody classifies the incident."""
    say_what_we_are(app, ["financial"])
    clock.move(hours=2)
    follow(app, test_ports, clock)
    return filed


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"at": ""}, "Give date and time."),
        ({"at": LONG_AGO}, "does not exist in"),
        ({"at": "2026-10-25T02:30"}, "happened twice"),
        ({"at": "2026-12-24T12:00"}, "still to come"),
        ({"at": "yesterday"}, "Give"),
        ({"reason": " "}, "Say who established it"),
    ],
)
def test_a_moment_that_makes_no_sense_is_named(
    app: Flask, bank: FlaskClient, change: dict[str, object], words: str
) -> None:
    status, text = act(bank, app, "Art 5(1)(a)", "moment",
                       **{"at": "2026-11-23T11:30", "reason": "Crisis team, by the criteria"} | change)

    assert status == 422
    assert words in text
    assert "Moments on record" not in text


def test_a_recorded_moment_starts_the_clock_and_the_old_deadline_stays(app: Flask, bank: FlaskClient) -> None:
    assert "the moment the incident was classified as major" in bank.get(PAGE).text

    status, text = act(bank, app, "Art 5(1)(a)", "moment", at="2026-11-23T11:30", reason="Crisis team, by the criteria")

    assert status == 200
    assert "due Mon 23 Nov 2026 15:30 CET" in text
    assert "Moments on record" in text
    assert "1 earlier version" in text
    assert "Was due Tue 24 Nov 2026 10:40 CET. The moment it counts from changed." in text
    assert "Rene Responder" in text
    assert "The incident was classified as major" in bank.get("/cases/BR-2026-001/timeline").text


def test_a_time_that_happened_twice_is_taken_once_it_is_said_which(app: Flask, bank: FlaskClient) -> None:
    status, text = act(bank, app, "Art 5(1)(a)", "moment", at="2026-10-25T02:30", fold="1", reason="Old log")

    assert (status, "Sun 25 Oct 2026 02:30 CET" in text) == (200, True)


def told(**change: object) -> dict[str, object]:
    return {"submitted_at": "2026-11-23T11:00", "how": "email", "reference": "REF-1",
            "proof": (io.BytesIO(b"sent"), "sent.eml")} | change


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"submitted_at": ""}, "Give date and time, as on the proof."),
        ({"submitted_at": "2026-11-23T23:00"}, "still to come"),
        ({"how": "pigeon"}, "Choose one of"),
        ({"reference": ""}, "Give the reference"),
        ({"proof": (io.BytesIO(b""), "")}, "Choose a file. It is the receipt"),
        ({"proof": (io.BytesIO(b""), "sent.eml")}, "The file is empty. It is the receipt"),
    ],
)
def test_told_without_proof_is_not_recorded(
    app: Flask, abroad: FlaskClient, client_for: Client, clock: FakeClock, change: dict[str, object], words: str
) -> None:
    clock.move(hours=2)

    status, text = act(client_for("approver"), app, "Art 19(12)-(13)", "done", **told(**change))

    assert status == 422
    assert words in text
    assert duty_of(app, "Art 19(12)-(13)").state == "undecided"


def test_told_with_proof_stops_the_clock(app: Flask, abroad: FlaskClient, client_for: Client, clock: FakeClock) -> None:
    clock.move(hours=2)

    status, text = act(client_for("approver"), app, "Art 19(12)-(13)", "done", **told())

    assert status == 200
    assert "told Mon 23 Nov 2026 11:00 CET, by email, reference REF-1" in text
    assert "Done on time" in text
    with app.app_context():
        assert duty_of(app, "Art 19(12)-(13)").proof_document_id is not None


def test_told_late_asks_for_the_reasons(app: Flask, abroad: FlaskClient, client_for: Client, clock: FakeClock) -> None:
    clock.move(hours=30)
    approver, late = client_for("approver"), "2026-11-24T15:00"
    assert "Why was it late?" in approver.get(PAGE).text

    status, text = act(approver, app, "Art 19(12)-(13)", "done", **told(submitted_at=late))
    assert (status, "It was late" in text) == (422, True)
    status, text = act(approver, app, "Art 19(12)-(13)", "done", **told(submitted_at=late, late_reason="Nobody knew"))

    assert (status, "Done late" in text, "Late because: Nobody knew" in text) == (200, True, True)


def test_until_somebody_says_what_the_organisation_is_its_rules_stay_in_sight(
    app: Flask, filed: FlaskClient, client_for: Client, test_ports: Ports, clock: FakeClock
) -> None:
    say_what_we_are(app, None)
    follow(app, test_ports, clock)

    page = filed.get(PAGE).text

    assert "Nobody has said yet what the organisation is." in page
    assert page.index("Art 33(1)") < page.index("Only if you are such an organisation") < page.index("NIS2 Directive")
    assert "may arise: nobody has said yet" in filed.get("/cases/BR-2026-001").text


def test_what_no_longer_applies_stays_on_record(
    app: Flask, abroad: FlaskClient, test_ports: Ports, clock: FakeClock
) -> None:
    with app.app_context():
        db.session.scalars(select(Case)).one().countries = ["DE"]
        db.session.commit()
    follow(app, test_ports, clock)

    page = abroad.get(PAGE).text

    assert "No longer applies" in page
    assert "Roskomnadzor" in page.split("No longer applies")[1]


def test_a_closed_case_offers_nothing_to_do(app: Flask, filed: FlaskClient, client_for: Client, clock: FakeClock) -> None:
    with app.app_context():
        case = db.session.scalars(select(Case)).one()
        case.state, case.closed_at = "closed", clock.now()
        db.session.commit()

    assert "Decide…" not in client_for("approver").get(PAGE).text


def test_no_duty_says_so(app: Flask, client_for: Client) -> None:
    client = client_for("responder")
    post(client, "/cases/new", BREACH | {"people_data": "no"})

    assert "Nobody to tell" in client.get(PAGE).text


# ------------------------------------------------------------------------------------------------------------ what if

WHAT_IF = "/cases/BR-2026-001/what-if"


def test_what_if_begins_with_how_it_is(filed: FlaskClient) -> None:
    page = filed.get(WHAT_IF).text

    assert 'value="2026-11-23T10:40"' in page
    assert "0 of 2 duties would change." in page
    assert "Nothing is saved" in page


def test_another_awareness_moves_every_date_and_saves_nothing(app: Flask, filed: FlaskClient, clock: FakeClock) -> None:
    clock.move(hours=1)

    page = filed.get(f"{WHAT_IF}?aware_at=2026-11-23T09:10").text

    assert "1 h 30 min earlier" in page
    assert "Thu 26 Nov 2026 09:10 CET" in page
    assert "10:40" in filed.get(PAGE).text


def test_a_proposed_rule_set_can_be_looked_at(filed: FlaskClient) -> None:
    page = filed.get(f"{WHAT_IF}?proposal=EU-GDPR-OMNIBUS").text

    assert "24 h later" in page
    assert "1 of 2 duties would change." in page


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("aware_at=2026-12-24T10:00", "still to come"),
        ("aware_at=2026-03-29T02:30", "does not exist in"),
        ("aware_at=2026-10-25T02:30", "Which of the two?"),
        ("proposal=NEVER-HEARD", "There is no such rule set."),
    ],
)
def test_a_question_that_makes_no_sense_is_named(filed: FlaskClient, query: str, words: str) -> None:
    answer = filed.get(f"{WHAT_IF}?{query}")

    assert answer.status_code == 422
    assert words in answer.text
    assert "would change" not in answer.text


def test_what_if_a_clock_has_not_started_or_a_duty_falls_away(bank: FlaskClient) -> None:
    assert "not started" in bank.get(WHAT_IF).text
