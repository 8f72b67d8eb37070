"""A send is stopped by whoever may stop it, also by on-call people who do not see the case."""

from sqlalchemy import select

from incident_app.domain.ports import Rejected
from incident_app.extensions import db
from incident_app.models.notices import Notice
from incident_app.wiring import Ports
from tests.fakes import FakeChannel
from tests.letters_kit import csv_of
from tests.web.walk import AT, TOKEN, Walk


def test_on_call_people_may_stop_a_send_without_seeing_it(walk: Walk) -> None:
    walk.to_approved(csv_of(12))
    walk.launch(12)
    oncall = walk.client_for("oncall_person")
    assert oncall.get(f"{AT}/delivery").status_code == 403
    token = TOKEN.search(oncall.get("/me").text)
    assert token is not None

    answer = oncall.post(f"{AT}/delivery/pause", data={"csrf_token": token[1], "reason": "Complaints come in."})

    assert answer.status_code == 302
    assert answer.headers["Location"] == "/"
    assert "Complaints come in." in walk.responder.get(f"{AT}/delivery").text


def test_a_text_found_wrong_after_everybody_had_it_is_withdrawn_on_the_page_and_nothing_sends_it_on(walk: Walk, test_ports: Ports) -> None:
    # Given a notice that is over; one person could not be reached
    email = test_ports.channels["email"]
    assert isinstance(email, FakeChannel)
    email.answer = lambda message: Rejected("The mailbox is full", permanent=True)
    walk.to_approved(b"name,email\nAnn,ann@example.org\n")
    walk.launch(1)
    walk.pump()
    page = walk.responder.get(f"{AT}/delivery").text
    assert "Withdraw the text…" in page
    assert "Try again…" in page
    assert "Withdraw the text" not in walk.client_for("auditor").get(f"{AT}/delivery").text

    # When its text is withdrawn, with what is wrong in it
    status, page = walk.post(walk.responder, f"{AT}/delivery/text", f"{AT}/delivery", reason="It named the wrong day.", text="wrong")

    # Then the page says so and offers to send it to nobody, the list of notices says it too
    assert status == 200
    assert "<b>The text is withdrawn.</b> Whoever asks by its code" in " ".join(page.split())
    assert "<br> Reason: “It named the wrong day.” </p>" in " ".join(page.split())
    assert "Try again…" not in page
    assert "The text is right after all…" in page
    assert "Text withdrawn" in walk.responder.get("/cases/BR-2026-001/notices").text
    with walk.app.app_context():
        code = db.session.scalars(select(Notice.code)).one()

    # And whoever asks by its code is told not to act on it
    told = walk.app.test_client().get(f"/check?code={code}").text
    assert "have withdrawn it since" in told
    assert "Do not act on it" in told
