"""Whoever may have got a message twice is on a list, for ever, and counted as one person."""

import io

import pypdf
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.deliveries import TWICE
from incident_app.domain.ports import Sent, Uncertain
from incident_app.models.audit import Entry
from incident_app.models.following import sent_twice
from incident_app.models.notices import Notice
from incident_app.services import deliveries
from incident_app.services.deliveries import Line
from incident_app.services.reports import proving
from tests.fakes import FakeClock
from tests.letters_kit import Desk
from tests.people import People
from tests.printing import PRINTER

LOST = Uncertain("No answer within 10 s.")


def a_list(count: int) -> bytes:
    """People with both channels, but for the last, who has Telegram alone."""
    lines = [f"person{number}@example.org,{700_000_000 + number}" for number in range(1, count)]
    return "\n".join(["email,telegram_id", *lines, f",{700_000_000 + count}", ""]).encode()


@pytest.fixture
def desk(session: Session, people: People, clock: FakeClock) -> Desk:
    made = Desk(session, people, clock)
    made.answer("telegram", lambda message: LOST)
    return made


@pytest.fixture
def notice(desk: Desk) -> Notice:
    """A notice to five people whose answers by Telegram were lost; four were told by email too."""
    made = desk.launched(a_list(5), uncertain_policy="next_channel", wait_minutes=30)
    desk.send_all()
    desk.clock.move(minutes=31)
    desk.sweep()
    desk.send_all()
    return made


def listed(desk: Desk, notice: Notice, after: int = 0, limit: int = 50) -> list[Line]:
    """Read the list as the responder."""
    return deliveries.people_page(desk.session, notice.id, by=desk.people.responder, bucket=TWICE, after=after, limit=limit)


def test_exactly_these_people_are_listed_page_by_page(desk: Desk, notice: Notice) -> None:
    # Given four people whose first message may have arrived, and who were sent a second one
    found = listed(desk, notice)

    # Then they are listed by number, with what became of both, and nobody else is
    assert [line.label for line in found] == ["P-00001", "P-00002", "P-00003", "P-00004"]
    assert all(line.twice for line in found)
    assert [(hop.channel, hop.state) for hop in found[0].hops] == [("telegram", "resent"), ("email", "accepted")]
    assert len(found) == desk.progress(notice).resent

    # … and one page follows the other
    first = listed(desk, notice, limit=3)
    assert [line.number for line in first] == [1, 2, 3]
    assert [line.number for line in listed(desk, notice, after=3, limit=3)] == [4]
    assert listed(desk, notice, after=4) == []

    # … while who was told once, or may have been, is not among them
    everybody = list(deliveries.outcomes(desk.session, notice.id, by=desk.people.responder, now=desk.now))
    assert [line.number for line in everybody if line.twice] == [1, 2, 3, 4]


def test_whose_second_answer_is_lost_too_is_one_person_and_stays_listed(desk: Desk) -> None:
    # Given three people: by email the answer of the second is lost as well
    desk.answer("email", lambda message: LOST)
    notice = desk.launched(a_list(3), uncertain_policy="next_channel", wait_minutes=30)
    desk.send_all()
    desk.clock.move(minutes=31)
    desk.sweep()
    desk.send_all()
    assert desk.progress(notice).resent == 2

    # When two people decide that all who are uncertain are sent it once more
    assert desk.resend(notice) == 3
    desk.send_all()

    # Then three people may have got it twice, though five answers were lost, and each is listed once
    assert desk.progress(notice).resent == 3
    assert [line.number for line in listed(desk, notice)] == [1, 2, 3]


def test_the_proof_and_the_record_name_how_many(desk: Desk, notice: Notice) -> None:
    # Given a send in which four people may have got it twice: its proof says so for good
    proof = deliveries.proofs_of(desk.session, notice.id)[0]
    assert proof.counts["twice"] == 4
    proved = desk.session.scalars(select(Entry).where(Entry.action == "notice.proved").order_by(Entry.seq.desc())).first()
    assert proved is not None
    assert proved.details["twice"] == 4
    assert proving.proof_matter(desk.session, notice, desk.now)["twice"] == 4

    # … while that of a send without any says nothing of it
    desk.answer("telegram", lambda message: Sent(message.delivery_id))
    other = desk.launched(a_list(3))
    desk.send_all()
    assert "twice" not in deliveries.proofs_of(desk.session, other.id)[0].counts
    assert listed(desk, other) == []


@pytest.mark.usefixtures("press")
def test_the_printed_proof_says_how_many_and_where_they_are_listed(desk: Desk, notice: Notice) -> None:
    content = proving.proof_pdf(desk.session, notice, by=desk.people.responder, now=desk.now, pdf=PRINTER)

    words = "".join("".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages).split())
    assert "4peoplemayhavegotthemessagetwice" in words
    assert "onthepageofthisdeliveryunder“Mayhavegotittwice”" in words


def test_the_list_is_read_in_the_order_of_its_index(desk: Desk, notice: Notice) -> None:
    question = sent_twice(notice.id).limit(50)
    bind = desk.session.get_bind()
    asked = question.compile(bind, compile_kwargs={"literal_binds": True})
    if bind.dialect.name == "postgresql":
        desk.session.connection().exec_driver_sql("SET LOCAL enable_seqscan = off")
    how = "EXPLAIN QUERY PLAN" if bind.dialect.name == "sqlite" else "EXPLAIN"
    steps = "\n".join(str(row) for row in desk.session.connection().exec_driver_sql(f"{how} {asked}"))

    assert "ix_deliveries_twice" in steps
    assert "Sort" not in steps
    assert "TEMP B-TREE FOR ORDER" not in steps
