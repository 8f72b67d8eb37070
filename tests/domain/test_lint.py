"""The check of a text: it names the fault of every bad letter, and lets the good ones through."""

from dataclasses import replace

import pytest

from incident_app.domain import notices as rules
from incident_app.domain.notices import Check, Facts, Finding, Habits, Text, Waiver, Weight
from incident_app.domain.notices.lint import across, base, check_text, digest
from incident_app.domain.notices.lint.facts import days_of, differing_facts, numbers_of
from incident_app.domain.notices.lint.habits import Reading
from incident_app.domain.notices.lint.reading import score, syllables
from incident_app.domain.notices.lint.tongue import language_guess, script_of
from incident_app.services.notices import languages, wording
from incident_app.services.notices.habits import habits
from incident_app.services.place_files import places
from tests.domain.lettering import BAD, GOOD, KNOWN, Bad, checked, letter, planted, words_of

ALL = ("ar", "de", "en", "es", "fr", "it", "nl", "pl", "pt", "ru", "tr", "uk")


def names(check: Check) -> list[str]:
    """Name what was found."""
    return [one.check for one in check.findings]


def test_there_are_enough_letters() -> None:
    assert len(BAD) >= 60
    assert {one.language for one in BAD} == set(ALL) == set(GOOD)
    assert set(languages()) <= set(ALL)


@pytest.mark.parametrize("bad", BAD, ids=lambda one: f"{one.language}-{one.check}")
def test_every_planted_fault_is_named(bad: Bad) -> None:
    assert bad.check in names(checked(planted(bad), bad.language))


@pytest.mark.parametrize("language", ALL)
def test_a_good_letter_passes_without_a_word(language: str) -> None:
    found = checked(letter(language), language)

    assert names(found) == []
    assert found.ready
    assert found.level.startswith("easy (")


def test_a_part_that_is_missing_blocks_whatever_is_said_and_the_rest_can_be_waived() -> None:
    missing = checked(letter("en", nature="-"), "en")
    asked = checked(letter("en", advice="- Reply with the code we sent you to keep your data safe."), "en")

    assert "part_nature" not in rules.waivable(missing)
    assert rules.waivable(asked) == {"code_asked"}
    assert not asked.ready
    assert asked.hints == ()


def test_a_waiver_holds_for_exactly_the_text_it_was_given_for() -> None:
    # Given somebody who said why the code may be asked for
    text = letter("en", advice="- Reply with the code we sent you to keep your data safe.")
    found = checked(text, "en")
    waiver = Waiver("code_asked", rules.binding(found, "code_asked", {"en": text}), "The desk asked for it.", "Rita")

    # Then it counts for this text, and for no other
    held = found.with_waivers([waiver], {"en": text, "de": letter("de")})
    other = letter("en", advice="- Reply with the code we sent you to keep your data safe now.")
    assert held.ready
    assert set(held.waived) == {"code_asked"}
    assert held.waivers == (waiver,)
    assert not checked(other, "en").with_waivers([waiver], {"en": other}).ready


def test_what_compares_languages_is_waived_for_all_of_them_together() -> None:
    texts = {"en": letter("en"), "de": letter("de")}
    found = replace(checked(texts["de"], "de"), findings=(Finding("outdated", Weight.HOLD, "Old.", across=True),))

    bound = rules.binding(found, "outdated", texts)

    assert bound != rules.binding(found, "outdated", texts | {"en": Text("x", "y")})


# ------------------------------------------------------------------------------------------------------------ reading


def test_syllables_are_counted_as_each_language_speaks() -> None:
    english, turkish = habits("en").reading, habits("tr").reading

    assert [syllables(word, english) for word in ("password", "make", "the", "table", "rhythm")] == [2, 1, 1, 2, 1]
    assert syllables("saat", turkish) == 2


def test_formulas_give_the_values_of_their_authors() -> None:
    # Given ten sentences of five words with one syllable each
    text = "The cat sat on it. " * 10

    # Then Flesch, Amstad, Gulpease, Pisarek and LIX are what one works out by hand
    assert score(text, habits("en").reading) == pytest.approx(206.835 - 1.015 * 5 - 84.6)
    assert score(text, habits("de").reading) == pytest.approx(180 - 5 - 58.5)
    assert score(text, habits("it").reading) == pytest.approx(89 + (3000 - 10 * 130) / 50)
    assert score(text, habits("pl").reading) == pytest.approx(5 / 3 + 1)
    assert score(text, habits("uk").reading) == pytest.approx(5)
    assert score("Too short to say.", habits("en").reading) is None
    assert score(text, Reading()) is None


def test_a_text_that_is_hard_by_the_most_of_its_formula_is_named() -> None:
    hard = "Телекомунікаційні посередники характеризуються невідповідністю. " * 12

    found = checked(letter("uk", consequences=hard + "Ваш пароль, ваш телефон."), "uk")

    assert "hard_to_read" in names(found)
    assert any("at most 50" in words for words in found.hints)


# -------------------------------------------------------------------------------------------------------------- facts


def test_days_are_read_as_each_language_writes_them() -> None:
    assert days_of("am 20. november 2026 und 2026-11-21", habits("de").months)[0] == [(2026, 11, 20), (2026, 11, 21)]
    assert days_of("november 20, 2026", habits("en").months)[0] == [(2026, 11, 20)]
    assert days_of("el 20 de noviembre de 2026 y 3/5/2024", habits("es").months)[0] == [(2026, 11, 20), (2024, 5, 3)]


def test_one_number_written_in_several_ways_is_one_number() -> None:
    assert numbers_of("10,214 and 10.214 and 10 214 and 3,5 and 3.5") == ["10214", "10214", "10214", "3.5", "3.5"]


def test_days_amounts_and_references_that_differ_are_shown() -> None:
    months = {code: habits(code).months for code in ("en", "de")}
    differing = differing_facts({
        "en": Text("", "On 20 November 2026, € 50, ref BR-2026-001, 12 March"),
        "de": Text("", "Am 21. November 2026, 50 €, Zeichen BR-2026-002, 12. März")}, months)

    assert differing["en"] == ("“21.11.2026” stands in another language, not here.",
                               "“BR-2026-002” stands in another language, not here.")
    assert differing["de"][0].startswith("“20.11.2026”")


def test_a_day_to_come_is_a_promise_and_no_fact_of_the_case() -> None:
    promise = letter("en", measures="We closed it on 21 November 2026. We write again by 24 December 2026.")

    assert names(checked(promise, "en")) == []
    assert names(checked(promise, "en", replace(KNOWN, today=None))) == ["other_day"]
    assert names(checked(promise, "en", replace(KNOWN, days=frozenset()))) == []


def test_a_number_of_people_may_be_that_of_the_list_or_within_a_range() -> None:
    within = replace(KNOWN, people=((9_000, 11_000), (5, 5)))

    assert names(checked(letter("en"), "en", within)) == []
    assert checked(letter("en"), "en", replace(KNOWN, people=((5, 9),))).hints == (
        "“10214” people: the case and the list say 5 to 9.",)


def test_a_kind_of_data_we_have_no_words_for_is_named() -> None:
    found = checked(letter("en"), "en", replace(KNOWN, kinds=(*KNOWN.kinds, "shoe size", "other")))

    assert names(found) == ["kind_without_block"] or "shoe size" in found.hints[0]


def test_what_is_filled_in_per_person_covers_every_kind() -> None:
    found = checked(letter("en", consequences="This is what may happen: ((consequences)) and so on."), "en")

    assert "kind_not_covered" not in names(found)


# ----------------------------------------------------------------------------------------------------------- languages


def test_a_text_in_another_language_or_alphabet_is_held() -> None:
    for language, other in (("de", "en"), ("en", "fr"), ("ru", "en"), ("uk", "ru"), ("ar", "en"), ("es", "it")):
        theirs, own = letter(other), words_of(language).headings
        body = theirs.body
        for part, heading in words_of(other).headings.items():
            body = body.replace(heading, own[part])
        assert "wrong_language" in names(checked(Text(theirs.subject, body), language)), (language, other)


def test_nothing_is_said_of_a_language_nobody_knows_or_of_a_few_words() -> None:
    assert language_guess("Wir haben alle Schlüssel getauscht und die Leute informiert.", Habits()) is None
    assert language_guess("Hello there", habits("de")) is None
    assert language_guess("Xa xe xi xo xu xy xan", habits("de")) is None
    assert script_of("123") == ""


def test_free_text_that_nobody_translated_is_held_in_every_other_language() -> None:
    # Given measures written by hand that stand in English alone
    free = "We changed every key by hand."
    texts = {"en": letter("en", measures=GOOD["en"]["measures"] + " " + free), "de": letter("de"),
             "fr": letter("fr", measures=GOOD["fr"]["measures"] + " " + free), "en-US": letter("en")}
    wordings = {code: words_of(base(code)) for code in texts}
    known = replace(KNOWN, free_text=free)

    # When the languages are compared
    found = across(texts, wordings, {code: habits(code) for code in texts}, main="en", known=known, edits={"en": "as drafted", "de": digest(texts["en"].body)})

    # Then German lacks it, French repeats it, and who was changed earlier than the main text is named
    assert [one.check for one in found["de"]] == ["untranslated"]
    assert [one.check for one in found["fr"]] == ["untranslated", "outdated"]
    assert [one.check for one in found["en-US"]] == ["outdated"]
    assert found["en"] == ()
    assert all(one.across for one in (*found["de"], *found["fr"]))


def test_a_main_text_that_is_not_there_is_compared_with_nothing() -> None:
    found = across({"de": letter("de")}, {"de": words_of("de")}, {"de": habits("de")}, main="en",
                   known=replace(KNOWN, free_text="We changed every key."), edits={})

    assert found == {"de": ()}


# --------------------------------------------------------------------------------------------------------------- odds


def test_a_sentence_that_denies_asks_for_nothing() -> None:
    words = "We will never ask you to send us your password. Do not log in to your account from a link."

    assert names(checked(letter("en", contact=f"{GOOD['en']['contact']} {words}"), "en")) == []


def test_steps_behind_everything_else_are_named() -> None:
    headings, told = words_of("en").headings, GOOD["en"]
    order = [*(part for part in headings if part.value != "advice"), next(one for one in headings if one.value == "advice")]
    body = "\n\n".join([told["greeting"], *(f"{headings[part]}\n{told[part.value]}" for part in order)])

    assert names(checked(Text(told["subject"], body), "en")) == ["steps_last"]


def test_a_word_alone_may_shout_and_so_may_a_mark() -> None:
    assert names(checked(letter("en", subject="Your data at ((service)) now!"), "en")) == ["shouting"]
    assert names(checked(letter("en", measures=GOOD["en"]["measures"] + " IMMEDIATELY."), "en")) == ["shouting"]


def test_an_empty_phrase_of_the_wording_is_named_once() -> None:
    words = replace(wording("en"), banned=("peace of mind", "discount"))
    text = letter("en", measures=GOOD["en"]["measures"] + " You get peace of mind and a discount.")

    found = check_text(text, words, {"case_ref": "((case_ref))"}, habits("en"))

    assert [one.words.split("”")[0] for one in found.findings if one.check == "advertising"] == ["“discount", "“peace of mind"]


def test_contacts_of_a_free_mail_provider_are_not_everybodys() -> None:
    facts = Facts("S", "O", "BR-2026-001", "Dana", "dana@gmail.com", "+49 30 5550100", "https://www.example.org/x")
    text = letter("en", contact=GOOD["en"]["contact"] + " Or write to bob@gmail.com or help@example.org, 030 5550100.")

    found = check_text(text, words_of("en"), {"case_ref": "((case_ref))"}, Habits(), facts)

    assert next(one.words for one in found.findings if one.check == "other_people").startswith(
        "There is an email address that is not your contact’s: “bob@gmail.com”")


def test_a_country_that_fixes_title_and_headings_blocks_a_text_without_them() -> None:
    found = {one.check: one for one in rules.place_findings(letter("en"), "en", places()["US"], ("health",), ("covered_entity",))}

    assert found["place_title_US"].weight is Weight.BLOCK
    assert "“What Information Was Involved”" in found["place_headings_US"].words
    assert "place_free_contact_US" in found
    assert "place_bureaus_US" not in found


def test_a_name_is_the_same_in_every_language() -> None:
    name = "Berliner Beauftragte für Datenschutz und Informationsfreiheit."
    texts = {code: letter(code, contact=f"{GOOD[code]['contact']} {like}: {name}")
             for code, like in (("en", "Such as"), ("fr", "Par exemple"))}

    found = across(texts, {code: words_of(code) for code in texts}, {code: habits(code) for code in texts}, main="en",
                   known=KNOWN, edits={})

    assert found["fr"] == ()
