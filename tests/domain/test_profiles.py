"""Authorities' own forms: which one a duty gets, what comes along, what goes wrong there, in which words."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from incident_app.domain.cases import Count
from incident_app.domain.filings import (
    ENGLISH,
    Answer,
    Field,
    FieldType,
    Form,
    Gap,
    Option,
    Phase,
    Profile,
    Section,
    Source,
    Sure,
    Trap,
    Wording,
    carried,
    form_for,
    next_phase,
    phase_said,
    refilled,
    traps,
    words,
)
from incident_app.domain.filings.answers import count_in, moment_in
from tests.builders import the_forms

SEVERITY = Field("severity", "How severe?", FieldType.CHOICE, options=(
    Option("minor", "Minor"), Option("moderate", "Moderate"), Option("severe", "Severe")))
FOUR = replace(SEVERITY, options=(
    Option("limited", "Limited", means=("moderate",)), Option("important", "Important", means=("severe",)),
    Option("maximal", "Maximal", means=("severe",)), Option("moderate", "Moderate")))
KINDS = Field("kinds", "Which?", FieldType.LIST, hint="Some.", options=(Option("a", "A"), Option("b", "B"), Option("c", "C")))
FEWER = replace(KINDS, options=(Option("a", "A"), Option("beta", "Beta", means=("b",))))
SMALL = Field("small", "Small?", FieldType.YESNO)
OTHER = Field("other", "Other?", FieldType.TEXT)
PROFILE = Profile("Own", ("OWN",), "de", "https://example.org", "On line.", Sure.MEMORY, "", (
    Trap("severity", "This is not sent.", ("limited",)), Trap("small", "Twice as long.", ("yes",)), Trap("sent", "No number: not sent.")))


def a_form(name: str, *fields: Field, **more: object) -> Form:
    return Form(name, "1", "Form", "Law", "", (Section("one", "One", fields),), **more)  # type: ignore[arg-type]  # named by the test


BASE = a_form("edpb-1", SEVERITY, KINDS, OTHER)
OWN = a_form("own-1", FOUR, FEWER, SMALL, profile=PROFILE)
TWO = a_form("two-1", SMALL, phases={Phase.INITIAL: "primary", Phase.FINAL: "additional"})
FORMS = {form.id: form for form in (BASE, OWN, TWO)}


def test_a_duty_gets_the_form_of_its_authority_and_else_the_template() -> None:
    assert form_for(FORMS, "OWN") is OWN
    assert form_for(FORMS, "An authority without a profile") is BASE


@pytest.mark.parametrize(
    ("form", "stage", "filed", "phase"),
    [
        (BASE, "initial", False, Phase.INITIAL), (BASE, "supplement", True, Phase.FOLLOW_UP), (BASE, "final", False, Phase.INITIAL),
        (TWO, "initial", False, Phase.INITIAL), (TWO, "final", False, Phase.FINAL), (TWO, "initial", True, Phase.FINAL),
    ],
)
def test_where_an_authority_knows_no_follow_up_the_second_notice_is_the_final_one(
    form: Form, stage: str, filed: bool, phase: Phase
) -> None:
    assert next_phase(form, stage, filed_before=filed) is phase


def test_an_authority_names_its_phases_itself() -> None:
    assert [BASE.phase_words(one) for one in Phase] == [one.words for one in Phase]
    assert TWO.phase_words(Phase.FINAL) == "Additional (within 72 hours)"


def test_a_phase_is_named_as_its_authority_names_it_and_in_our_words_where_its_form_is_gone() -> None:
    forms = the_forms()
    assert phase_said(forms, "rkn-1", "initial") == "Primary (within 24 hours)"
    assert phase_said(forms, "rkn-1", "final") == "Additional (within 72 hours)"
    assert phase_said(forms, "edpb-1", "final") == "Final"
    assert phase_said(forms, "gone-1", "follow_up") == "Follow-up"


def test_an_option_becomes_the_one_that_means_the_same() -> None:
    answers = {"kinds": Answer(["a", "b"]), "severity": Answer("moderate"), "other": Answer("kept")}

    held, again = carried(BASE, OWN, answers)

    assert held["kinds"].value == ["a", "beta"]
    assert held["severity"].value == "moderate"
    assert held["other"].value == "kept"
    assert again == ()
    assert carried(OWN, BASE, held)[0]["kinds"].value == ["a", "b"]
    assert carried(OWN, BASE, {"severity": Answer("maximal")})[0]["severity"].value == "severe"


def test_what_could_mean_two_things_or_none_is_asked_anew() -> None:
    held, again = carried(BASE, OWN, {"severity": Answer("severe"), "kinds": Answer(["a", "c"])})

    assert again == (FOUR, FEWER)
    assert not held["severity"].answered
    assert held["kinds"].value == ["a"]
    assert carried(BASE, OWN, {"severity": Answer("nobody knows it"), "kinds": Answer()})[1] == (FOUR,)


def test_what_a_person_said_stays_and_the_case_fills_the_rest() -> None:
    held = {"a": Answer("typed"), "b": Answer("old", Source.CASE), "c": Answer(None, not_yet_known=True), "d": Answer(),
            "f": Answer(), "g": Answer(None, Source.CASE)}
    filled = {name: Answer("case", Source.CASE) for name in "abcdefg"}

    kept = refilled(held, filled, (replace(OTHER, id="f"), replace(OTHER, id="g")))

    assert {name: one.value for name, one in kept.items()} == {
        "a": "typed", "b": "case", "c": None, "d": "case", "e": "case", "f": None, "g": "case"}


def test_a_trap_is_shown_where_it_bites() -> None:
    assert [one.words for one in traps(OWN, "severity", Answer("limited"))] == ["This is not sent."]
    assert traps(OWN, "severity", Answer("moderate")) == ()
    assert traps(OWN, "severity") == ()
    assert len(traps(OWN, "small", Answer(True))) == 1
    assert [one.words for one in traps(OWN, "sent")] == ["No number: not sent."]
    assert traps(BASE, "sent") == ()


GERMAN = Wording("de", {**ENGLISH.words, "title": "Meldung", "yes": "Ja", "thousands": ".", "about": "etwa {number}",
                        "between": "{low} bis {high}", "cannot_be_determined": "nicht feststellbar", "moment": "%d.%m.%Y %H:%M",
                        "gap_open": "ist nicht beantwortet", "gap_waits": "folgt", "quoted": "„{text}“"},
                 {"one": "Eins"}, {"kinds": "Welche?"}, {"kinds": "Einige."}, {"kinds.a": "Das A"})


def test_a_form_speaks_another_language_and_what_is_not_translated_stays() -> None:
    form = replace(OWN, wordings={"de": GERMAN})

    spoken = form.spoken("de")

    assert form.languages == ("en", "de")
    assert form.spoken("xx") is form
    assert (spoken.title, spoken.sections[0].title) == ("Meldung", "Eins")
    kinds, small = spoken.field("kinds"), spoken.field("small")
    assert kinds is not None
    assert small is not None
    assert (kinds.label, kinds.hint, [one.label for one in kinds.options]) == ("Welche?", "Einige.", ["Das A", "Beta"])
    assert (small.label, small.hint) == ("Small?", "")
    assert words(kinds, Answer(["a", "beta"]), "UTC", spoken.wording) == "Das A; Beta"
    assert words(small, Answer(True), "UTC", spoken.wording) == "Ja"


def test_numbers_dates_and_gaps_are_written_as_the_language_writes_them() -> None:
    at = datetime(2026, 11, 24, 8, 40, tzinfo=UTC)

    assert count_in(Count.about(10_000), GERMAN) == "etwa 10.000"
    assert count_in(Count.between(0, 5000), GERMAN) == "0 bis 5.000"
    assert count_in(Count.unknown(), GERMAN) == "nicht feststellbar"
    assert [count_in(one, ENGLISH) for one in (Count.exact(1000), Count.between(1, 2), Count.about(3))] == [
        "1\u202f000", "1 to 2", "about 3"]
    assert moment_in(at, "Europe/Berlin", GERMAN) == "24.11.2026 09:40"
    assert moment_in(at, "Europe/Berlin", ENGLISH) == "Tue 24 Nov 2026 09:40 CET"
    assert Gap("a", "one", "Frage", "Art. 33", waits=False).said(GERMAN) == "Art. 33: „Frage“ ist nicht beantwortet."
    assert Gap("a", "one", "Frage", "", waits=True).said(GERMAN) == "„Frage“ folgt."
