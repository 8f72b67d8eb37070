"""What tests of trial mode do again and again."""

from datetime import datetime

from sqlalchemy.orm import Session

from incident_app.domain.accounts import SYSTEM, Actor, Role
from incident_app.domain.trials import ON
from incident_app.models.proposals import Proposal
from incident_app.models.trials import TrialEnd
from incident_app.services import accounts, trials
from tests.fakes import START

WHY = "We have tried it for a month and are ready."
URL = "https://incident.example.org"


def second_admin(session: Session, email: str = "second_admin@example.org") -> Actor:
    """Hire one more administrator."""
    return accounts.add_user(session, email, "Anna Admin", {Role.ADMIN}, zone="Europe/Berlin", by=SYSTEM, now=START).actor


def ask(session: Session, by: Actor, *, now: datetime = START, reason: str = WHY, set_to: str = ON) -> Proposal:
    """Ask to end trial mode."""
    return trials.ask(session, reason, set_to=set_to, public_url=URL, by=by, now=now)


def agree(session: Session, asked: Proposal, by: Actor, *, now: datetime = START, set_to: str = ON) -> TrialEnd:
    """Agree to it."""
    return trials.agree(session, asked.public_id, set_to=set_to, public_url=URL, by=by, now=now)


def turn_on(session: Session, by: Actor, *, now: datetime = START, set_to: str = ON) -> None:
    """Turn it on again."""
    trials.turn_on(session, set_to=set_to, public_url=URL, by=by, now=now)


def ended(session: Session, first: Actor, now: datetime = START) -> None:
    """Let trial mode be over: one asks, a second one who is hired for it agrees."""
    anna = second_admin(session)
    agree(session, ask(session, first, now=now), anna, now=now)
