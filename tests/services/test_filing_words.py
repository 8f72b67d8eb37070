"""What we say ourselves in a filing is said in its language; what people typed stays as they typed it."""

from typing import Any

import pytest
from sqlalchemy.orm import Session

from incident_app.domain.filings import ENGLISH
from incident_app.models.filings import Filing
from incident_app.services import filings, remediation
from incident_app.services.notices.supervising import named_in, names
from incident_app.services.remediation import NewAction
from tests.builders import the_forms, the_law
from tests.people import People
from tests.services.filing_steps import SOON, an_owed_case, duty_of

OWN = ("(done)", "(planned)", "Contact details", "(processor")


@pytest.fixture
def filing(session: Session, people: People) -> Filing:
    """A draft of a case with contact details, a processor, and things done and planned that nobody summed up."""
    case, by = an_owed_case(session, people, data_categories=("contact",)), people.responder
    case.processors, case.measures_taken, case.measures_planned = ["Acme"], "", ""
    session.commit()
    done = remediation.add(session, case.id, NewAction("Shut the door", "contain"), by=by, now=SOON)
    remediation.complete(session, done.id, "Shut", by=by, now=SOON)
    remediation.add(session, case.id, NewAction("Lock the window", "prevent"), by=by, now=SOON)
    return filings.draft(session, duty_of(session, case).id, by=by, now=SOON, forms=the_forms(), law=the_law())


def said(filing: Filing) -> str:
    """Return every answer of a filing as one text."""
    answers: Any = filing.answers
    return "\n".join(str(one.get("value")) for one in answers.values())


def test_a_filing_in_another_language_has_our_own_words_in_it(session: Session, people: People, filing: Filing) -> None:
    # Given a draft that says in English what is done and planned, and one answer typed by hand
    assert "Shut the door (done)" in said(filing)
    filing = filings.save(session, filing.id, {"cause": {"value": "A door (planned) to be open."}}, version=filing.version,
                          by=people.responder, now=SOON, forms=the_forms())

    # When it is to be printed in Spanish
    chosen = filings.choose_form(session, filing.id, language="es", version=filing.version, by=people.responder, now=SOON,
                                 forms=the_forms(), law=the_law())

    # Then our words are Spanish, the titles and the typed answer are as they were, and nothing is offered anew
    words = said(chosen.filing)
    assert "Shut the door (realizada)" in words
    assert "Lock the window (prevista)" in words
    assert "Acme (encargado del tratamiento)" in words
    assert "A door (planned) to be open." in words
    rest = words.replace("A door (planned) to be open.", "")
    assert not [one for one in OWN if one in rest]
    page = filings.page(session, chosen.filing, now=SOON, forms=the_forms(), law=the_law())
    assert not [view.field.id for section in page.sections for view in section.fields if view.offer and view.field.id != "cause"]


@pytest.mark.parametrize("language", ["de", "es", "fr", "it", "nl", "pl", "pt", "ru"])
def test_every_language_of_a_form_has_our_own_words(language: str) -> None:
    form = the_forms()["edpb-1"].spoken(language)

    for word in ("done", "planned", "processor", "decided_authority", "decided_people"):
        assert form.wording.word(word) not in {"", ENGLISH.word(word)}


@pytest.mark.parametrize(("name", "language", "read"), [
    ("Roskomnadzor", "ru", "Роскомнадзор"), ("Roskomnadzor", "de", "Roskomnadzor"),
    ("Ombudsman (UA)", "uk", "Уповноважений Верховної Ради України з прав людини"),
    ("PDPC Egypt", "ar", "مركز حماية البيانات الشخصية"), ("AEPD", "ru-RU", "Agencia Española de Protección de Datos"),
])
def test_people_read_an_authority_by_the_name_it_has_in_their_language(name: str, language: str, read: str) -> None:
    assert named_in(names()[name], language) == read


def test_a_name_nobody_knows_stays_as_it_is() -> None:
    assert named_in("", "ru") == ""
