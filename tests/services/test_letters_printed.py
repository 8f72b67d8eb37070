"""Letters printed here: by four eyes, in parts by a worker, gone after a day, and counted when somebody posted them."""

import io
import zipfile
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from incident_app.domain.refusals import Conflict, Forbidden, NotFound, Refused
from incident_app.models.audit import Entry
from incident_app.models.cases import Case
from incident_app.models.deliveries import Attempt, Delivery
from incident_app.models.notices import Notice
from incident_app.models.organisation import Organisation
from incident_app.models.posting import PostExport, PostPart
from incident_app.models.recipients import Recipient
from incident_app.services import deliveries, recipients
from incident_app.services.deliveries import posting, printing_letters
from incident_app.services.keys.own import renew_own
from tests.fakes import FakeClock, FakePdf, FakeVault
from tests.letters_kit import Desk
from tests.people import People
from tests.post_kit import Printer, many
from tests.services.letter_steps import WHY, hand, let_out, make, sent, take


@pytest.fixture
def desk(session: Session, people: People, clock: FakeClock) -> Desk:
    return Desk(session, people, clock)


def state(desk: Desk, number: int = 1) -> tuple[str, str]:
    """Return where a file stands, and why it failed."""
    one = desk.session.scalars(select(PostExport).where(PostExport.number == number).execution_options(populate_existing=True)).one()
    return one.state, one.failure


def kept(desk: Desk) -> int:
    """Return how many parts are kept."""
    return desk.session.scalar(select(func.count()).select_from(PostPart)) or 0


def test_letters_are_printed_taken_by_two_and_counted_when_posted(desk: Desk) -> None:
    # Given two people whose turn is a letter, in two languages
    notice, printer = sent(desk), Printer()
    desk.session.execute(update(Organisation).values(legal_name="Assistant Bot GmbH", address=" Example street 9 \n\n10115 Berlin", zone="UTC"))
    desk.session.commit()
    export = let_out(desk, notice, side="right")
    assert (export.state, export.open_until) == ("confirmed", None)
    with pytest.raises(Conflict, match="still being printed"):
        take(desk, notice)

    # When a worker comes
    assert make(desk, printer) == [2]
    assert make(desk, printer) == []

    # Then each letter is in its person's language, with their address, our sender and where the window is
    german, english = printer.told[0]
    assert (german["language"], german["address"], german["label"], german["side"]) == (
        "de", ("=Bob", "Example street 1", "10115 Berlin"), "P-00002", "right")
    assert (english["language"], english["address"]) == ("en", ("Cleo", "Example street 2", "10115 Berlin"))
    assert (german["sender"], german["sender_lines"]) == ("Assistant Bot GmbH", ("Example street 9", "10115 Berlin"))
    assert (german["date"], english["date"]) == ("23. November 2026", "23 November 2026")
    assert [("Cleo" in str(one["body"])) for one in (german, english)] == [False, True]
    assert (german["drill"], english["said"]) == ("", {"page": "Page", "of": "of", "reference": "Reference", "code": "Code to check this letter"})

    # And only the two who let them out take them; that is in the record, without an address
    with pytest.raises(Forbidden):
        take(desk, notice, by=desk.people.responder)
    name, content = take(desk, notice)
    assert (name, content[:9], content.count(b"10115 Berlin")) == ("BR-2026-001-notice-1-letters-1.pdf", b"%PDF-fake", 4)
    assert take(desk, notice, by=desk.people.second_approver)[1] == content
    assert posting.posting_of(desk.session, desk.session.get_one(Notice, notice.id), now=desk.now).kept
    assert desk.progress(notice).waiting == 2, "printed is not posted"

    # When somebody says that they were handed over to the post
    desk.clock.move(hours=3)
    done = hand(desk, notice, 2)

    # Then the sum adds up, their story says so, and nothing is kept here
    desk.sweep()
    progress = desk.progress(notice)
    assert (progress.accepted, progress.waiting, progress.adds_up, progress.state) == (3, 0, True, "finished")
    assert (done.state, done.handed_on, done.people_count, done.left_count, kept(desk)) == ("handed", date(2026, 11, 23), 2, 0, 0)
    words = "Handed over to the post on 2026-11-23."
    rows = desk.session.execute(select(Delivery.state, Delivery.provider_reference, Delivery.reason).where(Delivery.channel == "post")).all()
    assert [tuple(row) for row in rows] == [("accepted", "post 1", words)] * 2
    assert [one.reason for one in desk.session.scalars(select(Attempt).where(Attempt.reference == "post 1"))] == [words] * 2
    entries = {entry.action: entry for entry in desk.session.scalars(select(Entry).where(Entry.action.like("post.%")).order_by(Entry.seq))}
    assert list(entries) == ["post.asked", "post.confirmed", "post.printed", "post.fetched", "post.handed"]
    assert entries["post.handed"].details == {"export": 1, "on": "2026-11-23", "letters": 2, "left_out": 0, "people": 2}
    assert "Example street" not in str([entry.details for entry in entries.values()])
    assert deliveries.check(desk.session, now=desk.now) == 0 or desk.progress(notice).adds_up
    with pytest.raises(Conflict, match="said before"):
        hand(desk, notice, 2)
    with pytest.raises(Conflict, match="Nothing is given out twice"):
        take(desk, notice)


def test_what_is_asked_for_is_one_of_the_two_and_the_window_on_one_side(desk: Desk) -> None:
    notice = sent(desk)

    with pytest.raises(Refused) as refused:
        posting.ask_post_export(desk.session, notice.id, WHY, by=desk.people.approver, now=desk.now, form="fax", side="top")

    assert set(refused.value.problems) == {"form", "side"}
    let_out(desk, notice)
    with pytest.raises(Conflict, match="no table"):
        posting.take_post_export(desk.session, notice.id, 1, by=desk.people.approver, clock=desk.clock, vault=desk.vault)
    with pytest.raises(NotFound):
        posting.find_export(desk.session, notice.id, 2)


def test_many_letters_come_in_parts_and_one_file_holds_them_all(desk: Desk) -> None:
    # Given more people than one part takes, one of whom lost their address, and the first part of them all
    notice, printer = sent(desk, many(2 * printing_letters.PER_PART + 3)), Printer()
    gone = [1, *range(printing_letters.PER_PART + 1, 2 * printing_letters.PER_PART + 1)]
    desk.session.execute(update(Recipient).where(Recipient.number.in_(gone)).values(sealed=b""))
    desk.session.commit()
    let_out(desk, notice)

    # When a worker prints
    assert make(desk, printer) == [39, 42]

    # Then who has no address has their outcome, and the others stand in the ZIP once
    progress = desk.progress(notice)
    assert (progress.failed, progress.waiting, progress.adds_up) == (41, 42, True)
    name, content = take(desk, notice)
    assert name == "BR-2026-001-notice-1-letters-1.zip"
    packed = zipfile.ZipFile(io.BytesIO(content))
    assert packed.namelist() == [
        "BR-2026-001-notice-1-letters-1-part-001-of-002-P-00002-to-P-00040.pdf",
        "BR-2026-001-notice-1-letters-1-part-002-of-002-P-00081-to-P-00083.pdf"]
    assert b"'Person 83'" in packed.read(packed.namelist()[1])
    labels = [letter["label"] for part in printer.told for letter in part]
    assert labels == [f"P-{n:05}" for n in (*range(2, 41), 81, 82, 83)]


def test_long_letters_make_smaller_parts(desk: Desk) -> None:
    notice = sent(desk)
    let_out(desk, notice)
    job = printing_letters._claim(desk.session, desk.now, desk.vault)
    assert job is not None
    text = next(iter(job.writer.texts.values()))
    long = {language: type(text)(one.subject, one.body + "x" * printing_letters.MOST_TEXT) for language, one in job.writer.texts.items()}
    job.writer = type(job.writer)(long, job.writer.facts, job.writer.fallback, job.writer.key, job.writer.vault)

    part = printing_letters._next(desk.session, job)

    assert part.numbers == [2]


def test_letters_that_were_not_all_posted_leave_the_others_waiting(desk: Desk) -> None:
    # Given three printed letters
    notice = sent(desk, many(3))
    let_out(desk, notice)
    make(desk)

    # Then a sum that does not add up, a day that cannot be and people without a letter are refused by field
    for said, field in (((3, 1), "count"), ((1, 1), "count")):
        with pytest.raises(Refused) as refused:
            hand(desk, notice, said[0], left_out=[2][: said[1]])
        assert set(refused.value.problems) == {field}
    with pytest.raises(Refused) as refused:
        hand(desk, notice, 0, left_out=[1, 2, 3])
    assert "not posted" in refused.value.problems["count"]
    for day in (desk.now.date() + timedelta(days=1), desk.now.date() - timedelta(days=1)):
        with pytest.raises(Refused) as refused:
            hand(desk, notice, 3, on=day)
        assert set(refused.value.problems) == {"on"}
    with pytest.raises(Refused) as refused:
        hand(desk, notice, 2, left_out=[9])
    assert "P-00009" in refused.value.problems["left_out"]
    with pytest.raises(Forbidden):
        deliveries.hand_over(desk.session, notice.id, 1, on=desk.now.date(), count=3, by=desk.people.responder, now=desk.now)

    # When two are handed over and one was spoilt
    hand(desk, notice, 2, left_out=[2])

    # Then that one waits for the next file
    progress = desk.progress(notice)
    assert (progress.accepted, progress.waiting, progress.adds_up) == (2, 1, True)
    printer = Printer()
    let_out(desk, notice)
    make(desk, printer)
    assert [letter["label"] for letter in printer.told[0]] == ["P-00002"]
    hand(desk, notice, 1, number=2)
    desk.sweep()
    assert desk.progress(notice).state == "finished"


def test_printed_letters_are_gone_after_a_day_but_can_still_be_counted(desk: Desk) -> None:
    notice = sent(desk)
    let_out(desk, notice)
    make(desk)
    desk.clock.move(hours=23)
    assert deliveries.forget_letters(desk.session, now=desk.now) == 0
    desk.clock.move(hours=2)

    assert (deliveries.forget_letters(desk.session, now=desk.now), kept(desk)) == (1, 0)

    with pytest.raises(Conflict, match="kept for a day and are gone"):
        take(desk, notice)
    stand = posting.posting_of(desk.session, desk.session.get_one(Notice, notice.id), now=desk.now)
    assert (stand.open is not None, stand.kept) == (True, False)
    with pytest.raises(Conflict, match="under way"):
        let_out(desk, notice)
    hand(desk, notice, 2)
    assert desk.progress(notice).waiting == 0


def test_letters_that_were_not_posted_are_asked_for_again(desk: Desk) -> None:
    notice = sent(desk)
    let_out(desk, notice)
    make(desk)
    with pytest.raises(Refused):
        deliveries.drop_letters(desk.session, notice.id, 1, reason="no", by=desk.people.approver, now=desk.now)
    with pytest.raises(Forbidden):
        deliveries.drop_letters(desk.session, notice.id, 1, reason="The printer ate them", by=desk.people.responder, now=desk.now)

    dropped = deliveries.drop_letters(desk.session, notice.id, 1, reason="The printer ate them", by=desk.people.approver, now=desk.now)

    assert (dropped.state, dropped.answer_reason, kept(desk), desk.progress(notice).waiting) == ("dropped", "The printer ate them", 0, 2)
    with pytest.raises(Conflict, match="said before"):
        deliveries.drop_letters(desk.session, notice.id, 1, reason="The printer ate them", by=desk.people.approver, now=desk.now)
    let_out(desk, notice)
    assert make(desk) == [2]


def test_what_cannot_be_printed_says_why_and_these_people_still_wait(desk: Desk) -> None:
    notice = sent(desk)
    for number, (printer, words) in enumerate(((Printer(Refused("These letters are too long.")), "too long"),
                                               (FakePdf(missing="Install Pango."), "Install Pango")), 1):
        let_out(desk, notice)
        assert make(desk, printer) == []
        found = state(desk, number)
        assert (found[0], words in found[1]) == ("failed", True)
        with pytest.raises(Conflict):
            take(desk, notice, number)
    assert (kept(desk), desk.progress(notice).waiting) == (0, 2)


@pytest.mark.parametrize("change", ["paused", "text", "erased", "nobody", "addresses"])
def test_what_changed_before_the_worker_came_is_not_printed(desk: Desk, change: str) -> None:
    notice = sent(desk)
    let_out(desk, notice)
    told = {"paused": update(Notice).values(state="paused"), "text": update(Notice).values(fallback_language="fr"),
            "erased": update(Case).values(data_key=None), "addresses": update(Recipient).values(sealed=b""),
            "nobody": update(Delivery).where(Delivery.channel == "post").values(next_attempt_at=desk.now + timedelta(days=1))}
    desk.session.execute(told[change])
    desk.session.commit()

    assert make(desk) == []

    assert (state(desk)[0], kept(desk)) == ("failed", 0)
    if change == "addresses":
        assert (desk.progress(notice).failed, desk.progress(notice).adds_up) == (2, True)


@pytest.mark.parametrize("change", ["paused", "text"])
def test_printed_letters_are_held_where_the_notice_is(desk: Desk, change: str) -> None:
    notice = sent(desk)
    let_out(desk, notice)
    make(desk)
    desk.session.execute(update(Notice).values(state="paused") if change == "paused" else update(Notice).values(fallback_language="fr"))
    desk.session.commit()

    with pytest.raises(Conflict):
        take(desk, notice)
    if change == "paused":
        with pytest.raises(Conflict, match="not being sent"):
            hand(desk, notice, 2)


def test_a_worker_that_takes_over_goes_on_after_the_last_part_and_gives_up_after_three(desk: Desk) -> None:
    # Given letters whose worker died after the first part
    notice, printer = sent(desk, many(printing_letters.PER_PART + 2)), Printer()
    let_out(desk, notice)
    going = deliveries.print_letters(desk.session, clock=desk.clock, vault=desk.vault, pdf=Printer())
    assert next(going) == 40
    assert make(desk) == [], "it is being printed"
    desk.clock.move(minutes=5)

    # When another one takes over, it prints the rest; the first one finds that it is not its own any more
    taking = deliveries.print_letters(desk.session, clock=desk.clock, vault=desk.vault, pdf=printer)
    assert next(taking) == 42
    assert list(going) == []
    assert list(taking) == []
    assert [letter["label"] for letter in printer.told[0]] == ["P-00041", "P-00042"]
    assert (state(desk)[0], kept(desk)) == ("made", 2)
    hand(desk, notice, 42)
    assert desk.progress(notice).adds_up


def test_printing_that_is_cut_short_three_times_is_given_up(desk: Desk) -> None:
    notice = sent(desk)
    let_out(desk, notice)
    for _ in range(3):
        assert printing_letters._claim(desk.session, desk.now, desk.vault) is not None
        desk.clock.move(minutes=5)

    assert make(desk) == []

    assert state(desk) == ("failed", printing_letters.CUT_SHORT)


def test_a_worker_that_fails_late_says_nothing_of_what_another_one_has(desk: Desk) -> None:
    class Overtaken(Printer):
        """Another worker takes over while it prints, and it fails."""

        def letters(self, *args: object, **more: object) -> bytes:
            desk.session.execute(update(PostExport).values(token="another"))
            desk.session.commit()
            raise Refused("too late")

    notice = sent(desk)
    let_out(desk, notice)

    assert make(desk, Overtaken()) == []

    assert state(desk) == ("making", "")


def test_printed_letters_follow_the_keys_and_are_erased_with_the_contacts(desk: Desk) -> None:
    # Given printed letters
    notice = sent(desk)
    let_out(desk, notice)
    make(desk)
    content = take(desk, notice)[1]
    assert b"Berlin" not in desk.session.scalars(select(PostPart.sealed)).one()

    # When keys are renewed they open as before; with another key they do not
    assert renew_own(desk.session, vault=desk.vault).done == 1
    assert take(desk, notice)[1] == content
    with pytest.raises(Conflict, match="cannot be opened"):
        take(desk, notice, vault=FakeVault("another"))

    # And when the contacts of the case are erased, they go along
    case = desk.session.get_one(Case, notice.case_id)
    recipients.erasing.erase(desk.session, case, by=desk.people.approver, now=desk.now, vault=desk.vault)
    desk.session.commit()
    assert kept(desk) == 0


def test_a_part_that_is_gone_while_it_leaves_is_empty_not_anybody_elses(desk: Desk) -> None:
    notice = sent(desk, many(printing_letters.PER_PART + 1))
    let_out(desk, notice)
    make(desk)
    _, content = deliveries.take_letters(desk.session, notice.id, 1, by=desk.people.approver, now=desk.now, vault=desk.vault)
    first = next(content)
    deliveries.forget_letters(desk.session, now=desk.now + timedelta(days=2))

    packed = zipfile.ZipFile(io.BytesIO(first + b"".join(content)))

    assert [len(packed.read(name)) > 0 for name in packed.namelist()] == [True, False]
