"""The first line of a list, in the languages people keep lists in."""

import pytest

from incident_app.domain import recipients as rules
from incident_app.domain.refusals import Refused


@pytest.mark.parametrize("headers", [
    "name,email,language,country,city", "Vorname,E-Mail-Adresse,Sprache,Land,Ort", "nombre,correo,idioma,país,ciudad",
    "nom,courriel,langue,pays,ville", "nome,posta elettronica,lingua,paese,città", "Nome completo,E-mail,Língua,País,Cidade",
    "voornaam,e-mailadres,taal,land,plaats", "Imię i nazwisko,Adres e-mail,Język,Kraj,Miasto", "имя,почта,язык,страна,город",
    "ПІБ,Електронна пошта,Мова,Країна,Місто", "ADI SOYADI,E-POSTA,DİL,ÜLKE,ŞEHİR",
    "الاسم,البريد الإلكتروني,اللغة,البلد,المدينة",
])
def test_a_list_may_have_its_headers_in_each_language_of_the_letters(headers: str) -> None:
    assert set(rules.map_columns(headers.split(",")).fields) == {"name", "email", "language", "country", "city"}


@pytest.mark.parametrize(("encoding", "name"), [
    ("windows-1254", "Ayşe Yılmaz"), ("windows-1256", "ليلى حداد"), ("koi8-u", "Євген Їжак"), ("windows-1251", "Євген Їжак"),
    ("windows-1250", "Łucja Żak"),
])
def test_a_list_saved_by_an_older_program_can_be_read_in_each_language(encoding: str, name: str) -> None:
    content = f"name,email\n{name},x@example.org".encode(encoding)

    shown = {sample.encoding: sample.line for sample in rules.previews(content)}
    assert shown[encoding] == name.replace(" ", " · ")
    assert "".join(rules.text_of([content], encoding)).endswith(f"{name},x@example.org")


def test_an_address_column_is_proposed_by_what_stands_in_it() -> None:
    rows = [["Ann", "a@example.org", "", "7"], ["Bob", " b@example.org ", "x@"], ["", "", "x@example.org"]]
    unknown = rules.map_columns(["Wer", "Kontakt", "Notiz", "chat id"])

    assert rules.proposed(unknown, rows) == {1: "email", 3: "telegram_id"}
    assert rules.proposed(unknown, []) == {3: "telegram_id"}
    assert rules.proposed(rules.map_columns(["Mail", "Kontakt"]), rows) == {0: "email"}


@pytest.mark.parametrize("first", ["Kim,kim@example.org,en", "Kim,700000001,en", "name;kim@example.org;email"])
def test_a_first_line_that_is_a_person_is_refused_and_said_in_words_that_name_nobody(first: str) -> None:
    for mapped in (None, {0: "name", 1: "email"}):
        with pytest.raises(Refused, match="it is a person") as refused:
            rules.table([first + "\nAnn,ann@example.org,en\n"], mapped)
        assert "kim" not in str(refused.value).lower()


@pytest.mark.parametrize(("first_line", "row"), [
    ("Vorname;Nachname;email", "Ann;Lee;ann@example.org"), ("Name;Vorname;email", "Lee;Ann;ann@example.org"),
    ("prénom;nom;email", "Ann ; Lee;ann@example.org"), ("first_name;last_name;email", "Ann;Lee;ann@example.org"),
    ("nome;cognome;email", "Ann;Lee;ann@example.org"), ("name;email", "Ann Lee;ann@example.org"),
])
def test_a_name_in_two_columns_is_one_name_in_its_order(first_line: str, row: str) -> None:
    (person,) = rules.Sieve().people(rules.table([f"{first_line}\n{row}\n"]))

    assert person.name == "Ann Lee"


def test_a_surname_alone_is_a_name_and_a_name_without_one_too() -> None:
    alone = rules.Sieve().people(rules.table(["surname,email\nLee,ann@example.org\n"]))
    assert [person.name for person in alone] == ["Lee"]
    missing = rules.Sieve().people(rules.table(["first name,surname,email\nAnn,,ann@example.org\n,,ben@example.org\n"]))
    assert [person.name for person in missing] == ["Ann", ""]
    chosen = rules.Sieve().people(rules.table(["a,b,c\nAnn,Lee,ann@example.org\n"], {0: "name", 1: "surname", 2: "email"}))
    assert [person.name for person in chosen] == ["Ann Lee"]


def test_a_formula_that_begins_a_name_is_still_seen() -> None:
    sieve = rules.Sieve()
    list(sieve.people(rules.table(["first name,surname,email\n=cmd,Lee,ann@example.org\n"])))

    assert [(one.column, "formula" in one.words) for one in sieve.problems] == [("name", True)]
