"""A house with everything in it, so that every address leads somewhere: cases, lists, notices, filings, files, alerts.

Two people may do everything. After whatever was done to it, the house is put back as it was.
"""

import hashlib
import io
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import create_engine, func, select
from werkzeug.routing import AnyConverter, Rule

from incident_app.app import create_app
from incident_app.demo import seed_demo
from incident_app.domain.accounts import PERMISSIONS, SYSTEM, Permission, Role
from incident_app.extensions import Base, db
from incident_app.models.accounts import ApiToken
from incident_app.models.alerts import Alert
from incident_app.models.cases import Case
from incident_app.models.filings import Filing
from incident_app.models.linking import ChatLink
from incident_app.models.obligations import HouseClock, Obligation
from incident_app.models.posting import PostExport
from incident_app.models.recipients import RecipientList
from incident_app.models.register import RegisterView
from incident_app.models.remediation import Action
from incident_app.models.reports import Document
from incident_app.models.rota import Shift
from incident_app.models.systems import System
from incident_app.models.uploads import Upload
from incident_app.services import accounts, incoming, publishing, reports
from incident_app.wiring import Ports, ports
from tests.builders import settings_for_tests
from tests.conftest import ApiClient
from tests.fakes import FakeClock
from tests.letters_kit import csv_of
from tests.people import equip
from tests.reused import TEMPLATES

APART = ("audit_", "heartbeats", "health_states", "sqlite_", "alembic_")
"""What may change though a request was refused: the record of it, and signs of life."""
COUNTED = frozenset({"sign_in_tries", "resets_asked", "spent_challenges", "user_sessions"})
"""What must change though a request was refused: a try counts, a half-way session ends, a challenge is spent."""
SENT = ("deliveries", "api_deliveries", "posting", "api_posting")
"""The doors about a notice that was sent: here it is the second one."""
PEOPLE = ("people", "api_people")
BREACH = {
    "title": "Full house", "zone": "Europe/Berlin", "aware_source": "SOC call", "kind": "leaked-ai-prompts", "people_data": "yes",
    "countries": ["DE", "ES"], "people": {"certainty": "exact", "low": 12}, "data_categories": ["account"],
}
CLOCK = {"name": "Insurer", "recipient": "Insurer AG", "anchor": "aware", "value": 48, "unit": "hours", "source": "Policy 12"}
SEVERITY = {
    "classes": [{"class": "sensitive", "reason": "Health words"}], "ei": "0.75", "confidentiality": "0.5", "integrity": "0",
    "availability": "0", "malicious": True, "extra": {"recipients_known": False},
}


class FullHouse:
    """The app on SQLite, or on another database that is put back by nobody (``put_back`` is for SQLite alone)."""

    def __init__(self, folder: Path, ports: Ports, clock: FakeClock, url: str | None = None) -> None:
        """Build it, live in it for a while, and remember how it stands."""
        self.path = folder / "full.sqlite"
        self.sqlite = url is None
        self.clock = clock
        address = url or f"sqlite:///{self.path}"
        engine = create_engine(address)
        Base.metadata.create_all(engine)
        engine.dispose()
        self.app = create_app(settings_for_tests(address, folder), ports=ports)
        self.app.jinja_env.bytecode_cache = TEMPLATES
        self.app.config |= {"WTF_CSRF_ENABLED": False, "PROPAGATE_EXCEPTIONS": False, "RATELIMIT_ENABLED": False}
        seed_demo(self.app, clock.now())
        everything = {Role.REPORTER, Role.RESPONDER, Role.APPROVER, Role.ONCALL}
        for name, roles in (("all", everything), ("both", everything), ("keys", {Role.ADMIN}), ("other", {Role.REPORTER})):
            self._hire(name, roles)
        self.token, self.admin_token = self._token("all"), self._token("keys")
        self.first = ApiClient(self.app.test_client(), self.token)
        self.second = ApiClient(self.app.test_client(), self._token("both"))
        self.keys = ApiClient(self.app.test_client(), self.admin_token)
        self.ref = self._live()
        self.browser, self.admin_browser = self._signed_in("all"), self._signed_in("keys")
        self.stranger = self.app.test_client()
        for client in (self.browser, self.admin_browser):
            client.get("/me/security/passkey")  # whoever looks at it first gets a handle for their keys
        self.cookies = {one: self._cookie(one) for one in (self.browser, self.admin_browser, self.stranger)}
        self.values = self._values() | self._waiting()
        if self.sqlite:
            self.watch = sqlite3.connect(self.path, isolation_level=None)
            self.kept = sqlite3.connect(":memory:")
            self.watch.backup(self.kept)
            self.standing = self.digest()
            self.seen = self._version()

    # ------------------------------------------------------------------------------------------------ moving in

    def _hire(self, name: str, roles: set[Role]) -> None:
        with self.app.app_context():
            accounts.add_user(db.session(), f"{name}@example.org", name.title(), roles, zone="Europe/Berlin", by=SYSTEM,
                              now=self.clock.now())
            equip(db.session(), f"{name}@example.org")

    def _token(self, name: str) -> str:
        with self.app.app_context():
            user = accounts.find(db.session(), f"{name}@example.org")
            assert user is not None
            return accounts.make_token(db.session(), "test", 300, by=user.actor, now=self.clock.now())[1]

    def _signed_in(self, name: str) -> FlaskClient:
        with self.app.app_context():
            secret = accounts.make_sign_in_link(db.session(), f"{name}@example.org", now=self.clock.now())
        client = self.app.test_client()
        assert client.post(f"/start/{secret}").status_code == 302
        return client

    @staticmethod
    def _cookie(client: FlaskClient) -> dict[str, Any]:
        with client.session_transaction() as kept:
            return dict(kept)

    def _do(self, method: str, path: str, body: object = None, *, second: bool = False, admin: bool = False,
            **more: object) -> dict[str, Any]:
        status, answer = (self.keys if admin else self.second if second else self.first)(method, path, body, **more)
        assert status < 300, (method, path, status, answer)
        return answer

    def _live(self) -> str:
        """One case as far as a send that is ready, with one of everything beside it."""
        aware = self.clock.now().isoformat()
        case = self._do("POST", "/cases", BREACH | {"aware_at": aware})
        at = f"/cases/{case['ref']}"
        self._do("POST", f"{at}/assessments", SEVERITY)
        for subject in ("authority", "people"):
            decision = {"subject": subject, "outcome": "required", "reason": "High risk is likely."}
            self._do("POST", f"{at}/decisions", decision, second=True)
        duties = self._do("GET", at)["obligations"]
        owed = next(duty for duty in duties if duty["state"] == "owed" and duty["recipient_type"] == "authority")
        self._do("POST", f"{at}/filings", {"obligation_id": owed["id"]})
        files = {"file": (io.BytesIO(csv_of(12)), "people.csv")}
        listed = self._do("POST", f"{at}/lists", None, data=files)
        for _ in range(2):
            self._do("POST", f"{at}/notices", {"list_id": listed["id"]})
        self._do("POST", f"{at}/notices/2/ask-approval", {})
        self._do("POST", f"{at}/notices/2/approve", {}, second=True)
        self._do("POST", f"{at}/notices/2/launch", {"typed_count": 12})
        self._do("POST", f"{at}/documents", None, data={"file": (io.BytesIO(b"evidence"), "log.txt")})
        self._do("POST", f"{at}/uploads", {"name": "more.csv"})
        self._do("POST", "/law/clocks", CLOCK)
        system = self._do("POST", "/systems", {"name": "House system", "data_categories": ["account"], "processors": ["Host"]})
        self._do("POST", f"{at}/systems", {"system": system["id"]})
        self._do("PUT", f"{at}/lessons", {"version": 0, "cause": "misconfiguration"})
        self._do("POST", "/register/views", {"name": "Late", "filters": {"timing": "late"}})
        self._do("POST", "/alerts/demo")
        return str(case["ref"])

    def _waiting(self) -> dict[str, object]:
        """Invite somebody, make a team, let one thing of each kind wait for a second person; return what they are called."""
        person = {"name": "Nora New", "zone": "Europe/Berlin", "reason": "Decides while the other one is away."}
        invited = self._do("POST", "/people", person | {"email": "nora@example.org", "roles": ["reporter"]}, admin=True)
        approver = self._do("POST", "/people", person | {"email": "nils@example.org", "roles": ["approver"]}, admin=True)
        team = self._do("POST", "/teams", {"name": "Nobody's", "members": []}, admin=True)
        self._do("POST", f"/cases/{self.ref}/hold", {"reason": "The court asked for it yesterday."}, second=True)
        lifting = self._do("POST", f"/cases/{self.ref}/hold/lift", {"reason": "The court is done with it."}, second=True)
        return {"user_id": invited["id"], "secret": invited["link"].rpartition("/")[2], "team_id": team["id"],
                "request": approver["request"], "request_id": lifting["id"], "asked": lifting["id"]}

    def _values(self) -> dict[str, object]:
        """Return what every name in an address may stand for here."""
        def last(column: Any) -> Any:
            return db.session.scalar(select(func.max(column)))

        self._token("all")
        with self.app.app_context():
            spare = db.session.scalars(select(ApiToken).order_by(ApiToken.id.desc())).first()
            assert spare is not None
            case = db.session.scalar(select(Case).where(Case.ref == self.ref))
            assert case is not None
            duty = db.session.scalar(select(Obligation.id).where(Obligation.case_id == case.id, Obligation.recipient_type == "authority"))
            action = db.session.scalar(select(Action.id).where(Action.case_id == case.id))
            document = db.session.scalar(select(Document.public_id))
            session, vault = db.session(), ports().vault
            who = accounts.find(session, "all@example.org")
            assert who is not None
            coming = incoming.begin(session, case.id, kind="evidence", name="disk.img", media_type="", size=3_000_000,
                                    by=who.actor, now=self.clock.now(), vault=vault).public_id
            filing, today = db.session.scalar(select(Filing.public_id)), self.clock.now().date()
            told = publishing.draft(session, case.id, languages=("en",), first_day=today, last_day=today, by=who.actor, now=self.clock.now())
            paper = reports.ask_register(session, by=who.actor, now=self.clock.now(), filter="all", given={})
            return {
                "printed_id": paper.public_id, "ref": self.ref, "number": 1, "person": 1, "duty_id": duty, "action_id": action, "public_id": document, "file_id": coming,
                "filing_id": filing, "slug": told.slug, "code": "a" * 32,
                "list_id": last(RecipientList.id), "upload_id": last(Upload.id), "alert_id": last(Alert.id),
                "clock_id": last(HouseClock.id), "shift_id": last(Shift.id), "token_id": spare.id,
                "link_id": last(ChatLink.id) or 1, "export": last(PostExport.id) or 1, "kind": "deadline", "regime_id": "EU-GDPR",
                "language": "en", "channel": "email", "token": "x", "filename": "app.css", "form": "facts", "subject": self.ref,
                "system_id": last(System.id), "view_id": last(RegisterView.public_id),
            }

    # --------------------------------------------------------------------------------------------------- addresses

    def browser_for(self, rule: Rule) -> FlaskClient:
        """Return the browser of somebody who may; where anybody may, of somebody who is not signed in."""
        if self._permission(rule) is None:
            return self.stranger
        return self.admin_browser if self._takes_an_admin(rule) else self.browser

    def token_for(self, rule: Rule) -> str:
        """Return the token of somebody who may."""
        return self.admin_token if self._takes_an_admin(rule) else self.token

    def _permission(self, rule: Rule) -> Permission | None:
        return getattr(self.app.view_functions[rule.endpoint], "permission", None)

    def _takes_an_admin(self, rule: Rule) -> bool:
        permission = self._permission(rule)
        return permission is not None and PERMISSIONS[permission] == {Role.ADMIN}

    def routes(self, *, api: bool) -> Iterator[tuple[Rule, str, str]]:
        """Yield every route of ours as (rule, method, address of something that is there)."""
        for rule in sorted(self.app.url_map.iter_rules(), key=lambda one: one.rule):
            if rule.endpoint.endswith("static") or rule.rule.startswith("/api/") != api:
                continue
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield rule, method, self.address(rule)

    def named(self, rule: Rule) -> dict[str, Any]:
        """Return what an address of this route names, so that it leads to something."""
        values = {
            name: min(converter.items) if isinstance(converter, AnyConverter) else self.values[name]
            for name, converter in rule._converters.items()
        }
        if rule.endpoint.split(".")[0] in SENT and "number" in values:
            values["number"] = 2
        if rule.endpoint == "sessions.end":
            values["number"] = 10_000  # their own would put them out
        if rule.endpoint.split(".")[0] in PEOPLE and "public_id" in values:
            values["public_id"] = self.values["request"]
        return values

    def address(self, rule: Rule, **other: object) -> str:
        """Return an address of this route that leads to something."""
        return self.app.url_map.bind("localhost").build(rule.endpoint, self.named(rule) | other)

    # ------------------------------------------------------------------------------------------------ what changed

    def _version(self) -> int:
        return int(self.watch.execute("pragma data_version").fetchone()[0])

    def touched(self) -> bool:
        """Whether anything at all was committed since we looked last."""
        before, self.seen = self.seen, self._version()
        return before != self.seen

    def digest(self) -> Mapping[str, str]:
        """Return a digest of every table that holds business."""
        names = [row[0] for row in self.watch.execute("select name from sqlite_master where type = 'table'")]
        return {
            name: hashlib.sha256(repr(self.watch.execute(f'select * from "{name}"').fetchall()).encode("utf-8", "replace")).hexdigest()
            for name in names if not name.startswith(APART)
        }

    def changed(self) -> list[str]:
        """Return the tables that are not as they were."""
        found = self.digest()
        return [name for name, one in self.standing.items() if found[name] != one]

    def put_back(self) -> None:
        """Put everything back as it was, and everybody where they were signed in."""
        self.kept.backup(self.watch)
        for client, cookie in self.cookies.items():
            with client.session_transaction() as kept:
                kept.clear()
                kept.update(cookie)
        self.seen = self._version()

    def somebody_is_out(self) -> list[str]:
        """Return who is not signed in any more: whatever they send tries nothing."""
        found = {"all": self.browser, "keys": self.admin_browser}
        return [name for name, client in found.items() if client.get("/me").status_code != 200]

    def close(self) -> None:
        """Let go of the database."""
        if self.sqlite:
            self.watch.close()
            self.kept.close()
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()


