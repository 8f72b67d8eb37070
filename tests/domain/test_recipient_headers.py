"""The first line of a list, in the languages people keep lists in."""

import pytest

from incident_app.domain import recipients as rules


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
