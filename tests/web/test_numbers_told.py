"""What a corrected number does to a duty to tell people, as the pages of the case say it."""

from dataclasses import replace

from sqlalchemy import select, update

from incident_app.domain.cases import Count
from incident_app.extensions import db
from incident_app.models.cases import Case
from incident_app.models.obligations import Obligation
from incident_app.services import cases
from tests.builders import the_world
from tests.letters_kit import csv_of
from tests.people import People
from tests.web.walk import AT, Walk

REF = "/cases/BR-2026-001"


def correct(walk: Walk, people: People, number: Count) -> None:
    """Correct the number of people of the case."""
    with walk.app.app_context():
        session = db.session()
        case = session.scalars(select(Case)).one()
        cases.edit(session, case.id, replace(cases.facts_of(case), people=number), version=case.version, by=people.responder,
                   now=walk.clock.now(), world=the_world())


def told(walk: Walk) -> int:
    """Tell the people of a case, which has one duty to do so; return its id."""
    walk.to_approved(csv_of(12))
    with walk.app.app_context():
        db.session.execute(update(Obligation).where(Obligation.recipient_type == "data_subjects").values(state="owed"))
        db.session.commit()
        found = db.session.scalars(select(Obligation.id).where(Obligation.recipient_type == "data_subjects")).one()
    walk.launch(12)
    walk.pump()
    return found


def version(walk: Walk, duty: int) -> int:
    with walk.app.app_context():
        return db.session.get_one(Obligation, duty).version


def read(walk: Walk, path: str = "/duties") -> str:
    return " ".join(walk.client_for("approver").get(REF + path).text.split())


def test_a_duty_said_to_stay_done_is_asked_again_with_the_number_and_so_says_the_page(walk: Walk, people: People) -> None:
    # Given people who were told, and an approver who finds that a text withdrawn since suffices
    duty = told(walk)
    correct(walk, people, Count.exact(12))
    walk.post(walk.responder, f"{AT}/delivery/text", f"{AT}/delivery", reason="It named the wrong day.", text="wrong")
    approver = walk.client_for("approver")
    walk.post(approver, f"{REF}/duties/{duty}/decision", f"{REF}/duties", owed="no", reason="Only the day was wrong.",
              version=str(version(walk, duty)))
    assert "Are the people still told?" not in read(walk)

    # When it turns out that there were far more
    correct(walk, people, Count.about(10_000))

    # Then it is asked again, and the timeline says both numbers
    words = "The number of people was corrected upwards"
    page = read(walk)
    assert f"<b>Are the people still told?</b> {words}" in page
    assert "Notice 1 reached 12 of 12 people in its list; the case says about 10 000 are concerned." in page
    assert words in read(walk, "")
    assert "how many people: about 10 000 (before: 12)" in read(walk, "/timeline")


def test_a_number_that_was_lowered_leaves_the_duty_to_an_approver_and_the_page_says_so(walk: Walk, people: People) -> None:
    walk.to_approved(csv_of(12))
    correct(walk, people, Count.about(10_000))
    with walk.app.app_context():
        db.session.execute(update(Obligation).where(Obligation.recipient_type == "data_subjects").values(state="owed"))
        db.session.commit()
    walk.launch(12)
    walk.pump()

    correct(walk, people, Count.unknown())

    words = "the number of people concerned was about 10 000, and is unknown now. Mark this as done when everybody was told."
    assert words in read(walk)
    assert "Mark as done" in read(walk)
