"""What still stands in the way of closing a case, gathered from every door."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor
from incident_app.domain.cases import CaseState, ControllerRole
from incident_app.domain.closing import ClosingFacts, Gap, Named, closing_gaps
from incident_app.domain.filings import FilingState
from incident_app.domain.remediation import Why
from incident_app.models.cases import Case
from incident_app.models.closing import Closing, closings_of
from incident_app.models.filings import Filing
from incident_app.models.filings import of_case as filings_of_case
from incident_app.models.obligations import (
    DISCHARGED,
    OWED,
    UNDECIDED,
    Obligation,
    of_case,
    to_decide,
)
from incident_app.services import deliveries, notices, remediation, review, risk, scope
from incident_app.services.asking_again import asked_again, every_asked_again
from incident_app.services.citing import article
from incident_app.services.deliveries import Progress
from incident_app.services.obligations.deciding import BY_RISK
from incident_app.services.obligations.showing import maybe_count

RUNNING = {"sending", "paused", "held"}
LAUNCHED = RUNNING | {"finished", "cancelled"}
HALF_WAY = {FilingState.IN_REVIEW.value, FilingState.APPROVED.value}


def _name(duty: Obligation) -> str:
    return f"{duty.recipient} ({article(duty.regime, duty.provision, duty.recipient_type)})"


def _named(duties: Sequence[Obligation]) -> Named:
    return tuple((str(duty.id), _name(duty)) for duty in duties)


def _sends(session: Session, case_id: int, now: datetime) -> list[tuple[str, Progress]]:
    return [
        (str(notice.number), deliveries.overview(session, notice.id, now=now))
        for notice in notices.of_case(session, case_id)
        if notice.state in LAUNCHED
    ]


def _decided(case: Case, duties: Sequence[Obligation]) -> bool:
    """Whether the question of the risk is settled; a processor, whose duties hang on no risk, is not asked."""
    asked = case.role != ControllerRole.PROCESSOR.value or any(duty.threshold_id in BY_RISK for duty in duties)
    return not asked or case.state not in {CaseState.LOGGED.value, CaseState.ASSESSED.value}


def _unproved(session: Session, case_id: int) -> Named:
    """Return the filings that were approved, or are about to be, and are not recorded as filed with proof."""
    return tuple(
        (str(one.number), _why_unproved(one)) for one in session.scalars(filings_of_case(case_id))
        if one.state in HALF_WAY or (one.state == FilingState.SUBMITTED.value and one.proof_document_id is None)
    )


def _why_unproved(filing: Filing) -> str:
    if filing.state == FilingState.SUBMITTED.value:
        return f"filing {filing.number} is marked as filed, and no receipt is kept"
    return f"filing {filing.number} is ready to go and not marked as filed; mark it with its receipt, or take it back"


def _asked_again(session: Session, duties: list[Obligation]) -> Named:
    """Return the duties of which somebody decides again whether the people are told, as what told them stands no more."""
    recipients = {duty.id: duty.recipient for duty in duties}
    return tuple((str(name), f"{recipients[name]}, as {again.ground}")
                 for name, again in asked_again(session, duties).items())


def _to_do(session: Session, case_id: int) -> Named:
    """Return (id, title) of each action that is open, mandatory or not: what is not needed is said not to be."""
    return tuple((str(action.id), action.title) for action in remediation.open_actions(session, case_id))


def gaps(session: Session, case: Case, now: datetime) -> tuple[Gap, ...]:
    """Return everything that is still open; empty when the case may be closed."""
    duties = [duty for duty in session.scalars(of_case(case.id)) if duty.recipient_type != "register"]
    sends = _sends(session, case.id, now)
    hindering = remediation.hindrances(session, case, now)
    late = [duty for duty in duties if duty.state == DISCHARGED and (duty.late_by_seconds or 0) > 0 and not duty.late_reason]
    return closing_gaps(
        ClosingFacts(
            decided=_decided(case, duties), sector_duty_count=maybe_count(session, case.id),
            undecided_duties=_named([duty for duty in duties if duty.state == UNDECIDED]) + _asked_again(session, duties),
            owed_duties=_named([duty for duty in duties if duty.state == OWED]), late_without_reason=_named(late),
            unproved_filings=_unproved(session, case.id),
            running_sends=tuple((name, f"notice {name}") for name, send in sends if send.waiting or send.state in RUNNING),
            uneven_sums=tuple((name, f"notice {name}") for name, send in sends if not send.adds_up),
            uncertain=tuple((name, send.undecided) for name, send in sends if send.undecided),
            open_actions=_to_do(session, case.id),
            unchecked_actions=tuple((str(one.number), one.title) for one in hindering if one.why is Why.UNCHECKED),
            due_reviews=tuple((str(one.number), one.title) for one in hindering if one.why is Why.REVIEW_DUE),
            review=review.standing_of(session, case),
        )
    )


def of_closings(session: Session, case_id: int) -> Sequence[Closing]:
    """Return every closing of a case, the newest first."""
    return list(reversed(session.scalars(closings_of(case_id)).all()))


def really_done(session: Session, case: Case) -> frozenset[str]:
    """Return the steps of a closed case that were done, by their states: whoever closed it over something may have left some.

    Scored; decided about every duty; everybody told whom somebody had to be; reviewed, with two signatures. Logged and closed
    it always is.
    """
    duties = [duty for duty in session.scalars(of_case(case.id)) if duty.recipient_type != "register"]
    states = {duty.state for duty in duties}
    last = session.scalar(select(Closing).where(Closing.case_id == case.id, Closing.reopened_at.is_(None)))
    decided = last is not None and last.state_before not in {CaseState.LOGGED.value, CaseState.ASSESSED.value}
    found = {
        CaseState.LOGGED: True, CaseState.CLOSED: True, CaseState.ASSESSED: risk.latest(session, case.id) is not None,
        CaseState.DECIDED: decided and UNDECIDED not in states,
        CaseState.NOTIFIED: DISCHARGED in states and not states & {UNDECIDED, OWED},
        CaseState.REVIEWED: last is not None and bool(last.review_hash),
    }
    return frozenset(state.value for state, done in found.items() if done)


def undecided(session: Session, *, by: Actor, most: int) -> Sequence[str]:
    """Return the numbers of the first ``most`` cases with a duty nobody has decided about yet; no drills.

    Only of cases that ``by`` may read.
    """
    mine = scope.each(Obligation.case_id, by, Case.is_drill.is_(False))
    some = select(Obligation.case_id).where(to_decide(), mine).group_by(Obligation.case_id).order_by(Obligation.case_id).limit(most)
    return session.scalars(select(Case.ref).where(Case.id.in_(session.scalars(some).all())).order_by(Case.id)).all()


def to_decide_again(session: Session, *, by: Actor) -> Sequence[Obligation]:
    """Return the duties of which somebody has to decide again whether the people are told; no drills, no closed cases.

    Only of cases that ``by`` may read.
    """
    return every_asked_again(session, scope.each(Obligation.case_id, by, Case.is_drill.is_(False), Case.closed_at.is_(None)))
