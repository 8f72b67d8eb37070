"""A duty is cited by the source its article is an article of, never as an article of a law that has another one there."""

import pytest

from incident_app.services.citing import article, cited
from tests.builders import the_law


@pytest.mark.parametrize(("regime", "provision", "who", "words"), [
    ("BR-LGPD", "Art 6", "authority", "Res. CD/ANPD 15/2024 Art 6 (LGPD Art 48)"),
    ("BR-LGPD", "Art 9", "data_subjects", "Res. CD/ANPD 15/2024 Art 9 (LGPD Art 48)"),
    ("US-CA", "(a)", "data_subjects", "Civ. Code 1798.82(a)"),
    ("US-CA", "(f)", "", "Civ. Code 1798.82(f)"),
    ("US-HIPAA", "(b)", "data_subjects", "45 CFR 164.404(b)"),
    ("US-HIPAA", "(b)", "authority", "45 CFR 164.408(b)"),
    ("EU-DORA", "Art 5(1)(a)", "authority", "Delegated Regulation (EU) 2025/301 Art 5(1)(a)"),
    ("EU-DORA", "Art 19(3)", "data_subjects", "Regulation (EU) 2022/2554 Art 19(3)"),
    ("MD-PDP", "-", "authority", "Law 195/2024"),
    ("EU-GDPR", "Art 33(1)", "authority", "EU-GDPR Art 33(1)"),
    ("HOUSE-7", "Contract 12, clause 3", "other", "HOUSE-7 Contract 12, clause 3"),
])
def test_the_source_is_named_where_the_name_of_the_law_would_say_another(regime: str, provision: str, who: str, words: str) -> None:
    assert cited(regime, provision, who) == words


def test_one_article_of_two_sources_stands_alone_where_nobody_says_whom_it_is_about() -> None:
    assert article("US-HIPAA", "(b)") == "(b)"
    assert article("EU-GDPR", "Art 34(1)", "data_subjects") == "Art 34(1)"


def test_no_law_cites_a_bare_letter_or_number() -> None:
    bare = [(law.id, rule.provision) for law in the_law().regimes for rule in law.rules
            if rule.provision != "-" and not rule.provision[0].isalpha() and not rule.citation]

    assert bare == []
