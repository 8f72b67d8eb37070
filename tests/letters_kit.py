"""Ready-made lists, notices and sends for the tests of recipients, notices and deliveries."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from incident_app.domain.ports import Message, Outcome
from incident_app.models.cases import Case
from incident_app.models.notices import Notice
from incident_app.models.recipients import RecipientList
from incident_app.services import deliveries, notices, recipients
from incident_app.services.deliveries import Swept
from tests.builders import a_case, the_law
from tests.fakes import FakeChannel, FakeClock, FakeLetters, FakeLimiter, FakeVault
from tests.people import People

LANGUAGES = ("en", "de", "es", "fr", "ru")


def csv_of(count: int, *, telegram_only: int = 3, email_only: int = 4) -> bytes:
    """Return a list of ``count`` people; every third has only Telegram, every fourth only an address, others both."""
    lines = ["name,email,telegram_id,language,country"]
    for number in range(1, count + 1):
        email = "" if number % telegram_only == 0 else f"person{number}@example.org"
        telegram = "" if email and number % email_only == 0 else str(700_000_000 + number)
        lines.append(f"Person {number},{email},{telegram},{LANGUAGES[number % len(LANGUAGES)]},DE")
    return ("\n".join(lines) + "\n").encode()


class Died(BaseException):
    """The machine goes down here."""


class PacedLimiter(FakeLimiter):
    """Says the waits it was given, one after the other, then none; ``None`` means that the machine goes down."""

    def __init__(self, *waits: float | None) -> None:
        """Know the waits."""
        super().__init__()
        self.waits = list(waits)

    def wait_for(self, channel: str, count: int, lead: float = 0.0) -> float:
        """Say the next wait."""
        del channel, count, lead
        wait = self.waits.pop(0) if self.waits else 0.0
        if wait is None:
            raise Died
        return wait


class DyingVault(FakeVault):
    """A vault on a machine that goes down after some people were sealed."""

    def __init__(self, after: int = 3) -> None:
        """Live for ``after`` seals."""
        super().__init__()
        self.left = after

    def seal(self, wrapped_key: bytes, plain: bytes, scope: str) -> bytes:
        """Seal, or go down."""
        self.left -= 1
        if self.left < 0:
            raise Died
        return super().seal(wrapped_key, plain, scope)


@dataclass
class Desk:
    """Everything a send needs, and short words for its steps."""

    session: Session
    people: People
    clock: FakeClock
    vault: FakeVault = field(default_factory=FakeVault)
    letters: FakeLetters = field(default_factory=FakeLetters)
    limiter: FakeLimiter = field(default_factory=FakeLimiter)
    telegram: FakeChannel = field(default_factory=lambda: FakeChannel("telegram", batch=20))
    email: FakeChannel = field(default_factory=lambda: FakeChannel("email", batch=50))
    slept: list[float] = field(default_factory=list)
    mode: str = "live"

    @property
    def now(self) -> datetime:
        """Where the clock stands."""
        return self.clock.now()

    def case(self, **facts: object) -> Case:
        """File a case."""
        return a_case(self.session, self.people.responder, **facts)

    def listed(self, case: Case, content: bytes | None = None) -> RecipientList:
        """Upload a list as the responder."""
        return recipients.import_list(self.session, case.id, "people.csv", content or csv_of(12),
                                      by=self.people.responder, now=self.now, vault=self.vault)

    def drafted(self, content: bytes | None = None) -> Notice:
        """File a case, upload a list, draft a notice, all as the responder."""
        case = self.case(data_categories=("ai_prompts", "account"))
        people = self.listed(case, content)
        return notices.draft(self.session, case.id, people.id, by=self.people.responder, now=self.now)

    def approved(self, content: bytes | None = None, **plan: object) -> Notice:
        """Draft and have it approved by somebody else."""
        notice = self.drafted(content)
        if plan:
            facts: dict[str, object] = {"order": notice.plan["order"], "version": notice.version, **plan}
            notice = notices.set_plan(self.session, notice.id, by=self.people.responder, now=self.now, **facts)  # type: ignore[arg-type]  # named by the test
        notices.ask_approval(self.session, notice.id, by=self.people.responder, now=self.now)
        return notices.approve(self.session, notice.id, by=self.people.approver, now=self.now)

    def launched(self, content: bytes | None = None, **plan: object) -> Notice:
        """Have it approved and launch it."""
        notice = self.approved(content, **plan)
        count = notice.list_count
        assert count is not None
        return deliveries.launch(self.session, notice.id, typed_count=count, by=self.people.responder, now=self.now)

    def resend(self, notice: Notice, numbers: list[int] | None = None) -> int:
        """Have the uncertain sent their message once more: one approver asks, another agrees."""
        asked = deliveries.ask_resend(self.session, notice.id, reason="Nobody answered them for hours.", numbers=numbers,
                                      by=self.people.approver, now=self.now)
        return deliveries.answer_resend(self.session, notice.id, asked.public_id, agreed=True,
                                        by=self.people.second_approver, now=self.now)

    def sleep(self, seconds: float) -> None:
        """Remember, and move the clock instead."""
        self.slept.append(seconds)
        self.clock.move(seconds=seconds)

    def send(self, worker: str = "w1") -> int:
        """Send one round."""
        return deliveries.send_due(
            self.session, clock=self.clock, channels={"telegram": self.telegram, "email": self.email},
            limiter=self.limiter, vault=self.vault, letters=self.letters, worker=worker, sleep=self.sleep, mode=self.mode,
        )

    def send_all(self) -> Swept:
        """Send until nothing is due, then sweep."""
        while self.send():
            pass
        return self.sweep()

    def sweep(self) -> Swept:
        """Sweep once."""
        return deliveries.sweep(self.session, now=self.now, law=the_law())

    def progress(self, notice: Notice) -> deliveries.Progress:
        """Look at it."""
        return deliveries.overview(self.session, notice.id, now=self.now)

    def answer(self, channel: str, answer: Callable[[Message], Outcome]) -> None:
        """Let a channel answer so."""
        getattr(self, channel).answer = answer

    @property
    def messages(self) -> list[Message]:
        """Everything that went out, on both channels."""
        return self.telegram.sent + self.email.sent
