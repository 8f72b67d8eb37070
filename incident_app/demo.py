"""The demo organisation: an AI bot service on Telegram, its people, and cases in every state, relative to the start."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.demo_letters import TOLD, Then, prepare_export, tell_of_key
from incident_app.demo_profile import tell_profile
from incident_app.domain import risk as rules
from incident_app.domain.accounts import SYSTEM, Actor, Role
from incident_app.domain.cases import Count
from incident_app.domain.regimes import Entity, Threshold
from incident_app.domain.rotations import Rotation, handover
from incident_app.extensions import db
from incident_app.models.accounts import User
from incident_app.models.cases import Case
from incident_app.models.obligations import OWED, of_case
from incident_app.models.organisation import Organisation
from incident_app.services import accounts, cases, obligations, remediation, risk, rota
from incident_app.services.cases import NewBreach, World
from incident_app.services.unit import writing
from incident_app.wiring import ports

ZONE = "Europe/Madrid"
LATER = datetime(2000, 1, 1, tzinfo=UTC)  # replaced when the story is told
PEOPLE = (
    ("responder@example.org", "Robin Responder", {Role.RESPONDER, Role.ONCALL}),
    ("approver@example.org", "Alex Approver", {Role.APPROVER}),
    ("second@example.org", "Sasha Second", {Role.APPROVER}),
    ("oncall@example.org", "Olli Oncall", {Role.ONCALL}),
    ("auditor@example.org", "Audi Auditor", {Role.AUDITOR}),
    ("admin@example.org", "Adi Admin", {Role.ADMIN}),
)


@dataclass(frozen=True, slots=True)
class Story:
    """One seeded case: the breach, how many hours ago it was noticed, and how far it has come."""

    breach: NewBreach
    aware_hours_ago: float
    assessed: bool = True
    authority: str | None = risk.REQUIRED
    people: str | None = risk.REQUIRED
    submitted_after_hours: float | None = None
    told_after_hours: float | None = None
    late_reason: str = ""
    data_class: rules.DataClass = rules.DataClass.SENSITIVE
    trusted: bool | None = None
    controllers: tuple[str, ...] = ()
    malicious: bool = True
    extra: risk.Extra = risk.Extra(identity_theft=False, birth_date=False)  # noqa: RUF009 (frozen)


def _breach(title: str, kind: str, source: str, summary: str, **facts: object) -> NewBreach:
    blank = NewBreach(title=title, kind=kind, aware_at=LATER, zone=ZONE, aware_source=source, summary=summary,
                      people_data="yes")
    return replace(blank, **facts)  # type: ignore[arg-type]  # the facts are named below


STORIES = (
    Story(
        _breach(
            "Newsletter sent with an open copy list", "open-cc", "Complaint to support",
            "A newsletter to beta testers went out with every address readable in the copy field.",
            people=Count.exact(412), countries=("ES", "FR", "DE"), data_categories=("contact",),
        ),
        24 * 41, people=risk.NOT_REQUIRED, submitted_after_hours=79,
        late_reason="The complaint lay in a support queue that was not watched at the weekend. The queue is watched now.",
        data_class=rules.DataClass.SIMPLE, malicious=False,
        extra=risk.Extra(recipients_known=True, recipient_trusted=False, deletion_confirmed=False, basic_contact_only=True),
    ),
    Story(
        _breach(
            "Provider key in a public repository", "leaked-token", "Secret scanner",
            "A key of the payment provider stood in a public repository for four hours.",
            people=Count.exact(TOLD), countries=("ES", "PT"), data_categories=("payment", "account"),
        ),
        24 * 19, submitted_after_hours=31, told_after_hours=26, data_class=rules.DataClass.FINANCIAL,
    ),
    Story(
        _breach(
            "Encrypted laptop lost on a train", "lost-device", "Report by its holder",
            "The disk is encrypted, the key is safe, remote wipe was confirmed.",
            people=Count.about(60), countries=("ES",), data_categories=("contact",),
        ),
        24 * 12, authority=risk.NOT_REQUIRED, people=risk.NOT_REQUIRED, data_class=rules.DataClass.SIMPLE, trusted=True,
        malicious=False, extra=risk.Extra(exfiltration_excluded=True),
    ),
    Story(
        _breach(
            "Support mailbox opened by a stranger", "stolen-credentials", "Sign-in alert, checked by the SOC",
            "Somebody signed in to the support mailbox with a stolen password and read mails of users.",
            people=Count.about(2300), countries=("ES", "DE", "RU"), data_categories=("contact", "communication"),
        ),
        80, data_class=rules.DataClass.BEHAVIOURAL,
    ),
    Story(
        _breach(
            "Conversation export open to anyone", "leaked-ai-prompts", "SOC call",
            "A debug export of bot conversations lay in storage that anyone with the link could read, for nine hours. "
            "One unknown party downloaded it and wrote a demand to support.",
            people=Count.about(1000), countries=("ES", "DE", "FR", "IE"),
            data_categories=("account", "telegram_identity", "ai_prompts"),
        ),
        61,
    ),
    Story(
        _breach(
            "Partner channels saw each other's members", "misdirected-message", "Report by a partner",
            "A mix-up of channel ids showed member lists of three partners to one another, for some twenty minutes.",
            people=Count.about(900), countries=("ES", "IT"), data_categories=("telegram_identity",),
        ),
        5, assessed=False, controllers=("Partner one S.L.", "Partner two S.r.l.", "Partner three GmbH"),
    ),
    Story(
        _breach(
            "Drill: bot token found on a forum", "leaked-token", "Drill leader", "An exercise. Nothing has happened.",
            people=Count.unknown(), countries=("ES",), data_categories=("telegram_identity",), is_drill=True,
        ),
        3, assessed=False,
    ),
)


def seed_demo(app: Flask, now: datetime, then: Then | None = None) -> None:
    """Fill an empty database with the demo; one that holds an organisation is left as it is.

    ``then`` is the outside world of weeks ago, when people were told; without it that of the app, with its clock moved.
    """
    with app.app_context():
        session = db.session()
        if session.scalar(select(Organisation.id).limit(1)) is not None:
            return
        _organisation(session)
        start = now - timedelta(days=60)
        hired = {email: accounts.add_user(session, email, name, roles, zone=ZONE, by=SYSTEM, now=start,
                                          is_demo=True).actor
                 for email, name, roles in PEOPLE}
        held = ports()
        world = World(law=held.law, calendar=held.calendar, runbooks=held.runbooks)
        responder, approver, second = (hired[f"{name}@example.org"] for name in ("responder", "approver", "second"))
        _on_call(session, responder, hired["oncall@example.org"], approver, now)
        told = [(story, _tell(session, story, (responder, approver, second), now, world)) for story in STORIES]
        for story, case in told:  # the first notice there is: the tour leads to it
            if story.breach.kind == "leaked-ai-prompts":
                prepare_export(session, case, responder, now, world, held)
        for story, case in told:
            if story.told_after_hours is not None:
                at = case.aware_at + timedelta(hours=story.told_after_hours)
                tell_of_key(session, case, (responder, approver), at, world, then or (lambda clock: replace(held, clock=clock)))
            _filed(session, case, story, approver, world)
            _worked(session, case, responder, second, now)
        real = {case.kind: case for _, case in told if not case.is_drill}
        tell_profile(session, real, (responder, approver, hired["admin@example.org"]), now, world)


def _on_call(session: Session, first: Actor, second: Actor, by: Actor, now: datetime) -> None:
    """Let three people take turns for the next nine weeks, reachable on made-up phones; one is covered for a day."""
    with writing(session):
        for number, person in enumerate((first, second, by), 1):
            session.get_one(User, person.id).telegram_chat_id = str(9000 + number)
    today = now.astimezone(ZoneInfo(ZONE)).date()
    nine, _ = handover(today, time(9), ZONE)
    if nine > now:
        rota.add_shift(session, first.id, now, nine, by=by, now=now)
    plan = Rotation((first.id, second.id, by.id), 7, 0, time(9), ZONE, today, 9)
    turns = rota.save_rotation(session, plan, by=by, now=now)
    (coming,) = [one for one in rota.upcoming(session, now, turns[1].ends_at) if one.starts_at == turns[1].starts_at]
    day = coming.starts_at + timedelta(days=2)
    rota.cover(session, coming.id, by.id, day, day + timedelta(days=1), by=by, now=now)


def _organisation(session: Session) -> None:
    with writing(session):
        session.add(Organisation(
            name="Assistant bot service", legal_name="Assistant Bot Service S.L.", service_name="Assistant bot",
            address="Calle Ejemplo 1, 28001 Madrid", country="ES", subdivision="MD", zone=ZONE, language="en",
            sectors=[], dpo_name="Dora Prieto", dpo_email="dpo@example.org", dpo_phone="+34 910 000 000",
            website="https://example.org", is_demo=True,
            data_categories=["account", "authentication", "payment", "ai_prompts", "technical", "communication"],
            processors=[{"name": "AI provider", "purpose": "answers prompts"},
                        {"name": "Payment provider", "purpose": "takes payments"},
                        {"name": "Hosting provider", "purpose": "runs servers and storage"}],
        ))


def _tell(session: Session, story: Story, by: tuple[Actor, Actor, Actor], now: datetime, world: World) -> Case:
    responder, approver, second = by
    aware = (now - timedelta(hours=story.aware_hours_ago)).replace(second=0, microsecond=0)
    breach = replace(story.breach, aware_at=aware)
    case = cases.file(session, breach, by=responder, now=aware + timedelta(minutes=12), world=world)
    if story.controllers:
        for_others = replace(cases.facts_of(case), role="processor", controllers=tuple(map(Entity, story.controllers)))
        cases.edit(session, case.id, for_others, version=case.version, by=responder, now=aware + timedelta(minutes=20),
                   world=world)
    if not story.assessed:
        return case
    known = replace(cases.facts_of(case), confidentiality=not story.trusted, integrity=False, availability=False,
                    malicious=story.malicious, unintelligible=story.trusted or False)
    cases.edit(session, case.id, known, version=case.version, by=responder, now=aware + timedelta(hours=1), world=world)
    half = Decimal("0.5")
    risk.assess(
        session, case.id,
        rules.Answers(
            classes=(rules.ClassAnswer(story.data_class, 0, "What was hit at its most sensitive"),),
            ei=Decimal("0.25") if story.trusted else Decimal("0.75"),
            confidentiality=Decimal(0) if story.trusted else half, integrity=Decimal(0), availability=Decimal(0),
            malicious=story.malicious, people=case.people, unintelligible=story.trusted,
        ),
        reasons={"ei": "By account or address", "confidentiality": story.breach.aware_source},
        extra=story.extra, by=responder, now=aware + timedelta(hours=2), law=world.law,
    )
    for subject, outcome in (("authority", story.authority), ("people", story.people)):
        if outcome is not None:
            made = risk.decide(session, case.id, subject, outcome, _reason(subject, outcome), by=approver,
                               now=aware + timedelta(hours=2, minutes=30))
            if made.waits:
                risk.answer(session, case.id, made.id, confirmed=True, by=second, now=aware + timedelta(hours=3))
    return case


def _worked(session: Session, case: Case, by: Actor, second: Actor, now: datetime) -> None:
    """Do everything in time that was due by now, as one hopes."""
    while due := [one for one in remediation.open_actions(session, case.id) if one.due_at and one.due_at < now]:
        for one in due:
            at = one.due_at or now
            remediation.complete(session, one.id, "Done as the checklist says; noted in the log of the day.", by=by, now=at)
            if one.mandatory:
                remediation.check(session, one.id, agreed=True, by=second, now=at)


def _reason(subject: str, outcome: str) -> str:
    if outcome == risk.REQUIRED:
        return "A risk to people is likely." if subject == "authority" else "High risk is likely: people must protect themselves."
    return "Risk is unlikely: nobody outside could read the data, and this is shown." if subject == "authority" else (
        "High risk is not likely; what they could do themselves would change nothing.")


def _filed(session: Session, case: Case, story: Story, by: Actor, world: World) -> None:
    if story.submitted_after_hours is None:
        return
    at = case.aware_at + timedelta(hours=story.submitted_after_hours)
    with writing(session):
        for number, duty in enumerate(session.scalars(of_case(case.id)), 1):
            if duty.state == OWED and duty.recipient_type in {"authority", "data_subjects"}:
                late = duty.due_at is not None and at > duty.due_at
                obligations.discharge(
                    session, duty, at=at, how="portal" if duty.recipient_type == "authority" else "email",
                    reference=f"DEMO-{case.ref[-3:]}-{number}", proof_document_id=None,
                    late_reason=story.late_reason if late else "", by=by, now=at + timedelta(minutes=5),
                )
        obligations.arise(session, case, by=by, now=at + timedelta(minutes=5), law=world.law, calendar=world.calendar)
        for duty in session.scalars(of_case(case.id)):
            if duty.threshold_id == Threshold.STILL_MISSING:
                later = at + timedelta(days=2)
                obligations.discharge(session, duty, at=later, how="portal", reference=f"DEMO-{case.ref[-3:]}-rest",
                                      proof_document_id=None, late_reason="", by=by, now=later)
