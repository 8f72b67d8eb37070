"""Is this message from us? What anybody learns from the code of a message, and what nobody does."""

from collections.abc import Sequence

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from incident_app.domain.notices import ChannelPlan, Envelope, spoken
from incident_app.domain.refusals import Conflict, Forbidden, Refused
from incident_app.models.audit import Entry
from incident_app.models.cases import Case
from incident_app.models.notices import Notice
from incident_app.models.organisation import Organisation
from incident_app.services import deliveries, notices, trust
from incident_app.services.trust import Finding, Verdict
from tests.fakes import FakeClock
from tests.letters_kit import Desk, csv_of
from tests.people import People

ROUND = Envelope("notice@example.org", "layout", "breach.example.org/check")


@pytest.fixture
def desk(session: Session, people: People, clock: FakeClock) -> Desk:
    return Desk(session, people, clock)


def sent(desk: Desk) -> Notice:
    """Draft, approve and launch a notice with its code in it."""
    case = desk.case(data_categories=("health",))
    people, by = desk.listed(case, csv_of(6)), desk.people.responder
    notice = notices.draft(desk.session, case.id, people.id, by=by, now=desk.now, envelope=ROUND)
    notices.ask_approval(desk.session, notice.id, by=by, now=desk.now, envelope=ROUND)
    notices.approve(desk.session, notice.id, by=desk.people.approver, now=desk.now, envelope=ROUND)
    return deliveries.launch(desk.session, notice.id, typed_count=6, by=by, now=desk.now, envelope=ROUND)


def recorded(desk: Desk, action: str) -> Sequence[Entry]:
    """What the record has of one kind of act."""
    return desk.session.scalars(select(Entry).where(Entry.action == action)).all()


def test_every_draft_says_in_its_language_where_its_code_is_checked(desk: Desk) -> None:
    notice = sent(desk)
    seen = {notices.preview(desk.session, notice.id, number, by=desk.people.responder, vault=desk.vault,
                            letters=desk.letters) for number in range(1, 6)}

    assert {one.language for one in seen} == set(notice.texts)
    for one in seen:
        assert spoken(notice.code or "") in one.body
        assert "breach.example.org/check" in one.body
    assert all(check.ready for check in notices.check(desk.session, notice.id).values())


def test_without_an_address_of_ours_no_draft_speaks_of_codes(desk: Desk) -> None:
    notice = desk.drafted()

    assert not any("((code))" in text["body"] for text in notice.texts.values())
    assert notice.code is not None  # it may be written in by hand, and the address be set later


def test_the_address_in_the_letter_is_the_one_that_holds_when_it_is_put_up_for_approval(desk: Desk) -> None:
    notice = desk.drafted()
    assert notice.facts.get("check", "") == ""

    notices.ask_approval(desk.session, notice.id, by=desk.people.responder, now=desk.now, envelope=ROUND)

    assert notice.facts["check"] == "breach.example.org/check"
    assert notice.facts["code"] == notice.code


def test_a_code_says_what_the_message_is_and_nothing_of_people_or_the_case(desk: Desk) -> None:
    # Given a notice about health that was sent, its subject naming the reader and the kinds of data
    notice = sent(desk)
    notice.texts = {**notice.texts, "en": {"subject": "((name)), your ((data_kinds)) at ((service))", "body": "x"}}
    desk.session.commit()

    # When anybody asks by its code
    found = trust.check_code(desk.session, spoken(notice.code or "").lower())

    # Then they learn whose message it is, since when, by which ways, and its subjects
    assert (found.verdict, found.sent_on, found.sender) == (Verdict.SENT, desk.now.date(), "notice@example.org")
    assert found.channels == ("telegram", "email")
    assert set(found.subjects) == set(notice.texts)
    assert found.subjects["en"] == ", your at Assistant bot"
    assert "BR-2026-001" not in repr(found)


def test_a_code_of_nothing_that_left_us_is_unknown_like_any_other(desk: Desk) -> None:
    # Given a draft, an approved notice, and a code that nobody ever gave out
    draft, approved = desk.drafted(), desk.approved()
    # Then the answer to each is the same
    answers = [trust.check_code(desk.session, code or "") for code in (draft.code, approved.code, "22222222")]
    assert answers == [Finding(Verdict.UNKNOWN)] * 3
    assert trust.check_code(desk.session, "22222223") == Finding(Verdict.MISTYPED)


def test_a_notice_stopped_for_a_wrong_text_is_withdrawn(desk: Desk) -> None:
    notice = sent(desk)

    deliveries.cancel(desk.session, notice.id, reason="The text named the wrong day.", text_wrong=True,
                      by=desk.people.responder, now=desk.now)

    assert trust.check_code(desk.session, notice.code or "").verdict is Verdict.WITHDRAWN


def test_a_stop_of_the_rest_disowns_nothing_that_was_truly_delivered(desk: Desk) -> None:
    # Given a notice of which some went out: it says to call the bank today
    notice = sent(desk)
    desk.send()

    # When the rest is stopped, because they are told otherwise
    deliveries.cancel(desk.session, notice.id, reason="The rest gets a letter.", by=desk.people.responder, now=desk.now)

    # Then whoever got it learns as before that it is from us
    assert trust.check_code(desk.session, notice.code or "").verdict is Verdict.SENT
    [entry] = recorded(desk, "notice.cancelled")
    assert entry.details["text_wrong"] is False


def test_a_text_is_withdrawn_after_the_stop_and_stands_again_once_somebody_says_so(desk: Desk) -> None:
    notice, by = sent(desk), desk.people.responder
    with pytest.raises(Conflict, match="being sent"):
        deliveries.judge_text(desk.session, notice.id, "It named a wrong day.", text_wrong=True, by=by, now=desk.now)
    deliveries.cancel(desk.session, notice.id, reason="Enough.", by=desk.people.oncall_person, now=desk.now)

    # When somebody finds the text wrong, then whoever asks is told so
    deliveries.judge_text(desk.session, notice.id, "It named a wrong day.", text_wrong=True, by=by, now=desk.now)
    assert trust.check_code(desk.session, notice.code or "").verdict is Verdict.WITHDRAWN
    with pytest.raises(Refused, match="withdrawn already"):
        deliveries.judge_text(desk.session, notice.id, "It is wrong, once more.", text_wrong=True, by=by, now=desk.now)

    # And once it is called right after all, it stands; both are in the record
    deliveries.judge_text(desk.session, notice.id, "The day was right.", text_wrong=False, by=by, now=desk.now)
    assert trust.check_code(desk.session, notice.code or "").verdict is Verdict.SENT
    with pytest.raises(Forbidden):
        deliveries.judge_text(desk.session, notice.id, "x", text_wrong=True, by=desk.people.oncall_person, now=desk.now)
    assert [len(recorded(desk, f"notice.text_{word}")) for word in ("withdrawn", "upheld")] == [1, 1]


def test_a_notice_whose_texts_are_gone_is_still_from_us(desk: Desk) -> None:
    # Given a notice that was sent, and the key of its case's texts destroyed since, its approval out of sight
    notice = sent(desk)
    code = notice.code or ""
    desk.session.execute(update(Case).values(text_key=None))
    desk.session.execute(update(Notice).values(approval_id=None))
    desk.session.commit()
    desk.session.expunge_all()  # what was opened before is forgotten

    found = trust.check_code(desk.session, code)

    assert (found.verdict, found.subjects, found.sender) == (Verdict.SENT, {}, "")


def test_who_we_are_is_empty_while_nobody_said(session: Session) -> None:
    assert trust.house(session).forward_to == "dpo@example.org"
    assert trust.house(session).dpo == "Dana Dataprotection, dpo@example.org, +49 30 5550100"

    session.execute(delete(Organisation))
    assert trust.house(session) == trust.House()


def test_the_plan_of_the_channels_is_the_one_that_was_approved(desk: Desk) -> None:
    notice = desk.launched(order=["email"])

    assert trust.check_code(desk.session, notice.code or "").channels == ChannelPlan(order=("email",)).order


def test_a_stop_is_quick_and_withdrawing_the_text_with_it_says_what_is_wrong(desk: Desk) -> None:
    notice, by = sent(desk), desk.people.oncall_person
    with pytest.raises(Refused) as refused:
        deliveries.cancel(desk.session, notice.id, reason="bad", text_wrong=True, by=by, now=desk.now)
    assert refused.value.problems["reason"].startswith("Say what is wrong in the text, in at least 15 characters: ")

    assert deliveries.cancel(desk.session, notice.id, reason="bad", by=by, now=desk.now).state == "cancelled"
