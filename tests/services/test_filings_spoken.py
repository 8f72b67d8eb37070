"""What a filing says of its own, of who was told and how the severity was scored, is said in its language and with its numbers."""

import re
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from incident_app.domain.filings import ENGLISH, Letter, ToldOtherwise, ToldPeople, Wording, facts
from incident_app.domain.filings.scored import reasons_in
from incident_app.domain.risk.severity import Answers, ClassAnswer, DataClass
from incident_app.models.filings import Filing
from incident_app.services import filings
from incident_app.services.filings.records import duties_to_authorities, record_of
from tests.builders import the_forms, the_law
from tests.fakes import START
from tests.people import People
from tests.services.filing_steps import SOON, an_owed_case

WORDINGS: Mapping[str, Wording] = the_forms()["edpb-1"].wordings
LETTERS = (Letter(1, "de", "Betreff", "Guten Tag ((name))"), Letter(2, "de", "Betreff", "Guten Tag ((name))"), Letter(2, "en", "Subject", "Hello"))
TOLD = ToldPeople(12_345, 10_000, 2_300, 40, 5, START, channels=("email", "telegram"), languages=("de", "en"), lists=2,
                  reasons=(("Mailbox does not exist", 1_300), ("Stopped before their turn", 1_000)), letters=LETTERS)
SCORED = Answers(classes=(ClassAnswer(DataClass.FINANCIAL, 1, "Mit Prüfziffern."), ClassAnswer(DataClass.SIMPLE, credentials=True)),
                 ei=Decimal("0.75"), confidentiality=Decimal("0.25"), integrity=Decimal(0), availability=Decimal("0.5"), malicious=True)


def english_left(said: str) -> list[str]:
    """Return the English words that stand in a text, of those that no other language has."""
    return re.findall(r"\b(?:told|people|reached|because|stand|lists|which|read|class|by an|of the|not|texts|notice|very|severity)\b", said.lower())


@pytest.mark.parametrize("language", sorted(WORDINGS))
def test_nothing_of_it_is_left_in_english_but_what_others_said(language: str) -> None:
    # Given figures of a send, ways by hand, and a score
    spoken = WORDINGS[language]
    said = [TOLD.summary(spoken), TOLD.texts(spoken).partition("Guten Tag")[0], *reasons_in(spoken, SCORED)]
    said += [ToldOtherwise(START, how, "REF 7", "Grund" if how == "public" else "", ours=how == "notice").summary(spoken)
             for how in ("portal", "email", "phone", "post", "notice", "public")]

    # Then none of our own words is English, and no number is grouped or pointed as in English
    for one in said:
        assert english_left(one.replace("Mailbox does not exist", "").replace("Mit Prüfziffern.", "")) == [], one
        assert not re.search(r"\d\.\d\d?\b|\d,\d{3}\b", one), one
    assert f"12{spoken.word('thousands')}345" in said[0]
    assert "= 4 × 0,75 + 1,25 = 4,25" in said[-7]


def test_german_says_who_was_told_and_why_not_all() -> None:
    assert TOLD.summary(WORDINGS["de"]) == (
        "10.000 von 12.345 Personen benachrichtigt über E-Mail und telegram, Sprachen: de, en; 2.300 nicht erreicht, 40 ungewiss, 5 stehen "
        "noch aus. Nicht erreicht, weil: Mailbox does not exist (1.300); Vor dem Versand angehalten (1.000). Sie stehen auf 2 Listen; wer "
        "auf mehreren steht, ist auf jeder gezählt.")
    assert TOLD.texts(WORDINGS["de"]).startswith("2 Texte in 2 Sprachen: de, en. Wörter in doppelten Klammern, wie ((name)),")
    assert "— Benachrichtigungen 1, 2, Text in „de“ —" in TOLD.texts(WORDINGS["de"])


def test_a_german_filing_takes_its_sentences_from_the_case_in_german(session: Session, people: People) -> None:
    # Given a case that was scored in English
    case = an_owed_case(session, people)
    spoken = WORDINGS["de"]
    english = facts(record_of(session, case, the_law()))["risk_reasons"].value
    assert "Ease of identification" in str(english)

    # When the facts are taken for a German filing
    record = record_of(session, case, the_law(), spoken=spoken)
    said = str(facts(record)["risk_reasons"].value)

    # Then the score stands in German with a comma, and what people typed as they typed it
    assert said.startswith("ENISA-Schweregrad ")
    assert "Leichtigkeit der Identifizierung: " in said
    assert english_left(said.partition("Entscheidung über")[0]) == []
    assert (ENGLISH.decimal("2.5"), spoken.decimal("2.5")) == ("2.5", "2,5")


def test_the_words_of_a_draft_change_with_its_language(session: Session, people: People) -> None:
    case = an_owed_case(session, people)
    duty = duties_to_authorities(session, case.id)[0].id
    filing: Filing = filings.draft(session, duty, by=people.responder, now=SOON + timedelta(hours=1), forms=the_forms(), law=the_law())
    made = filings.choose_form(session, filing.id, form_id="edpb-1", language="it", version=filing.version, by=people.responder,
                               now=SOON + timedelta(hours=1), forms=the_forms(), law=the_law()).filing

    assert str(made.answers["risk_reasons"]["value"]).startswith("Gravità ENISA ")
