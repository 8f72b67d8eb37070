"""What still stands in the way of closing a case, gathered from every door."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor
from incident_app.domain.cases import CaseState, ClosingFacts, ControllerRole, closing_gaps
from incident_app.models.cases import Case
from incident_app.models.obligations import DISCHARGED, OWED, UNDECIDED, Obligation, of_case
from incident_app.services import deliveries, notices, remediation, scope
from incident_app.services.deliveries import Progress
from incident_app.services.obligations.deciding import BY_RISK
from incident_app.services.obligations.showing import maybe_count

RUNNING = {"sending", "paused", "held"}
LAUNCHED = RUNNING | {"finished", "cancelled"}


def _name(duty: Obligation) -> str:
    return f"{duty.recipient} ({duty.provision})"


def _sends(session: Session, case_id: int, now: datetime) -> list[tuple[str, Progress]]:
    return [
        (f"notice {notice.number}", deliveries.overview(session, notice.id, now=now))
        for notice in notices.of_case(session, case_id)
        if notice.state in LAUNCHED
    ]


def _decided(case: Case, duties: Sequence[Obligation]) -> bool:
    """Whether the question of the risk is settled; a processor, whose duties hang on no risk, is not asked."""
    asked = case.role != ControllerRole.PROCESSOR.value or any(duty.threshold_id in BY_RISK for duty in duties)
    return not asked or case.state not in {CaseState.LOGGED.value, CaseState.ASSESSED.value}


def gaps(session: Session, case: Case, now: datetime) -> tuple[str, ...]:
    """Return everything that is still open, one sentence each; empty when the case may be closed."""
    duties = [duty for duty in session.scalars(of_case(case.id)) if duty.recipient_type != "register"]
    sends = _sends(session, case.id, now)
    return closing_gaps(
        ClosingFacts(
            decided=_decided(case, duties),
            sector_duty_count=maybe_count(session, case.id),
            undecided_duties=tuple(_name(duty) for duty in duties if duty.state == UNDECIDED),
            owed_duties=tuple(_name(duty) for duty in duties if duty.state == OWED),
            late_without_reason=tuple(
                _name(duty) for duty in duties
                if duty.state == DISCHARGED and (duty.late_by_seconds or 0) > 0 and not duty.late_reason
            ),
            running_sends=tuple(name for name, send in sends if send.waiting or send.state in RUNNING),
            uneven_sums=tuple(name for name, send in sends if not send.adds_up),
            uncertain_count=sum(send.undecided for _, send in sends),
            open_actions=tuple(action.title for action in remediation.open_actions(session, case.id)),
        )
    )


def undecided(session: Session, *, by: Actor) -> Sequence[str]:
    """Return the numbers of the cases with a duty nobody has decided about yet, what is due first in front; no drills.

    Only of cases that ``by`` may read.
    """
    first = func.min(Obligation.due_at)
    question = (
        select(Case.ref).join(Obligation, Obligation.case_id == Case.id)
        .where(Obligation.state == UNDECIDED, Obligation.recipient_type != "register", Case.is_drill.is_(False),
               scope.visible_to(by))
        .group_by(Case.id, Case.ref).order_by(first.is_(None), first, Case.id)
    )
    return session.scalars(question).all()
