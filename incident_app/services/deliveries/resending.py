"""Sending an uncertain message once more takes two people: whoever gets it twice was told so by nobody."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor, Permission, require
from incident_app.domain.notices import check_moves
from incident_app.domain.refusals import Refused
from incident_app.models.deliveries import Delivery
from incident_app.models.notices import Notice
from incident_app.models.proposals import Proposal
from incident_app.services import proposals
from incident_app.services.deliveries.controls import (
    NOTHING_LEFT,
    check_all_there,
    check_text,
    record_decision,
    send_again,
    uncertain_rows,
)
from incident_app.services.deliveries.counting import lock_notice
from incident_app.services.unit import writing

KIND = "deliveries.resend"


def _first_tries(session: Session, notice: Notice, numbers: Sequence[int] | None) -> Sequence[Delivery]:
    return [row for row in uncertain_rows(session, notice.id, numbers) if row.round == 1]


def ask_resend(
    session: Session, notice_id: int, *, reason: str, by: Actor, now: datetime, numbers: Sequence[int] | None = None
) -> Proposal:
    """Ask for the uncertain, all or these people of the list, to be sent their message once more.

    Raises ``Refused`` where nobody is uncertain, or was sent it again once already, or without a reason,
    ``Conflict`` where the text was withdrawn.
    """
    require(by, Permission.PROPOSE_RESEND)
    with writing(session):
        notice = lock_notice(session, notice_id)
        check_moves(notice.state, "be decided on")
        check_text(notice)
        rows = _first_tries(session, notice, numbers)
        if not rows:
            raise Refused(NOTHING_LEFT)
        check_all_there(rows, numbers)
        return proposals.put(
            session, KIND, subject="notice", subject_id=notice_id, case_id=notice.case_id, reason=reason, by=by, now=now,
            facts={"people": len(rows), "numbers": None if numbers is None else sorted(numbers)})


def waiting_resend(session: Session, notice: Notice, *, now: datetime) -> Proposal | None:
    """Return what somebody asked for and nobody answered yet."""
    found = proposals.waiting(session, [KIND], now=now, case_id=notice.case_id)
    return next((one for one in found if one.subject_id == str(notice.id)), None)


def answer_resend(
    session: Session, notice_id: int, public_id: str, *, agreed: bool, reason: str = "", by: Actor, now: datetime
) -> int:
    """Agree as the second person, and they are queued once more; or refuse with a reason. Returns how many are queued.

    Whoever got an answer meanwhile is left out; nobody is sent the same notice a third time.
    """
    require(by, Permission.RESOLVE_UNCERTAIN)
    with writing(session):
        notice = lock_notice(session, notice_id)
        proposals.about(session, KIND, public_id, "notice", notice_id)
        if not agreed:
            proposals.refuse(session, KIND, public_id, reason, by=by, now=now)
            return 0
        check_moves(notice.state, "be decided on")
        check_text(notice)
        asked = proposals.agree(session, KIND, public_id, by=by, now=now)
        rows = _first_tries(session, notice, asked.facts["numbers"])
        send_again(session, notice, rows, now)
        record_decision(session, notice, "resend", asked.reason, len(rows), by=by, now=now)
    return len(rows)
