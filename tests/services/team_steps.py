"""What tests of teams do again and again."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor
from incident_app.models.accounts import User
from incident_app.models.alerts import Alert, AlertSend
from incident_app.models.cases import Case
from incident_app.models.teams import Team
from incident_app.services import alerts, teams
from tests.fakes import START
from tests.people import People

SOON = START + timedelta(hours=30)


def again(session: Session, actor: Actor) -> Actor:
    """Return somebody as they stand now, with their teams."""
    session.expire_all()
    return session.get_one(User, actor.id).actor


def a_team(session: Session, people: People, *members: Actor, name: str = "Blue") -> Team:
    """Return a team of these people."""
    return teams.make(session, name, {one.id for one in members}, by=people.admin, now=START)


def woken(session: Session, case: Case, who: Actor) -> Alert:
    """Return an alert about a case that somebody was sent."""
    alerts.raise_due(session, now=SOON)
    alert = session.scalars(select(Alert).where(Alert.raised_at.is_not(None), Alert.case_id == case.id)).first()
    assert alert is not None
    session.add(AlertSend(public_id=f"p{alert.id}", alert_id=alert.id, person_id=who.id, channel="email", step=99,
                          state="accepted", due_at=SOON, tries=[]))
    session.commit()
    return alert
