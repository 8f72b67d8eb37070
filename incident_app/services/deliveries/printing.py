"""The words for one person, laid out once for everybody who reads the same but for their name."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from markupsafe import escape

from incident_app.domain.notices import Facts, Reader, Text, direction, isolated, language_for, render
from incident_app.domain.ports import Letters, Message
from incident_app.domain.recipients import Contact
from incident_app.models.notices import Notice
from incident_app.services.notices.looking import reader_of, texts_of
from incident_app.services.notices.receipts import code_for
from incident_app.services.notices.times import times_of, uses_times
from incident_app.services.notices.wordings import wording

Kind = tuple[str, str, tuple[str, ...], bool, str]
"""Channel, language of the text, kinds of data, whether there is a name; the country, where the text says days or moments."""


@dataclass(frozen=True, slots=True)
class Words:
    """What a notice says: its texts by language, what is the same for everybody, and the language of everybody else.

    ``secret`` makes the codes by which controllers say that it arrived.
    """

    texts: Mapping[str, Text]
    facts: Facts
    fallback: str
    secret: str = ""

    @classmethod
    def of(cls, notice: Notice) -> "Words":
        """Return the words of a notice."""
        return cls(texts_of(notice), Facts.from_json(notice.facts), notice.fallback_language, notice.receipt_secret)


class Plate(NamedTuple):
    """What is the same for people alike in channel, language, country, kinds of data and whether they have a name."""

    shared: Message
    right_to_left: bool
    marked: bool
    html_marked: bool


@dataclass(slots=True)
class Press:
    """Prints one notice. Two random marks hold the place of a name: one in plain text, one where HTML is escaped."""

    words: Words
    letters: Letters
    mark: str = field(default_factory=lambda: f"n{uuid.uuid4().hex}")
    html_mark: str = field(default_factory=lambda: f"h{uuid.uuid4().hex}")
    made: dict[Kind, Message] = field(default_factory=dict)
    plates: dict[tuple[str, str, str, tuple[str, ...], bool], Plate] = field(default_factory=dict)
    timed: bool = field(init=False)

    def __post_init__(self) -> None:
        """See whether people of different countries read different words."""
        self.timed = uses_times(self.words.texts.values())

    def message(self, delivery_id: str, channel: str, language: str, contact: Contact,
                bypass: bool = False, country: str = "", person: str = "") -> Message:
        """Return the message for one person, from that person's data alone; ``person`` is their public id."""
        name, email, telegram, data, _, controller = contact
        if controller is not None:
            text = language_for(language, self.words.texts, self.words.fallback, country)
            own = self._for_controller(text, contact, code_for(self.words.secret, person))
            return own._replace(delivery_id=delivery_id, address=email, bypass=bypass)
        alike = (channel, language, country, data, bool(name))
        plate = self.plates.get(alike)
        if plate is None:
            plate = self.plates[alike] = self._plate(*alike)
        shared, right_to_left, marked, html_marked = plate
        # In a text from right to left the mark itself was isolated when the words were laid out.
        if not (right_to_left or name.isascii()):
            name = isolated(name, shared.language)
        fill: dict[str, str] = {}
        if marked:
            fill[self.mark] = name
        if html_marked:
            fill[self.html_mark] = str(escape(name))
        return Message(delivery_id, telegram if channel == "telegram" else email, shared.subject, shared.text,
                       shared.html, shared.language, (), fill, bypass)

    def _plate(self, channel: str, language: str, country: str, data: tuple[str, ...], named: bool) -> Plate:
        text = language_for(language, self.words.texts, self.words.fallback, country)
        kind = (channel, text, data, named, country if self.timed else "")
        shared = self.made.get(kind)
        if shared is None:
            shared = self.made[kind] = self._lay_out(kind)
        return Plate(shared, direction(shared.language) == "rtl", self.mark in shared.fill, self.html_mark in shared.fill)

    def _lay_out(self, kind: Kind) -> Message:
        channel, language, data, named, country = kind
        words = self.words
        reader = Reader(self.mark if named else "", data, times=times_of(words.facts, language, country))
        spoken = wording(language)
        made = render(words.texts[language], words.facts, reader, spoken)
        if channel == "telegram":
            message = Message("", "", made.subject, made.telegram, language=language)
        else:
            letter = self.letters.email(made.subject, made.body, language=language, facts=words.facts.letterhead(spoken),
                                        headings=tuple(spoken.headings.values()))
            html = letter.html.replace(self.mark, self.html_mark)
            message = Message("", "", letter.subject, letter.text, html, language)
        return message._replace(fill=dict.fromkeys(self._used(message), ""))

    def _for_controller(self, language: str, contact: Contact, code: str) -> Message:
        """Lay one letter out alone: everything in it may be this controller's own. Its link is the only one that is one."""
        words, spoken = self.words, wording(language, self.words.facts.to)
        reader = reader_of(contact, words.facts, language, receipt=code)
        made = render(words.texts[language], words.facts, reader, spoken)
        letter = self.letters.email(made.subject, made.body, language=language, facts=words.facts.letterhead(spoken),
                                    headings=tuple(spoken.headings.values()))
        link = str(escape(reader.receipt))
        html = letter.html.replace(link, f'<a href="{link}">{link}</a>') if link else letter.html
        return Message("", "", letter.subject, letter.text, html, language)

    def _used(self, message: Message) -> list[str]:
        plain = self.mark in message.subject or self.mark in message.text
        return [self.mark] * plain + [self.html_mark] * (self.html_mark in (message.html or ""))
