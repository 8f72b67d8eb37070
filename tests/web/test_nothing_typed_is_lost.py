"""A button that is refused, or that stands beside a form, takes nothing away that was typed: with no script at all."""

import re
from typing import Any

import pytest
from sqlalchemy import select

from incident_app.domain.alerts import AlertState
from incident_app.domain.ports import Rejected
from incident_app.extensions import db
from incident_app.models.accounts import User
from incident_app.models.alerts import Alert, AlertSend
from incident_app.models.cases import Case
from incident_app.services import teams
from tests.fakes import START, FakeChannel
from tests.letters_kit import csv_of
from tests.post_kit import POSTAL
from tests.web.posting import post
from tests.web.reading import form_of
from tests.web.walk import AT, REF, TOKEN, Walk

PLAN: dict[str, Any] = {"order": "telegram,email", "wait_minutes": "7", "canary": "y", "uncertain_policy": "next_channel"}
CROWDED = ("email\n" + "\n".join(f"someone+{number}@example.org" for number in range(4)) + "\n").encode()
CHECK = re.compile(r'<button[^>]*aria-label="([^"]*block list)"[^>]*>\s*(Check it now|Check it again)\s*</button>', re.DOTALL)


def words(text: str) -> str:
    """Return a page with its white space made single."""
    return " ".join(text.split())


@pytest.fixture
def sent(walk: Walk) -> Walk:
    """A notice to four is being sent."""
    walk.to_approved(csv_of(4))
    assert walk.launch(4)[0] == 200
    return walk


# --------------------------------------------------------------------------------------- the button beside the form


@pytest.mark.parametrize("page", ["audience", "channels", "approval"])
def test_the_button_is_called_by_what_stands_on_it(walk: Walk, page: str) -> None:
    walk.upload(csv_of(4))
    walk.draft()

    found = CHECK.search(walk.responder.get(f"{AT}/{page}").text)

    assert found is not None
    assert found[1].startswith(found[2])


def test_the_check_of_the_block_list_keeps_the_plan_that_was_typed(walk: Walk) -> None:
    # Given a plan somebody is writing
    walk.upload(csv_of(4))
    walk.draft()
    at = f"{AT}/channels"
    typed = PLAN | {"bypass_reason": "Art. 34 GDPR asks us to tell every one of them."}

    # When they press the button of the check
    status, text = walk.post(walk.responder, at, at, go="block-list", **typed)

    # Then it is asked, and the plan stands there
    assert status == 200
    assert "Being checked" in text
    assert typed["bypass_reason"] in text
    assert 'value="7"' in text
    assert re.search(r'<option selected value="next_channel">', text)


def test_a_plan_that_cannot_be_kept_comes_back_as_typed_and_nothing_is_asked(walk: Walk) -> None:
    walk.upload(csv_of(4))
    walk.draft()
    at = f"{AT}/channels"

    status, text = walk.post(walk.responder, at, at, go="block-list", **PLAN | {"order": "pigeon", "bypass_reason": "So that they know."})

    assert status == 422
    assert "Choose one of the answers offered for “Order”." in text
    assert "So that they know." in text
    assert "Being checked" not in text


def test_who_typed_nothing_asks_and_saves_nothing(walk: Walk) -> None:
    walk.upload(csv_of(4))
    walk.draft()
    page = walk.responder.get(f"{AT}/channels").text

    answer = walk.responder.post(f"{AT}/channels", data=form_of(page, "wait_minutes", go="block-list"))

    assert answer.location == f"{AT}/channels#block-list"
    text = walk.responder.get(f"{AT}/channels").text
    assert "Being checked" in text
    assert "The channel plan is saved." not in text


def test_a_reason_to_send_back_outlasts_the_check_of_the_block_list(walk: Walk) -> None:
    # Given an approver who writes why it goes back
    walk.upload(csv_of(4))
    walk.draft()
    walk.post(walk.responder, f"{AT}/approval/ask", f"{AT}/approval")
    page = walk.approver.get(f"{AT}/approval").text
    assert 'form="send-back"' in page or "Being checked" in page

    # When they ask the provider from that page
    answer = walk.approver.post(f"{AT}/block-list", data=form_of(page, "reason", reason="Name the day, please.", of="send-back"))

    # Then the provider is asked, and the reason stands in its field
    assert answer.status_code == 200
    assert "Being checked" in answer.text
    assert form_of(answer.text, "reason")["reason"] == "Name the day, please."
    assert form_of(answer.text, "reason")["version"] == form_of(page, "reason")["version"]


def test_what_explains_a_crowded_list_outlasts_every_button_of_the_page(walk: Walk) -> None:
    # Given a list with many addresses of one mailbox, and somebody who begins to say why
    walk.upload(CROWDED)
    walk.draft()
    page = walk.responder.get(f"{AT}/approval").text
    typed = {"reason": "They <share>"}

    # When the answer is too short, when approval is asked too early, and when the block list is checked
    refused = walk.responder.post(f"{AT}/approval/crowd", data=form_of(page, "step", **typed))
    early = walk.responder.post(f"{AT}/approval/ask", data=form_of(page, "step", **typed))
    checked = walk.responder.post(f"{AT}/block-list", data=form_of(page, "step", of="crowd", **typed))

    # Then it stands there each time
    assert (refused.status_code, early.status_code, checked.status_code) == (422, 422, 200)
    for answer in (refused, early, checked):
        assert form_of(answer.text, "step")["reason"] == "They <share>"
    assert 'role="alert"' in refused.text
    assert "Say why that is right" in early.text
    assert "Being checked" in checked.text


# ------------------------------------------------------------------------------------------------- the refused press


def test_who_stops_a_send_without_judging_the_text_keeps_the_reason(sent: Walk) -> None:
    status, text = sent.post(sent.responder, f"{AT}/delivery/stop", f"{AT}/delivery", reason="The \"wrong\" list")

    # The form is open, with the words why, and the reason is in it
    assert status == 422
    assert "Say whether the text is right or wrong." in text
    opened, _, rest = text.partition('id="deliveries.cancel-reason"')
    assert opened.rpartition("<details")[2].startswith(' class="act" open>')
    assert 'value="The &quot;wrong&quot; list"' in rest[:200]
    assert "Stop for good…" in text


@pytest.mark.parametrize(("button", "typed"), [("pause", {"reason": "  "}), ("stop", {"reason": "", "text": "right"})])
def test_a_press_without_a_reason_leaves_the_page_of_the_send(sent: Walk, button: str, typed: dict[str, Any]) -> None:
    status, text = sent.post(sent.responder, f"{AT}/delivery/{button}", f"{AT}/delivery", **typed)

    assert (status, "Adds up" in text, 'role="alert"' in text) == (422, True, True)


def test_of_several_forms_to_one_address_the_one_that_was_sent_is_filled_in(walk: Walk) -> None:
    # Given people who were not reached for two reasons
    email, telegram = walk.ports.channels["email"], walk.ports.channels["telegram"]
    assert isinstance(email, FakeChannel)
    assert isinstance(telegram, FakeChannel)
    email.answer = lambda message: Rejected("The mailbox is full", permanent=True)
    telegram.answer = lambda message: Rejected("The person blocked us", permanent=True)
    walk.to_approved(b"name,email,telegram_id\nAnn,ann@example.org,\nBob,,700002\n")
    walk.launch(2)
    walk.pump()
    page = walk.responder.get(f"{AT}/delivery").text
    causes = re.findall(r'name="cause"\s+value="([^"]+)"', page)
    assert len(causes) == 2

    # When one of them is tried again with nothing but blanks to say what changed
    status, text = walk.post(walk.responder, f"{AT}/delivery/again", f"{AT}/delivery", cause=causes[1], reason=" ")

    # Then the words stand in that form, and in no other
    assert (status, text.count('role="alert"')) == (422, 1)
    assert causes[1] in text.partition('role="alert"')[2].partition("</form>")[0]


def test_a_hand_over_with_a_count_that_is_none_keeps_the_rest(walk: Walk) -> None:
    # Given a notice two of whose people wait for a letter, for which an approver asks with too short a reason
    walk.to_approved(POSTAL, order="email,post", wait_minutes="0", canary="y", uncertain_policy="ask")
    walk.launch(3)
    walk.pump()

    status, text = walk.post(walk.approver, f"{AT}/letters", f"{AT}/delivery", reason="Letters", form="csv", side="right")

    # Then all three answers are as they were given
    assert status == 422
    again = form_of(text, "side")
    assert (again["reason"], again["form"], again["side"]) == ("Letters", "csv", "right")


def test_where_the_form_is_gone_the_page_of_the_error_shows_what_was_typed(sent: Walk) -> None:
    status, text = sent.post(sent.responder, f"{AT}/delivery/resume", f"{AT}/delivery", reason="We looked at <all> of it.")

    assert status == 409
    assert "What you typed" in text
    assert "We looked at &lt;all&gt; of it." in text


def test_who_may_stop_without_seeing_the_send_keeps_the_reason_too(sent: Walk) -> None:
    oncall = sent.client_for("oncall_person")
    token = TOKEN.search(oncall.get("/me").text)
    assert token is not None

    answer = oncall.post(f"{AT}/delivery/stop", data={"csrf_token": token[1], "reason": "Complaints come in."})

    assert (answer.status_code, "Complaints come in." in answer.text, "Adds up" in answer.text) == (422, True, False)


def test_who_may_stop_a_send_of_another_team_keeps_the_reason_too(sent: Walk) -> None:
    # Given a responder of another team, whom an alert about the case woke: they see none of it, and may stop the send
    with sent.app.app_context():
        session = db.session()
        who = {user.email.partition("@")[0]: user for user in session.scalars(select(User))}
        blue = teams.make(session, "Blue", {who["approver"].id}, by=who["admin"].actor, now=START)
        teams.make(session, "Green", {who["responder"].id}, by=who["admin"].actor, now=START)
        case = session.scalars(select(Case)).one()
        case.team_id, case.owner_id = blue.id, who["approver"].id
        alert = Alert(key="send", kind="send", case_id=case.id, threshold="send", words="Notice 1 is late", due_at=START,
                      state=AlertState.RAISED.value, raised_at=START)
        session.add(alert)
        session.flush()
        session.add(AlertSend(public_id="p", alert_id=alert.id, person_id=who["responder"].id, channel="email", step=1,
                              state="accepted", due_at=START, tries=[]))
        session.commit()
    responder = sent.client_for("responder")
    token = TOKEN.search(responder.get("/me").text)
    assert token is not None
    assert responder.get(f"{AT}/delivery").status_code == 404

    # When they pause it without a reason, or stop it with one and without the answer asked for
    paused = responder.post(f"{AT}/delivery/pause", data={"csrf_token": token[1], "reason": ""})
    stopped = responder.post(f"{AT}/delivery/stop", data={"csrf_token": token[1], "reason": "Complaints come in."})

    # Then each is told what is missing, and what was typed is there, with nothing of the case
    assert (paused.status_code, "Say why" in paused.text) == (422, True)
    assert (stopped.status_code, "Complaints come in." in stopped.text, "Adds up" in stopped.text) == (422, True, False)

    # … and with a reason it is done
    done = responder.post(f"{AT}/delivery/pause", data={"csrf_token": token[1], "reason": "Complaints come in."})
    assert done.status_code == 302


def test_who_decides_a_duty_from_an_old_page_finds_the_reason_in_the_new_one(walk: Walk) -> None:
    # Given a duty that was decided after the page was loaded
    page = f"/cases/{REF}/duties"
    at = re.search(rf'action="({page}/[0-9]+/decision)".*?name="version" value="([0-9]+)"', walk.approver.get(page).text, re.DOTALL)
    assert at is not None
    old = {"owed": "yes", "version": at[2]}
    assert post(walk.approver, at[1], old | {"reason": "They are at risk, as it seems."}).status_code == 302

    # When somebody decides it from the page as it was
    answer = post(walk.approver, at[1], old | {"reason": "Written from an old page."})

    # Then they are told, and press once more from the page as it is now
    assert answer.status_code == 409
    typed = form_of("<form" + answer.text.partition(f'action="{at[1]}"')[2], "reason")
    assert (typed["reason"], typed["owed"]) == ("Written from an old page.", "yes")
    assert typed["version"] != at[2]


def test_a_reason_to_open_a_case_again_is_asked_for_at_its_form(walk: Walk) -> None:
    closed = post(walk.approver, f"/cases/{REF}/reopen", {"reason": "The police called."})

    assert closed.status_code == 409
    assert "The police called." in closed.text
