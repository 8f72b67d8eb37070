"""The phones of the tests: a staff bot that remembers what it was asked, and both channels together."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.ports import Channel, Outcome, Sent
from incident_app.models.alerts import Alert, AlertSend
from incident_app.services import alerts
from tests.fakes import FakeChannel, FakeClock

SECRET = b"a" * 32


class FakeBot(FakeChannel):
    """The Telegram channel for staff: sends, edits, answers taps, and hands out the updates it was given."""

    def __init__(self) -> None:
        """Hold nothing yet."""
        super().__init__("telegram")
        self.edits: list[tuple[str, str, str]] = []
        self.edit_answer: Outcome = Sent("edited")
        self.callbacks: list[tuple[str, str]] = []
        self.said: list[tuple[str, str]] = []
        self.updates: list[dict[str, object]] = []
        self.offsets: list[int] = []

    def edit(self, chat_id: str, message_id: str, text: str) -> Outcome:
        """Remember the new words."""
        self.edits.append((chat_id, message_id, text))
        return self.edit_answer

    def answer_callback(self, callback_id: str, text: str) -> None:
        """Remember what the tap was answered with."""
        self.callbacks.append((callback_id, text))

    def poll(self, offset: int, timeout: int) -> list[dict[str, object]]:
        """Hand out what came in since ``offset``."""
        del timeout
        self.offsets.append(offset)
        return [one for one in self.updates if int(str(one.get("update_id", offset))) >= offset]

    def say(self, chat_id: str, text: str) -> Outcome:
        """Remember the answer to a command."""
        self.said.append((chat_id, text))
        return Sent("said")


class Phones:
    """Both channels, and what arrived by them."""

    def __init__(self, session: Session, clock: FakeClock) -> None:
        """Nobody has been reached yet."""
        self.session, self.clock = session, clock
        self.telegram, self.email = FakeBot(), FakeChannel("email")
        self.channels: dict[str, Channel] = {"telegram": self.telegram, "email": self.email}

    def run(self, **later: float) -> list[tuple[str, str]]:
        """Move the clock, evaluate and send; return who was reached how, in this run."""
        self.clock.move(**later)
        alerts.raise_due(self.session, now=self.clock.now())
        before = len(self.telegram.sent), len(self.email.sent)
        alerts.send_due(self.session, self.channels, clock=self.clock, public_url="https://incident.test/", secret=SECRET)
        fresh = [("telegram", m.address) for m in self.telegram.sent[before[0] :]]
        return fresh + [("email", m.address.split("@", maxsplit=1)[0]) for m in self.email.sent[before[1] :]]

    def alert(self) -> Alert:
        """Return the alert raised last."""
        self.session.expire_all()
        question = select(Alert).where(Alert.raised_at.is_not(None)).order_by(Alert.id.desc())
        return self.session.scalars(question.limit(1)).one()

    def sends(self) -> Sequence[AlertSend]:
        """Return every send there is, in order of the steps."""
        self.session.expire_all()
        return self.session.scalars(select(AlertSend).order_by(AlertSend.step, AlertSend.id)).all()
