"""What a filing says about telling the people: the figures of the ledger, and the text they got."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from incident_app.domain.cases import Count
from incident_app.domain.filings import (
    Letter,
    Source,
    ToldOtherwise,
    ToldPeople,
    contacts,
    facts,
    fill,
    places,
)
from incident_app.domain.filings.telling import LONGEST_TEXTS
from tests.domain.test_filings import AT, FORM, record

GERMAN = Letter(1, "de", "Ihre Daten", "Guten Tag ((name)),\r\n\r\nFragen: +49 30 5550 1234.")
ENGLISH = Letter(1, "en", "Your data", "Hello ((name)), call us.")


def told(total: int, accepted: int, *, first: datetime | None = AT) -> ToldPeople:
    return ToldPeople(total, accepted, total - accepted, 0, 0, first)


@pytest.mark.parametrize(
    ("people", "total", "accepted", "everybody"),
    [
        (Count.exact(10), 10, 10, "all"), (Count.exact(10), 10, 6, "not_all"), (Count.exact(12), 10, 10, "not_all"),
        (Count.about(9), 10, 10, "all"), (Count.about(12), 10, 10, None), (Count.unknown(), 10, 10, None),
        (Count.unknown(), 10, 9, "not_all"), (Count.between(5, 20), 10, 10, "all"),
    ],
)
def test_everybody_was_told_only_where_the_list_holds_as_many_as_are_concerned(
    people: Count, total: int, accepted: int, everybody: str | None
) -> None:
    filled = fill(FORM, facts(record(people=people, told=told(total, accepted))))

    assert filled["told"].value == "yes"
    assert filled["told_count"].value == Count.exact(accepted).to_json()
    assert (filled["told_everybody"].value if "told_everybody" in filled else None) == everybody
    assert str(filled["told_words"].value).startswith(f"{accepted} of {total} people told; ")


def test_it_says_why_not_all_and_who_is_on_no_list() -> None:
    some = replace(told(10, 6), lists=2, reasons=(("Mailbox does not exist", 3), ("Stopped before their turn", 1)))

    filled = fill(FORM, facts(record(people=Count.about(1200), told=some)))

    words = str(filled["told_words"].value)
    assert "Not reached because: Mailbox does not exist (3); Stopped before their turn (1)." in words
    assert "They stand on 2 lists; whoever stands on several is counted on each." in words
    assert words.endswith("The people concerned are about 1\u202f200; the others are on no list.")
    assert filled["told_count"].value == Count.about(6).to_json(), "somebody may be on both"
    unknown = fill(FORM, facts(record(told=told(10, 6))))["told_words"].value
    assert str(unknown).endswith("How many people are concerned is not known.")


def test_a_moment_nobody_knows_is_left_out() -> None:
    assert "told_at" not in fill(FORM, facts(record(told=told(10, 6, first=None))))


def test_where_nobody_was_reached_yet_nobody_was_told() -> None:
    assert facts(record(told=ToldPeople(10, 0, 0, 0, 10, AT)))["told"].value == "investigating"


@pytest.mark.parametrize(("ground", "option"), [
    ("unintelligible", "unintelligible"), ("risk_removed", "measures"), ("public_notice", "effort")])
def test_an_exception_that_was_decided_is_filed_with_its_reason(ground: str, option: str) -> None:
    filled = fill(FORM, facts(record(
        people_decision="not_required", exemption=ground, exemption_words="Encrypted.\nThe key is safe.")))

    assert (filled["told"].value, filled["exception"].value) == ("exception", option)
    assert filled["exception_words"].value == "Encrypted.\nThe key is safe."


def test_every_text_stands_once_in_each_language_with_its_fields_left_open() -> None:
    # Given a text in two languages, sent again to a second list with the German one corrected
    letters = (GERMAN, ENGLISH, replace(GERMAN, notice=2, body="Berichtigt."), replace(ENGLISH, notice=2), ENGLISH,
               replace(ENGLISH, body="", subject=""))

    # When a filing asks what people were told
    own = contacts(GERMAN.words)
    answer = fill(FORM, facts(record(told=replace(told(10, 10), letters=letters))), own)["told_text"]

    # Then each stands there once, by language and notice, and nobody is named
    assert answer.source is Source.CASE
    assert str(answer.value) == (
        "3 texts in 2 languages: de, en. Words in double brackets, such as ((name)), stand for what differs from person to "
        "person.\n\n— Notice 1, text in “de” —\n\nIhre Daten\n\nGuten Tag ((name)),\n\nFragen: +49 30 5550 1234.\n\n"
        "— Notices 1, 2, text in “en” —\n\nYour data\n\nHello ((name)), call us.\n\n"
        "— Notice 2, text in “de” —\n\nIhre Daten\n\nBerichtigt."
    )
    # And saving the page untouched changes nothing: lines end in one way
    assert str(answer.value) == str(answer.value).replace("\r\n", "\n").strip()


def test_a_text_without_fields_says_nothing_about_brackets_and_none_at_all_is_no_answer() -> None:
    assert replace(told(1, 1), letters=(replace(GERMAN, body="Hallo"),)).texts().startswith("1 text in 1 language: de.\n\n—")
    assert "told_text" not in fill(FORM, facts(record(told=told(10, 10))))


def test_more_text_than_fits_is_named_and_left_for_an_attachment() -> None:
    many = tuple(Letter(number, "de", "Subject", str(number) * 20_000) for number in range(1, 9))

    said = replace(told(1, 1), letters=many).texts()

    assert len(said) <= LONGEST_TEXTS
    assert "2" * 20_000 in said
    assert "Too long to stand here, to be attached: Notice 3, text in “de”; Notice 4, text in “de”" in said
    field = FORM.field("told_text")
    assert field is not None
    assert field.longest >= LONGEST_TEXTS


def test_how_to_reach_us_as_everybody_was_told_is_no_data_of_people() -> None:
    ours = contacts("Call +49 30 5550 1234 or write to help@example.org. On 2026-11-24 at 10:00, 4 people.")

    assert ours == ("help@example.org", "+49 30 5550 1234")
    assert places("help@example.org, 0049/30/55501234 or +49 (30) 5550-1234", ours) == [
        "line 1: a number of 14 digits (a phone number or an identifier)"]
    assert places("eve@example.net", ours) == ["line 1: an email address"]


IN_PUBLIC = ToldOtherwise(AT, "public", "https://breach.example.org/notice/WDF6XD2Q", "Letters would come back.")


def test_people_told_by_other_ways_than_our_messages_are_told() -> None:
    # Given a duty to tell the people that a public notice discharged
    filled = fill(FORM, facts(record(people_decision="required", told_otherwise=(IN_PUBLIC,))))

    # Then the filing does not say that they will be told
    assert (filled["told"].value, filled["told_at"].value, filled["told_means"].value) == ("yes", AT.isoformat(), "public")
    assert filled["told_words"].value == (
        "Told in public, reference https://breach.example.org/notice/WDF6XD2Q. In public and not one by one, because: Letters would come back.")
    assert "told_count" not in filled, "nobody knows how many read it"


def test_of_several_ways_the_first_moment_counts_and_no_means_is_chosen() -> None:
    later = ToldOtherwise(AT + timedelta(hours=3), "phone", "list of calls")
    desk = ToldOtherwise(AT, "portal", "7")

    both = fill(FORM, facts(record(people_decision="required", told_otherwise=(later, IN_PUBLIC))))
    assert both["told_at"].value == AT.isoformat()
    assert "told_means" not in both
    assert "Told by telephone, reference list of calls." in str(both["told_words"].value)
    assert fill(FORM, facts(record(told_otherwise=(later,))))["told_means"].value == "individual"
    assert fill(FORM, facts(record(told_otherwise=(desk,))))["told_means"].value == "other"


def test_it_is_left_to_a_human_while_another_duty_to_tell_them_is_open() -> None:
    assert "told" not in fill(FORM, facts(record(people_decision="required", told_otherwise=(IN_PUBLIC,), telling_open=True)))
    assert fill(FORM, facts(record(people_decision="required", telling_open=True)))["told"].value == "will_be"
