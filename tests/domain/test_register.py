"""What the register writes down, what it says is missing, what is asked of it, and where a page goes on."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident_app.domain.cases import Count
from incident_app.domain.notices.public import Publication
from incident_app.domain.refusals import Refused
from incident_app.domain.register import (
    DEFAULT,
    WRITTEN_DOWN,
    Column,
    Entry,
    Judged,
    Notified,
    Place,
    Sent,
    Wanted,
    cells,
    check_view_name,
    chosen,
    entry_gaps,
    read_place,
    wanted,
    without_addresses,
    without_nothing,
    write_place,
)

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
EARLIER, LATER = NOW - timedelta(hours=1), NOW + timedelta(hours=1)
BARE = Entry(ref="BR-1", title="Mail to all", drill=False, state="logged", role="controller", kind="other", zone="UTC", aware_at=NOW,
             logged_at=NOW, people=Count.unknown(), records=Count.unknown())
SAID = Judged("not_required", "The disk was encrypted.", "Ada", NOW)
DUTY = Notified("AEPD", "authority", "EU-GDPR Art 33(1)", "owed", due_at=LATER)
TOLD = replace(DUTY, state="discharged", told_at=NOW, reference="AZ-1")
FULL = replace(
    BARE, facts="A mail showed its readers.", effects="Spam.", taken="Recalled.", cause="A slip.", systems="Mail", level="low",
    categories=("account",), countries=("ES",), people=Count.exact(12), confidentiality=True, authority=SAID, tell_people=SAID,
)


def written(at: datetime | None, zone: str) -> str:
    return f"{at:%H:%M} {zone}" if at else ""


def words(entry: Entry) -> dict[Column, str]:
    return cells(entry, NOW, written)


def test_a_breach_without_anything_names_every_gap() -> None:
    found = entry_gaps(BARE, NOW)

    assert found == (
        "No facts recorded", "No effects recorded", "No remedial action recorded", "No cause recorded", "No system recorded",
        "No severity recorded", "No kind of data recorded", "No country recorded", "Number of people not known",
        "Not said whether confidentiality, integrity or availability was broken", "Nobody decided whether the authority is told",
        "Nobody decided whether the people are told")
    assert set(words(BARE)) == set(WRITTEN_DOWN)
    assert (words(BARE)[Column.AUTHORITY_DECISION], words(BARE)[Column.TIMELINESS]) == ("not decided", "no authority to tell")
    assert words(BARE)[Column.GAPS].splitlines() == list(found)


def test_a_processor_misses_no_decision_that_its_controllers_take() -> None:
    # Given a breach of data that are processed for others, in which nobody decided about authority and people
    theirs = replace(FULL, role="processor", authority=None, tell_people=None, duties=(
        Notified("Partner one", "controller", "EU-GDPR Art 33(2)", "owed"),))
    assert entry_gaps(theirs, NOW) == ()

    # Then it is a gap only where another law binds the processor itself, or the data are its own
    assert entry_gaps(replace(theirs, duties=(DUTY,)), NOW) == ("Nobody decided whether the authority is told",)
    assert entry_gaps(replace(theirs, duties=(replace(TOLD, recipient_type="data_subjects"),)), NOW) == ()
    assert len(entry_gaps(replace(theirs, role="controller"), NOW)) == 2
    assert entry_gaps(replace(theirs, tell_people=Judged("required", "", "Ada", NOW)), NOW) == (
        "No reason recorded for the decision about the people",)


def test_a_breach_that_is_written_down_has_no_gap_though_nobody_was_told() -> None:
    assert entry_gaps(FULL, NOW) == ()
    assert entry_gaps(replace(FULL, people_data="no", authority=None, tell_people=None), NOW) == ()
    assert words(FULL)[Column.AUTHORITY_REASON] == "The disk was encrypted."
    assert words(FULL)[Column.AUTHORITY_BY] == "Ada, 09:00 UTC"
    assert words(replace(FULL, sent=(Sent(1, 7, NOW, 10, 8, 1, 1),)))[Column.TOLD] == (
        "notice 1, 09:00 UTC: 8 of 10 told, 1 not reached, 1 uncertain")


@pytest.mark.parametrize(("duty", "timely", "gap", "words_of_duty"), [
    (DUTY, "not told yet, not late", (), "AEPD (EU-GDPR Art 33(1)): to be told, due 10:00 UTC"),
    (replace(DUTY, due_at=EARLIER), "overdue: AEPD", ("Overdue and not told, no reason recorded: AEPD",), "late: no reason recorded"),
    (TOLD, "on time", (), "told 09:00 UTC, reference AZ-1, on time"),
    (replace(TOLD, due_at=None, reference=""), "told, no date in law", ("Told, no receipt recorded: AEPD",), "no date in law, told 09:00 UTC, reference none recorded"),
    (replace(TOLD, due_at=None, undated="15 days from the notice to people being sent"), "told, its clock had not begun", (),
     "15 days from the notice to people being sent, told 09:00 UTC"),
    (replace(TOLD, late_by_seconds=28_860), "late by 8 h 01 min: AEPD", ("Late, no reason recorded: AEPD",), "late by 8 h 01 min"),
    (replace(TOLD, late_by_seconds=60, late_reason="The portal was down."), "late by 0 h 01 min: AEPD", (), "late: The portal was down."),
    (replace(DUTY, state="excused"), "not told", ("Not told, no reason recorded: AEPD",), "not owed, due 10:00 UTC, no reason recorded"),
    (replace(DUTY, state="excused", reason="No risk."), "not told", (), "not owed, due 10:00 UTC, No risk."),
])
def test_each_duty_says_how_it_stands_and_what_nobody_recorded(
    duty: Notified, timely: str, gap: tuple[str, ...], words_of_duty: str
) -> None:
    entry = replace(FULL, duties=(duty,))

    assert words(entry)[Column.TIMELINESS] == timely
    assert words_of_duty in words(entry)[Column.SUBMISSIONS]
    assert entry_gaps(entry, NOW) == gap


def test_two_duties_to_one_authority_are_told_apart() -> None:
    first = replace(DUTY, recipient="Roskomnadzor", provision="RU-152FZ Art 21(3.1)(1)", due_at=EARLIER)
    entry = replace(FULL, duties=(first, replace(first, provision="RU-152FZ Art 21(3.1)(2)"), replace(DUTY, due_at=EARLIER)))

    assert entry_gaps(entry, NOW) == (
        "Overdue and not told, no reason recorded: Roskomnadzor, RU-152FZ Art 21(3.1)(1)",
        "Overdue and not told, no reason recorded: Roskomnadzor, RU-152FZ Art 21(3.1)(2)",
        "Overdue and not told, no reason recorded: AEPD")
    assert words(entry)[Column.TIMELINESS].splitlines()[1] == "overdue: Roskomnadzor, RU-152FZ Art 21(3.1)(2)"


def test_a_clock_that_waits_says_for_what() -> None:
    waits = replace(DUTY, due_at=None, undated="not started: 15 days from the notice to people being sent")

    assert words(replace(FULL, duties=(waits,)))[Column.SUBMISSIONS] == (
        "AEPD (EU-GDPR Art 33(1)): to be told, not started: 15 days from the notice to people being sent")


def test_a_decision_without_a_reason_is_a_gap() -> None:
    entry = replace(FULL, authority=replace(SAID, reason=""), tell_people=replace(SAID, reason="", ground="Art 34(3)(a)", second="by Bob"))

    assert entry_gaps(entry, NOW) == ("No reason recorded for the decision about the authority",)
    assert words(entry)[Column.AUTHORITY_REASON] == "no reason recorded"
    assert (words(entry)[Column.PEOPLE_REASON], words(entry)[Column.PEOPLE_BY]) == ("Art 34(3)(a)", "Ada, 09:00 UTC, by Bob")


@pytest.mark.parametrize("contact", [
    "quetzalvin@wrenfold.example", "Quetz.Alvin+x@wrenfold-kestrel.example", "+49 30 5550100", "+49 (0) 170-123 45 67",
    "DE89 3704 0044 0532 0130 00", "DE89370400440532013000"])
def test_contacts_are_left_out_and_the_gap_is_named(contact: str) -> None:
    entry = replace(FULL, facts=f"He wrote to {contact}, twice.", title=contact)

    assert contact not in " ".join(words(entry).values())
    assert words(entry)[Column.FACTS] == "He wrote to [contact left out], twice."
    assert any("contact stands in the text" in gap for gap in entry_gaps(entry, NOW))


@pytest.mark.parametrize("text", ["BR-2026-001 at 09:40 on 2026-11-24", "10,000 people, AZ-88213", "a @ b, 3+4", "SHA256 ABCD 1234", "x" * 1_000_000, "a@" * 100_000,
                                  "a@" + "." * 100_000, "+1 " * 100_000])
def test_what_names_nobody_stays(text: str) -> None:
    assert without_addresses(text) == text


def test_columns_are_chosen_by_name_and_keep_the_order_of_the_list() -> None:
    assert chosen(["next", "facts", "people", "aware"]) == (Column.AWARE, Column.PEOPLE, Column.FACTS, Column.NEXT)
    assert chosen(DEFAULT) == DEFAULT
    assert chosen([]) == ()
    with pytest.raises(Refused, match="no such column"):
        chosen(["victims"])


def test_filters_are_read_in_words() -> None:
    asked = wanted({"country": " es ", "state": "closed", "timing": "late", "since": "2026-01-01", "until": "2026-01-01", "q": "mail"})

    assert asked.given == {"q": "mail", "state": "closed", "country": "ES", "timing": "late", "since": "2026-01-01", "until": "2026-01-01"}
    assert asked.words() == "Words: mail; State: closed; Country: ES; Told late; Aware from: 2026-01-01; Aware until: 2026-01-01"
    assert asked.narrows
    assert not Wanted().narrows
    assert without_nothing({"q": "mail", "kind": "", "dropped": "x"}) == {"q": "mail"}


@pytest.mark.parametrize(("name", "text"), [
    ("state", "odd"), ("kind", "odd"), ("timing", "odd"), ("authority", "odd"), ("people", "odd"), ("country", "Spain"), ("cause", "../x"),
    ("since", "2026-13-01"), ("until", "yesterday"), ("until", "20261124"), ("q", "x" * 201), ("system", "x" * 201)])
def test_what_is_no_filter_is_refused_by_its_name(name: str, text: str) -> None:
    with pytest.raises(Refused) as refused:
        wanted({name: text})

    assert list(refused.value.problems) == [name]


def test_a_time_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        wanted({"since": "2026-02-01", "until": "2026-01-01"})

    assert list(refused.value.problems) == ["until"]


def test_a_view_has_a_name() -> None:
    assert check_view_name("  Late \n ones ") == "Late ones"
    for name in ("", "  ", "x" * 81):
        with pytest.raises(Refused, match="not saved"):
            check_view_name(name)


@given(st.integers(0, 3), st.datetimes(timezones=st.just(UTC)), st.datetimes(timezones=st.just(UTC)), st.integers(0, 2**31 - 1))
def test_a_place_is_read_as_it_was_written(rank: int, due: datetime, aware: datetime, number: int) -> None:
    place = Place(rank, due if rank == 0 else None, aware, number)

    assert read_place(write_place(place)) == place


@given(st.one_of(st.text(), st.binary().map(lambda plain: plain.hex())))
def test_a_place_nobody_wrote_is_refused_in_words(text: str) -> None:
    with pytest.raises(Refused, match="no such page"):
        read_place(text)


@pytest.mark.parametrize("place", [
    Place(1, NOW, NOW, 1), Place(0, None, NOW, 1), Place(-1, None, NOW, 1), Place(3, None, NOW, 2**31),
    Place(3, None, NOW.replace(tzinfo=None), 1), Place(0, NOW.replace(tzinfo=None), NOW, 1)])
def test_a_place_that_no_row_has_is_refused(place: Place) -> None:
    with pytest.raises(Refused):
        read_place(write_place(place))


def test_more_than_a_place_is_refused() -> None:
    with pytest.raises(Refused):
        read_place("A" * 1000)
    with pytest.raises(Refused):
        read_place("WzFd")  # [1]


def test_what_was_public_is_written_down_with_when_it_was_taken_away_and_why_in_public() -> None:
    # Given two public notices, one of them withdrawn, and a duty that the first discharged
    since = datetime(2026, 11, 24, 9, tzinfo=UTC)
    up = Publication(1, "WDF6XD2Q", since, date(2026, 12, 24))
    gone = Publication(2, "WDF6XD2R", since, date(2026, 12, 24), since + timedelta(hours=5), "Withdrawn: It named the wrong day.")
    duty = Notified("affected people", "data_subjects", "EU-GDPR Art 34(1)", "discharged", told_at=since, reference="x", public=True,
                    public_reason="Letters would come back.")

    said = words(replace(BARE, published=(up, gone), duties=(duty,)))

    assert said[Column.TOLD].splitlines() == [
        "public notice 1, for everybody to read from 09:00 UTC to the end of Thu 24 Dec 2026",
        "public notice 2, for everybody to read from 09:00 UTC to 14:00 UTC, when it was taken away (Withdrawn: It named the wrong day)"]
    assert "told 09:00 UTC in public, reference x, not one by one, because: Letters would come back." in said[Column.SUBMISSIONS]
    assert words(BARE)[Column.TOLD] == "nobody by a notice of ours"
