"""Ready-made things for tests: settings, ports, the organisation, a case."""

from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from sqlalchemy.orm import Session

from incident_app.adapters import law_files, profile_files, runbook_files
from incident_app.adapters.credentials import ArgonPasswords, FernetSeal, TotpCodes
from incident_app.adapters.ical import IcalFeed
from incident_app.adapters.locked_zip import AesZip
from incident_app.adapters.passkeys import WebAuthnPasskeys
from incident_app.adapters.sheets import SheetFiles
from incident_app.adapters.workbooks import Xlsx
from incident_app.domain.accounts import Actor
from incident_app.domain.credentials import Credentials
from incident_app.domain.filings import Form, with_laws
from incident_app.domain.ports import Clock
from incident_app.domain.regimes import Law
from incident_app.domain.remediation import Runbook
from incident_app.models.cases import Case
from incident_app.models.organisation import Organisation
from incident_app.paths import PACKAGE, data_dir
from incident_app.services import cases, risk
from incident_app.services.cases import NewBreach, World
from incident_app.settings import Settings
from incident_app.wiring import Ports
from tests.fakes import START, FakeCalendar, FakeChannel, FakeLetters, FakeLimiter, FakePdf, FakeVault


@cache
def the_law() -> Law:
    """Return the real law, loaded once."""
    return law_files.LawFiles(PACKAGE / "law").load()


@cache
def the_forms() -> dict[str, Form]:
    """Return the real authority forms, loaded once."""
    return with_laws(profile_files.ProfileFiles().load(), the_law().regimes)


@cache
def the_runbooks() -> dict[str, Runbook]:
    """Return the real runbooks, loaded once."""
    return runbook_files.load(data_dir("runbooks"))


def settings_for_tests(database_url: str, folder: Path) -> Settings:
    """Return settings that reach nothing outside ``folder``."""
    return Settings(
        database_url=database_url, instance_dir=folder, secret_key="s" * 48, password_salt="p" * 48,
        totp_secret="t" * 48, vault_keys=(("test", b"k" * 32),), testing=True,
    )


@cache
def the_credentials(public_url: str = "http://localhost") -> Credentials:
    """Return what coming in needs, for real; only the hash of passwords is made cheap."""
    cheap = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1)
    return Credentials(passwords=ArgonPasswords("p" * 48, cheap), seal=FernetSeal("t" * 48), codes=TotpCodes(),
                       passkeys=WebAuthnPasskeys(public_url))


def ports_for_tests(clock: Clock) -> Ports:
    """Return fakes for the outside world, with the real law, forms and runbooks."""
    return Ports(
        clock=clock, calendar=FakeCalendar(), law=the_law(), vault=FakeVault(), letters=FakeLetters(), pdf=FakePdf(),
        channels={"telegram": FakeChannel("telegram"), "email": FakeChannel("email", batch=1000)},
        staff_channels={"telegram": FakeChannel("telegram"), "email": FakeChannel("email")},
        limiter=FakeLimiter(), outbox=None, forms=the_forms(),
        runbooks=the_runbooks(), sheets=SheetFiles(), ical=IcalFeed(), locked_zip=AesZip(), workbooks=Xlsx(), mode="simulate", public_url="http://incident.test",
        alert_secret=b"a" * 32, credentials=the_credentials(),
    )


def not_told(session: Session, case_id: int, subject: str, reason: str, by: Actor, second: Actor, now: datetime) -> None:
    """Decide that ``subject`` is not told, and let a second person confirm it."""
    made = risk.decide(session, case_id, subject, risk.NOT_REQUIRED, reason, by=by, now=now)
    risk.answer(session, case_id, made.id, confirmed=True, by=second, now=now)


def the_world() -> World:
    """Return what filing needs, with the real law and runbooks."""
    return World(law=the_law(), calendar=FakeCalendar(), runbooks=the_runbooks())


def an_organisation(session: Session) -> Organisation:
    """Make the organisation of the tests: an AI bot service at home in Germany."""
    home = Organisation(
        name="Assistant bot service", legal_name="Assistant Bot GmbH", service_name="Assistant bot",
        address="Example street 1, 10115 Berlin", country="DE", subdivision="BE", zone="Europe/Berlin", language="en",
        eu_establishment=True, sectors=[], dpo_name="Dana Dataprotection", dpo_email="dpo@example.org", dpo_phone="+49 30 5550100",
        website="https://example.org", data_categories=["account", "ai_prompts"],
        processors=[{"name": "Example Cloud", "purpose": "hosting"}],
    )
    session.add(home)
    session.commit()
    return home


BREACH = NewBreach(
    title="Conversation export open to anyone", aware_at=START, zone="Europe/Berlin", aware_source="SOC call",
    summary="A debug export lay in storage that anyone with the link could read.", people_data="yes",
)


def a_case(session: Session, by: Actor, **facts: object) -> Case:
    """File a case as ``by`` at its moment of awareness, with these facts instead of the usual ones."""
    breach = replace(BREACH, **facts)  # type: ignore[arg-type]  # the facts are named by the test
    return cases.file(session, breach, by=by, now=breach.aware_at, world=the_world())
