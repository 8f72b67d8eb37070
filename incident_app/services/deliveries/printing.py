"""The words for one person, laid out once for everybody who reads the same but for their name."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from html import escape

from incident_app.domain.notices import Facts, Reader, Text, direction, isolated, language_for, render
from incident_app.domain.ports import Letters, Message
from incident_app.domain.recipients import Contact
from incident_app.models.notices import Notice
from incident_app.services.notices.looking import texts_of
from incident_app.services.notices.times import times_of, uses_times
from incident_app.services.notices.wordings import wording

Kind = tuple[str, str, tuple[str, ...], bool, str]
"""Channel, language of the text, kinds of data, whether there is a name; the country, where the text says days or moments."""


@dataclass(frozen=True, slots=True)
class Words:
    """What a notice says: its texts by language, what is the same for everybody, and the language of everybody else."""

    texts: Mapping[str, Text]
    facts: Facts
    fallback: str

    @classmethod
    def of(cls, notice: Notice) -> "Words":
        """Return the words of a notice."""
        return cls(texts_of(notice), Facts.from_json(notice.facts), notice.fallback_language)


@dataclass(slots=True)
class Press:
    """Prints one notice. Two random marks hold the place of a name: one in plain text, one where HTML is escaped."""

    words: Words
    letters: Letters
    mark: str = field(default_factory=lambda: f"n{uuid.uuid4().hex}")
    html_mark: str = field(default_factory=lambda: f"h{uuid.uuid4().hex}")
    made: dict[Kind, Message] = field(default_factory=dict)
    timed: bool = field(init=False)

    def __post_init__(self) -> None:
        """See whether people of different countries read different words."""
        self.timed = uses_times(self.words.texts.values())

    def message(self, delivery_id: str, channel: str, language: str, contact: Contact,
                bypass: bool = False, country: str = "") -> Message:
        """Return the message for one person, from that person's data alone."""
        text = language_for(language, self.words.texts, self.words.fallback, country)
        kind = (channel, text, contact.data, bool(contact.name), country if self.timed else "")
        shared = self.made.get(kind)
        if shared is None:
            shared = self.made[kind] = self._lay_out(kind)
        # In a text from right to left the mark itself was isolated when the words were laid out.
        name = contact.name if direction(shared.language) == "rtl" else isolated(contact.name, shared.language)
        fill: dict[str, str] = {}
        if self.mark in shared.fill:
            fill[self.mark] = name
        if self.html_mark in shared.fill:
            fill[self.html_mark] = escape(name)
        return Message(delivery_id, contact.telegram if channel == "telegram" else contact.email, shared.subject,
                       shared.text, shared.html, shared.language, fill=fill, bypass=bypass)

    def _lay_out(self, kind: Kind) -> Message:
        channel, language, data, named, country = kind
        words = self.words
        reader = Reader(self.mark if named else "", data, times_of(words.facts, language, country))
        spoken = wording(language)
        made = render(words.texts[language], words.facts, reader, spoken)
        if channel == "telegram":
            message = Message("", "", made.subject, made.telegram, language=language)
        else:
            letter = self.letters.email(made.subject, made.body, language=language, facts=words.facts.letterhead(spoken),
                                        headings=tuple(spoken.headings.values()))
            html = letter.html.replace(self.mark, self.html_mark)
            message = Message("", "", letter.subject, letter.text, html, language)
        return replace(message, fill=dict.fromkeys(self._used(message), ""))

    def _used(self, message: Message) -> list[str]:
        plain = self.mark in message.subject or self.mark in message.text
        return [self.mark] * plain + [self.html_mark] * (self.html_mark in (message.html or ""))
