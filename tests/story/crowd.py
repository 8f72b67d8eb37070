"""A thousand people in seven languages, and what of a send arrived at each of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

NAMES = {"en": "Ann", "de": "Jürgen", "es": "Iñigo", "fr": "Zoé", "ru": "Иван", "fi": "Väinö", "": "O'Neil & <Sons>"}
GREETINGS = {"en": "Hello {},", "de": "Guten Tag {},", "es": "Hola {}:", "fr": "Bonjour {},", "ru": "Здравствуйте, {}!"}
SUBJECTS = {
    "en": "Your data at Assistant bot: what happened and what to do",
    "de": "Ihre Daten bei Assistant bot: was geschehen ist und was Sie tun können",
    "es": "Sus datos en Assistant bot: qué ha pasado y qué puede hacer",
    "fr": "Vos données chez Assistant bot : ce qui s’est passé et que faire",
    "ru": "Ваши данные в Assistant bot: что произошло и что делать",
}
FIRST_CHAT = 700_000_000


@dataclass(frozen=True, slots=True)
class Person:
    """One affected person; no language of ours, or none named, means to be written to in English."""

    number: int
    name: str
    email: str
    chat: int | None
    language: str

    @property
    def read_in(self) -> str:
        """The language they are to be written to in."""
        return self.language if self.language in GREETINGS else "en"

    @property
    def both(self) -> bool:
        """Whether they can be reached in two ways."""
        return bool(self.email and self.chat)

    @property
    def line(self) -> str:
        """Their line in the list."""
        return f"{self.name};{self.email};{self.chat or ''};{self.language};DE"


def crowd(count: int) -> list[Person]:
    """Return ``count`` people: every third with Telegram only, every third with an address only, the rest with both."""
    languages = tuple(NAMES)
    return [
        Person(
            number, f"{NAMES[languages[number % 7]]} {number}", f"person{number}@example.org" if number % 3 != 1 else "",
            FIRST_CHAT + number if number % 3 != 2 else None, languages[number % 7],
        )
        for number in range(1, count + 1)
    ]


def as_csv(people: Iterable[Person]) -> bytes:
    """Return the list as a spreadsheet in Germany saves it, with one person twice and one nobody can reach."""
    lines = [person.line for person in people]
    head = "Name;E-Mail;Telegram-ID;Sprache;Land"
    return ("\ufeff" + "\r\n".join([head, *lines, lines[1], "Nobody;not an address;;en;DE"]) + "\r\n").encode()


@dataclass(frozen=True, slots=True)
class Message:
    """What somebody found: on which channel, in which language."""

    channel: str
    language: str


def arrived(people: Iterable[Person], chats: Iterable[dict[str, Any]], mails: Iterable[dict[str, Any]]
            ) -> dict[int, list[Message]]:
    """Return by number what each person found; raises ``KeyError`` for a message to a stranger."""
    known = list(people)
    by_chat = {person.chat: person for person in known}
    by_email = {person.email: person for person in known}
    found: dict[int, list[Message]] = {person.number: [] for person in known}
    for one in chats:
        person = by_chat[one["chat_id"]]
        found[person.number].append(Message("telegram", _language(person, one["text"].splitlines()[0], one["text"])))
    for one in mails:
        person = by_email[one["to"]]
        found[person.number].append(Message("email", _language(person, one["subject"], one["text"])))
    return found


def _language(person: Person, subject: str, text: str) -> str:
    """Return the language of a message by its subject, once the greeting names this person in the same one."""
    language = next(code for code, words in SUBJECTS.items() if words == subject)
    assert GREETINGS[language].format(person.name) in text.splitlines(), text
    return language
