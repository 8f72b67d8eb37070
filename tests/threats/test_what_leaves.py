"""What leaves for people and for staff, as the bytes that arrive: plain text, no beacon, a reference to check (T-62, T-65 to T-67)."""

import re
import shutil
from collections.abc import Iterator, Mapping
from datetime import timedelta
from email.message import EmailMessage
from html.parser import HTMLParser
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from incident_app.adapters.letters import JinjaLetters
from incident_app.adapters.sendgrid import SendGridChannel
from incident_app.adapters.smtp import SmtpChannel
from incident_app.adapters.telegram import TelegramChannel
from incident_app.adapters.telegram_staff import TelegramStaff
from incident_app.domain.notices import Text, check_text
from incident_app.domain.ports import Channel
from incident_app.models.accounts import User
from incident_app.paths import data_dir
from incident_app.services import alerts, deliveries, linking, notices, rota
from incident_app.services.notices import wording
from incident_app.services.unit import writing
from tests.fakes import START, FakeClock, FakeLimiter
from tests.letters_kit import Desk
from tests.loopback.sendgrid_api import KEY, SendGridApi
from tests.loopback.serving import Reply
from tests.loopback.smtp_server import SmtpServer
from tests.loopback.telegram_api import TOKEN, TelegramApi
from tests.people import People

SENDER = "Assistant bot <dpo@example.org>"
EVIL = "<img src=http://evil.example/x> *b* [l](http://evil.example) <b>K</b>"
PEOPLE = f"name,email,telegram_id,language\n{EVIL},ann@example.org,,en\n{EVIL},,700000001,en\nÄnne,bo@example.org,,de\n".encode()
ELSEWHERE = re.compile(r"https?:|//|url\(|@import|cid:", re.IGNORECASE)


class Wire(TelegramApi):
    """Keeps every request as it arrived."""

    def __init__(self) -> None:
        super().__init__()
        self.raw: list[bytes] = []

    def answer(self, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        self.raw.append(body)
        return super().answer(path, headers, body)


class Loads(HTMLParser):
    """Whatever a mail program would fetch, run or open by itself or by a click."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"img", "script", "link", "iframe", "object", "embed", "form", "video", "audio", "a", "base", "svg"}:
            self.found.append(tag)
        self.found += [f"{name}={value}" for name, value in attrs if ELSEWHERE.search(value or "") or name.startswith("on")]

    def handle_data(self, data: str) -> None:
        if self.lasttag == "style" and ELSEWHERE.search(data):
            self.found.append(data)


@pytest.fixture
def database_url(tmp_path: Path, sqlite_template: Path) -> str:
    """One database is enough here."""
    shutil.copy(sqlite_template, tmp_path / "x.sqlite")
    return f"sqlite:///{tmp_path / 'x.sqlite'}"


@pytest.fixture
def telegram() -> Iterator[Wire]:
    with Wire() as made:
        yield made


@pytest.fixture
def post() -> Iterator[SmtpServer]:
    with SmtpServer() as made:
        yield made


def send(desk: Desk, **channels: Channel) -> None:
    """Send the whole notice by these channels, laid out as for real."""
    letters = JinjaLetters(data_dir("templates"))
    while deliveries.send_due(desk.session, clock=desk.clock, channels=channels, limiter=FakeLimiter(), vault=desk.vault,
                              letters=letters, worker="w", sleep=desk.sleep):
        pass


def parts(mail: EmailMessage) -> Iterator[tuple[str, str]]:
    """Yield every part with its type."""
    for part in mail.walk():
        if not part.is_multipart():
            yield part.get_content_type(), part.get_content()


def test_people_get_plain_words_with_the_reference_and_nothing_that_calls_home(
    session: Session, people: People, clock: FakeClock, telegram: Wire, post: SmtpServer
) -> None:
    # Given a notice to people whose names are markup, by channels that are real but for the other end
    desk = Desk(session, people, clock)
    notice = desk.launched(PEOPLE, canary=False)
    ref = str(notice.facts["case_ref"])
    bot = TelegramChannel(TOKEN, telegram.url)
    with SendGridApi() as sendgrid:
        # When it goes out by Telegram and SMTP
        send(desk, telegram=bot, email=SmtpChannel(post.url, SENDER))
        # … and another one by SendGrid
        again = desk.launched(PEOPLE, order=["email"], canary=False)
        send(desk, telegram=bot, email=SendGridChannel(KEY, sendgrid.url, SENDER, SENDER))
    bot.close()

    # Then Telegram was never asked to read markup, and shows every sign of it as it stands
    assert len(telegram.sent) == 1
    assert not any(b"parse_mode" in body or b"entities" in body for body in telegram.raw)
    assert EVIL in telegram.sent[0]["text"]
    assert ref in telegram.sent[0]["text"]

    # … and no mail holds anything to fetch, to run, to click or to sign in at; each names the case
    assert len(post.mails) == 2
    for mail in post.mails:
        found = dict(parts(mail["message"]))
        assert set(found) == {"text/plain", "text/html"}
        assert Loads(found["text/html"]).found == []
        assert all(ref in text for text in found.values())
        assert "http" not in re.sub(r"http://evil\.example", "", found["text/plain"])
    again_ref = str(again.facts["case_ref"])
    assert len(sendgrid.mails) == 2
    for sent in sendgrid.mails:
        assert Loads(sent["html"]).found == []
        assert again_ref in sent["html"]
        assert again_ref in sent["text"]
        tracking = sent["request"]["tracking_settings"]
        assert not any(one["enable"] for one in tracking.values())


def test_staff_get_plain_text_too(session: Session, people: People, clock: FakeClock, telegram: Wire, post: SmtpServer) -> None:
    # Given who is on call with a chat, a test asked for on both ways, an alert, and a notice sent to oneself
    with writing(session):
        session.get_one(User, people.oncall_person.id).telegram_chat_id = "7001"
    rota.add_shift(session, people.oncall_person.id, START, START + timedelta(days=7), by=people.admin, now=START)
    for channel in ("telegram", "email"):
        linking.test(session, channel, by=people.oncall_person, now=clock.now())
    notice = Desk(session, people, clock).drafted()
    notices.send_test(session, notice.id, "en", by=people.responder, now=clock.now(), letters=JinjaLetters(data_dir("templates")))
    alerts.send_demo(session, by=people.oncall_person, now=clock.now())
    staff: dict[str, Channel] = {"telegram": TelegramStaff(TOKEN, telegram.url), "email": SmtpChannel(post.url, SENDER)}

    # When all of it leaves
    linking.send_notes(session, staff, clock=clock)
    alerts.send_due(session, staff, clock=clock, public_url="https://incident.test", secret=b"a" * 32)
    bot = staff["telegram"]
    assert isinstance(bot, TelegramStaff)
    bot.say("7001", EVIL)
    bot.edit("7001", "1", EVIL)
    bot.answer_callback("1", EVIL)
    bot.close()

    # Then no request asks Telegram to read markup, and every mail is text alone
    assert len(telegram.raw) >= 5
    assert not any(b"parse_mode" in body or b"entities" in body for body in telegram.raw)
    assert len(post.mails) >= 2
    assert all({kind for kind, _ in parts(mail["message"])} == {"text/plain"} for mail in post.mails)


def test_the_search_sees_what_calls_home() -> None:
    for html in ('<img src="x">', '<p style="background:url(//x)">', '<style>@import "x"</style>', '<a href="/x">', '<p onload="x">'):
        assert Loads(html).found != [], html


def test_no_notice_is_ready_with_a_link_or_without_its_reference(session: Session, people: People, clock: FakeClock) -> None:
    # Given the first draft of every language
    notice = Desk(session, people, clock).drafted()
    checks = notices.check(session, notice.id)
    assert set(checks) == {"en", "de", "es", "fr", "ru"}
    assert all(one.ready for one in checks.values())
    longest = {"case_ref": "BR-2026-001"}
    body = notice.texts["en"]["body"]

    # When the reference is taken out, or a link to click or to sign in at is put in
    for changed, words in (
        (body.replace("((case_ref))", ""), "The reference of the case is missing"),
        (f"{body}\nhttps://example.org/login", "There is a link"), (f"{body}\nbit.ly/x", "There is a link"),
        (f"{body}\nwww.example.org", "There is a link"), (f"{body}\nt.me/x", "There is a link"),
    ):
        found = check_text(Text("Subject", changed), wording("en"), longest)

        # Then it cannot be approved
        assert not found.ready
        assert any(words in problem for problem in found.problems), changed[-40:]
    silent = body.replace("((website))", "our site")
    assert any("your own site" in hint for hint in check_text(Text("Subject", silent), wording("en"), longest).hints)
    assert not any("your own site" in hint for hint in check_text(Text("Subject", body), wording("en"), longest).hints)
