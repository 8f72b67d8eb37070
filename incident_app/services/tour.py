"""Five things to try in the demo, and which of them have been done. Real data has no tour."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor
from incident_app.models.alerts import Alert
from incident_app.models.cases import Case
from incident_app.models.notices import Notice
from incident_app.models.obligations import running
from incident_app.models.organisation import Organisation
from incident_app.models.recipients import RecipientList
from incident_app.models.risk import Assessment
from incident_app.services import scope


@dataclass(frozen=True, slots=True)
class Tour:
    """Where the tour goes: the case with the prepared notice, its next due moment, its level, and what was done."""

    ref: str
    due_at: datetime | None
    level: str
    notice: int
    people: int
    sent: bool
    acknowledged: bool


def find(session: Session, *, by: Actor) -> Tour | None:
    """Return the tour as it stands for ``by``; ``None`` outside the demo."""
    if not session.scalar(select(Organisation.is_demo).limit(1)):
        return None
    found = session.execute(
        select(Case, Notice, RecipientList.people_count).join(Notice, Notice.case_id == Case.id)
        .join(RecipientList, RecipientList.id == Notice.list_id).where(scope.visible_to(by)).order_by(Notice.id).limit(1)
    ).first()
    if found is None:
        return None
    case, notice, people = found
    due = next((duty.due_at for duty in session.scalars(running()) if duty.case_id == case.id and duty.due_at), None)
    level = session.scalar(
        select(Assessment.level).where(Assessment.case_id == case.id).order_by(Assessment.number.desc()).limit(1)
    )
    answered = session.scalar(select(Alert.id).where(Alert.acked_by_id == by.id).limit(1))
    return Tour(case.ref, due, level or "", notice.number, people, notice.launched_at is not None,
                answered is not None)
