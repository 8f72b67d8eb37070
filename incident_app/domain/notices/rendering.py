"""One text, one person → the words that person reads. Fields are substituted, never evaluated."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace

from incident_app.domain.notices.codes import spoken
from incident_app.domain.notices.drafting import data_words
from incident_app.domain.notices.wording import Wording

DRILL = "Drill: this is an exercise"
FIELDS: dict[str, str] = {
    "name": "the person's name",
    "data_kinds": "this person's kinds of data",
    "service": "the name of your service",
    "organisation": "the name of your organisation",
    "dpo": "name and address of the data protection officer",
    "dpo_name": "name of the data protection officer",
    "dpo_email": "email of the data protection officer",
    "dpo_phone": "phone of the data protection officer",
    "case_ref": "reference of the case",
    "website": "your web address",
    "code": "the code by which people see that the message is from you",
    "check": "the address where they check it",
}
NO_PERSONS = frozenset(FIELDS) - {"name"}
"""Fields that say the same to everybody, once no person's own kinds of data are put in."""
LATER = frozenset({"code", "check"})  # facts that came after the first approvals
_FIELD = re.compile(r"\(\(([^()\n]*)\)\)")
_WITH_GAP = re.compile(r",?[ \u00a0]*\(\(([^()\n]*)\)\)")


@dataclass(frozen=True, slots=True)
class Text:
    """What is written in one language."""

    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What is the same for everybody; frozen with the approval. ``categories`` are ids of kinds of data.

    ``code`` is that of the notice and ``check`` the plain address where people check it; empty in what was approved before.
    """

    service: str
    organisation: str
    case_ref: str
    dpo_name: str = ""
    dpo_email: str = ""
    dpo_phone: str = ""
    website: str = ""
    categories: tuple[str, ...] = ()
    drill: bool = False
    code: str = ""
    check: str = ""

    def to_json(self) -> dict[str, object]:
        """Return what is stored and hashed. What is not used is left out: approvals given before it existed still bind."""
        whole = asdict(self) | {"categories": list(self.categories)}
        return {name: value for name, value in whole.items() if name not in LATER or value}

    @classmethod
    def from_json(cls, stored: Mapping[str, object]) -> "Facts":
        """Return what was stored."""
        raw = stored.get("categories")
        categories = tuple(str(item) for item in raw) if isinstance(raw, list) else ()
        words = {name: str(value) for name, value in stored.items() if name not in {"categories", "drill"}}
        return cls(**words, categories=categories, drill=stored.get("drill") is True)

    @property
    def dpo(self) -> str:
        """Everything known about how to reach the data protection officer, in one line."""
        return ", ".join(part for part in (self.dpo_name, self.dpo_email, self.dpo_phone) if part)

    @property
    def letterhead(self) -> dict[str, str]:
        """What the layout of an email shows round the text."""
        drill = DRILL if self.drill else ""
        return {"organisation": self.service, "contact": self.dpo, "reference": self.case_ref, "drill": drill}


@dataclass(frozen=True, slots=True)
class Reader:
    """One person as a text needs them; ``data`` are their own kinds of data, empty means those of the case."""

    name: str = ""
    data: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rendered:
    """The words for one person, in plain text."""

    subject: str
    body: str
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def telegram(self) -> str:
        """The message as a Telegram bubble shows it: the subject first, plain text."""
        return f"{self.subject}\n\n{self.body}"


def used_fields(text: str) -> list[str]:
    """Return the fields that stand in a text, in order, each once."""
    return [name.strip() for name in dict.fromkeys(_FIELD.findall(text))]


def unknown_fields(text: str) -> list[str]:
    """Return fields that are not in the fixed list, in order, each once."""
    return [name for name in dict.fromkeys(_FIELD.findall(text)) if name.strip() not in FIELDS]


def merge(text: str, values: Mapping[str, str]) -> str:
    """Put values in place of fields, once: a value that looks like a field stays as it is. Empty ones leave no gap."""

    def put(found: re.Match[str]) -> str:
        name = found[1].strip()
        value = values.get(name)
        if value is None:
            return found[0]
        gap = found[0][: found[0].index("((")]
        return gap + value if value else ""

    return _WITH_GAP.sub(put, text)


def _values(facts: Facts, reader: Reader, wording: Wording) -> dict[str, str]:
    return {
        "name": reader.name,
        "data_kinds": ", ".join(data_words(reader.data or facts.categories, wording)),
        "service": facts.service,
        "organisation": facts.organisation,
        "dpo": facts.dpo,
        "dpo_name": facts.dpo_name,
        "dpo_email": facts.dpo_email,
        "dpo_phone": facts.dpo_phone,
        "case_ref": facts.case_ref,
        "website": re.sub(r"^https?://(www\.)?", "", facts.website).rstrip("/"),  # no link: phishing looks like that
        "code": spoken(facts.code),
        "check": facts.check,
    }


def render(text: Text, facts: Facts, reader: Reader, wording: Wording) -> Rendered:
    """Return the words for one person: a pure function of that person and what is the same for everybody."""
    values = _values(facts, reader, wording)
    subject = " ".join(merge(text.subject, values).split())
    return Rendered(f"{DRILL}. {subject}" if facts.drill else subject, merge(text.body, values), values)


def anonymous(facts: Facts) -> Facts:
    """Return the facts without kinds of data: what everybody may read of a message that is not theirs."""
    return replace(facts, categories=())


def longest_values(facts: Facts, readers: Iterable[Reader], wording: Wording) -> dict[str, str]:
    """Return for each field the longest value anybody gets, to know the longest message before it is sent."""
    longest: dict[str, str] = {}
    for reader in readers:
        for name, value in _values(facts, reader, wording).items():
            if len(value) >= len(longest.get(name, "")):
                longest[name] = value
    return longest


def language_for(language: str, written: Sequence[str], fallback: str) -> str:
    """Return the language this person is written to in: their own where there is a text, otherwise the fallback."""
    return language if language in written else fallback
