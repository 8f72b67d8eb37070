"""A filing names the law of the duty it is for, and no other."""

import re

import pytest
from sqlalchemy.orm import Session

from incident_app.models.cases import Case
from incident_app.models.filings import Filing
from incident_app.models.obligations import Obligation
from incident_app.services import cases, filings
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
