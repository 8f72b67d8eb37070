"""A notice to a few of many: the pages say before it goes out, and after, that the duty stays open, and where it ends."""

import pytest
from flask import Flask
from sqlalchemy import select, update

from incident_app.domain.cases import Count
from incident_app.extensions import db
from incident_app.models.cases import Case
from incident_app.models.obligations import Obligation
from incident_app.services import accounts
from incident_app.wiring import Ports
from tests.builders import a_case
from tests.fakes import FakeClock
from tests.letters_kit import csv_of
from tests.web.walk import AT, Client, Walk

CASE = AT.rpartition("/notices/")[0]
WORDS = "reached 12 of 12 people in its list; the case says about 10\u202f000 are concerned."


@pytest.fixture
def walk(app: Flask, client_for: Client, test_ports: Ports, clock: FakeClock) -> Walk:
    """A case about some ten thousand people, who are to be told."""
    with app.app_context():
        user = accounts.find(db.session(), "responder@example.org")
        assert user is not None
        a_case(db.session(), user.actor, data_categories=("ai_prompts",), people=Count.about(10_000), countries=("DE",))
        db.session.execute(update(Obligation).where(Obligation.recipient_type == "data_subjects").values(state="owed"))
        db.session.commit()
    return Walk(app, client_for, test_ports, clock)


def test_a_notice_to_a_few_says_before_and_after_what_stays_open_and_where_it_ends(app: Flask, walk: Walk) -> None:
    # Given a list of twelve, the check step warns, and nobody is refused
    walk.to_approved(csv_of(12))
    for step in ("check", "send"):
        page = walk.responder.get(f"{AT}/{step}").text
        assert "Not everybody is told by this." in page, step
        assert "Notice 1 holds 12 people; the case says about 10\u202f000 are concerned." in page, step
    assert walk.launch(12)[0] == 200

    # When everybody of the list was told
    walk.pump()

    # Then no page calls the people told: each says why not, and leads to where it is marked as done
    with app.app_context():
        duty = db.session.scalars(select(Obligation).where(Obligation.recipient_type == "data_subjects")).one()
        assert duty.state == "owed"
        anchor = f"{CASE}/duties#duty-{duty.id}"
    delivery = walk.approver.get(f"{AT}/delivery").text
    assert "The duty to tell people is still owed." in delivery
    assert f'href="{anchor}"' in delivery
    for page in (delivery, walk.approver.get(CASE).text, walk.approver.get(f"{CASE}/duties").text):
        assert f"Notice 1 {WORDS} Mark this as done when everybody was told." in page
        assert "on time" not in page
        assert "Mark as done" in page
        assert "Told another way" not in page
    assert WORDS in walk.approver.get(f"{CASE}/timeline").text


def test_people_told_without_a_date_in_law_are_told_and_neither_on_time_nor_late(app: Flask, walk: Walk) -> None:
    with app.app_context():
        db.session.execute(update(Case).values(people_count=Count.about(12).to_json()))
        db.session.commit()
    walk.to_approved(csv_of(12))
    assert "Not everybody is told by this." not in walk.responder.get(f"{AT}/check").text
    walk.launch(12)

    walk.pump()

    assert "still owed" not in walk.approver.get(f"{AT}/delivery").text
    overview, duties = walk.approver.get(CASE).text, walk.approver.get(f"{CASE}/duties").text
    assert "Told on time" not in overview
    assert "Told</span>" in overview
    assert "Done on time" not in duties
