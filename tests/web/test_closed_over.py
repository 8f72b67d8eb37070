"""A case that was closed over open things claims nothing that was not done, its clocks stand still, and nobody is called to act."""

from collections.abc import Callable

from flask import Flask
from flask.testing import FlaskClient

from incident_app.domain.closing import hash_of
from incident_app.extensions import db
from incident_app.models.obligations import Obligation, of_case
from incident_app.services import cases, closing, obligations
from tests.builders import a_case
from tests.fakes import FakeClock
from tests.services.closing_steps import WHY_OVER
from tests.web.walk import hired

SignIn = Callable[[str], FlaskClient]
CASE = "/cases/BR-2026-001"


def closed_over(clock: FakeClock, *, owed: bool = False) -> None:
    """Close a drill seven hours after awareness, with everything in it open; with ``owed`` one duty decided."""
    session, people = db.session(), hired()
    case = a_case(session, people.responder, is_drill=True)
    clock.move(hours=7)
    if owed:
        duty = next(one for one in case_duties(case.id) if one.recipient_type == "data_subjects")
        obligations.decide_one(session, case.id, duty.id, owed=True, reason="They must change passwords.", by=people.approver,
                               now=clock.now())
    found = closing.gaps(session, case, clock.now())
    asked = cases.ask_closing_over(session, case.id, WHY_OVER, seen=hash_of(found), version=case.version, by=people.responder,
                                   now=clock.now())
    cases.answer_closing_over(session, case.id, asked.public_id, agreed=True, by=people.approver, now=clock.now())


def case_duties(case_id: int) -> list[Obligation]:
    return list(db.session().scalars(of_case(case_id)))


def test_only_what_was_done_is_ticked_and_the_clocks_stand_still(app: Flask, client_for: SignIn, clock: FakeClock) -> None:
    with app.app_context():
        closed_over(clock)
    clock.move(hours=30)

    for where in (CASE, f"{CASE}/duties"):
        page = " ".join(client_for("approver").get(where).text.split())

        # Logged and closed, and nothing between
        for step in ("Assessed", "Decided", "Notified", "Reviewed"):
            assert f'{step}<span class="visually-hidden">, not done</span>' in page, (where, step)
        for step in ("Logged", "Closed"):
            assert f'{step}<span class="visually-hidden">, done</span>' in page, (where, step)

        # The clock of 72 hours stands at 65, as it stood when the case was closed
        figures = '65<span class="u">h</span>0<span class="u">min</span><span class="word">left at closing</span>'
        assert (figures if where == CASE else "65 h 0 min left at closing, due Thu 26 Nov 2026 10:40 CET") in page, where
        assert "Left undecided" in page
        assert "Case closed Mon 23 Nov 2026 17:40 CET" in page
        assert "data-due=" not in page
        for call in ("Assess and decide", "To decide", "Open notices", "What if…", "to decide"):
            assert call not in page, (where, call)
    assert "Not done: score the severity" in client_for("approver").get(CASE).text


def test_what_was_owed_and_not_told_says_so(app: Flask, client_for: SignIn, clock: FakeClock) -> None:
    with app.app_context():
        closed_over(clock, owed=True)
    clock.move(hours=30)

    page = client_for("approver").get(f"{CASE}/duties").text
    assert "Not told" in page
    assert "until closing" in page
    assert "House target" not in page
    assert "Open notices" not in page
