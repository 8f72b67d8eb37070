"""Cases and duties written straight into the tables: alerts need nothing else of them."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from incident_app.domain.alerts import DEFAULT
from incident_app.models.alerts import Alert
from incident_app.models.cases import Case
from incident_app.models.obligations import OWED, Obligation
from tests.fakes import START


def a_plain_case(session: Session, ref: str = "BR-2026-021", **facts: object) -> Case:
    """Return a case of which only what alerts and actions read is filled in."""
    values = {"title": "Export open to anyone", "home_country": "ES", "zone": "Europe/Madrid", "aware_at": START,
              "filed_at": START, "kind": "exposed-storage"} | facts
    case = Case(ref=ref, **values)
    session.add(case)
    session.commit()
    return case


def a_duty(session: Session, case: Case, *, due_at: datetime | None = None, **facts: object) -> Obligation:
    """Return a duty of 72 hours from ``START`` to tell the AEPD."""
    values = {
        "regime": "EU-GDPR", "provision": "Art. 33(1)", "stage": "initial", "recipient_type": "authority",
        "recipient": "AEPD", "anchor": "aware", "anchor_at": START, "mode": "hours", "value": 72, "unit": "hours",
        "raised_at": START, "state": OWED, "due_at": due_at or START + timedelta(hours=72),
    } | facts
    duty = Obligation(case_id=case.id, **values)
    session.add(duty)
    session.commit()
    return duty


def break_duty(session: Session, duty: Obligation) -> None:
    """Make a duty one that cannot be evaluated: somebody else's rows stand where its alerts belong."""
    for hours in DEFAULT.hours_left:
        threshold = f"{hours}/72"
        session.add(Alert(key=f"duty/{duty.id}/v1/{threshold}", threshold=threshold, words="astray", due_at=START))
    session.commit()
