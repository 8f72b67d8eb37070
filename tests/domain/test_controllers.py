"""Notices to controllers: their rows, their words in twelve languages, their check (GDPR Art 33(2))."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from incident_app.domain import notices as rules
from incident_app.domain import recipients as people
from incident_app.domain.notices import CONTROLLERS, Before, CaseFacts, Facts, Known, Part, Reader, Text
from incident_app.domain.recipients import Controller
from incident_app.domain.refusals import Refused
from incident_app.services.notices.habits import habits
from incident_app.services.notices.receipts import code_for, read_code
from incident_app.services.notices.wordings import controller_words, languages, receipt_words, wording
from incident_app.services.public_words import public_words

FACTS = Facts("Assistant bot", "Assistant Bot GmbH", "BR-2026-0001", "Dana Dataprotection", "dpo@example.org", "+49 30 5550100",
              "https://example.org", categories=("contact", "payment"), code="234679CD", check="incident.test/check", to=CONTROLLERS)
FULL = CaseFacts(aware_on=date(2026, 11, 20), occurred_on=date(2026, 11, 19), confidentiality=True, integrity=True, availability=True,
                 contained_at=datetime(2026, 11, 20, 12, tzinfo=UTC), categories=("contact", "payment"), kind="exposed-storage")
BARE = CaseFacts(aware_on=date(2026, 11, 20), again_on=date(2026, 12, 1))
READER = Reader("Ines Amt", ("health", "location", "authentication"), Controller("Nordwind", "DPA-17", 1204, None), "https://incident.test/receipt/x")


def composed(language: str, case: CaseFacts) -> Text:
    return Text(*rules.compose_for_controllers(case, wording(language, CONTROLLERS), controller_words(language)))


def check(language: str, text: Text, facts: Facts = FACTS) -> rules.Check:
    words = wording(language, CONTROLLERS)
    return rules.check_controllers(text, words, rules.longest_values(facts, [READER], words), habits(language), facts,
                                   Known(days=frozenset({date(2026, 11, 19), date(2026, 11, 20)}), kinds=("contact",),
                                         today=date(2026, 11, 21)))


# --------------------------------------------------------------------------------------------------------------- words


@pytest.mark.parametrize("language", languages())
def test_every_language_drafts_a_notice_that_its_own_check_passes(language: str) -> None:
    for case in (FULL, BARE):
        text = composed(language, case)

        found = check(language, text)

        assert found.problems == ()
        assert [one.words for one in found.findings if one.check != "own_site"] == []
        assert all(part.ok for part in found.parts)


@pytest.mark.parametrize("language", languages())
def test_what_one_controller_reads_has_its_own_values_and_no_field_left(language: str) -> None:
    words = wording(language, CONTROLLERS)

    made = rules.render(composed(language, FULL), FACTS, READER, words)

    assert "((" not in made.subject + made.body
    assert words.contact["contract"].partition("{")[0] in made.body
    for one in ("Nordwind", "DPA-17", words.unknown["number"], "BR-2026-0001"):
        assert one in made.body + made.subject
    assert rules.render(Text("", "((people))"), FACTS, READER, words).body in {"1,204", "1.204", "1\u00a0204"}
    assert made.body.count("https://incident.test/receipt/x") == 1
    line = next(line for line in made.body.splitlines() if "https://" in line)
    assert line.strip("\u2066\u2067\u2068\u2069\u200e\u200f") == "https://incident.test/receipt/x"
    kinds = controller_words(language).kinds
    assert all(kinds[kind] in made.body for kind in READER.data)


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("kind", ["misdirected-message", "lost-device", "exposed-storage"])
def test_a_controller_reads_no_sentence_that_was_written_for_the_person_affected(language: str, kind: str) -> None:
    # Given a case of which much is true and much is not known
    for_people, whole = wording(language), replace(FULL, kind=kind)
    unsure = replace(whole, confidentiality=None, occurred_on=None, again_on=date(2026, 12, 1), dpo=False)

    # When a controller is written to
    texts = [composed(language, case).body for case in (whole, unsure, replace(unsure, again_on=None))]

    # Then nothing says that it is their own data, or that the message about them went to somebody else
    theirs = [for_people.nature[name] for name in ("confidentiality", "integrity", "availability")]
    theirs += [for_people.incident[name] for name in ("misdirected-message", "lost-device")] + [for_people.unknown["read"]]
    assert not [one for one in theirs for text in texts if one in text]
    assert controller_words(language).unknown["read"] in texts[1]


@pytest.mark.parametrize(("language", "one_person"), [
    ("es", r"\b(Le escribiremos|Indique|usted)\b"), ("it", r"\b(Le scriveremo|Lei|Suoi|Sua|Sue|Suo|Indichi|ci scrive)\b"), ("ar", r"إليك |أسئلتك\b"),
])
def test_a_letter_to_an_organisation_addresses_it_in_one_way(language: str, one_person: str) -> None:
    for case in (FULL, BARE, replace(BARE, again_on=None, dpo=False)):
        whole = f"{composed(language, case).body} {public_words(language)['letter']['check']}"
        assert re.search(one_person, whole) is None


def test_nobody_is_told_to_look_at_an_article_that_one_language_writes_with_a_full_stop() -> None:
    texts = {language: composed(language, FULL) for language in languages()}

    assert set(rules.differing_facts(texts, {one: habits(one).months for one in texts}).values()) == {()}


@pytest.mark.parametrize("language", languages())
def test_a_contract_without_a_reference_is_not_spoken_of(language: str) -> None:
    words, text = wording(language, CONTROLLERS), composed(language, FULL)
    named = Reader("Ines Amt", ("health",), Controller("Nordwind", "No. 5."), READER.receipt)
    bare = Reader("Ines Amt", ("health",), Controller("Nordwind"), READER.receipt)

    with_one, without = (rules.render(text, FACTS, one, words).body for one in (named, bare))

    lead = without.split("\n\n")[1]
    assert words.contact["contract"].partition("{")[0].strip() not in lead
    assert "  " not in lead
    assert "–" not in lead
    assert "No. 5" in with_one
    assert "5.." not in with_one


@pytest.mark.parametrize("language", languages())
def test_a_processor_does_not_say_that_it_happened_at_a_company_that_works_for_it(language: str) -> None:
    case = replace(FULL, kind="processor-breach")
    words = wording(language, CONTROLLERS)

    assert words.incident["processor-breach"] in composed(language, case).body
    ours = composed(language, replace(case, processor=True))
    assert words.incident["processor-breach"] not in ours.body
    assert check(language, ours).problems == ()
    assert words.incident["exposed-storage"] in composed(language, replace(FULL, processor=True)).body


@pytest.mark.parametrize("language", languages())
def test_no_language_lacks_a_word_or_has_those_of_another(language: str) -> None:
    words, page = controller_words(language), receipt_words(language)

    assert set(words.kinds) == set(words.groups) == set(wording(language).blocks)
    assert set(words.groups.values()) | {"integrity", "availability"} == set(words.risks)
    assert page.keys() == receipt_words("en").keys()
    assert not [kind for kind, label in words.kinds.items() if "," in label or "،" in label]
    if language != "en":
        english = controller_words("en")
        assert not set(words.kinds.values()) & set(english.kinds.values()) - {"messages"}
        assert not set(words.risks.values()) & set(english.risks.values())
    for template in (words.update, words.reminder):
        assert "{subject}" in template
    for template in (words.carries_on, words.reminds):
        assert "{date}" in template
        assert "{code}" in template


@pytest.mark.parametrize("language", languages())
def test_an_update_and_a_reminder_say_first_what_they_follow_and_pass_the_check(language: str) -> None:
    spoken, words, text = wording(language, CONTROLLERS), controller_words(language), composed(language, FULL)

    for remind in (False, True):
        made = Text(*rules.carried_on(text.subject, text.body, spoken, words, Before("20. 11. 2026", "KMTR-4X7P"), remind=remind))

        assert "KMTR-4X7P" in made.body.split("\n\n")[1]
        assert text.subject in made.subject
        assert check(language, made).problems == ()


def test_where_somebody_took_the_greeting_out_the_line_stands_first() -> None:
    spoken, words = wording("en", CONTROLLERS), controller_words("en")

    _, body = rules.carried_on("S", "One.\n\nTwo.", spoken, words, Before("1 May", "X"), remind=False)

    assert body.split("\n\n") == ["This carries on our notice of 1 May with the code X.", "One.", "Two."]


def test_a_german_letter_goes_on_in_lower_case_after_its_greeting_and_begins_again_after_a_sentence() -> None:
    spoken, words, text = wording("de", CONTROLLERS), controller_words("de"), composed("de", FULL)
    assert text.body.startswith("Guten Tag ((name)),\n\nwir verarbeiten ")

    _, body = rules.carried_on("S", text.body, spoken, words, Before("20. 11. 2026", "X"), remind=True)
    assert body.split("\n\n")[1].startswith("wir haben Ihnen am 20. 11. 2026 geschrieben")
    assert body.split("\n\n")[2].startswith("Wir verarbeiten ")

    _, bare = rules.carried_on("S", "Es ging etwas schief.", spoken, words, Before("20. 11. 2026", "X"), remind=False)
    assert bare.split("\n\n") == ["Dies setzt unsere Meldung vom 20. 11. 2026 mit dem Code X fort.", "Es ging etwas schief."]


# --------------------------------------------------------------------------------------------------------------- check


@pytest.mark.parametrize(("part", "article"), [
    (Part.NATURE, "33(3)(a)"), (Part.DATA, "33(3)(a)"), (Part.CONSEQUENCES, "33(3)(c)"), (Part.MEASURES, "33(3)(d)"),
    (Part.OPEN, "33(4)"),
])
def test_each_part_that_is_missing_blocks_by_its_article(part: Part, article: str) -> None:
    text = composed("en", FULL)
    heading = wording("en", CONTROLLERS).headings[part]

    found = check("en", Text(text.subject, text.body.replace(f"\n{heading}\n", "\nSomething else\n")))

    assert any(f"({article})" in words and heading in words for words in found.problems)


@pytest.mark.parametrize(("taken", "put", "name"), [
    ("((controller))", "you", "controller_missing"), ("((case_ref))", "our own", "reference_missing"),
    ("((receipt))", "nowhere", "receipt_missing"), ("((dpo))", "our officer", "part_contact"),
    ("((data_kinds))", "names", "part_data"), ("((our_contract))", "((steps))", "unknown_field"),
    ("((people)). Records: ((records))", "many", "part_data"), ("We help you", "See https://evil.example. We help you", "link"),
    ("We help you", "Write to eve@evil.example. We help you", "other_people"), ("We help you", "TODO [name]", "placeholder"),
    ("19 November 2026", "18 November 2026", "other_day"), ("We help you", "x" * 20_000, "too_long"),
])
def test_what_a_controller_could_not_work_with_is_found(taken: str, put: str, name: str) -> None:
    text = composed("en", FULL)

    found = check("en", Text(text.subject.replace(taken, put), text.body.replace(taken, put)))

    assert name in {one.check for one in found.findings}


def test_what_the_controller_decides_may_be_left_out_with_a_word_about_it() -> None:
    text = composed("en", FULL)

    found = check("en", Text(text.subject, text.body.replace("\nWhat you decide\n", "\nElse\n")))

    assert found.ready
    assert any("controller decides" in words for words in found.hints)


def test_without_a_contact_point_of_the_house_somebody_has_to_be_named() -> None:
    found = check("en", composed("en", CaseFacts(aware_on=date(2026, 11, 20), dpo=False)))

    assert [words.split(":")[0] for words in found.problems] == ["Contact point (33(3)(b))"]


def test_a_link_that_leads_nowhere_blocks() -> None:
    found = check("en", composed("en", FULL), Facts("A", "A", "BR-2026-0001", "D", "dpo@example.org", to=CONTROLLERS))

    assert any("PUBLIC_URL" in words for words in found.problems)


def test_people_and_controllers_have_fields_of_their_own() -> None:
    assert rules.unknown_fields("((controller)) ((steps))") == ["controller"]
    assert rules.unknown_fields("((controller)) ((steps))", CONTROLLERS) == ["steps"]


def test_the_address_of_a_receipt_follows_from_where_codes_are_checked() -> None:
    assert rules.receipts_at("incident.test/check") == "https://incident.test/receipt/"
    assert rules.receipts_at("127.0.0.1:8000/check") == "http://127.0.0.1:8000/receipt/"
    assert rules.receipts_at("") == ""


# ---------------------------------------------------------------------------------------------------------------- rows


def read(text: str) -> people.Customers:
    return people.read_controllers(people.rows_of(text))


def test_headers_are_known_in_other_languages_and_by_any_delimiter() -> None:
    found = read("Firma;E-Mail;Vertrag;Personen;Notiz\n\nNordwind;a@b.example;17;1 204;x\n")

    row = found.rows[0]
    assert (row.controller, row.contact.email, row.line) == (Controller("Nordwind", "17", 1204, None), "a@b.example", 3)
    assert found.ignored == ["Notiz"]
    assert (found.line_count, found.other_count, found.languages) == (3, 2, {"": 1})


@pytest.mark.parametrize(("cell", "count"), [
    ("", None), ("?", None), ("Unknown", None), ("0", 0), ("12", 12), ("1,204", 1204), ("1.204.000", 1_204_000), ("1\u00a0204", 1204),
])
def test_a_number_that_is_not_known_is_not_zero(cell: str, count: int | None) -> None:
    assert read(f'organisation,email,people\nA,a@b.example,"{cell}"\n').rows[0].controller.people == count


@pytest.mark.parametrize("cell", ["-3", "1,5", "12a", "٣", "9" * 13])
def test_what_is_no_number_of_people_is_refused_by_its_line(cell: str) -> None:
    with pytest.raises(Refused) as refused:
        read(f'organisation,email,people\nA,a@b.example,"{cell}"\n')

    assert refused.value.problems["file"] == (
        "Line 2: people is not a whole number: write digits, or leave it empty where it is not known yet.")


@pytest.mark.parametrize(("text", "words"), [
    ("", "empty"), ("\n\n", "empty"), ("organisation,email\n", "names no controller"), ("name,email\nA,a@b.example\n", "organisation"),
    ('organisation,email\n"A,a@b.example\n', "Line 2"), ("organisation,email\n" + "A,x\n" * 14, "Some lines"),
])
def test_a_list_without_controllers_says_what_is_wrong(text: str, words: str) -> None:
    with pytest.raises(Refused, match=words):
        read(text)


def test_the_first_twelve_bad_lines_are_named_and_the_others_counted() -> None:
    with pytest.raises(Refused) as refused:
        read("organisation,email\n" + "A,x\n" * 14)

    assert refused.value.problems["file"].endswith("And 2 more.")


def test_more_than_ten_thousand_are_refused() -> None:
    rows = [(1, ["organisation", "email"]), *((line, [f"A{line}", "a@b.example"]) for line in range(2, 10_003))]

    with pytest.raises(Refused, match="too long"):
        people.read_controllers(rows)


# --------------------------------------------------------------------------------------------------------------- codes


def test_a_code_follows_from_the_secret_and_the_row_and_from_nothing_less() -> None:
    secret, other = "ab" * 32, "cd" * 32

    assert code_for(secret, "one") == code_for(secret, "one")
    assert len({code_for(secret, "one"), code_for(secret, "two"), code_for(other, "one")}) == 3
    assert read_code(f" {code_for(secret, 'one').upper()} ") == code_for(secret, "one")
    assert read_code("a" * 31) is None
    assert read_code("0" * 32) is None
