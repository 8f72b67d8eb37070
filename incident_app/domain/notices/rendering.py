"""One text, one person → the words that person reads. Fields are substituted, never evaluated."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime

from incident_app.domain.notices.advising import consequences_of, data_words, steps_of
from incident_app.domain.notices.codes import spoken
from incident_app.domain.notices.scripts import ALWAYS_LEFT_TO_RIGHT, comma, isolated
from incident_app.domain.notices.wording import Wording, spoken_date, spoken_moment
from incident_app.domain.recipients import Controller

FIELDS: dict[str, str] = {
    "name": "the person's name",
    "data_kinds": "this person's kinds of data",
    "consequences": "what may happen with this person's kinds of data",
    "steps": "what this person can do, the most urgent first",
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
    "aware_on": "the day you learned of it, as this person's country writes it",
    "occurred_on": "the day it happened, as this person's country writes it",
    "contained_at": "since when you have it under control, in this person's time",
    "authority": "the data protection authority of this person's country; where none is known, your own",
}
CONTROLLERS = "controllers"
CONTROLLER_FIELDS: dict[str, str] = {
    "controller": "the name of the organisation that is told",
    "our_contract": "a sentence with the reference of your contract, where it is known",
    "contract": "the reference of your contract with it",
    "name": "the name of the person there",
    "data_kinds": "the kinds of data that are this controller's",
    "people": "how many people of this controller are affected",
    "records": "how many records of this controller are affected",
    "consequences": "what may happen to people with these kinds of data",
    "receipt": "the address where this controller says that the notice arrived",
    **{name: FIELDS[name] for name in ("service", "organisation", "dpo", "dpo_name", "dpo_email", "dpo_phone", "case_ref",
                                       "website", "code", "check")},
}
TIMES = ("aware_on", "occurred_on", "contained_at", "authority")
"""Fields that each person reads in the way of their own country, or with what is their own country's."""
NO_PERSONS = frozenset(FIELDS) - {"name", "consequences", "steps"}
"""Fields that say the same to everybody, once no person's own kinds of data are put in."""
LATER = frozenset({"kind", "code", "check", "to", *TIMES, "zone"})  # facts that came after the first approvals
LONGEST_WHOLE = 34
"""Characters that stand on one line of the narrowest telephone."""
NO_CONTRACT = "–"
_BETWEEN = {**dict.fromkeys(("de", "es", "it", "nl", "pt", "tr"), "."), **dict.fromkeys(("fr", "pl", "ru", "uk"), "\u00a0")}
"""What stands between thousands."""
_FIELD = re.compile(r"\(\(([^()\n]*)\)\)")
_STOPPED = re.compile(r"(?<!\.)\.([\u2066-\u2069]?)$")
_WITH_GAP = re.compile(r",?[ \u00a0]*\(\(([^()\n]*)\)\)")


@dataclass(frozen=True, slots=True)
class Text:
    """What is written in one language."""

    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What is the same for everybody; frozen with the approval. ``categories`` are ids of kinds of data, ``kind`` is the
    kind of breach; ``code`` is that of the notice and ``check`` the plain address where people check it. ``to`` is
    ``controllers`` where it goes to those whose data we process, and not to people. ``aware_on`` and ``occurred_on`` are
    days of the case, ``contained_at`` a moment in its ``zone``, in ISO 8601; ``authority`` is the one where the controller is at
    home. All from ``kind`` on are empty in what was
    approved before they existed.
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
    kind: str = ""
    code: str = ""
    check: str = ""
    to: str = ""
    aware_on: str = ""
    occurred_on: str = ""
    contained_at: str = ""
    zone: str = ""
    authority: str = ""

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

    def letterhead(self, wording: Wording) -> dict[str, str]:
        """Return what the layout of an email shows round the text."""
        drill = wording.drill if self.drill else ""
        return {"organisation": self.service, "contact": self.dpo, "reference": self.case_ref, "drill": drill}


@dataclass(frozen=True, slots=True)
class Reader:
    """One person as a text needs them; ``data`` are their own kinds of data, empty means those of the case. ``times``: the
    fields of :data:`TIMES` as their country writes them, where that is known.

    Where they are told for a ``controller``, ``receipt`` is the address where they say that it arrived.
    """

    name: str = ""
    data: tuple[str, ...] = ()
    controller: Controller | None = None
    receipt: str = ""
    times: Mapping[str, str] = field(default_factory=dict)


OWN = frozenset({"name", "data_kinds", "consequences", "steps"})
"""Fields that follow from the person who reads; those of a controller are known for one alone anyway."""


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


def whole_values(facts: Facts) -> tuple[str, ...]:
    """Return what no line may break: codes, numbers and addresses that people copy, longest first."""
    values = (facts.dpo_phone, facts.dpo_email, facts.case_ref, spoken(facts.code))
    return tuple(sorted({value for value in values if 0 < len(value) <= LONGEST_WHOLE}, key=len, reverse=True))


def used_fields(text: str) -> list[str]:
    """Return the fields that stand in a text, in order, each once."""
    return [name.strip() for name in dict.fromkeys(_FIELD.findall(text))]


def fields_for(to: str) -> dict[str, str]:
    """Return the fixed list of fields of a text to people, or to ``controllers``."""
    return CONTROLLER_FIELDS if to == CONTROLLERS else FIELDS


def unknown_fields(text: str, to: str = "") -> list[str]:
    """Return fields that are not in the fixed list, in order, each once."""
    return [name for name in dict.fromkeys(_FIELD.findall(text)) if name.strip() not in fields_for(to)]


def merge(text: str, values: Mapping[str, str]) -> str:
    """Put values in place of fields, once: a value that looks like a field stays as it is. Empty ones leave no gap, and one
    that ends with a full stop, as companies do (S.L.), ends the sentence as well."""

    def put(found: re.Match[str]) -> str:
        name = found[1].strip()
        value = values.get(name)
        if value is None:
            return found[0]
        gap = found[0][: found[0].index("((")]
        if text[found.end():found.end() + 1] == "." and _STOPPED.search(value):
            value = _STOPPED.sub(r"\1", value)
        return gap + value if value else ""

    return _WITH_GAP.sub(put, text)


def _values(facts: Facts, reader: Reader, wording: Wording) -> dict[str, str]:
    kinds = reader.data or facts.categories
    language = wording.language
    between = comma(language)
    known = {
        "name": reader.name,
        "service": facts.service,
        "organisation": facts.organisation,
        "dpo_name": facts.dpo_name,
        "dpo_email": facts.dpo_email,
        "dpo_phone": facts.dpo_phone,
        "case_ref": facts.case_ref,
        "website": re.sub(r"^https?://(www\.)?", "", facts.website).rstrip("/"),  # no link: phishing looks like that
        "code": spoken(facts.code),
        "check": facts.check,
    }
    values = {name: isolated(value, language, left_to_right=name in ALWAYS_LEFT_TO_RIGHT) for name, value in known.items()}
    if reader.controller is not None:
        values |= _of_controller(reader.controller, reader.receipt, wording)
    reach = (values["dpo_name"], values["dpo_email"], values["dpo_phone"])
    named = [isolated(word, language) for word in data_words(kinds, wording)]
    return {
        **values,
        "dpo": between.join(part for part in reach if part),
        "data_kinds": between.join(named) or wording.data_list["not_known"],
        "consequences": consequences_of(kinds, wording),
        "steps": steps_of(kinds, facts.kind, wording),
        **(reader.times or times_in(facts, wording)),
    }


def _of_controller(one: Controller, receipt: str, wording: Wording) -> dict[str, str]:
    unknown, language = wording.unknown["number"], wording.language
    contract = isolated(one.contract.removesuffix("."), language)
    return {
        "our_contract": wording.contact["contract"].format(reference=contract) if contract else "",
        "controller": isolated(one.organisation, language), "contract": isolated(one.contract or NO_CONTRACT, language),
        "people": unknown if one.people is None else spoken_number(one.people, language),
        "records": unknown if one.records is None else spoken_number(one.records, language),
        "receipt": isolated(receipt, language, left_to_right=True),
    }


def spoken_number(number: int, language: str) -> str:
    """Return a number as a language writes it: “10,214”, “10.214”, “10 214”."""
    return f"{number:,}".replace(",", _BETWEEN.get(language, ","))


def times_in(facts: Facts, wording: Wording) -> dict[str, str]:
    """Return the days and the moment of the facts as the language writes them, the moment with its distance from UTC."""
    days = {name: getattr(facts, name) for name in ("aware_on", "occurred_on")}
    spelt = {name: spoken_date(date.fromisoformat(day), wording) if day else "" for name, day in days.items()}
    at = facts.contained_at
    return {**spelt, "contained_at": spoken_moment(datetime.fromisoformat(at), wording) if at else "",
            "authority": isolated(facts.authority, wording.language)}


def render(text: Text, facts: Facts, reader: Reader, wording: Wording) -> Rendered:
    """Return the words for one person: a pure function of that person and what is the same for everybody."""
    return _merged(text, facts, _values(facts, reader, wording), wording)


def render_for_all(text: Text, facts: Facts, wording: Wording) -> Rendered:
    """Return the words with what is the same for everybody; what is each reader's own stays a field.

    Days and moments stand there as the language writes them and in the zone of the case; people read the same ones as their
    country writes them.
    """
    values = _values(facts, Reader(), wording)
    return _merged(text, facts, {name: value for name, value in values.items() if name not in OWN}, wording)


def _merged(text: Text, facts: Facts, values: Mapping[str, str], wording: Wording) -> Rendered:
    subject = " ".join(merge(text.subject, values).split())
    drill = f"{wording.drill}. " if facts.drill else ""
    return Rendered(drill + subject, merge(text.body, values), values)


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
