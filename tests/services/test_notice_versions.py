"""Every saved text of a notice is kept, with who saved it and what changed."""

import pytest
from sqlalchemy import delete
from sqlalchemy.orm import Session

from incident_app.domain.refusals import Forbidden, NotFound
from incident_app.models.cases import Case
from incident_app.models.notices import Notice, NoticeText
from incident_app.services import notices
from incident_app.services.notices import Saved
from tests.fakes import FakeClock
from tests.letters_kit import Desk, csv_of
from tests.people import People


@pytest.fixture
def desk(session: Session, people: People, clock: FakeClock) -> Desk:
    return Desk(session, people, clock)


def edit(desk: Desk, notice: Notice, body: str) -> Notice:
    """Save another English body as the approver."""
    desk.clock.move(minutes=5)
    return notices.edit(desk.session, notice.id, language="en", subject=notice.texts["en"]["subject"], body=body,
                        version=notice.version, by=desk.people.approver, now=desk.now)


def versions(desk: Desk, notice: Notice, language: str = "en") -> list[Saved]:
    """Look at them as an auditor."""
    return notices.versions(desk.session, notice.id, language, by=desk.people.auditor)


def test_each_save_is_a_version_with_its_author_and_its_changes(desk: Desk) -> None:
    # Given a draft by the responder, changed twice by the approver
    notice = desk.drafted(csv_of(5))
    drafted = notice.texts["en"]["body"]
    edit(desk, notice, f"{drafted}\nCall us.")
    edit(desk, notice, f"{drafted}\nWrite to us.")

    # When an auditor looks
    third, second, first = versions(desk, notice)

    # Then each version is there whole, with who saved it, when, and what it changed
    assert [one.number for one in (first, second, third)] == [1, 2, 3]
    assert (first.by_id, second.by_id, third.by_id) == (desk.people.responder.id, *[desk.people.approver.id] * 2)
    assert first.text.body == drafted
    assert first.changes == ()
    assert [(change.removed, change.added) for change in second.changes] == [((), ("Call us.",))]
    assert [(change.removed, change.added) for change in third.changes] == [(("Call us.",), ("Write to us.",))]
    assert third.at > second.at > first.at
    assert len(versions(desk, notice, "de")) == 1


def test_a_text_from_before_texts_were_kept_is_kept_when_it_changes(desk: Desk) -> None:
    notice = desk.drafted(csv_of(5))
    was = notice.texts["en"]["body"]
    desk.session.execute(delete(NoticeText))
    desk.session.commit()
    assert versions(desk, notice) == []

    edit(desk, notice, f"{was}\nCall us.")

    assert [one.text.body for one in versions(desk, notice)] == [f"{was}\nCall us.", was]


def test_a_language_that_another_list_brings_begins_with_its_draft(desk: Desk) -> None:
    notice = desk.drafted(b"email,language\na@example.org,en\n")
    more = desk.listed(desk.session.get_one(Case, notice.case_id), csv_of(5))

    notices.set_list(desk.session, notice.id, more.id, version=notice.version, by=desk.people.responder, now=desk.now)

    assert [one.number for one in versions(desk, notice, "ru")] == [2]
    assert [one.number for one in versions(desk, notice)] == [1]


def test_a_language_it_is_not_written_in_has_none_and_strangers_see_nothing(desk: Desk) -> None:
    notice = desk.drafted(csv_of(5))

    with pytest.raises(NotFound):
        versions(desk, notice, "tlh")
    with pytest.raises(Forbidden):
        notices.versions(desk.session, notice.id, "en", by=desk.people.reporter)
