"""Every authority's form: no question lost, every word translated, every option with its counterpart."""

import re
from collections import defaultdict

import pytest

from incident_app.domain.filings import ENGLISH, Fact, FieldType, Phase, Sure, fill, words
from incident_app.domain.filings.answers import Answer
from tests.builders import the_forms, the_law

FORMS = the_forms()
BASE = FORMS["edpb-1"]
LAENDER = ("de-land-1", "de-nw-1", "de-ni-1", "de-rp-1", "de-sl-1")
LETTERS = {
    "E": ("edpb-1",), "C": ("cnil-1",), "D": ("dpc-1",), "I": ("ico-1",), "A": ("aepd-1",), "G": ("garante-1",), "L": LAENDER,
    "N": ("ap-1",), "P": ("uodo-1",), "R": ("rkn-1",),
}
# What the authorities ask between them, a line for each thing: who asks it (by the letters above), and our questions for it.
# The first line is the kind of notice, which is the phase.
SUPERSET = """
ECDIAGLNPR -
ECGLNP open_points
ECLNPR previous_reference
EDI own_reference
ECDIAGLNPR controller_name
ECIAGPR controller_identifier
ECDIAGLNPR controller_contact
ECDIAN sector
EDAG eea_representative
ECDIAGLNPR reporter
EAGP reporter_identity
ECDIAGLNP dpo_name dpo_contact
ECDIAGLNPR contact_point
ECDIAGLNP others
ECDIAGLNPR began_at
ECDAGLNP ended_at
ECDIAGLNPR aware_at
ECDIAGLNP discovery discovery_words
ECGP told_by_other_at
ECDIAGLNP late_reasons
ECDIAGLNP nature
EN disclosure
ECAGLNP unintelligible
EA alteration
EIA loss
ECDIAGLNP incident_kind
ECAGLPR cause cause_kind
ECDIAGLNPR what_happened
ECGPR systems
I staff_training
I organisation_impact
ECDIAGLNPR people_kinds
ECDIAGLNPR people_count
ECDIAGLNPR data_kinds
ECDIAGLNPR records_count
ECDIAGLNP measures_before
ECDIAGLNPR consequences
ECAGLNP impacts
ECDAG severity
IA likelihood
EDAGLP risk_outcome
EGLP risk_reasons
ECDIAGLNPR measures_taken
ECDIAGLNP measures_planned
ECDIAGLNP told will_be_told_at
ECAGLNP exception exception_words
ECGNP told_count
ECAGNP told_means
ECGNP told_text
ECIAGL police
ECIGLN other_bodies
ECDIAGLNP cross_border authorities_told
EDA outside_eea
ECLNP attachments
R cause consequences measures_taken contact_point
R inquiry_result culprits
"""
LANGUAGES = {"de", "fr", "es", "it", "pl", "pt", "nl", "ru"}
GDPR = [name for name in FORMS if name not in {"rkn-1", "anpd-1", "kvkk-1"}]


def test_nothing_that_any_authority_asks_is_lost() -> None:
    lines = SUPERSET.strip().splitlines()
    assert len(lines) == 56
    for line in lines:
        letters, _, asked = line.partition(" ")
        for name in (name for letter in letters for name in LETTERS[letter]):
            known = {field.id for field in FORMS[name].fields()} | {"-"}
            assert set(asked.split()) <= known, (name, line)


def test_the_two_further_authorities_ask_what_is_theirs() -> None:
    assert {"vulnerable_count", "people_total", "small_agent"} <= {field.id for field in FORMS["anpd-1"].fields()}
    assert {"staff_training", "organisation_impact", "recovery", "likelihood"} <= {field.id for field in FORMS["kvkk-1"].fields()}


def test_the_template_has_all_of_its_hundred_numbers() -> None:
    told = {3}  # the kind of notice is the phase
    for field in BASE.fields():
        for low, high in re.findall(r"(\d+)(?:–(\d+))?", field.number):
            told |= set(range(int(low), int(high or low) + 1))

    between = {1, 2, 8, 9, 20, 27, 28, 32, 37, 42, 43, 54, 64, 69, 74, 77, 78, 88, 91, 93, 96, 107, 108, 112, 119, 124}
    assert told == set(range(1, 127)) - between  # titles of sections have numbers of their own
    assert len(told) == 100


def test_every_authoritys_own_words_stand_for_words_of_the_template_and_back() -> None:
    for form in FORMS.values():
        for field in form.fields():
            base = BASE.field(field.id)
            if base is None or base.options == field.options:
                continue
            meant = {name for one in field.options for name in one.stands_for}
            assert meant == {one.id for one in base.options}, (form.id, field.id)


def test_what_a_case_knows_finds_its_word_in_every_form() -> None:
    for form in FORMS.values():
        for level in ("low", "medium", "high", "very_high") if form.field("severity") else ():
            assert "severity" in fill(form, {"severity": Fact(level)}), (form.id, level)
        for outcome in ("high_risk", "risk", "no_risk") if form.field("risk_outcome") else ():
            assert "risk_outcome" in fill(form, {"risk_outcome": Fact(outcome)}), (form.id, outcome)
        kinds = form.field("data_kinds")
        assert kinds is not None
        assert set(the_law().categories) <= {word for one in kinds.options for word in (one.id, *one.takes)}


@pytest.mark.parametrize("name", GDPR)
def test_a_form_under_the_gdpr_asks_all_of_article_33(name: str) -> None:
    required = {field.article for field in FORMS[name].fields() if field.required}

    assert {f"Art. 33(3)({letter})" for letter in "abcd"} | {"Art. 33(1)", "Art. 33(4)"} <= required
    assert {"late_reasons", "open_points", "aware_at"} <= {field.id for field in FORMS[name].fields()}


def test_a_form_under_another_law_names_no_article_of_the_gdpr() -> None:
    for name in set(FORMS) - set(GDPR):
        assert not {field.article for field in FORMS[name].fields() if "33" in field.article or "34" in field.article}


def test_every_form_says_whose_it_is_how_it_is_filed_and_how_sure_we_are() -> None:
    taken: defaultdict[str, list[str]] = defaultdict(list)
    for form in FORMS.values():
        assert form.profile is not None
        assert form.profile.portal.startswith("https://")
        assert form.profile.how.endswith(".")
        assert form.profile.sure in Sure
        assert any(trap.at in {"portal", "sent"} for trap in form.profile.traps), form.id
        for recipient in form.profile.recipients:
            taken[recipient].append(form.id)
        if form.profile.sure is Sure.MEMORY:
            assert sum(field.to_check for field in form.fields()) > 0
    assert {recipient: names for recipient, names in taken.items() if len(names) > 1} == {}
    known = {one.short_name for one in the_law().authorities} | {rule.recipient for one in the_law().regimes for rule in one.rules}
    assert set(taken) <= known
    german = {one.short_name for one in the_law().authorities if one.country == "DE"}
    assert german <= set(taken)


def test_the_portal_of_north_rhine_westphalia_does_not_send_what_has_no_risk() -> None:
    form = FORMS["de-nw-1"]
    assert form.profile is not None

    bites = {trap.at: trap for trap in form.profile.traps}

    assert bites["risk_outcome"].any_of == ("no_or_low_risk",)
    assert "NOT transmit" in bites["risk_outcome"].words
    assert "30 idle minutes" in bites["portal"].words
    assert "file number" in bites["sent"].words


def test_russia_has_two_notices_of_its_own() -> None:
    form = FORMS["rkn-1"]

    assert list(form.phases) == [Phase.INITIAL, Phase.FINAL]
    assert [form.phase_words(one) for one in form.phases] == ["Primary (within 24 hours)", "Additional (within 72 hours)"]
    asked = {phase: {field.id for section in form.sections if phase in section.phases for field in section.fields}
             for phase in form.phases}
    assert "inquiry_result" in asked[Phase.FINAL] - asked[Phase.INITIAL]
    assert {"cause", "consequences"} <= asked[Phase.INITIAL] - asked[Phase.FINAL]


def test_every_text_of_every_form_exists_in_every_language_and_none_is_left_over() -> None:
    titles, labels, hints, options = set(), set(), set(), set()  # the instrument stands in English in the form itself
    for form in FORMS.values():
        titles |= {section.id for section in form.sections}
        for field in form.fields():
            labels.add(field.id)
            hints |= {field.id} if field.hint else set()
            options |= {f"{field.id}.{one.id}" for one in field.options}
    wordings = BASE.wordings

    assert set(wordings) == LANGUAGES
    for language, said in wordings.items():
        wanted = ({*ENGLISH.words, "instrument"}, titles, labels, hints, options)
        for have, want in zip((said.words, said.titles, said.labels, said.hints, said.options), wanted, strict=True):
            assert set(have) == want, language
            assert all(have.values())
        for key, english in ENGLISH.words.items():
            assert set(re.findall(r"{\w+}", said.words[key])) == set(re.findall(r"{\w+}", english)), (language, key)


def test_one_id_has_one_english_text_in_all_forms() -> None:
    said: defaultdict[str, set[str]] = defaultdict(set)
    for form in FORMS.values():
        for section in form.sections:
            said[section.id].add(section.title)
        for field in form.fields():
            said[f"{field.id}?"] |= {field.label}
            for one in field.options:
                said[f"{field.id}.{one.id}"].add(one.label)

    assert {name: texts for name, texts in said.items() if len(texts) > 1} == {}


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_no_form_speaks_english_by_mistake(language: str) -> None:
    same: list[str] = []
    for form in FORMS.values():
        spoken = form.spoken(language)
        for english, said in zip(form.fields(), spoken.fields(), strict=True):
            same += [english.id] if english.label == said.label and english.id not in {"sector", "cause"} else []
            if english.type is FieldType.YESNO:
                assert words(said, Answer(True), "UTC", spoken.wording) != "Yes"
    assert same == []
