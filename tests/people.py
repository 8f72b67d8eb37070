"""The people of the tests, by role."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from incident_app.domain.accounts import SYSTEM, Actor, Role
from incident_app.services import accounts
from tests.fakes import START

ANYBODY = Actor(4711, "Somebody who works on cases", frozenset({Role.RESPONDER}))
"""Sees every case that belongs to no team and is not restricted."""


@dataclass(frozen=True, slots=True)
class People:
    """Everybody who works here."""

    reporter: Actor
    responder: Actor
    approver: Actor
    second_approver: Actor
    oncall_person: Actor
    auditor: Actor
    admin: Actor


NAMES = {
    "reporter": ({Role.REPORTER}, "Rosa Reporter"),
    "responder": ({Role.RESPONDER}, "Rene Responder"),
    "approver": ({Role.APPROVER}, "Ada Approver"),
    "second_approver": ({Role.APPROVER}, "Sam Second"),
    "oncall_person": ({Role.ONCALL}, "Ola Oncall"),
    "auditor": ({Role.AUDITOR}, "Audrey Auditor"),
    "admin": ({Role.ADMIN}, "Adam Admin"),
}


def hire(session: Session) -> People:
    """Make an account for everybody."""
    made = {
        key: accounts.add_user(
            session, f"{key}@example.org", name, roles, zone="Europe/Berlin", by=SYSTEM, now=START
        ).actor
        for key, (roles, name) in NAMES.items()
    }
    return People(**made)
