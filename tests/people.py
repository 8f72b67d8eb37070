"""The people of the tests, by role."""

import base64
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Table, create_engine, select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import SYSTEM, Actor, Role
from incident_app.domain.signing_in import needs_second_factor
from incident_app.extensions import Base
from incident_app.models.accounts import User
from incident_app.services import accounts
from incident_app.services.unit import writing
from tests.builders import the_credentials
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


PASSWORD = "correct horse battery staple"


def totp_key(email: str) -> str:
    """Return the key that somebody's authenticator app holds in the tests."""
    return base64.b32encode(email.encode().ljust(20, b"-")[:20]).decode()


@cache
def _kept() -> str:
    return the_credentials().passwords.kept(PASSWORD)


def equip(session: Session, email: str) -> None:
    """Give somebody the password of the tests, and an authenticator app where their role takes one."""
    seal = the_credentials().seal
    with writing(session):
        user = session.get_one(User, accounts.find(session, email).id)  # type: ignore[union-attr]  # just made
        user.password = _kept()
        if needs_second_factor(user.actor.roles):
            user.tf_totp_secret, user.totp_mark = seal.seal(totp_key(email)), seal.mark(totp_key(email))


def hire(session: Session) -> People:
    """Make an account for everybody."""
    made = {
        key: accounts.add_user(
            session, f"{key}@example.org", name, roles, zone="Europe/Berlin", by=SYSTEM, now=START
        ).actor
        for key, (roles, name) in NAMES.items()
    }
    for key in NAMES:
        equip(session, f"{key}@example.org")
    return People(**made)


def working_here(session: Session) -> People | None:
    """Return who was hired before, or ``None`` where nobody works here yet."""
    found = {user.email: user.actor for user in session.scalars(select(User)).unique()}
    session.commit()
    return People(**{key: found[f"{key}@example.org"] for key in NAMES}) if found else None


@cache
def rows_of(path: Path) -> list[tuple[Table, list[dict[str, Any]]]]:
    """Return the rows of a SQLite file of ours by table, in an order in which they can be written."""
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        found = [(table, [dict(row) for row in connection.execute(select(table)).mappings()])
                 for table in Base.metadata.sorted_tables]
    engine.dispose()
    return [(table, rows) for table, rows in found if rows]
