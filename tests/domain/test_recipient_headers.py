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
