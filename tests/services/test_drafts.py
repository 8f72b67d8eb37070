"""What is typed and not saved: kept sealed, for one person, until it is saved or old."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor
from incident_app.domain.refusals import NotFound, Refused
from incident_app.models.drafts import Draft, all_of_case
from incident_app.services import drafts
from incident_app.services.unit import writing
from tests.builders import a_case
from tests.fakes import START, FakeVault

TEXT = [["title", "Export open to Маша"], ["cause", "A script."]]


def test_what_was_typed_is_there_again_sealed_and_only_the_newest(session: Session, responder: Actor) -> None:
    # Given unsaved text in the form of a case, kept twice
    case, vault = a_case(session, responder), FakeVault()
    drafts.keep(session, "facts", case.ref, [["title", "Expo"]], by=responder, now=START, vault=vault)
    drafts.keep(session, "facts", case.ref, TEXT, by=responder, now=START + timedelta(minutes=1), vault=vault)

    # Then its writer gets the newest back, and the table shows none of it
    found = drafts.take_up(session, "facts", case.ref, by=responder, vault=vault)
    row = session.scalars(select(Draft)).one()
    assert found.values == [("title", "Export open to Маша"), ("cause", "A script.")]
    assert found.saved_at == START + timedelta(minutes=1) == drafts.kept_at(session, "facts", case.ref, by=responder)
    assert "Маша".encode() not in row.sealed
    assert row.case_id == case.id


def test_nobody_else_gets_it(session: Session, responder: Actor, approver: Actor, admin: Actor) -> None:
    case, vault = a_case(session, responder), FakeVault()
    drafts.keep(session, "facts", case.ref, TEXT, by=responder, now=START, vault=vault)

    assert drafts.kept_at(session, "facts", case.ref, by=approver) is None
    with pytest.raises(NotFound):
        drafts.take_up(session, "facts", case.ref, by=approver, vault=vault)
    with pytest.raises(NotFound, match="no such case"):
        drafts.keep(session, "facts", case.ref, TEXT, by=admin, now=START, vault=vault)
    drafts.drop(session, "facts", case.ref, by=approver)
    assert drafts.kept_at(session, "facts", case.ref, by=responder) == START


def test_a_row_moved_to_another_person_does_not_open(session: Session, responder: Actor, approver: Actor) -> None:
    # Given a row that somebody with the database gave to another account
    case, vault = a_case(session, responder), FakeVault()
    row = drafts.keep(session, "facts", case.ref, TEXT, by=responder, now=START, vault=vault)
    row.user_id = approver.id
    session.commit()

    with pytest.raises(NotFound, match="can still be opened"):
        drafts.take_up(session, "facts", case.ref, by=approver, vault=vault)


@pytest.mark.parametrize("values", [None, "text", [["a"]], [["a", 1]], [[["a", "b"]]], [["a", "b"]] * 401, [["a", "x" * 300_000]]])
def test_what_is_no_form_is_refused_in_words(session: Session, responder: Actor, values: object) -> None:
    with pytest.raises(Refused, match="Nothing was kept"):
        drafts.keep(session, "breach", "new", values, by=responder, now=START, vault=FakeVault())


@pytest.mark.parametrize(("form", "subject"), [("passwords", "new"), ("facts", "../../x"), ("facts", "BR-2020-999")])
def test_a_form_that_is_none_of_ours_does_not_exist(session: Session, responder: Actor, form: str, subject: str) -> None:
    with pytest.raises(NotFound):
        drafts.keep(session, form, subject, TEXT, by=responder, now=START, vault=FakeVault())


def test_it_goes_when_saved_when_old_and_with_the_people_of_the_case(session: Session, responder: Actor) -> None:
    case, vault = a_case(session, responder), FakeVault()
    for form in ("facts", "note", "action"):
        drafts.keep(session, form, case.ref, TEXT, by=responder, now=START, vault=vault)
    drafts.keep(session, "breach", "new", TEXT, by=responder, now=START, vault=vault)

    # When one form is saved, the others stay
    drafts.drop(session, "note", case.ref, by=responder)
    assert drafts.kept_at(session, "note", case.ref, by=responder) is None
    # When the case's people are erased, so is what was typed about it
    with writing(session):
        session.execute(all_of_case(case.id))
    assert [row.form for row in session.scalars(select(Draft))] == ["breach"]
    # When fourteen days have passed, so has the rest
    assert drafts.purge(session, now=START + timedelta(days=13)) == 0
    assert drafts.purge(session, now=START + timedelta(days=15)) == 1
