"""Approvals of public notices: append-only in the database itself, and never by who had a hand in it."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from incident_app.models.approving import protect_public, unprotect_public
from incident_app.models.publishing import PublicApproval, PublicNotice
from incident_app.services import publishing
from tests.fakes import START, FakeClock
from tests.letters_kit import Desk
from tests.people import People

INSERT = text("INSERT INTO public_approvals (public_notice_id, content_hash, method, by_id, at, voided_reason)"
              " VALUES (:notice, 'x', '', :by, '2026-11-24 09:00:00', '')")


@pytest.fixture
def desk(session: Session, people: People, clock: FakeClock) -> Desk:
    return Desk(session, people, clock)


def in_review(desk: Desk) -> PublicNotice:
    """Return a public notice that waits for its second person."""
    today = START.date()
    notice = publishing.draft(desk.session, desk.case(data_categories=("health",)).id, languages=("en",), first_day=today,
                              last_day=today + timedelta(days=30), by=desk.people.responder, now=desk.now)
    return publishing.ask(desk.session, notice.id, by=desk.people.responder, now=desk.now)


def approved(desk: Desk) -> PublicNotice:
    """Return one that everybody reads."""
    return publishing.approve(desk.session, in_review(desk).id, by=desk.people.approver, now=desk.now, vault=desk.vault,
                              public_url="https://breach.example.org")


@pytest.mark.parametrize("hand", ["author", "editor"])
def test_the_database_itself_refuses_an_approval_by_who_had_a_hand_in_it(desk: Desk, hand: str) -> None:
    notice, approver = in_review(desk), desk.people.approver.id
    if hand == "author":
        notice.author_id = approver
    else:
        notice.editor_ids = [desk.people.admin.id, approver]
    desk.session.commit()

    with pytest.raises(DBAPIError, match="cannot approve it"):
        desk.session.execute(INSERT, {"notice": notice.id, "by": approver})
    desk.session.rollback()

    # Somebody without a hand in it may
    desk.session.execute(INSERT, {"notice": notice.id, "by": desk.people.second_approver.id})
    desk.session.commit()


@pytest.mark.parametrize("statement", [
    "UPDATE public_approvals SET content_hash = 'x'", "UPDATE public_approvals SET by_id = by_id + 1",
    "UPDATE public_approvals SET method = 'passkey'", "UPDATE public_approvals SET at = '2020-01-01 00:00:00'",
    "DELETE FROM public_approvals",
])
def test_an_approval_never_changes_and_never_goes(desk: Desk, statement: str) -> None:
    approved(desk)

    with pytest.raises(DBAPIError, match="an approval never changes"):
        desk.session.execute(text(statement))


def test_an_approval_is_voided_once_and_a_notice_has_one_that_counts(desk: Desk) -> None:
    # Given a correction that is not approved yet: the approval counts, and there is no second one beside it
    notice = approved(desk)
    publishing.edit(desk.session, notice.id, language="en", subject="Other words", body=notice.texts["en"]["body"],
                    version=notice.version, by=desk.people.responder, now=desk.now)
    with pytest.raises(DBAPIError, match=r"(?i)unique"):
        desk.session.execute(INSERT, {"notice": notice.id, "by": desk.people.second_approver.id})
    desk.session.rollback()

    # When the correction is approved, the first is void and cannot come back, and the new one stands alone
    publishing.ask(desk.session, notice.id, by=desk.people.responder, now=desk.now)
    publishing.approve(desk.session, notice.id, by=desk.people.approver, now=desk.now, vault=desk.vault,
                       public_url="https://breach.example.org")
    with pytest.raises(DBAPIError, match="an approval never changes"):
        desk.session.execute(text("UPDATE public_approvals SET voided_at = NULL"))
    desk.session.rollback()
    with pytest.raises(DBAPIError, match=r"(?i)unique"):
        desk.session.execute(INSERT, {"notice": notice.id, "by": desk.people.second_approver.id})


def test_one_cannot_be_written_over_another(desk: Desk) -> None:
    notice = approved(desk)
    approval = notice.approval_id
    over = ("INSERT OR REPLACE INTO public_approvals (id, public_notice_id, content_hash, method, by_id, at, voided_reason)"
            " VALUES (:id, :notice, 'x', '', :by, '2026-11-24 09:00:00', '')")
    if desk.session.get_bind().dialect.name == "postgresql":
        over = "TRUNCATE public_approvals"

    with pytest.raises(DBAPIError, match="an approval never changes"):
        desk.session.execute(text(over), {"id": approval, "notice": notice.id, "by": desk.people.second_approver.id}
                             if ":id" in over else {})


def test_where_the_triggers_were_taken_away_a_changed_approval_shows_nothing(desk: Desk) -> None:
    # Given somebody who owns the database, and rewrites who approved what
    notice = approved(desk)
    connection = desk.session.connection()
    unprotect_public(connection)
    desk.session.execute(text("UPDATE public_approvals SET content_hash = 'x'"))
    protect_public(connection)
    desk.session.commit()

    # Then nobody reads it: the record knows what was approved
    desk.session.expire_all()
    assert desk.session.get_one(PublicApproval, notice.approval_id).content_hash == "x"
    assert publishing.shown(desk.session, notice.slug, "en", now=desk.now) is None
