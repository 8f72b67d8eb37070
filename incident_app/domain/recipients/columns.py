"""Which column is what, by the names in the first line."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from incident_app.domain.refusals import Refused

FIELDS = ("name", "email", "telegram_id", "language", "country", "data", "region", "address", "street", "postcode", "city")
SURNAME = "surname"
COLUMNS = (*FIELDS, SURNAME)
"""What a column may be: the fields of a person, and the surname, which is the rest of a name."""
CONTACTS = ("email", "telegram_id", "address", "street")
ALIASES: dict[str, tuple[str, ...]] = {
    "name": (
        "name", "full name", "fullname", "display name", "first name", "firstname", "given name", "person", "vorname",
        "nombre", "nom", "prenom", "prénom", "имя", "фио", "nome", "nome completo", "naam", "voornaam", "imię", "imie",
        "imię i nazwisko", "imie i nazwisko", "ім'я", "імʼя", "ім’я", "піб", "adı", "adi", "ad soyad", "adı soyadı", "adi soyadi", "isim",
        "الاسم", "الاسم الكامل",
    ),
    SURNAME: (
        "surname", "last name", "lastname", "family name", "nachname", "familienname", "apellido", "apellidos",
        "nom de famille", "фамилия", "cognome", "apelido", "sobrenome", "achternaam", "nazwisko", "прізвище", "soyad", "soyadı",
        "soyadi", "اسم العائلة", "اللقب",
    ),
    "email": (
        "email", "e mail", "mail", "email address", "e mail address", "mail address", "e mail adresse", "mailadresse",
        "correo", "correo electronico", "correo electrónico", "courriel", "адрес почты", "почта", "эл почта",
        "indirizzo email", "indirizzo e mail", "posta elettronica", "endereço de email", "endereço de e mail", "e mailadres",
        "emailadres", "adres email", "adres e mail", "пошта", "електронна пошта", "ел пошта", "e posta", "eposta",
        "e posta adresi", "البريد الإلكتروني", "البريد الالكتروني", "الإيميل", "الايميل",
    ),
    "telegram_id": (
        "telegram id", "telegramid", "telegram", "tg id", "tgid", "tg", "chat id", "chatid", "telegram chat id",
        "telegram user id", "user id", "userid", "телеграм", "telegram number", "تيليجرام", "تيليغرام", "تلغرام",
    ),
    "language": ("language", "lang", "locale", "language code", "sprache", "idioma", "langue", "язык", "lingua", "língua",
                 "taal", "język", "jezyk", "мова", "dil", "اللغة"),
    "country": ("country", "country code", "land", "pais", "país", "pays", "страна", "residence", "paese", "kraj", "країна",
                "ülke", "ulke", "البلد", "الدولة"),
    "data": ("data", "data kinds", "data categories", "categories", "affected data", "daten", "datos", "donnees",
             "données", "данные", "dati", "dados", "gegevens", "dane", "дані", "veriler", "البيانات"),
    "region": ("region", "state", "province", "state code", "region code", "subdivision", "federal state", "bundesland",
               "estado", "provincia", "région", "регион", "область", "regione", "distrito", "provincie", "województwo",
               "wojewodztwo", "регіон", "bölge", "eyalet", "المنطقة", "الولاية"),
    "address": ("postal address", "post address", "postadresse", "postanschrift", "anschrift", "mailing address",
                "full address", "adresse postale", "dirección postal", "direccion postal", "почтовый адрес",
                "indirizzo postale", "endereço postal", "morada", "postadres", "adres pocztowy", "поштова адреса",
                "posta adresi", "العنوان البريدي"),
    "street": ("street", "street address", "address line 1", "address 1", "strasse", "straße", "rue", "calle", "улица",
               "rua", "straat", "ulica", "вулиця", "sokak", "الشارع"),
    "postcode": ("postcode", "post code", "postal code", "zip", "zip code", "zipcode", "plz", "postleitzahl",
                 "code postal", "código postal", "codigo postal", "индекс", "cap", "codice postale", "cep",
                 "kod pocztowy", "поштовий індекс", "індекс", "posta kodu", "الرمز البريدي"),
    "city": ("city", "town", "ort", "stadt", "ville", "ciudad", "город", "città", "citta", "cidade", "stad", "plaats",
             "miasto", "miejscowość", "місто", "şehir", "sehir", "المدينة"),
}
_KNOWN = {alias: name for name, aliases in ALIASES.items() for alias in aliases}
_FIRST = frozenset({"first name", "firstname", "given name", "vorname", "prenom", "prénom", "voornaam"})
_REST = frozenset({"name", "nom", "naam"})  # beside a first name these are the surname
_BETWEEN = re.compile(r"[\s_.\-/]+")


def _plain(header: str) -> str:
    bare = header.replace("\ufeff", "").strip().casefold().replace("i\u0307", "i")  # Turkish: a small letter of İ
    return _BETWEEN.sub(" ", bare).strip()


@dataclass(frozen=True, slots=True)
class Columns:
    """``fields`` maps our names to positions; ``ignored`` are headers we do not use; ``doubled`` stand twice;
    ``chosen``: by a person, not recognised by its header."""

    headers: tuple[str, ...]
    fields: dict[str, int]
    ignored: tuple[str, ...] = ()
    doubled: tuple[tuple[str, str], ...] = ()
    named: dict[str, str] = field(default_factory=dict)
    chosen: bool = False

    def check(self) -> None:
        """Refuse a first line from which nobody could be reached, or that is ambiguous."""
        if self.doubled:
            first, second = self.doubled[0]
            raise Refused(
                f"The columns “{first}” and “{second}” mean the same to us. Nothing was taken over.",
                {"file": "Rename or remove one of them."},
            )
        if not any(name in self.fields for name in CONTACTS):
            if self.chosen:
                raise Refused(
                    "No column is chosen by which anybody can be reached. Nothing was taken over.",
                    {"columns": "Choose at least one column that holds an email address, a Telegram id or a postal address."},
                )
            raise Refused(
                "There is no usable column: the first line must name an email, a Telegram id or a postal address column.",
                {"file": "Use headers such as: name, email, telegram_id, language, country, street, postcode, city."},
            )


def map_columns(headers: Sequence[str]) -> Columns:
    """Recognise each header by its usual names in twelve languages; the case, ``_`` and ``-`` do not matter."""
    fields: dict[str, int] = {}
    ignored, doubled = [], []
    plain = [_plain(header) for header in headers]
    parted = not _FIRST.isdisjoint(plain)
    for position, header in enumerate(headers):
        name = SURNAME if parted and plain[position] in _REST else _KNOWN.get(plain[position])
        if name is None:
            ignored.append(header.strip())
        elif name in fields:
            doubled.append((headers[fields[name]].strip(), header.strip()))
        else:
            fields[name] = position
    named = {name: headers[position].strip() for name, position in fields.items()}
    return Columns(tuple(headers), fields, tuple(ignored), tuple(doubled), named)


def proposed(columns: Columns, rows: Sequence[Sequence[str]]) -> dict[int, str]:
    """Return position → our name for the page that asks: by the headers, and an address column by what stands in it.

    A proposal only: nothing is taken over by what cells look like before a person agreed.
    """
    fields = {position: name for name, position in columns.fields.items()}
    if "email" not in columns.fields:
        for position in range(len(columns.headers)):
            cells = [row[position].strip() for row in rows if position < len(row) and row[position].strip()]
            if position not in fields and cells and all("@" in cell[1:] for cell in cells):
                return fields | {position: "email"}
    return fields


def chosen_columns(headers: Sequence[str], chosen: Mapping[int, str]) -> Columns:
    """Take the columns as a person mapped them: position → our name. Raises ``Refused`` for what is not possible."""
    fields: dict[str, int] = {}
    doubled = []
    for position, name in sorted(chosen.items()):
        if name not in COLUMNS or not 0 <= position < len(headers):
            raise Refused("There is no such column.", {"columns": f"Choose one of: {', '.join(COLUMNS)}."})
        if name in fields:
            doubled.append((headers[fields[name]].strip(), headers[position].strip()))
        else:
            fields[name] = position
    ignored = tuple(header.strip() for position, header in enumerate(headers) if position not in chosen)
    named = {name: headers[position].strip() for name, position in fields.items()}
    return Columns(tuple(headers), fields, ignored, tuple(doubled), named, chosen=True)
