"""A filing names the law of the duty it is for, and no other."""

import re

import pytest
from sqlalchemy.orm import Session

from incident_app.adapters.territories import Territories
from incident_app.domain.filings import ENGLISH, term_in
from incident_app.models.cases import Case
from incident_app.models.filings import Filing
from incident_app.models.obligations import Obligation
from incident_app.models.obligations import of_case as duties_of_case
from incident_app.services import cases, filings, reports
from incident_app.services.filings.records import form_of
from tests.builders import the_forms, the_law, the_world
from tests.people import People
from tests.services.filing_steps import SOON, a_draft, an_owed_case


def people_live_in(session: Session, people: People, *places: str) -> Case:
    """An owed case of people who live there too."""
    case = an_owed_case(session, people)
    known = cases.facts_of(case)
    plain = {name: getattr(known, name) for name in known.__slots__} | {"countries": places}
    cases.edit(session, case.id, cases.Facts(**plain), version=case.version, by=people.responder, now=SOON, world=the_world())
    return session.get_one(Case, case.id)


def draft_under(session: Session, people: People, regime: str, *places: str) -> Filing:
    case = people_live_in(session, people, *places)
    duty: Obligation = next(one for one in filings.duties_to_authorities(session, case.id) if one.regime == regime)
    return filings.draft(session, duty.id, by=people.responder, now=SOON, forms=the_forms(), law=the_law())


@pytest.mark.parametrize(("regime", "place", "named"), [
    ("US-CA", "US-CA", "California breach law: Civil Code 1798.82 as amended by SB 446, (f)"),
    ("CH-FADP", "CH", "Swiss FADP: Federal Act on Data Protection (FADP), in force since 2023, Art 24(1)-(3); DPO Art 15"),
])
def test_a_filing_outside_the_gdpr_names_its_own_law_and_no_article_of_the_gdpr(
    session: Session, people: People, regime: str, place: str, named: str,
) -> None:
    filing = draft_under(session, people, regime, "DE", place)

    for language in ("en", "es"):
        filing.language = language
        form = form_of(filing, the_forms())
        content = filings.content(session, filing, form, SOON)
        machine = filings.plain(session, filing.id, by=people.responder, now=SOON, forms=the_forms(), public_url="https://x")

        assert content["instrument"] == named
        assert content["number_word"] == {"en": "Field", "es": "campo"}[language], "the EDPB's template says nothing there"
        assert machine["form"]["instrument"] == named
        assert named in dict(content["summary"])[{"en": "To", "es": "A"}[language]]
        rows = [row for section in content["sections"] for row in section["rows"]]
        assert {row["article"] for row in rows} == {""}
        assert not [gap for gap in content["gaps"] if re.match(r"Art\. \d", gap)]


@pytest.mark.parametrize(("language", "named", "field"), [
    ("en", "Regulation (EU) 2016/679, Art 33", "EDPB field"), ("de", "Verordnung (EU) 2016/679, Art. 33", "EDSA-Feld"),
    ("es", "Reglamento (UE) 2016/679, art. 33", "campo CEPD"), ("ru", "Регламент (ЕС) 2016/679, ст. 33", "поле EDPB"),
])
def test_a_filing_under_the_gdpr_names_it_in_its_own_language(
    session: Session, people: People, language: str, named: str, field: str,
) -> None:
    filing = a_draft(session, people)
    filing.language = language

    content = filings.content(session, filing, form_of(filing, the_forms()), SOON)

    assert (content["instrument"], content["number_word"]) == (named, field)
    assert "Art. 33(1)" in {row["article"] for section in content["sections"] for row in section["rows"]}


def test_an_authority_with_a_form_of_its_own_reads_the_articles_of_its_law(session: Session, people: People) -> None:
    filing = draft_under(session, people, "RU-152FZ", "DE", "RU")

    content = filings.content(session, filing, form_of(filing, the_forms()), SOON)

    assert content["instrument"] == "Federal Law 152-FZ, Art 21(3.1)"
    assert {row["article"][:8] for section in content["sections"] for row in section["rows"]} <= {"Art. 21("}


def test_the_forms_know_the_laws_they_are_of() -> None:
    laws = {regime.id for regime in the_law().regimes}

    assert {form.regime for form in the_forms().values()} <= laws
    assert the_forms()["edpb-1"].under("XX", "s 1").instrument == "XX, s 1", "a law that is gone is named as it was kept"


@pytest.mark.parametrize(("language", "due", "words"), [
    ("en", "Due", "not started: 15 days from the notice to people being sent"),
    ("de", "Frist", "Frist läuft noch nicht: 15 Kalendertage ab der Benachrichtigung der Betroffenen"),
    ("es", "Plazo", "plazo aún no iniciado: 15 días naturales desde la comunicación a los interesados"),
    ("ru", "Срок", "срок ещё не начался: 15 календарных дней с уведомления субъектов персональных данных"),
])
def test_a_clock_that_waits_for_the_notice_is_not_called_a_law_without_a_date(
    session: Session, people: People, language: str, due: str, words: str,
) -> None:
    filing = draft_under(session, people, "US-CA", "DE", "US-CA")
    filing.language = language

    content = filings.content(session, filing, form_of(filing, the_forms()), SOON)

    assert dict(content["summary"])[due] == words


def test_a_report_says_which_clocks_wait_and_for_what(session: Session, people: People) -> None:
    case = people_live_in(session, people, "DE", "TR", "US-CA", "CH")

    due = {one["provision"]: one["due"] for one in reports.case_matter(session, case, SOON, by=people.auditor)["duties"]}

    assert due["Civ. Code 1798.82(f)"] == "not started: 15 days from the notice to people being sent"
    assert due["Law 6698 (KVKK) Art 12(5); Board decisions 2019/10, 2019/271"] == (
        "not started: as soon as possible from the moment it was known who the affected people are")
    assert due["FADP Art 24(1)-(3); Data Protection Ordinance Art 15"] == "no date in law"


def test_a_duty_without_a_date_is_never_told_on_time(session: Session, people: People) -> None:
    case = people_live_in(session, people, "DE", "US-CA")
    duties = {one.provision: one for one in session.scalars(duties_of_case(case.id))}
    for provision in ("Art 34(1)", "(f)"):
        duty = duties[provision]
        duty.state, duty.discharged_at, duty.discharged_how, duty.late_by_seconds = "discharged", SOON, "notice", 0
        duty.receipt_reference = "R-1"

    said = {one["provision"]: one for one in reports.case_matter(session, case, SOON, by=people.auditor)["duties"]}

    people_told, sample = said["EU-GDPR Art 34(1)"], said["Civ. Code 1798.82(f)"]
    assert people_told["due"] == "no date in law"
    assert sample["due"] == "15 days from the notice to people being sent"
    for one in (people_told, sample):
        assert one["outcome"].endswith("by our message, which a provider took, reference R-1"), one["outcome"]
    waiting = next(one for one in said.values() if one["provision"].endswith("Art 33(1)"))
    assert waiting["outcome"] == "to be told: The prompts tell of health."


def test_what_goes_to_an_authority_says_nothing_of_other_authorities_nor_of_what_is_ours(
    session: Session, people: People,
) -> None:
    case = people_live_in(session, people, "DE", "RU", "TR")
    filing = a_draft(session, people, case)
    filing.language = "es"

    content = filings.content(session, filing, form_of(filing, the_forms()), SOON)

    assert not {"duties", "decisions", "timeline", "documents", "deliveries", "review", "closings"} & set(content)
    whole = str({name: value for name, value in content.items() if name != "said"})
    assert "Roskomnadzor" not in whole
    assert "KVKK" not in whole
    assert content["printed_at"].endswith("(23/11/2026 12:40 CET)")
    assert (content["mark"], content["said"]["record_entry"]) == ("BORRADOR", "Registro: entrada")
    filing.case.is_drill = True
    assert filings.content(session, filing, form_of(filing, the_forms()), SOON)["mark"] == "SIMULACRO"
    filing.case.is_drill, filing.state = False, "approved"
    assert filings.content(session, filing, form_of(filing, the_forms()), SOON)["mark"] == ""
    inside = {one["recipient"] for one in reports.case_matter(session, case, SOON, by=people.auditor)["duties"]}
    assert {"Roskomnadzor", "KVKK"} <= inside, "the report of the case has them all"


@pytest.mark.parametrize(("language", "named"), [
    ("en", "EU institutions' data protection regulation: Regulation (EU) 2018/1725, Art 34(1)"),
    ("de", "Verordnung (EU) 2018/1725, Art 34(1)"), ("pl", "Rozporządzenie (UE) 2018/1725, Art 34(1)"),
    ("ru", "Регламент (ЕС) 2018/1725, Art 34(1)"),
])
def test_another_regulation_of_the_eu_is_named_as_the_language_names_the_gdpr(language: str, named: str) -> None:
    assert the_forms()["edpb-1"].under("EU-EUDPR", "Art 34(1)").spoken(language).instrument == named


@pytest.mark.parametrize("regime", ["TR-KVKK", "EU-EPRIV-611", "EU-EIDAS"])
def test_a_law_whose_name_in_a_language_no_file_knows_keeps_its_english_one(regime: str) -> None:
    form = the_forms()["edpb-1"].under(regime, "Art 1")

    assert form.spoken("de").instrument == form.instrument


def test_every_language_has_every_word_of_a_filing() -> None:
    for language, wording in the_forms()["edpb-1"].wordings.items():
        assert set(wording.words) == {*ENGLISH.words, "instrument"}, language


@pytest.mark.parametrize(("value", "anchor", "told", "words"), [
    (None, "people_identified", False, "not started"), (None, "people_identified", True, "no date in law"),
    (3, "odd", False, "not started: 3 working days"), (3, "initial_sent", True, "3 working days from the first notice being sent"),
])
def test_a_term_in_words_says_no_more_than_the_law(value: int | None, anchor: str, told: bool, words: str) -> None:
    assert term_in(ENGLISH, value, "business_days" if value else "none", anchor, told=told) == words


@pytest.mark.parametrize(("language", "label", "names"), [
    ("en", "Countries where they live", "Germany; Russia; United States (CA); on the high seas"),
    ("es", "Países donde viven", "Alemania; Rusia; Estados Unidos (CA); on the high seas"),
])
def test_a_filing_says_the_names_of_countries_and_keeps_their_codes(
    session: Session, people: People, language: str, label: str, names: str,
) -> None:
    filing, given = a_draft(session, people), ["DE", "RU", "US-CA", "on the high seas"]
    filing = filings.choose_form(session, filing.id, form_id="edpb-1", language=language, version=filing.version,
                                 by=people.responder, now=SOON, forms=the_forms(), law=the_law()).filing
    filing = filings.save(session, filing.id, {"people_countries": {"value": given}}, version=filing.version,
                          by=people.responder, now=SOON, forms=the_forms())

    content = filings.content(session, filing, form_of(filing, the_forms()), SOON)

    assert {row["label"]: row["value"] for section in content["sections"] for row in section["rows"]}[label] == names
    assert filing.answers["people_countries"]["value"] == given


def test_what_is_no_code_of_a_country_has_no_name() -> None:
    places = Territories("de")

    assert (places["DE"], places["DE-BY"], places.get("XY"), places.get("001"), places.get("Bayern")) == (
        "Deutschland", "Deutschland (BY)", None, None, None)
    assert len(places) == len(list(places)) > 200
