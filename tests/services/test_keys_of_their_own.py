"""Unsaved texts, answers kept for a second press and requests hold keys of their own: those change over too (T-86)."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from incident_app.adapters.vault import AesVault
from incident_app.extensions import Base
from incident_app.models import sealing
from incident_app.models.drafts import Draft
from incident_app.models.papers import Paper
from incident_app.models.proposals import Proposal
from incident_app.models.submissions import Submission
from incident_app.services import drafts, keys, proposals, reports
from incident_app.services.keys import Owned, Standing
from incident_app.services.keys.own import OWN
from incident_app.services.unit import writing
from tests.builders import a_case
from tests.fakes import START, FakeClock, FakePdf
from tests.people import People

OLD, NEW = ("k1", b"k" * 32), ("k2", b"n" * 32)
TYPED = [["text", "Quetzalvin called"]]


@pytest.fixture
def aes(session: Session) -> AesVault:
    """A vault with the old key, bound to this database; ``later`` exchanges it."""
    return later(session, OLD)


def later(session: Session, *loaded: tuple[str, bytes]) -> AesVault:
    """Load these keys instead."""
    made = AesVault(list(loaded))
    sealing.bind(session.get_bind().engine, lambda: made)
    session.expunge_all()
    return made


def kept(session: Session, people: People, aes: AesVault) -> str:
    """Keep an unsaved text, an answer, a printed filing without content, and a request about no case; return its id."""
    case = a_case(session, people.responder)
    drafts.keep(session, "note", case.ref, TYPED, by=people.responder, now=START, vault=aes)
    with writing(session):
        session.add(Submission(user_id=people.responder.id, key="a-key-of-a-program", digest="d" * 64, status=201,
                               answer={"summary": "Quetzalvin"}, at=START))
        session.add(Submission(user_id=people.responder.id, key="a-key-of-nothing", digest="d" * 64, at=START))
        made = proposals.put(session, "people.make_approver", subject="user", subject_id=7, facts={}, by=people.admin,
                             reason="Stands in for the officer.", now=START)
    return case.ref if made.public_id else ""


def read(session: Session, people: People, ref: str, vault: AesVault) -> list[object]:
    session.expunge_all()
    unsaved = drafts.take_up(session, "note", ref, by=people.responder, vault=vault)
    return [unsaved.values, *(one.answer for one in session.scalars(select(Submission).order_by(Submission.id))),
            session.scalars(select(Proposal)).one().reason]


READ = [[("text", "Quetzalvin called")], {"summary": "Quetzalvin"}, None, "Stands in for the officer."]


def test_t86_an_old_outer_key_is_needed_by_none_of_them_once_all_are_wrapped_anew(
    session: Session, people: People, aes: AesVault
) -> None:
    # Given one of each under the old key
    kept(session, people, aes)
    assert keys.show(session, vault=aes) == [Standing("k1", True, True, 1, 0, 4)]

    # When a new one is put first and they are wrapped anew, twice
    both = later(session, NEW, OLD)
    assert (keys.rewrap_own(session, vault=both), keys.rewrap_own(session, vault=both)) == (Owned(4, 0), Owned(0, 0))

    # Then they open without the old one, which only the case still needs
    new = later(session, NEW)
    assert keys.show(session, vault=new) == [Standing("k2", True, True, 0, 0, 4), Standing("k1", False, False, 1, 0, 0)]
    assert keys.renew_own(session, vault=new) == Owned(4, 0)
    session.expunge_all()
    assert [one.answer for one in session.scalars(select(Submission).order_by(Submission.id))] == READ[1:3]


def test_t86_a_fresh_key_seals_each_of_them_anew_while_somebody_types(session: Session, people: People, aes: AesVault) -> None:
    ref = kept(session, people, aes)
    before = session.scalars(select(Draft.data_key)).one()

    assert keys.renew_own(session, vault=aes) == Owned(4, 0)

    # Then each is sealed by the fresh key, reads as it did, and what is typed on goes under it too
    assert read(session, people, ref, aes) == READ
    tables: tuple[tuple[type[Any], str], ...] = ((Draft, "data_key"), (Submission, "text_key"), (Proposal, "text_key"))
    for table, key in tables:
        for row in session.scalars(select(table)):
            assert not row.sealed or aes.place_of(getattr(row, key), row.sealed) == 0
    assert session.scalars(select(Draft.data_key)).one() != before
    drafts.keep(session, "note", ref, TYPED, by=people.responder, now=START + timedelta(minutes=1), vault=aes)
    assert read(session, people, ref, aes) == READ


def test_what_does_not_open_is_counted_and_left(session: Session, people: People, aes: AesVault) -> None:
    kept(session, people, aes)
    session.execute(update(Draft).values(sealed=b"something else"))
    session.commit()

    assert keys.renew_own(session, vault=aes) == Owned(3, 1)
    lost = later(session, NEW)
    assert keys.rewrap_own(session, vault=lost) == Owned(0, 4)
    assert session.scalars(select(Paper)).all() == []


def test_t86_a_printed_register_that_nobody_took_yet_opens_under_the_new_outer_key(
    session: Session, people: People, aes: AesVault
) -> None:
    # Given a register that was made, and one that still waits for its worker and holds no key
    asked = reports.ask_register(session, by=people.auditor, now=START).public_id
    assert list(reports.make_report(session, clock=FakeClock(START), vault=aes, pdf=FakePdf())) == [0]
    reports.ask_register(session, by=people.auditor, now=START, given={"q": "no such"})

    # When the outer key is changed, and its own after it
    both = later(session, NEW, OLD)
    assert keys.rewrap_own(session, vault=both) == Owned(1, 0)
    new = later(session, NEW)
    assert keys.renew_own(session, vault=new) == Owned(1, 0)

    # Then who asked for it still takes it
    _, content = reports.open_report(session, asked, by=people.auditor, vault=new)
    assert content.startswith(b"%PDF")


def test_every_table_whose_rows_seal_something_under_a_key_of_their_own_is_known() -> None:
    of_a_case = {"cases"}
    holding = {table.name for table in Base.metadata.tables.values() if {"data_key", "text_key"} & set(table.columns.keys())}

    assert holding - of_a_case == {one.table.__tablename__ for one in OWN}
