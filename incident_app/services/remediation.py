"""Things to do about a breach: load the checklist, add, assign, prove done, say why not needed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incident_app.domain import remediation as rules
from incident_app.domain.accounts import SYSTEM, Actor, Permission, require
from incident_app.domain.cases import CaseState
from incident_app.domain.refusals import Conflict, NotFound, Refused, Stale
from incident_app.domain.remediation import ActionState, Runbook
from incident_app.models import remediation as rows
from incident_app.models.accounts import User
from incident_app.models.cases import Case
from incident_app.models.remediation import Action
from incident_app.models.reports import Document
from incident_app.services import audit, scope
from incident_app.services.unit import writing


@dataclass(frozen=True, slots=True)
class NewAction:
    """What is asked about a further thing to do. ``kind`` is one of :class:`ActionKind`; ``proof`` what will show it."""

    title: str
    kind: str
    owner_id: int | None = None
    due_at: datetime | None = None
    proof: str = ""


@dataclass(frozen=True, slots=True)
class Sum:
    """How many actions there are: all = open + done + not needed; ``overdue`` is part of open."""

    all: int
    open: int
    done: int
    not_needed: int
    overdue: int


def load_into(session: Session, case: Case, *, now: datetime, runbooks: Mapping[str, Runbook]) -> int:
    """Add the steps of the runbook for this kind of breach, inside the caller's transaction; return how many.

    Moments count from awareness. The case keeps the version it was given.
    """
    book = runbooks.get(case.kind)
    if book is None:
        return 0
    for step in book.steps:
        session.add(
            Action(
                case_id=case.id, step=step.title, kind=step.kind.value, role=step.role.value,
                due_at=step.due_at(case.aware_at), proof_asked=step.proof, runbook=book.kind,
                runbook_version=book.version, made_at=now,
            )
        )
    session.flush()
    audit.record(
        session, action="action.loaded", by=SYSTEM, now=now, case_id=case.id, subject="runbook", subject_id=book.kind,
        details={"version": book.version, "steps": len(book.steps)},
    )
    return len(book.steps)


def _check_owner(session: Session, owner_id: int | None) -> dict[str, str]:
    owner = session.get(User, owner_id) if owner_id is not None else None
    if owner_id is not None and (owner is None or not owner.active):
        return {"owner_id": "Choose somebody who works here."}
    return {}


def _workable(session: Session, case_id: int) -> Case:
    case = session.scalar(select(Case).where(Case.id == case_id).with_for_update(of=Case, key_share=True))
    if case is None:
        raise NotFound("There is no such case.")
    if case.state == CaseState.CLOSED:
        raise Conflict("This case is closed. Nothing was changed.")
    return case


def _open_action(session: Session, action_id: int, version: int | None, by: Actor) -> Action:
    found = _within(session, action_id, by)
    _workable(session, found.case_id)
    session.refresh(found, with_for_update={"of": Action})
    if found.state != ActionState.OPEN:
        raise Conflict("This action has been ended already.")
    if version is not None and version != found.version:
        raise Stale("Somebody changed this action meanwhile. Load the page again and compare.")
    found.version += 1
    return found


def add(session: Session, case_id: int, new: NewAction, *, by: Actor, now: datetime) -> Action:
    """Add a thing to do."""
    require(by, Permission.MANAGE_ACTIONS)
    with writing(session):
        _workable(session, case_id)
        problems = rules.check_new(new.title, new.kind) | _check_owner(session, new.owner_id)
        if problems:
            raise Refused("The action was not saved.", problems)
        made = Action(
            case_id=case_id, own_title=new.title.strip(), kind=new.kind, owner_id=new.owner_id, due_at=new.due_at,
            proof_asked=new.proof.strip(), made_by_id=by.id, made_at=now,
        )
        session.add(made)
        session.flush()
        audit.record(session, action="action.added", by=by, now=now, case_id=case_id, subject="action",
                     subject_id=made.id, details={"title": made.title, "kind": made.kind})
    return made


def change(
    session: Session, action_id: int, *, owner_id: int | None, due_at: datetime | None, version: int | None = None,
    by: Actor, now: datetime,
) -> Action:
    """Say who does it, and by when."""
    require(by, Permission.MANAGE_ACTIONS)
    with writing(session):
        found = _open_action(session, action_id, version, by)
        problems = _check_owner(session, owner_id)
        if problems:
            raise Refused("The action was not changed.", problems)
        found.owner_id, found.due_at = owner_id, due_at
        audit.record(
            session, action="action.changed", by=by, now=now, case_id=found.case_id, subject="action",
            subject_id=found.id,
            details={"title": found.title, "owner": owner_id, "due_at": due_at.isoformat() if due_at else None},
        )
    session.refresh(found)
    return found


def complete(
    session: Session, action_id: int, proof_text: str, *, document_id: int | None = None, version: int | None = None,
    by: Actor, now: datetime,
) -> Action:
    """Mark it done, with what proves it, in words or also by a document of the same case."""
    require(by, Permission.MANAGE_ACTIONS)
    with writing(session):
        found = _open_action(session, action_id, version, by)
        if not proof_text.strip():
            raise Refused("The action stays open.", {"proof_text": "Say what shows that it is done."})
        document = session.get(Document, document_id) if document_id is not None else None
        if document_id is not None and (document is None or document.case_id != found.case_id):
            raise Refused("The action stays open.", {"document_id": "There is no such document in this case."})
        found.state, found.proof_text, found.proof_document_id = ActionState.DONE.value, proof_text.strip(), document_id
        found.ended_by_id, found.ended_at = by.id, now
        audit.record(
            session, action="action.done", by=by, now=now, case_id=found.case_id, subject="action",
            subject_id=found.id, details={"title": found.title, "proof": found.proof_text, "document": document_id},
        )
    session.refresh(found)
    return found


def not_needed(
    session: Session, action_id: int, reason: str, *, version: int | None = None, by: Actor, now: datetime
) -> Action:
    """Mark it as not needed in this case, with the reason."""
    require(by, Permission.MANAGE_ACTIONS)
    with writing(session):
        found = _open_action(session, action_id, version, by)
        if not reason.strip():
            raise Refused("The action stays open.", {"reason": "Say why this case does not need it."})
        found.state, found.not_needed_reason = ActionState.NOT_NEEDED.value, reason.strip()
        found.ended_by_id, found.ended_at = by.id, now
        audit.record(session, action="action.not_needed", by=by, now=now, case_id=found.case_id, subject="action",
                     subject_id=found.id, details={"title": found.title, "reason": found.not_needed_reason})
    session.refresh(found)
    return found


def find(session: Session, action_id: int, *, by: Actor) -> Action:
    """Return one action of a case that ``by`` may read. Raises ``NotFound``."""
    require(by, Permission.SEE_ACTIONS)
    return _within(session, action_id, by)


def _within(session: Session, action_id: int, by: Actor) -> Action:
    found = session.scalar(select(Action).where(Action.id == action_id, scope.within(Action.case_id, by)))
    if found is None:
        raise NotFound("There is no such action.")
    return found


def of_case(session: Session, case_id: int) -> Sequence[Action]:
    """Return everything to do in one case, in the order it was entered."""
    return session.scalars(rows.of_case(case_id)).all()


def open_actions(session: Session, case_id: int) -> Sequence[Action]:
    """Return what is still to do in one case, soonest first."""
    return session.scalars(rows.open_soonest().where(Action.case_id == case_id)).all()


def documents_of(session: Session, case_id: int) -> Sequence[tuple[int, str]]:
    """Return (id, name) of the files of a case, the newest first: any of them may be a proof."""
    question = select(Document.id, Document.name).where(Document.case_id == case_id).order_by(Document.id.desc())
    return [(number, name) for number, name in session.execute(question)]


def counts(actions: Sequence[Action], now: datetime) -> Sum:
    """Add up a list of actions."""
    states = [item.state for item in actions]
    return Sum(
        all=len(states), open=states.count(ActionState.OPEN.value), done=states.count(ActionState.DONE.value),
        not_needed=states.count(ActionState.NOT_NEEDED.value),
        overdue=sum(rules.is_overdue(item.state, item.due_at, now) for item in actions),
    )


def overview(session: Session, *, whose: str, by: Actor, now: datetime) -> Sequence[Action]:
    """Return what is still to do anywhere: ``whose`` is mine | overdue | all. Closed cases are left out."""
    require(by, Permission.SEE_ACTIONS)
    living = (Action.case.has(Case.state != CaseState.CLOSED.value), scope.within(Action.case_id, by))
    question = rows.open_soonest().where(*living)
    if whose == "mine":
        question = question.where(Action.owner_id == by.id)
    elif whose == "overdue":
        question = question.where(Action.due_at < now)
    elif whose != "all":
        raise Refused("Choose mine, overdue or all.", {"whose": "Choose mine, overdue or all."})
    return session.scalars(question).all()


def open_count(session: Session, *, by: Actor) -> int:
    """Return how many actions this person still has to do, in the cases they may read."""
    mine = (Action.state == ActionState.OPEN.value, Action.owner_id == by.id, scope.within(Action.case_id, by))
    return session.scalar(select(func.count(Action.id)).where(*mine)) or 0
