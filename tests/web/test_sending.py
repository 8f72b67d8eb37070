"""From an uploaded list to everybody told, in the pages, with two people signed in."""

import re

import pytest
from sqlalchemy import update

from incident_app.domain.ports import Rejected, Uncertain
from incident_app.extensions import db
from incident_app.models.notices import Notice
from tests.fakes import FakeChannel
from tests.letters_kit import csv_of
from tests.web.walk import AT, REF, TOKEN, VERSION, Client, Walk


def fake(channel: object) -> FakeChannel:
    assert isinstance(channel, FakeChannel)
    return channel


def test_a_list_is_uploaded_and_every_line_is_accounted_for(walk: Walk) -> None:
    content = csv_of(3) + b"Nobody,nonsense,,en,DE\n=cmd,formula@example.org,,en,DE\nx,PERSON1@example.org,,en,DE\n"

    status, text = walk.upload(content)

    assert status == 200
    assert "4 people from people.csv" in text
    assert "Adds up" in text
    assert "the @ is missing" in text
    assert "begins like a formula" in text
    assert "p…@example.org" in text
    assert "person1@example.org" not in text.lower()
    csv = walk.responder.get(f"/cases/{REF}/people/1/problems.csv")
    assert csv.headers["Content-Disposition"].endswith('problems.csv"')
    assert "the @ is missing" in csv.text


def test_a_file_in_an_unknown_encoding_is_asked_about_and_never_guessed(walk: Walk) -> None:
    content = "name,email\nJürgen,j@example.org\n".encode("windows-1252")

    status, text = walk.upload(content)
    assert status == 422
    assert "The encoding must be chosen first" in text
    assert "Which line reads right?" in text
    assert "Jürgen" in text
    assert "Jьrgen" in text
    assert "j@example.org" not in text
    status, text = walk.upload(content, encoding="windows-1252")
    assert (status, "1 person from people.csv" in text) == (200, True)


@pytest.mark.parametrize(("content", "words"), [
    (b'name,email\n"Ann,a@example.org\nBob",b@example.org\n', "Line 2: a quote is opened and not closed"),
    (b"first,second\nAnn,Bob\n", "Choose at least one column that holds an email address"),
    (b"email\nnonsense\n", "names anybody who can be reached"),
    (b"", "The file is empty"),
])
def test_a_file_that_cannot_be_used_is_refused_in_words(walk: Walk, content: bytes, words: str) -> None:
    status, text = walk.upload(content)

    assert status == 422
    assert words in text
    assert "No list of people yet" in walk.responder.get(f"/cases/{REF}/people").text


def test_no_file_at_all_is_asked_for(walk: Walk) -> None:
    status, text = walk.post(walk.responder, f"/cases/{REF}/people", f"/cases/{REF}/people")

    assert status == 422
    assert "Choose a file with one line per person." in text


def test_one_contact_is_opened_and_the_opening_recorded(walk: Walk) -> None:
    walk.upload(csv_of(2))

    page = f"/cases/{REF}/people/1"
    status, text = walk.post(walk.responder, f"{page}/open/1", page)

    assert status == 200
    assert "person1@example.org" in text
    assert "is recorded" in text


def test_a_list_may_be_deleted_while_no_notice_rests_on_it(walk: Walk) -> None:
    walk.upload(csv_of(2))
    walk.upload(csv_of(3))
    walk.draft()

    assert walk.post(walk.responder, f"/cases/{REF}/people/1/delete", f"/cases/{REF}/people/1")[0] == 409
    assert walk.post(walk.responder, f"/cases/{REF}/people/2/delete", f"/cases/{REF}/people/2")[0] == 200


def test_the_whole_way_from_draft_to_everybody_told(walk: Walk) -> None:
    walk.upload(csv_of(12))
    status, text = walk.draft()
    assert status == 200
    assert "What will people read?" in text
    assert "Assistant bot" in text
    for step in ("audience", "message", "message?language=ru", "channels", "check", "check?person=12", "approval", "send"):
        assert walk.responder.get(f"{AT}/{step}").status_code == 200, step

    # The author asks, and cannot approve.
    walk.post(walk.responder, f"{AT}/approval/ask", f"{AT}/approval")
    assert "Only an approver" in walk.responder.get(f"{AT}/approval").text
    assert walk.post(walk.responder, f"{AT}/approval/give", f"{AT}/approval")[0] == 403
    shown = walk.approver.get(f"{AT}/approval").text
    assert shown.index("Approve for ") < shown.index("Or send it back"), "on a phone one comes below the other"
    assert "((name))" in shown, "what is each reader's own stays open"
    assert "((service))" not in shown, "whoever approves reads what people will read"
    assert "((website))" not in shown
    status, text = walk.post(walk.approver, f"{AT}/approval/give", f"{AT}/approval")
    assert "Send to 12 people" in text

    # The number is typed, wrongly first.
    status, text = walk.launch(11)
    assert status == 422
    assert "It goes to 12 people" in text
    status, text = walk.post(walk.responder, f"{AT}/send", f"{AT}/send", typed_count="twelve")
    assert status == 422
    status, text = walk.launch(12)
    assert status == 200
    assert 'data-poll="' in text
    assert "less than a minute left" in text

    # It runs, the page follows, the sum adds up.
    walk.pump()
    answer = walk.responder.get(f"{AT}/delivery/progress.json")
    assert answer.json is not None
    assert (answer.json["accepted"], answer.json["waiting"], answer.json["finished"]) == (12, 0, True)
    again = walk.responder.get(f"{AT}/delivery/progress.json", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    page = walk.responder.get(f"{AT}/delivery").text
    assert "Adds up" in page
    assert "data-poll=" not in page
    assert walk.responder.get(AT, follow_redirects=True).status_code == 200
    assert "the provider took it" in walk.responder.get(f"{AT}/delivery/people/1").text
    exported = walk.responder.get(f"{AT}/delivery/outcomes.csv").text
    assert exported.count("accepted") == 12
    assert {line.rsplit(",", 2)[1] for line in exported.splitlines()[1:]} == {"2026-11-23T09:40:00+00:00"}
    assert "example.org" not in exported
    assert "12 of 12" in walk.responder.get(f"/cases/{REF}/notices").text

    # Nothing changes any more, nothing is sent twice.
    for step in ("audience", "message", "channels", "check", "approval", "send"):
        assert "can no longer change" in walk.responder.get(f"{AT}/{step}").text


def test_a_second_launch_is_refused(walk: Walk) -> None:
    walk.to_approved(csv_of(3))
    page = walk.responder.get(f"{AT}/send").text
    token, version = TOKEN.search(page), VERSION.search(page)
    assert token is not None
    assert version is not None
    form = {"csrf_token": token[1], "version": version[1], "typed_count": "3"}
    assert walk.responder.post(f"{AT}/send", data=form).status_code == 302

    answer = walk.responder.post(f"{AT}/send", data=form)

    assert answer.status_code == 409
    assert "launched before by Rene Responder" in answer.text


def test_an_edit_takes_the_approval_back_visibly(walk: Walk) -> None:
    walk.to_approved(csv_of(3))
    page = f"{AT}/message?language=en"
    before = walk.responder.get(page).text
    assert "Any edit takes that back" in before
    body = re.search(r'<textarea[^>]*id="body"[^>]*>(.*?)</textarea>', before, re.DOTALL)
    assert body is not None

    status, text = walk.post(walk.responder, page, page, subject="A new subject", body=body[1] + "\n\nOne more line.")

    assert status == 200
    assert "This took back the approval" in text
    assert "It cannot" not in text
    assert "a draft" in walk.responder.get(f"{AT}/send").text


def test_an_unknown_field_and_a_stale_form_keep_what_was_typed(walk: Walk) -> None:
    walk.upload(csv_of(3))
    walk.draft()
    page = f"{AT}/message?language=en"

    status, text = walk.post(walk.responder, page, page, subject="Hello", body="Dear ((nmae))")
    assert status == 422
    assert "((nmae)) is not a field" in text
    assert "Dear ((nmae))" in text
    assert "What is saved now" in text

    status, text = walk.post(walk.responder, page, page, subject="Hello", body="My own words", version="77")
    assert status == 409
    assert "My own words" in text


def test_an_incomplete_text_is_not_put_up_for_approval(walk: Walk) -> None:
    walk.upload(csv_of(3))
    walk.draft()
    page = f"{AT}/message?language=en"
    walk.post(walk.responder, page, page, subject="Hello", body="Something happened.")
    assert "to mend" in walk.responder.get(page).text

    status, text = walk.post(walk.responder, f"{AT}/approval/ask", f"{AT}/approval")

    assert status == 422
    assert "Likely consequences" in text


def test_an_approver_sends_it_back_with_a_reason(walk: Walk) -> None:
    walk.upload(csv_of(3))
    walk.draft()
    walk.post(walk.responder, f"{AT}/approval/ask", f"{AT}/approval")

    assert walk.post(walk.approver, f"{AT}/approval/refuse", f"{AT}/approval", reason="no")[0] == 422
    status, text = walk.post(walk.approver, f"{AT}/approval/refuse", f"{AT}/approval", reason="Say when it happened.")

    assert status == 200
    assert "Sent back: Say when it happened." in text


def test_the_channel_plan_is_kept_or_refused_in_words(walk: Walk) -> None:
    walk.upload(csv_of(3))
    walk.draft()
    page = f"{AT}/channels"

    status, _text = walk.post(walk.responder, page, page, order="email,telegram", wait_minutes="30",
                             uncertain_policy="ask")
    assert status == 200
    assert "after 30 min" in walk.responder.get(f"{AT}/check").text
    assert walk.post(walk.responder, page, page, order="email", wait_minutes="99999", uncertain_policy="ask")[0] == 422
    assert walk.post(walk.responder, page, page, order="pigeon", wait_minutes="0", uncertain_policy="ask")[0] == 422


def test_another_list_may_be_chosen(walk: Walk) -> None:
    walk.upload(csv_of(3))
    walk.upload(csv_of(5))
    walk.draft()

    status, text = walk.post(walk.responder, f"{AT}/audience", f"{AT}/audience", list_id="2")

    assert status == 200
    assert "5 people" in text


def test_pause_go_on_and_stop_ask_for_a_reason(walk: Walk) -> None:
    walk.to_approved(csv_of(12))
    walk.launch(12)
    page = f"{AT}/delivery"

    assert walk.post(walk.responder, f"{page}/pause", page, reason="")[0] == 422
    paused = walk.post(walk.responder, f"{page}/pause", page, reason="Wait.")[1]
    assert "<b>Paused.</b> Reason: “Wait.” </p>" in " ".join(paused.split())
    assert "It goes on" in walk.post(walk.responder, f"{page}/resume", page, reason="Looked.")[1]
    status, text = walk.post(walk.responder, f"{page}/stop", page, reason="Wrong.")
    assert status == 422
    assert "Say whether the text is right or wrong." in text
    text = walk.post(walk.responder, f"{page}/stop", page, reason="The rest gets letters.", text="right")[1]
    assert "Stopped for good." in text
    assert "Stopped for good.</b> The text stands: people who got it may act on it. <br> Reason: “The rest gets letters.” </p>" in " ".join(text.split())
    walk.pump()
    text = walk.post(walk.responder, f"{page}/text", page, reason="It names a wrong day.", text="wrong")[1]
    assert "The text is withdrawn: whoever asks by its code is told not to act on it." in text
    assert "The text is right after all" in text
    assert "stopped" in walk.responder.get(f"{page}?outcome=cancelled").text


def test_reasons_filter_people_and_the_uncertain_wait_for_an_approver(walk: Walk) -> None:
    telegram, email = fake(walk.ports.channels["telegram"]), fake(walk.ports.channels["email"])
    telegram.answer = lambda message: Rejected("The person has blocked the bot.", permanent=True)
    email.answer = lambda message: Uncertain("No answer came.")
    walk.to_approved(csv_of(8))
    walk.launch(8)
    walk.pump()
    page = f"{AT}/delivery"

    text = walk.responder.get(page).text
    assert "Paused." in text
    walk.post(walk.responder, f"{page}/resume", page, reason="Known.")
    walk.pump()
    text = walk.responder.get(page).text
    assert "The person has blocked the bot." in text
    assert "Send once more" not in text
    assert walk.responder.get(f"{page}?outcome=failed&reason=Nothing").text.count("Nobody.") >= 1
    assert "P-00003" in walk.responder.get(f"{page}?outcome=failed&reason=The+person+has+blocked+the+bot.").text
    status, text = walk.post(walk.approver, f"{page}/uncertain", page, decision="leave", reason="Enough.")
    assert status == 200
    assert "Send once more" not in text


def test_a_sum_that_does_not_add_up_says_so_in_red(walk: Walk) -> None:
    walk.to_approved(csv_of(3))
    walk.launch(3)
    with walk.app.app_context():
        db.session.execute(update(Notice).values(list_count=5))
        db.session.commit()

    text = walk.responder.get(f"{AT}/delivery").text

    assert "2 missing" in text
    assert "is-wrong" in text


def test_a_draft_has_no_delivery_page_and_a_held_one_says_why(walk: Walk) -> None:
    walk.upload(csv_of(3))
    walk.draft()
    assert walk.responder.get(f"{AT}/delivery").status_code == 302
    with walk.app.app_context():
        db.session.execute(update(Notice).values(state="held", standing="Not what was approved.", list_count=3))
        db.session.commit()
    text = walk.responder.get(f"{AT}/delivery").text
    assert "Held." in text
    assert "Not started" in text


@pytest.mark.parametrize(("state", "step"), [("draft", "message"), ("in_review", "approval"), ("approved", "send")])
def test_a_notice_opens_where_it_stands(walk: Walk, state: str, step: str) -> None:
    walk.upload(csv_of(3))
    walk.draft()
    with walk.app.app_context():
        db.session.execute(update(Notice).values(state=state))
        db.session.commit()

    assert walk.responder.get(AT).headers["Location"] == f"{AT}/{step}"


def test_an_auditor_reads_everything_and_changes_nothing(walk: Walk) -> None:
    walk.to_approved(csv_of(3))
    auditor = walk.client_for("auditor")

    for path in (f"/cases/{REF}/people", f"/cases/{REF}/people/1", f"/cases/{REF}/notices", f"{AT}/message",
                 f"{AT}/approval", f"{AT}/send"):
        assert auditor.get(path).status_code == 200, path
    page = f"{AT}/message?language=en"
    assert walk.post(auditor, page, page, subject="x", body="y")[0] == 403
    assert "A responder or an approver sends it." in auditor.get(f"{AT}/send").text


def test_a_case_without_lists_says_what_to_do_first(walk: Walk) -> None:
    text = walk.responder.get(f"/cases/{REF}/notices").text

    assert "Upload it first" in text


def test_where_channels_are_real_the_outbox_says_so(client_for: Client) -> None:
    assert "Channels are real here" in client_for("responder").get("/outbox").text


def test_a_crowded_list_is_explained_on_the_approval_page(walk: Walk) -> None:
    # Given a draft to a list with many addresses of one mailbox
    walk.upload(("email\n" + "\n".join(f"victim+{n}@example.org" for n in range(4)) + "\n").encode())
    walk.draft()
    page = f"{AT}/approval"
    assert "end in one mailbox" in walk.responder.get(page).text

    # When approval is asked, then it is refused until somebody says why
    status, text = walk.post(walk.responder, f"{page}/ask", page)
    assert (status, "Say why that is right" in text) == (422, True)
    assert "Approval cannot be asked before" in walk.client_for("auditor").get(page).text
    _, text = walk.post(walk.responder, f"{page}/crowd", page, reason="Four test accounts of one customer.")
    assert "says why that is right" in text
    assert "example.org" in text


def test_a_test_of_a_notice_goes_to_who_presses_the_button_whatever_the_form_says(walk: Walk) -> None:
    # Given a notice as real people get it
    walk.upload(csv_of(3))
    walk.draft()
    page = f"{AT}/check?person=2"
    assert "Send a test to me" in walk.responder.get(page).text

    # When a test is sent, with other people's addresses in the form
    language = next(part for part in walk.responder.get(page).text.split('name="language" value="')[1:])[:2]
    status, text = walk.post(walk.responder, f"{AT}/test", page, language=language, person="2", to="victim@example.org",
                             email="victim@example.org", address="victim@example.org")

    # Then it is on its way to the address of the account, and the page is where it was
    assert status == 200
    assert "A test is on its way to responder@example.org, and to nobody else." in text
    assert "Person 2 of 3" in text
    assert walk.post(walk.responder, f"{AT}/test", page, language="xx")[0] == 422
    auditor = walk.client_for("auditor")
    assert "Send a test to me" not in auditor.get(page).text
