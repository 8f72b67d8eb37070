"""A test of a notice goes to who asked for it alone, marked as one, three an hour, and is no way to send (T-42)."""

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incident_app.domain.refusals import Forbidden, Refused
from incident_app.models.audit import Entry
from incident_app.models.deliveries import Delivery
from incident_app.models.linking import StaffNote
from incident_app.services import linking, notices
from incident_app.services.notices import trying
from tests.fakes import FakeChannel, FakeClock, FakeLetters
from tests.letters_kit import Desk
from tests.people import People


def test_a_test_reaches_oneself_alone_three_times_an_hour(session: Session, people: People, clock: FakeClock) -> None:
    # Given a draft to twelve people
    desk = Desk(session, people, clock)
    notice = desk.drafted()

    def test(language: str = "en") -> StaffNote:
        return notices.send_test(session, notice.id, language, by=people.responder, now=clock.now(), letters=FakeLetters())

    # When its author sends a test in each of three languages
    for language in ("en", "de", "fr"):
        test(language)
    mail = FakeChannel("email")
    linking.send_notes(session, {"email": mail}, clock=clock)

    # Then they alone got them, each marked, in the language, with nobody's name in it
    assert [message.address for message in mail.sent] == ["responder@example.org"] * 3
    assert all(message.subject.startswith("TEST: ") and message.text.startswith("TEST of a notice") for message in mail.sent)
    assert len({message.subject for message in mail.sent}) == 3
    assert not any("Person " in message.text or "((" in message.text for message in mail.sent)
    assert session.scalar(select(func.count()).select_from(Delivery)) == 0
    said = session.scalars(select(Entry.details).where(Entry.action == "notice.tested").order_by(Entry.seq)).all()
    assert [one["language"] for one in said] == ["en", "de", "fr"]

    # … a fourth is refused, until the hour is over; another language than those of the notice always
    with pytest.raises(Refused, match="More are sent later"):
        test()
    clock.move(minutes=61)
    with pytest.raises(Refused) as refused:
        test("xx")
    assert "language" in refused.value.problems
    test()

    # … and who does not draft notices sends none
    with pytest.raises(Forbidden):
        notices.send_test(session, notice.id, "en", by=people.auditor, now=clock.now(), letters=FakeLetters())
    assert trying.MOST == 3
