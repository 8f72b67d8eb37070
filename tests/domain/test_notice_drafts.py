"""What the first draft of a notice says, and what it leaves out."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from incident_app.domain import notices as rules
from incident_app.domain.notices import CaseFacts, Facts, Part, Reader, Text
from incident_app.services.notices import wording

EN = wording("en")
SURE = date(2026, 11, 23)
SHARED = Facts("Assistant bot", "Assistant Bot GmbH", "BR-2026-001", "Dana", "dpo@example.org", website="example.org")
KNOWN = CaseFacts(SURE, date(2026, 11, 20), confidentiality=True, categories=("health",))


def body(case: CaseFacts) -> str:
    """Return the body of the draft in English."""
    return rules.compose(case, EN)[1]


def part(case: CaseFacts, name: Part) -> str:
    """Return one part of it."""
    return rules.sections(body(case), EN.headings)[name]


def test_what_is_not_known_is_said_to_be_unknown_with_when_we_write_again() -> None:
    # Given a case of which nothing but the moment of awareness is known
    nature = part(CaseFacts(SURE), Part.NATURE)

    assert "do not know yet when it happened" in nature
    assert "do not know yet whether anybody read" in nature
    assert nature.endswith("We will write to you again when we know more.")
    assert part(CaseFacts(SURE), Part.DATA) == "We do not know yet which of your data are affected."
    assert "still working" in part(CaseFacts(SURE), Part.MEASURES)
    promised = part(CaseFacts(SURE, again_on=date(2026, 12, 7)), Part.NATURE)
    assert promised.endswith("We will write to you again by 7 December 2026 at the latest.")


def test_where_only_the_data_are_unknown_we_write_again_too() -> None:
    nature = part(CaseFacts(SURE, date(2026, 11, 20), confidentiality=False), Part.NATURE)

    assert nature == ("On 23 November 2026 we learned of a data breach at ((service)). It happened on 20 November 2026. "
                      "We will write to you again when we know more.")


def test_what_is_known_is_said_and_nothing_is_left_open() -> None:
    nature, done = part(KNOWN, Part.NATURE), part(KNOWN, Part.MEASURES)

    assert "It happened on 20 November 2026." in nature
    assert "could read your data" in nature
    assert "know" not in nature
    assert "We go on looking" in done


def test_what_was_done_stands_with_its_moment_and_the_words_of_the_case() -> None:
    contained = datetime(2026, 11, 24, 14, 5, tzinfo=timezone(timedelta(hours=1)))
    case = CaseFacts(SURE, contained_at=contained, measures="We changed\nall keys.", own_language=True,
                     authority_told=True)

    assert part(case, Part.MEASURES) == (
        "We brought it under control on 24 November 2026 at 14:05 (UTC+1). We changed all keys. "
        "We have told the data protection authority.")


def test_words_of_the_case_stay_out_of_other_languages() -> None:
    assert "changed all keys" not in body(CaseFacts(SURE, measures="We changed all keys."))


def test_the_authority_is_named_once() -> None:
    told = CaseFacts(SURE, authority_told=True, authority="The Authority", told="The Authority")
    untold = CaseFacts(SURE, authority="The Authority")

    assert "authority: The Authority." in part(told, Part.MEASURES)
    assert "for example: The Authority." in part(untold, Part.CONTACT)
    assert body(told).count("The Authority") == body(untold).count("The Authority") == 1


def test_no_contact_and_no_site_leave_no_hole() -> None:
    contact = part(CaseFacts(SURE, dpo=False, website=False), Part.CONTACT)

    assert "((dpo))" not in contact
    assert "((website))" not in contact
    assert "((case_ref))" in contact


def test_the_kind_of_breach_says_what_happened_and_that_it_was_read_only_once() -> None:
    lost = part(CaseFacts(SURE, confidentiality=True, kind="lost-device"), Part.NATURE)
    written = part(CaseFacts(SURE, confidentiality=True, kind="leaked-ai-prompts"), Part.NATURE)

    assert "papers with your data were lost or stolen" in lost
    assert "no right to do so" in lost
    assert "no right to do so" not in written


def test_the_kind_of_breach_has_steps_of_its_own() -> None:
    assert rules.steps_for(("contact",), "open-cc", EN) == ["phone_pin", "delete_message", "strangers", "beware"]
    assert "check_entries" in rules.steps_for((), "ransomware", EN)
    assert rules.steps_for((), "a kind of tomorrow", EN) == ["beware"]
    assert part(CaseFacts(SURE), Part.ADVICE) == f"- {EN.steps['beware']}"  # one step is no order


def test_steps_of_several_kinds_are_joined_by_urgency_without_doubles() -> None:
    few = rules.steps_for(("sex_life", "ai_prompts", "authentication"), "", EN)
    many = rules.steps_for(("usage", "contact", "account", "wallet", "payment", "health"), "", EN)

    assert few == ["change_password", "change_elsewhere", "change_secrets", "do_not_pay", "beware"]
    assert many == ["never_type_seed", "call_issuer", "do_not_pay", "unasked_offers", "fake_support", "beware"]


def test_the_worst_comes_first_and_eight_are_enough() -> None:
    said = rules.consequences_of(("contact", "wallet", "contact"), EN)
    all_of_them = rules.consequences_of(tuple(EN.blocks), EN)

    assert said == f"{EN.blocks['wallet'].consequence} {EN.blocks['contact'].consequence}"
    assert sum(block.consequence in all_of_them for block in EN.blocks.values()) == 8


@pytest.mark.parametrize("written", ["AI prompts", "ai-prompts", " Ai_Prompts "])
def test_a_kind_of_data_is_known_however_it_is_written(written: str) -> None:
    assert rules.data_words((written, "ai_prompts", "shoe size"), EN) == [EN.blocks["ai_prompts"].label, "shoe size"]
    assert "blackmail" in rules.consequences_of((written,), EN)


def test_what_no_block_covers_gets_the_general_words() -> None:
    assert rules.consequences_of(("shoe size",), EN) == EN.consequences["general"]
    assert rules.steps_for(("shoe size",), "", EN) == ["beware"]


def test_people_with_their_own_data_read_what_follows_from_these() -> None:
    # Given a list in which everybody's own kinds of data stand, and a case with two
    case = CaseFacts(SURE, categories=("health", "wallet"), personal=True)
    text = Text(*rules.compose(case, EN))

    # When two people get it
    ann = rules.render(text, SHARED, Reader("Ann", ("health",)), EN).body
    bob = rules.render(text, SHARED, Reader("Bob", ("wallet",)), EN).body
    nobody = rules.render(text, SHARED, Reader(), EN).body

    # Then each reads their own, and who has none reads what is true for everybody
    assert EN.blocks["health"].consequence in ann
    assert "wallet" not in ann
    assert "recovery words" in bob
    assert "health" not in bob
    assert "affected: not known yet." in nobody
    assert EN.consequences["general"] in nobody


def test_the_longest_advice_is_no_shorter_than_anybodys() -> None:
    longest = rules.longest_advice(EN)

    for kinds in (tuple(EN.blocks), ("biometric", "contact", "wallet"), ("authentication",)):
        assert len(rules.consequences_of(kinds, EN)) <= len(longest["consequences"])
        assert len(rules.steps_of(kinds, "open-cc", EN)) <= len(longest["steps"])


def test_days_and_moments_are_spelled_out_in_each_language() -> None:
    day = date(2026, 11, 20)
    at = datetime(2026, 11, 20, 9, 5, tzinfo=UTC)

    assert rules.spoken_date(day, wording("de")) == "20. November 2026"
    assert rules.spoken_date(day, wording("es")) == "20 de noviembre de 2026"
    assert rules.spoken_date(day, wording("ru")) == "20 ноября 2026 г."
    assert rules.spoken_moment(at, wording("en")) == "20 November 2026 at 09:05 (UTC)"
    assert rules.spoken_moment(at, wording("fr")) == "20 novembre 2026 à 9 h 05 (UTC)"


@pytest.mark.parametrize(("hours", "zone"), [(5.5, "UTC+5:30"), (-3, "UTC−3"), (-0.5, "UTC−0:30"), (0, "UTC")])
def test_the_distance_from_utc_is_plain(hours: float, zone: str) -> None:
    at = datetime(2026, 11, 20, 9, 5, tzinfo=timezone(timedelta(hours=hours)))

    assert rules.spoken_moment(at, EN).endswith(f"({zone})")


def test_the_kind_of_breach_is_bound_only_where_it_is_known() -> None:
    assert "kind" not in SHARED.to_json()
    bound = Facts.from_json({**SHARED.to_json(), "kind": "open-cc"})
    assert bound.kind == "open-cc"
    assert Facts.from_json(bound.to_json()) == bound
