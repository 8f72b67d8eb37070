"""What somebody else finds: whether it was done, and later whether it works."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor, Permission, may, require
from incident_app.domain.refusals import Conflict, Forbidden, Refused
from incident_app.domain.remediation import REVIEW_DAYS, ActionKind, ActionState, Works
from incident_app.models.remediation import Action
from incident_app.services import accounts, audit, scope
from incident_app.services.accounts import persons
from incident_app.services.remediation import waits
from incident_app.services.remediation.holding import ended_action, note_deed, reopen
from incident_app.services.unit import writing

OWN_CHECK = "You ended this action yourself. Somebody else checks it."
OWN_REVIEW = "You did this yourself. Somebody who did not says whether it works."


def _did(session: Session, action: Action, by: Actor) -> bool:
    return by.person in persons.persons_of(session, [action.ended_by_id])


def why_not_check(session: Session, action: Action, by: Actor) -> str:
    """Return why this person cannot check an action; empty where they can."""
    return OWN_CHECK if _did(session, action, by) else ""


def why_not_review(session: Session, action: Action, by: Actor) -> str:
    """Return why this person cannot say whether an action works; empty where they can.

    Who did it may where nobody else works on this case who could.
    """
    return OWN_REVIEW if _did(session, action, by) and _others(session, action, by) else ""


def _others(session: Session, action: Action, by: Actor) -> bool:
    return any(
        user.actor.person != by.person and may(user.actor, Permission.MANAGE_ACTIONS)
        and scope.reads(session, action.case_id, by=user.actor)
        for user in accounts.everybody(session)
    )


def check(
    session: Session, action_id: int, *, agreed: bool, reason: str = "", version: int | None = None, by: Actor, now: datetime
) -> Action:
    """Say as a second person that an action was done (or is not needed) as it is written, or send it back with a reason."""
    require(by, Permission.MANAGE_ACTIONS)
    with writing(session):
        found = ended_action(session, action_id, version, by)
        if _did(session, found, by):
            raise Forbidden(OWN_CHECK)
        if found.checked_at is not None:
            raise Conflict("This action has been checked already.")
        if not agreed and not reason.strip():
            raise Refused("The action was not sent back.", {"reason": "Say what is missing: its owner has to know."})
        words, verb = reason.strip(), "checked" if agreed else "check_refused"
        note_deed(session, found, verb, by_id=by.id, at=now, words=words)
        audit.record(session, action="action.checked" if agreed else "action.check_refused", by=by, now=now,
                     case_id=found.case_id, subject="action", subject_id=found.id,
                     details={"title": found.title} | ({"reason": words} if words else {}))
        if agreed:
            found.checked_by_id, found.checked_at, found.check_due_at = by.id, now, None
        else:
            _again(session, found, now)
    session.refresh(found)
    return found


def _again(session: Session, action: Action, now: datetime) -> None:
    reopen(action, now)
    session.flush()
    waits.settle(session, action, now)
    waits.follow(session, action, now)


def review(
    session: Session, action_id: int, outcome: str, reason: str, *, version: int | None = None, by: Actor, now: datetime
) -> Action:
    """Say whether something that was done works, with the reason: works, partly (looked at again later) or not (reopened).

    It may be said of a closed case too: what works is often known only then.
    """
    require(by, Permission.MANAGE_ACTIONS)
    with writing(session):
        found = ended_action(session, action_id, version, by, in_closed=True)
        if found.state != ActionState.DONE:
            raise Conflict("This action was not needed: there is nothing to look at.")
        if why_not_review(session, found, by):
            raise Forbidden(OWN_REVIEW)
        problems = {} if outcome in set(Works) else {"outcome": f"Choose one of {', '.join(Works)}."}
        if not reason.strip():
            problems["reason"] = "Say by what you see whether it works."
        if problems:
            raise Refused("Nothing was saved.", problems)
        found.works = outcome
        note_deed(session, found, "reviewed", by_id=by.id, at=now, words=reason.strip(), outcome=outcome)
        audit.record(session, action="action.reviewed", by=by, now=now, case_id=found.case_id, subject="action",
                     subject_id=found.id, details={"title": found.title, "outcome": outcome, "reason": reason.strip()})
        found.review_due_at = now + timedelta(days=_days(found)) if outcome == Works.PARTLY else None
        if outcome == Works.NOT:
            _again(session, found, now)
    session.refresh(found)
    return found


def _days(action: Action) -> int:
    return action.review_days or REVIEW_DAYS[ActionKind.REMEDY]
