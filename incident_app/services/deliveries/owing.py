"""Duties to tell people and the notices that tell them: the end of a notice ends them, what is corrected lets them be owed again.

Only the end of a notice ends a duty by itself, and only by what stood in the case when it was approved. What somebody corrects
afterwards ends none: an approver marks it as done.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from incident_app.domain.accounts import SYSTEM
from incident_app.domain.notices import NoticeState
from incident_app.domain.obligations.reaching import too_few
from incident_app.domain.regimes import Law
from incident_app.models.audit import Entry
from incident_app.models.cases import Case
from incident_app.models.notices import Notice
from incident_app.models.obligations import DISCHARGED, OWED, of_case
from incident_app.services import audit, obligations
from incident_app.services.asking_again import ASKED, STAYS, last_said
from incident_app.services.deliveries.past import Past, past_of, size
from incident_app.services.deliveries.reaching import PEOPLE, ended, reached_by, speaking_against
from incident_app.services.obligations.deciding import reopen as reopen_duty


def end_told(
    session: Session, case: Case, notice: Notice, over: Sequence[Notice], reference: str, *, law: Law, now: datetime,
) -> None:
    """Stop the clock of the duties to tell people that nothing speaks against now that this notice ended, the last of those that
    are ``over``. One that was stopped for good ends none. Call inside a write unit."""
    owed = [one for one in session.scalars(of_case(case.id)) if one.recipient_type == PEOPLE and one.state == OWED]
    in_time = [one for one in owed if (one.due_at is None or now <= one.due_at)
               and (one.anchor_at is None or one.anchor_at <= now)]
    if not in_time or notice.state == NoticeState.CANCELLED:
        return
    past = past_of(session, case)
    most = past.highest(notice)
    for counted, some in past.counting(in_time, over):
        for duty, speaks in speaking_against(session, case, some, reached_by(session, counted), law, people=most):
            if not speaks:
                obligations.discharge(session, duty, at=now, how="notice", reference=reference, proof_document_id=None,
                                      late_reason="", by=SYSTEM, now=now)


def owe_again(session: Session, case: Case, *, now: datetime) -> None:
    """After the number of people was corrected, or a text was found right after all: where more are concerned than the lists of
    the notices held, let the duties that notices ended be owed again, and ask again of those that a person said stay done
    when they were fewer. Call inside a write unit.

    A text that is withdrawn counts: whether it told its people is asked already, and it told nobody else either.
    """
    done = [one for one in session.scalars(of_case(case.id))
            if one.recipient_type == PEOPLE and one.state == DISCHARGED and obligations.by_our_message(one)]
    over = ended(session, case.id, withdrawn=True) if done and case.closed_at is None else ()
    speaks = " ".join(too_few(case.people, reached_by(session, over))) if over else ""
    if not speaks:
        return
    said, past = last_said(session, done), past_of(session, case)
    for duty in done:
        last = said.get(duty.id)
        if last is None or last.action not in (*STAYS, ASKED):
            reopen_duty(session, duty, speaks, by=SYSTEM, now=now)
        elif last.action in STAYS and _more_than(past, last):
            audit.record(session, action="obligation.asked_again", by=SYSTEM, now=now, case_id=case.id, subject="obligation",
                         subject_id=duty.id, details={"words": speaks})


def _more_than(past: Past, entry: Entry) -> bool:
    """Tell whether the case says more people now than when this was recorded."""
    return size(past.people) > size(past.numbers(entry.seq)[0])
