"""Letters in the languages that are written from right to left, and names that are, in letters that are not."""

import pytest
from sqlalchemy.orm import Session

from incident_app.adapters.letters import JinjaLetters
from incident_app.domain.ports import Message
from incident_app.paths import data_dir
from incident_app.services import notices
from tests.fakes import FakeClock, FakeLetters
from tests.letters_kit import Desk
from tests.people import People

LIST = """name,email,telegram_id,language
Ann <Lee>,ann@example.org,,ar-EG
ليلى حداد,layla@example.org,,AR
ليلى حداد,both@example.org,,ger
Ann Lee,,700000001,arz
Ann Lee,plain@example.org,,tur
Ann Lee,else@example.org,,tlh
"""


class Laid(FakeLetters, JinjaLetters):
    """The real layout, where a fake one is expected."""

    email = JinjaLetters.email


@pytest.fixture
def desk(session: Session, people: People, clock: FakeClock) -> Desk:
    return Desk(session, people, clock, letters=Laid(data_dir("templates")))


def by_address(desk: Desk) -> dict[str, Message]:
    return {message.address: message for message in desk.messages}


def test_everybody_reads_their_own_direction_with_every_name_address_and_number_whole(desk: Desk) -> None:
    # Given a list of people who read Arabic, German, Turkish, and a language there is no text in
    notice = desk.launched(LIST.encode(), canary=False)
    assert set(notice.texts) == {"ar", "de", "en", "tr"}

    # When it is sent
    desk.send_all()
    sent = by_address(desk)

    # Then an Arabic letter closes off each value, in plain text by characters and on the page by attributes
    ann = sent["ann@example.org"]
    page = (ann.html or "").split("<body>")[1]
    assert ann.text.startswith("مرحبًا \u2068Ann <Lee>\u2069،\n")
    assert 'lang="ar" dir="rtl"' in (ann.html or "")
    assert '<p>مرحبًا <span dir="auto">Ann &lt;Lee&gt;</span>،</p>' in page
    assert "<h2>ماذا حدث</h2>" in page
    assert '<span class="whole" dir="ltr">BR-' in page
    assert not any(sign in page for sign in "\u2066\u2068\u2069")
    assert "ليلى حداد" in sent["layla@example.org"].text
    # And Telegram gets the same characters, within its length, from the subject on
    telegram = sent["700000001"].text
    assert telegram.startswith("بياناتك في خدمة \u2068")
    assert "مرحبًا \u2068Ann Lee\u2069،" in telegram
    assert len(telegram) <= 4096
    # And an Arabic name stands closed off in a German letter, where a Latin one needs nothing
    assert sent["both@example.org"].text.startswith("Guten Tag \u2068ليلى حداد\u2069,")
    assert "Guten Tag \u2068ليلى حداد\u2069," in (sent["both@example.org"].html or "")
    assert sent["plain@example.org"].text.startswith("Merhaba Ann Lee,")
    assert sent["else@example.org"].text.startswith("Hello Ann Lee,")
    # And nobody reads what is somebody else's
    assert all(("ليلى" in message.text) == (address in {"layla@example.org", "both@example.org"})
               for address, message in sent.items())


def test_a_preview_shows_to_the_letter_what_is_sent(desk: Desk) -> None:
    notice = desk.launched(LIST.encode(), canary=False)
    desk.send_all()
    sent = by_address(desk)

    for number, address in ((1, "ann@example.org"), (2, "layla@example.org"), (3, "both@example.org")):
        seen = notices.preview(desk.session, notice.id, number, by=desk.people.responder, vault=desk.vault, letters=desk.letters)
        assert seen.email is not None
        assert seen.email.text == sent[address].text
