"""What a communication to people must say, and who may approve it."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident_app.domain import notices as rules
from incident_app.domain.notices import CaseFacts, ChannelPlan, Envelope, Facts, Part, Reader, Text
from incident_app.domain.refusals import Conflict, Refused
from incident_app.services.notices import languages, wording

EN = wording("en")
FACTS = Facts("Assistant bot", "Assistant Bot GmbH", "BR-2026-001", "Dana", "dpo@example.org", "+49 30 555",
              "example.org", ("ai_prompts",))
CASE = CaseFacts(date(2026, 11, 23), categories=("ai_prompts", "authentication"))


def draft(language: str, case: CaseFacts = CASE) -> Text:
    """Return the first draft in a language."""
    return Text(*rules.compose(case, wording(language)))


def check(text: Text, language: str = "en") -> rules.Check:
    """Check a text with ordinary values."""
    words = wording(language)
    return rules.check_text(text, words, rules.longest_values(FACTS, [Reader("Ann")], words))


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("case", [
    CASE,
    CaseFacts(date(2026, 1, 2), date(2026, 1, 1), datetime(2026, 1, 3, tzinfo=UTC), True, True, True, (), "We closed it.", True, True),
    CaseFacts(date(2026, 1, 2), confidentiality=False, categories=tuple(EN.blocks)[:8]),
])
def test_every_first_draft_says_what_the_law_asks_for(language: str, case: CaseFacts) -> None:
    found = check(draft(language, case), language)

    assert found.problems == ()
    assert all(part.ok for part in found.parts)
    assert found.length <= 4096


@pytest.mark.parametrize(("part", "words"), [
    (Part.NATURE, "Nature of the breach"), (Part.CONSEQUENCES, "Likely consequences"),
    (Part.MEASURES, "Measures taken"), (Part.ADVICE, "What the person can do"),
])
def test_a_missing_part_blocks_and_is_named_with_its_article(part: Part, words: str) -> None:
    text = draft("en")
    body = text.body.replace(rules.sections(text.body, EN.headings)[part], "")

    found = check(Text(text.subject, body))

    assert any(words in problem for problem in found.problems)
    assert not found.ready


def test_a_missing_contact_blocks_and_a_plain_address_will_do() -> None:
    body = draft("en").body.replace("((dpo))", "our office")

    assert any("Contact of the data protection officer" in problem for problem in check(Text("x", body)).problems)
    assert check(Text("x", body.replace("our office", "office@example.org"))).ready


def test_missing_data_kinds_are_a_hint() -> None:
    text = draft("en")
    found = check(Text("x", text.body.replace(rules.sections(text.body, EN.headings)[Part.DATA], "")))

    assert found.ready
    assert any("Which data" in hint for hint in found.hints)


def test_a_heading_may_stand_twice_and_end_with_a_colon() -> None:
    found = rules.sections("Hello\nWHAT HAPPENED:\none\nWhich data\ntwo\nWhat happened\nthree", EN.headings)

    assert found == {Part.NATURE: "one\nthree", Part.DATA: "two"}
    assert rules.sections("Ce qui s'est passé\nx", wording("fr").headings) == {Part.NATURE: "x"}


@pytest.mark.parametrize(("text", "problem"), [
    (Text("", "x"), "subject is empty"),
    (Text("a\nb", "x"), "one line"),
    (Text("x" * 151, "x"), "longer than 150"),
    (Text("x", "see https://example.org"), "There is a link"),
    (Text("x", "see t.me/abc"), "There is a link"),
    (Text("x", "see is.gd/abc"), "There is a link"),
    (Text("x", "see xn--pple-43d.com"), "There is a link"),
    (Text("x", "Dear ((nmae))"), "“((nmae))” is not a field"),
    (Text("x", "word " * 900), "too long for Telegram"),
])
def test_what_must_not_be_sent_blocks(text: Text, problem: str) -> None:
    assert any(problem in one for one in check(text).problems)


def test_empty_phrases_and_long_sentences_are_hints() -> None:
    body = draft("en").body + "\n\nOut of an abundance of caution, " + "and so on " * 10 + "."
    hints = check(Text("x", body)).hints

    assert any("abundance of caution" in hint for hint in hints)
    assert any("Long sentence" in hint for hint in hints)


def test_letters_that_look_alike_are_a_hint() -> None:
    # Given a Cyrillic "а" in a Latin name, and languages that are simply written side by side
    forged = check(Text("x", "write to p\u0430ypal.example"))
    honest = check(Text("x", "Москва and Berlin, Αθήνα, кафе-bar"))

    assert [words for words in forged.hints if "look alike" in words] == [
        "“p\u0430ypal” mixes letters that look alike from several alphabets: type it anew."]
    assert not [words for words in honest.hints if "look alike" in words]


def test_facts_that_differ_between_languages_are_shown() -> None:
    differing = rules.differing_facts({"en": Text("", "about 9 hours on 3.5."), "es": Text("", "9 h 12 min")})

    assert differing["en"] == ("“12” stands in another language, not here.",)
    assert differing["es"] == ("“3.5” stands in another language, not here.",)
    assert rules.differing_facts({}) == {}


# --------------------------------------------------------------------------------------------------------- rendering


def test_fields_are_filled_in_and_empty_ones_leave_no_gap() -> None:
    text = Text("News from ((service))", "Hello ((name)),\nask ((dpo)), ref ((case_ref)). ((data_kinds))")

    ann = rules.render(text, FACTS, Reader("Ann", ("health", "shoe size")), EN)
    nobody = rules.render(text, FACTS, Reader(), EN)

    assert ann.subject == "News from Assistant bot"
    assert ann.body.startswith("Hello Ann,\nask Dana, dpo@example.org, +49 30 555, ref BR-2026-001.")
    assert ann.body.endswith("data about your health, shoe size")
    assert nobody.body.startswith("Hello,\n")
    assert nobody.body.endswith(EN.blocks["ai_prompts"].label)
    assert rules.render(Text("x", "Здравствуйте, ((name))!"), FACTS, Reader(), wording("ru")).body == "Здравствуйте!"
    assert ann.telegram.startswith("News from Assistant bot\n\nHello")


def test_whoever_signs_reads_what_everybody_reads_and_what_is_each_readers_own_stays_a_field() -> None:
    text = Text("News from ((service))", "Hello ((name)),\nask ((dpo)), ref ((case_ref)). ((data_kinds)) ((controller))")
    drill = Facts.from_json({**FACTS.to_json(), "drill": True})

    read = rules.render_for_all(text, FACTS, EN)

    assert read.subject == "News from Assistant bot"
    assert read.body == ("Hello ((name)),\nask Dana, dpo@example.org, +49 30 555, ref BR-2026-001. "
                         "((data_kinds)) ((controller))")
    assert rules.render_for_all(text, drill, EN).subject == "Drill: this is an exercise. News from Assistant bot"


def test_a_drill_says_so() -> None:
    facts = Facts.from_json({**FACTS.to_json(), "drill": True})

    # In the language of whoever reads it
    assert rules.render(Text("Neues", "x"), facts, Reader(), wording("de")).subject == "Übung: Dies ist kein Ernstfall. Neues"
    assert rules.render(Text("News", "x"), facts, Reader(), EN).subject == "Drill: this is an exercise. News"
    assert facts.letterhead(EN)["drill"] == EN.drill
    assert FACTS.letterhead(EN) == {"organisation": "Assistant bot", "contact": FACTS.dpo, "reference": "BR-2026-001",
                                "drill": ""}


def test_a_web_address_is_written_plainly_because_phishing_has_links() -> None:
    facts = replace(FACTS, website="https://www.example.org/safety/")

    assert rules.render(Text("x", "See ((website))."), facts, Reader(), EN).body == "See example.org/safety."


@pytest.mark.parametrize("evil", ["((dpo_email))", "{{ 7*7 }}", "{% for x in y %}", "<script>", "\\1"])
def test_what_people_are_called_is_never_a_program(evil: str) -> None:
    made = rules.render(Text("x", "Hello ((name))!"), FACTS, Reader(evil), EN)

    assert made.body == f"Hello {evil}!"


def test_unknown_fields_stay_as_they_are_and_are_listed_once() -> None:
    assert rules.unknown_fields("((a)) ((name)) ((a)) ((b))") == ["a", "b"]
    assert rules.merge("((a))", {}) == "((a))"


def test_the_longest_message_is_judged_by_the_longest_value_of_each_field() -> None:
    longest = rules.longest_values(FACTS, [Reader("Anneliese"), Reader("Bo", ("health", "location"))], EN)

    assert longest["name"] == "Anneliese"
    assert longest["data_kinds"] == EN.blocks["ai_prompts"].label


def test_facts_survive_storage() -> None:
    assert Facts.from_json(FACTS.to_json()) == FACTS
    assert Facts.from_json({"service": "s", "organisation": "o", "case_ref": "r"}).categories == ()


WORDS = st.text(st.characters(categories=["L", "N", "P", "Zs"]), max_size=30)


@given(st.lists(WORDS, min_size=2, max_size=5, unique=True))
def test_nobody_reads_what_belongs_to_somebody_else(names: list[str]) -> None:
    text = draft("en")
    together = [rules.render(text, FACTS, Reader(name), EN) for name in names]

    alone = [rules.render(text, FACTS, Reader(name), EN) for name in reversed(names)]
    assert together == alone[::-1]
    canary = rules.render(text, FACTS, Reader("CANARY-A"), EN)
    assert all("CANARY-A" not in made.body for made in together)
    assert "CANARY-A" in canary.body


# ---------------------------------------------------------------------------------------------------------- approval


def test_the_hash_binds_every_word_every_fact_and_the_plan() -> None:
    texts, plan = {"en": Text("a", "b")}, ChannelPlan()
    base = rules.content_hash(texts, FACTS, plan, "en")

    assert base == rules.content_hash(dict(texts), Facts.from_json(FACTS.to_json()), ChannelPlan(), "en")
    others = [
        rules.content_hash({"en": Text("a", "b ")}, FACTS, plan, "en"),
        rules.content_hash(texts, Facts("x", "y", "z"), plan, "en"),
        rules.content_hash(texts, FACTS, ChannelPlan(("email",)), "en"),
        rules.content_hash(texts, FACTS, plan, "de"),
    ]
    assert base not in others
    assert len(set(others)) == 4


def test_author_editor_and_uploader_cannot_approve() -> None:
    assert "You wrote" in (rules.why_not_approve(1, [1], [], [2]) or "")
    assert "You changed" in (rules.why_not_approve(1, [2], [1], [3]) or "")
    assert "You uploaded" in (rules.why_not_approve(1, [2], [3], [1]) or "")
    assert rules.why_not_approve(1, [2], [3], []) is None


@pytest.mark.parametrize(("plan", "problem"), [
    (ChannelPlan(()), "order"), (ChannelPlan(("email", "email")), "order"), (ChannelPlan(("pigeon",)), "order"),
    (ChannelPlan(wait_minutes=-1), "wait_minutes"), (ChannelPlan(uncertain_policy="guess"), "uncertain_policy"),
])
def test_a_plan_that_cannot_be_followed_is_refused(plan: ChannelPlan, problem: str) -> None:
    with pytest.raises(Refused) as error:
        plan.check()
    assert problem in error.value.problems


def test_a_plan_survives_storage() -> None:
    plan = ChannelPlan(("email", "telegram"), 30, canary=False, uncertain_policy="resend_once")

    assert ChannelPlan.from_json(plan.to_json()) == plan.check()
    assert plan.wait.total_seconds() == 1800


def test_a_notice_that_was_sent_cannot_be_edited() -> None:
    rules.check_moves("draft", "be edited")
    with pytest.raises(Conflict, match="is being sent: it cannot be edited"):
        rules.check_moves("sending", "be edited")


def test_an_envelope_that_is_not_known_leaves_the_hash_as_it_was() -> None:
    known = Envelope(sender="dpo@example.org", layout="x")
    texts, plan = {"en": Text("s", "b")}, ChannelPlan()
    plain = rules.content_hash(texts, FACTS, plan, "en")

    assert plain == rules.content_hash(texts, FACTS, plan, "en", Envelope())
    assert plain != rules.content_hash(texts, FACTS, plan, "en", known)
    assert Envelope.from_json(known.to_json()) == known
    assert Envelope().to_json() == {}


def test_a_code_of_digits_alone_is_read_from_left_to_right_in_arabic() -> None:
    facts = replace(FACTS, code="23456789", check="192.0.2.1/check")

    made = rules.render(Text("x", "((code)) ((check))"), facts, Reader(), wording("ar"))

    assert made.body == "\u20662345-6789\u2069 \u2066192.0.2.1/check\u2069"
    assert rules.whole_values(facts) == ("dpo@example.org", "BR-2026-001", "+49 30 555", "2345-6789")


def test_a_value_that_ends_with_a_full_stop_ends_the_sentence_too() -> None:
    said = rules.merge("We work for ((controller)). Ask ((controller)), or wait...", {"controller": "Partner one S.L."})

    assert said == "We work for Partner one S.L. Ask Partner one S.L., or wait..."
    assert rules.merge("خدمة ((service)).", {"service": "\u2068Acme Inc.\u2069"}) == "خدمة \u2068Acme Inc\u2069."
    assert rules.merge("((service)).", {"service": "Wait..."}) == "Wait....", "that is no abbreviation"
