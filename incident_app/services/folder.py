"""How much lies in the folder of a case, door by door: for the numbers beside its tabs."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ScalarSelect, func, select
from sqlalchemy.orm import Session

from incident_app.domain.remediation import ActionState
from incident_app.models.audit import Entry
from incident_app.models.filings import Filing
from incident_app.models.notices import Notice
from incident_app.models.recipients import RecipientList
from incident_app.models.remediation import Action
from incident_app.models.reports import Document

Countable = type[Filing] | type[RecipientList] | type[Notice] | type[Document] | type[Entry] | type[Action]


@dataclass(frozen=True, slots=True)
class Folder:
    """What a case holds; ``overdue`` actions are part of ``open_actions``."""

    filings: int
    lists: int
    notices: int
    documents: int
    entries: int
    open_actions: int
    overdue: int


def _rows(model: Countable, case_id: int) -> ScalarSelect[int]:
    return select(func.count()).select_from(model).where(model.case_id == case_id).scalar_subquery()


def of_case(session: Session, case_id: int, *, now: datetime) -> Folder:
    """Count everything in one question."""
    still_open = (Action.case_id == case_id, Action.state == ActionState.OPEN.value)
    actions = select(func.count()).select_from(Action)
    row = session.execute(select(
        *(_rows(model, case_id) for model in (Filing, RecipientList, Notice, Document, Entry)),
        actions.where(*still_open).scalar_subquery(),
        actions.where(*still_open, Action.due_at < now, Action.waiting.is_(False)).scalar_subquery(),
    )).one()
    return Folder(*(int(count) for count in row))
