"""A case with one of everything in it, all of it marked with one unmistakable word; and people of a team to work on it."""

import uuid
from dataclasses import dataclass, fields
from datetime import timedelta
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import SYSTEM
from incident_app.domain.remediation import ActionKind
from incident_app.domain.risk import Answers, ClassAnswer, DataClass
from incident_app.models.accounts import User
from incident_app.models.alerts import Alert
from incident_app.models.obligations import of_case
from incident_app.services import (
    accounts,
    alerts,
    cases,
    deliveries,
    documents,
    filings,
    incoming,
    notices,
    publishing,
    recipients,
    remediation,
    retention,
    risk,
    teams,
)
from incident_app.services.deliveries import posting
from incident_app.services.remediation import NewAction
from tests.builders import a_case, the_forms, the_law
from tests.fakes import FakeClock, FakeVault
from tests.letters_kit import Desk
from tests.people import NAMES, People, equip
from tests.services.filing_steps import duty_of


@dataclass(frozen=True, slots=True)
class FullCase:
    """The ids of everything in it. ``report`` is a case that a reporter filed and nobody has touched."""

    word: str
    ref: str
    case_id: int
    duty_id: int
    action_id: int
    alert_id: int
    list_id: int
    upload_id: int
    public_id: uuid.UUID
    request_id: uuid.UUID
    file_id: uuid.UUID
    report: str
    report_id: int
    version: int
    filing_id: uuid.UUID

    @property
    def marks(self) -> tuple[str, str, str]:
        """Whatever must not be seen by others."""
        return self.word, self.ref, self.report


def a_team(session: Session, name: str, clock: FakeClock) -> People:
    """Hire a person of every role, ``name-role@example.org``, and put them in a team."""
    made: dict[str, User] = {}
    for key, (roles, _) in NAMES.items():
        made[key] = accounts.add_user(session, f"{name}-{key}@example.org", f"Person of {name}, {key}", roles,
                                      zone="Europe/Berlin", by=SYSTEM, now=clock.now())
        equip(session, f"{name}-{key}@example.org")
    members = frozenset(user.id for key, user in made.items() if key != "admin")
    teams.make(session, f"Team {name}", members, by=made["admin"].actor, now=clock.now())
    session.expire_all()
    return People(**{field.name: made[field.name].actor for field in fields(People)})


def postal(word: str) -> bytes:
    """Return a list of three people called by the word, two of whom can only be told by letter."""
    return (f"name,email,language,street,postcode,city\n{word} Ann,{word.lower()}@example.org,en,,,\n"
            f"{word} Bob,,de,{word} street 1,10115,Berlin\n{word} Cleo,,en,{word} street 2,10115,Berlin\n").encode()


def a_full_case(session: Session, people: People, clock: FakeClock, vault: FakeVault, word: str) -> FullCase:
    """File a case, and put one of everything into it."""
    desk, now = Desk(session, people, clock, vault=vault), clock.now()
    case = a_case(session, people.responder, title=f"{word} title", summary=f"{word} summary", aware_at=now,
                  aware_source=f"{word} source", data_categories=("account",))
    report = a_case(session, people.reporter, title=f"{word} report", summary=f"{word} told", aware_at=now)
    cases.add_note(session, case.id, f"{word} note", by=people.responder, now=now)
    kept = documents.add(session, case.id, kind="evidence", name=f"{word}.txt", media_type="text/plain",
                         content=f"{word} content".encode(), by=people.responder, now=now, vault=vault)
    coming = incoming.begin(session, case.id, kind="evidence", name=f"{word}.img", media_type="", size=3_000_000,
                            by=people.responder, now=now, vault=vault).public_id
    action = remediation.add(session, case.id, NewAction(f"{word} action", ActionKind.REMEDY.value, people.responder.id),
                             by=people.responder, now=now)
    filing = filings.draft(session, duty_of(session, case).id, by=people.responder, now=now, forms=the_forms(),
                           law=the_law())
    waiting = recipients.receive(session, case.id, f"{word}.csv", [b"name,email\nAnn,a@example.org\n"],
                                 by=people.responder, now=now, vault=vault)
    listed = _told(desk, case.id, word)
    publishing.draft(session, case.id, languages=("en",), first_day=now.date(), last_day=now.date() + timedelta(days=30),
                     by=people.responder, now=now)
    answers = Answers((ClassAnswer(DataClass.SENSITIVE),), Decimal(1), Decimal("0.5"), Decimal(0), Decimal(0), False)
    risk.assess(session, case.id, answers, reasons={}, extra=risk.Extra(), by=people.responder, now=now, law=the_law())
    risk.decide(session, case.id, "authority", risk.NOT_REQUIRED, f"{word} reason", by=people.approver, now=now)
    clock.move(hours=30)
    alerts.raise_due(session, now=clock.now())
    duty = next(one for one in session.scalars(of_case(case.id)) if one.due_at is not None)
    alert = session.scalars(select(Alert).where(Alert.case_id == case.id, Alert.raised_at.is_not(None))).first()
    assert alert is not None
    retention.set_hold(session, case.id, f"{word} is before the court.", by=people.second_approver, now=clock.now())
    lifting = retention.ask_lift(session, case.id, f"{word} is settled.", by=people.second_approver, now=clock.now())
    session.refresh(case)
    return FullCase(word, case.ref, case.id, duty.id, action.id, alert.id, listed, waiting.id, uuid.UUID(kept.public_id),
                    uuid.UUID(lifting.public_id), uuid.UUID(coming), report.ref, report.id, case.version, uuid.UUID(filing.public_id))


def _told(desk: Desk, case_id: int, word: str) -> int:
    """Send a notice, ask for its letters, draft another; return the id of a list no notice rests on."""
    session, people = desk.session, desk.people
    first = recipients.import_list(session, case_id, f"{word}-first.csv", [postal(word)], by=people.responder, now=desk.now,
                                   vault=desk.vault)
    notice = notices.draft(session, case_id, first.id, by=people.responder, now=desk.now)
    notice = notices.set_plan(session, notice.id, order=["email", "post"], wait_minutes=0, canary=False,
                              uncertain_policy="ask", version=notice.version, by=people.responder, now=desk.now)
    notices.ask_approval(session, notice.id, by=people.responder, now=desk.now)
    notices.approve(session, notice.id, by=people.approver, now=desk.now)
    deliveries.launch(session, notice.id, typed_count=3, by=people.responder, now=desk.now)
    for _ in range(5):
        desk.send()
        desk.clock.move(seconds=90)
        desk.sweep()
    posting.ask_post_export(session, notice.id, f"{word} letters", by=people.approver, now=desk.now)
    second = recipients.import_list(session, case_id, f"{word}-second.csv", [postal(word)], by=people.responder,
                                    now=desk.now, vault=desk.vault)
    notices.draft(session, case_id, second.id, by=people.responder, now=desk.now)
    third = recipients.import_list(session, case_id, f"{word}-third.csv", [postal(word)], by=people.responder,
                                   now=desk.now, vault=desk.vault)
    return third.id


