"""What leaves the house was approved by a second person, exactly so; whatever was changed meanwhile holds it."""

from dataclasses import replace

import pytest
from sqlalchemy import select, text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from incident_app.domain.notices import Envelope
from incident_app.domain.refusals import Conflict, Forbidden, NotFound, Refused
from incident_app.models.accounts import User
from incident_app.models.alerts import Alert
from incident_app.models.approving import unprotect
from incident_app.models.notices import Approval, Notice
from incident_app.services import deliveries, notices, recipients
from tests.fakes import FakeClock
from tests.letters_kit import Desk, csv_of
from tests.people import People
from tests.services.test_deliveries import LOST

OURS = Envelope(sender="privacy@example.org", layout="a" * 64)


@pytest.fixture
def desk(session: Session, people: People, clock: FakeClock) -> Desk:
    return Desk(session, people, clock)


def in_review(desk: Desk) -> Notice:
    """Return a notice that waits for its second person."""
    notice = desk.drafted(csv_of(3))
    return notices.ask_approval(desk.session, notice.id, by=desk.people.responder, now=desk.now, envelope=OURS)


def approved(desk: Desk) -> Notice:
    """Return a notice approved in our envelope."""
    return notices.approve(desk.session, in_review(desk).id, by=desk.people.approver, now=desk.now, envelope=OURS,
                           method="totp")


def launch(desk: Desk, notice: Notice, envelope: Envelope | None = OURS) -> Notice:
    """Send it."""
    return deliveries.launch(desk.session, notice.id, typed_count=3, by=desk.people.responder, now=desk.now,
                             envelope=envelope)


def send(desk: Desk, envelope: Envelope | None = OURS) -> int:
    """Let a worker go once round."""
    return deliveries.send_due(
        desk.session, clock=desk.clock, channels={"telegram": desk.telegram, "email": desk.email}, limiter=desk.limiter,
        vault=desk.vault, letters=desk.letters, worker="w", sleep=desk.sleep, envelope=envelope)


def state_of(desk: Desk, notice: Notice) -> str:
    """Return where it stands."""
    return desk.session.get_one(Notice, notice.id, populate_existing=True).state


def behind_our_back(desk: Desk, statement: str, **values: object) -> None:
    """Change a row as somebody does who owns the database: the triggers are taken away first."""
    desk.session.rollback()
    connection = desk.session.connection(execution_options={"sqlite_write": True})
    unprotect(connection)
    connection.execute(text(statement), values)
    desk.session.commit()


def test_an_approval_binds_sender_and_layout_and_says_how_it_was_given(desk: Desk) -> None:
    notice = approved(desk)

    kept = desk.session.scalars(select(Approval)).one()
    assert (Envelope.from_json(kept.envelope), kept.method) == (OURS, "totp")
    assert kept.content_hash != notices.bound_hash(notice)
    assert launch(desk, notice).state == "sending"


@pytest.mark.parametrize("other", [replace(OURS, sender="ceo@example.net"), replace(OURS, layout="b" * 64)])
def test_another_sender_or_layout_holds_it_before_anybody_is_written_to(desk: Desk, other: Envelope) -> None:
    notice = approved(desk)

    with pytest.raises(Conflict, match="no longer what was approved"):
        launch(desk, notice, other)

    assert state_of(desk, notice) == "held"
    assert desk.telegram.sent == desk.email.sent == []


def test_a_worker_with_another_layout_holds_what_is_being_sent(desk: Desk) -> None:
    notice = approved(desk)
    launch(desk, notice)

    assert send(desk, replace(OURS, layout="b" * 64)) == 0

    assert state_of(desk, notice) == "held"
    assert desk.telegram.sent == []


def test_an_approval_from_before_binds_what_it_bound(desk: Desk) -> None:
    notice = desk.drafted(csv_of(3))
    notices.ask_approval(desk.session, notice.id, by=desk.people.responder, now=desk.now)
    notices.approve(desk.session, notice.id, by=desk.people.approver, now=desk.now)

    launch(desk, notice)

    assert send(desk) == 3


def test_another_account_of_the_author_is_the_author(desk: Desk) -> None:
    notice = in_review(desk)
    second_account = desk.session.get_one(User, desk.people.approver.id)
    second_account.person_id = desk.people.responder.id
    desk.session.commit()

    with pytest.raises(Forbidden, match="You wrote this notice"):
        notices.approve(desk.session, notice.id, by=second_account.actor, now=desk.now)
    assert state_of(desk, notice) == "in_review"


@pytest.mark.parametrize("hand", ["author_id", "editor", "uploader"])
def test_the_database_itself_refuses_an_approval_by_who_had_a_hand_in_it(desk: Desk, hand: str) -> None:
    notice, approver = in_review(desk), desk.people.approver.id
    if hand == "author_id":
        notice.author_id = approver
    elif hand == "editor":
        notice.editor_ids = [desk.people.admin.id, approver]
    else:
        recipients.find_list(desk.session, notice.case_id, notice.list_id).by_id = approver
    desk.session.commit()

    with pytest.raises(DBAPIError, match="cannot approve it"):
        desk.session.execute(text(
            "INSERT INTO approvals (notice_id, content_hash, list_digest, list_count, plan, envelope, method, by_id, at,"
            " voided_reason) VALUES (:notice, 'x', 'y', 3, '{}', '{}', '', :by, '2026-11-24 09:00:00', '')"),
            {"notice": notice.id, "by": approver})


@pytest.mark.parametrize("statement", [
    "UPDATE approvals SET list_count = 4", "UPDATE approvals SET by_id = by_id + 1", "DELETE FROM approvals",
    "UPDATE approvals SET content_hash = 'x'",
])
def test_an_approval_never_changes_and_never_goes(desk: Desk, statement: str) -> None:
    approved(desk)

    with pytest.raises(DBAPIError, match="an approval never changes"):
        desk.session.execute(text(statement))


def test_an_approval_is_voided_once_and_a_notice_has_one_that_counts(desk: Desk) -> None:
    notice = approved(desk)
    notices.send_back(desk.session, notice.id, "Name the date of it.", by=desk.people.approver, now=desk.now)

    with pytest.raises(DBAPIError, match="an approval never changes"):
        desk.session.execute(text("UPDATE approvals SET voided_at = NULL"))
    desk.session.rollback()
    notices.ask_approval(desk.session, notice.id, by=desk.people.responder, now=desk.now)
    notices.approve(desk.session, notice.id, by=desk.people.approver, now=desk.now)
    with pytest.raises(DBAPIError, match=r"(?i)unique"):
        desk.session.execute(text(
            "INSERT INTO approvals (notice_id, content_hash, list_digest, list_count, plan, envelope, method, by_id, at,"
            " voided_reason) VALUES (:notice, 'x', 'y', 3, '{}', '{}', '', :by, '2026-11-24 09:00:00', '')"),
            {"notice": notice.id, "by": desk.people.second_approver.id})


@pytest.mark.parametrize("statement", [
    "UPDATE approvals SET by_id = :other", "UPDATE approvals SET list_count = 3, list_digest = 'x'",
    "UPDATE notices SET state = 'approved', approval_id = NULL",
    "UPDATE recipients SET blind = CAST(public_id AS BLOB)",
])
def test_what_somebody_writes_into_the_tables_before_the_launch_sends_nothing(desk: Desk, statement: str) -> None:
    notice = approved(desk)
    if "blind" in statement and desk.session.get_bind().dialect.name == "postgresql":
        statement = "UPDATE recipients SET blind = convert_to(public_id, 'UTF8')"
    behind_our_back(desk, statement, **({"other": desk.people.second_approver.id} if ":other" in statement else {}))

    with pytest.raises(Conflict, match="no longer what was approved"):
        launch(desk, desk.session.get_one(Notice, notice.id, populate_existing=True))

    assert send(desk) == 0
    assert desk.telegram.sent == []


def test_an_approval_changed_after_the_launch_is_seen_by_the_worker(desk: Desk) -> None:
    notice = approved(desk)
    launch(desk, notice)
    behind_our_back(desk, "UPDATE approvals SET by_id = :other", other=desk.people.second_approver.id)

    assert send(desk) == 0

    assert state_of(desk, notice) == "held"
    assert desk.telegram.sent == []


def test_a_notice_nobody_approved_is_not_sent_whatever_its_row_says(desk: Desk) -> None:
    notice = in_review(desk)
    behind_our_back(desk, "UPDATE notices SET state = 'sending', list_count = 3, content_hash = 'x'")

    send(desk)
    send(desk)

    assert state_of(desk, notice) != "finished"
    assert desk.telegram.sent == []


def test_a_record_that_was_changed_is_no_proof(desk: Desk) -> None:
    notice = approved(desk)
    launch(desk, notice)
    names = ("audit_no_update",) if desk.session.get_bind().dialect.name == "sqlite" else ("audit_no_change",)
    desk.session.rollback()
    connection: Connection = desk.session.connection(execution_options={"sqlite_write": True})
    where = "" if connection.dialect.name == "sqlite" else " ON audit_entries"
    for name in names:
        connection.exec_driver_sql(f"DROP TRIGGER {name}{where}")
    connection.execute(text("UPDATE audit_entries SET actor_name = 'Somebody' WHERE action = 'notice.approved'"))
    desk.session.commit()

    assert send(desk) == 0
    assert state_of(desk, notice) == "held"


def test_sending_again_is_refused_by_the_second_person_or_of_another_notice(desk: Desk) -> None:
    desk.answer("telegram", lambda message: LOST)
    notice, other = desk.launched(csv_of(2)), desk.launched(csv_of(2))
    desk.send_all()
    assert deliveries.waiting_resend(desk.session, notice, now=desk.now) is None

    # Given a responder who asks
    asked = deliveries.ask_resend(desk.session, notice.id, reason="The provider was away for an hour.",
                                  by=desk.people.responder, now=desk.now)
    waits = deliveries.waiting_resend(desk.session, notice, now=desk.now)
    assert waits is not None
    assert waits.id == asked.id

    # Then it is answered about this notice, by somebody who may, and refusing sends nothing
    with pytest.raises(NotFound):
        deliveries.answer_resend(desk.session, other.id, asked.public_id, agreed=True, by=desk.people.approver, now=desk.now)
    assert deliveries.answer_resend(desk.session, notice.id, asked.public_id, agreed=False, by=desk.people.approver,
                                    now=desk.now, reason="They have been told by phone.") == 0
    assert desk.progress(notice).resent == 0

    # And nobody agrees to what they asked for themselves
    again = deliveries.ask_resend(desk.session, notice.id, reason="The provider was away for an hour.",
                                  by=desk.people.approver, now=desk.now)
    with pytest.raises(Forbidden, match="You asked for this"):
        deliveries.answer_resend(desk.session, notice.id, again.public_id, agreed=True, by=desk.people.approver, now=desk.now)


def test_a_list_that_would_bury_a_mailbox_asks_a_person(desk: Desk) -> None:
    # Given a list with many addresses of one mailbox, and some of one domain
    rows = [f"victim+{n}@gmail.com" for n in range(4)] + [f"p{n}@example.org" for n in range(5)]
    notice = desk.drafted(("email\n" + "\n".join(rows) + "\n").encode())
    people = recipients.find_list(desk.session, notice.case_id, notice.list_id)
    assert people.crowded == {"mailboxes": 1, "people": 4}
    assert people.domains == [["example.org", 5], ["gmail.com", 4]]

    # When approval is asked, then it is refused until somebody says why that is right
    with pytest.raises(Refused) as refused:
        notices.ask_approval(desk.session, notice.id, by=desk.people.responder, now=desk.now)
    assert "end in one mailbox" in refused.value.problems["list"]
    with pytest.raises(Refused, match="Nothing was changed"):
        recipients.accept_crowd(desk.session, notice.case_id, people.id, "because", by=desk.people.responder, now=desk.now)
    recipients.accept_crowd(desk.session, notice.case_id, people.id, "These are the test accounts of one customer.",
                            by=desk.people.responder, now=desk.now)
    assert notices.ask_approval(desk.session, notice.id, by=desk.people.responder, now=desk.now).state == "in_review"


def test_lines_that_are_one_person_count_once_at_their_domain(desk: Desk) -> None:
    # Given twelve lines of eleven people: one stands there twice, one is elsewhere, one has a second address elsewhere
    rows = ["a@example.org,", "A@example.org,", *(f"p{n}@example.org," for n in range(8)), "c@example.net,",
            "d@example.org,7001", "d@example.com,7001"]

    notice = desk.drafted(("email,telegram_id\n" + "\n".join(rows) + "\n").encode())

    # Then the figures say what the list holds
    people = recipients.find_list(desk.session, notice.case_id, notice.list_id)
    assert (people.email_count, people.domains) == (11, [["example.org", 10]])


def test_a_list_that_is_not_crowded_needs_no_reason(desk: Desk) -> None:
    notice = desk.drafted(csv_of(3))

    with pytest.raises(Conflict, match="No mailbox"):
        recipients.accept_crowd(desk.session, notice.case_id, notice.list_id, "It is fine as it stands.",
                                by=desk.people.responder, now=desk.now)


def test_contacts_are_opened_one_by_one_and_not_without_end(desk: Desk) -> None:
    # Given a list of which somebody opens one contact after the other
    case = desk.case()
    people = desk.listed(case, csv_of(40))

    def look(number: int) -> None:
        recipients.open_contact(desk.session, case.id, people.id, number, by=desk.people.responder, now=desk.now,
                                vault=desk.vault)

    for number in range(1, 20):
        look(number)
    assert woken(desk) == 0

    # When it is the twentieth within the hour, then somebody is woken; after the thirtieth it is enough
    look(20)
    assert woken(desk) == 1
    for number in range(21, 31):
        look(number)
    with pytest.raises(Refused, match="You opened 30 contacts within an hour"):
        look(31)

    # And an hour later it goes on
    desk.clock.move(hours=1)
    look(31)
    assert woken(desk) == 1


def woken(desk: Desk) -> int:
    """Count the alerts about contacts that were opened."""
    return len(desk.session.scalars(select(Alert).where(Alert.kind == "contacts_opened")).all())


def test_an_edit_that_came_before_the_approval_makes_it_a_conflict(desk: Desk) -> None:
    notice = in_review(desk)
    seen = notice.version
    language = next(iter(notice.texts))
    notices.edit(desk.session, notice.id, language=language, subject="Other", body=notice.texts[language]["body"],
                 version=seen, by=desk.people.responder, now=desk.now)

    with pytest.raises(Conflict):
        notices.approve(desk.session, notice.id, version=seen, by=desk.people.approver, now=desk.now)
    assert state_of(desk, notice) == "draft"
