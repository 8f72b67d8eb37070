"""A notice to controllers whose data we process (GDPR Art 33(2)): its words, its first draft, its parts.

What it must let a controller do is file its own notification, so it says what Art 33(3) asks of that: nature, this
controller's own data and numbers, consequences, measures, a contact, and what is not known yet (Art 33(4)).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from incident_app.domain.notices.codes import LOCAL, PATH
from incident_app.domain.notices.drafting import CaseFacts, nature_of, taken_measures, unknown_of
from incident_app.domain.notices.wording import Block, Part, PartRule, Wording

RECEIPT_PATH = "/receipt/"
CONTROLLER_PARTS: dict[Part, PartRule] = {
    Part.NATURE: PartRule("Nature of the breach", "33(3)(a)", True, "say what happened, and when"),
    Part.DATA: PartRule("The controller's own data and numbers", "33(3)(a)", True,
                        "name this controller's kinds of data and its people: ((data_kinds)) and ((people))"),
    Part.CONSEQUENCES: PartRule("Likely consequences", "33(3)(c)", True, "say what it can mean for the people concerned"),
    Part.MEASURES: PartRule("Measures taken or proposed", "33(3)(d)", True, "say what you have done and will do"),
    Part.OPEN: PartRule("What is not known yet", "33(4)", True, "say what is not known yet and when you write again"),
    Part.ADVICE: PartRule("What the controller decides", "33(1), 34", False,
                          "say that the controller decides on its own notification and on telling people"),
    Part.CONTACT: PartRule("Contact point", "33(3)(b)", True, "name who answers questions"),
}
"""What a controller has to be told. Art 33(2) itself asks for no more than the notice; the parts are those that the
controller's own duty is made of (EDPB 9/2022, section on processors; Art 28(3)(f))."""


@dataclass(frozen=True, slots=True)
class ControllerWords:
    """What one language has for controllers beside the words for people. {date}, {code}: put in when the draft is made;
    {reference} of a ``contract`` for each controller.

    ``kinds`` names kinds of data without “your”; ``risks`` are sentences by group of kinds, ``groups`` says which is which.
    ``nature``, ``incident``, ``unknown`` and ``contact`` stand in place of those for people whose sentences say “your data”
    or speak to one person; ``unknown["number"]`` where nobody knows how many.
    """

    subject: str
    update: str
    reminder: str
    lead: str
    contract: str
    data: str
    nothing_open: str
    decide: str
    receipt: str
    carries_on: str
    reminds: str
    nature: Mapping[str, str]
    incident: Mapping[str, str]
    unknown: Mapping[str, str]
    headings: Mapping[str, str]
    kinds: Mapping[str, str]
    risks: Mapping[str, str]
    groups: Mapping[str, str]
    contact: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Before:
    """The notice that this one carries on or reminds of: when it went out (local to the case, spelt out) and its code."""

    date: str
    code: str


def receipts_at(check: str) -> str:
    """Return what the address of a receipt begins with, from the address where codes are checked; nothing where there is none."""
    if not check:
        return ""
    scheme = "http" if check.startswith(LOCAL) else "https"
    return f"{scheme}://{check.removesuffix(PATH)}{RECEIPT_PATH}"


def for_controllers(wording: Wording, words: ControllerWords) -> Wording:
    """Return the words of a language as a letter to controllers uses them."""
    headings = {part: words.headings.get(part.value, wording.headings.get(part, "")) for part in CONTROLLER_PARTS}
    blocks = {kind: Block(words.kinds[kind], words.risks[words.groups[kind]]) for kind in wording.blocks}
    return replace(wording, subject=words.subject, headings=headings, blocks=blocks,
                   nature={**wording.nature, **words.nature}, incident={**wording.incident, **words.incident},
                   unknown={**wording.unknown, **words.unknown},
                   contact={**wording.contact, **words.contact, "contract": words.contract},
                   consequences={**wording.consequences, "general": words.risks["general"]})


def compose_for_controllers(case: CaseFacts, wording: Wording, words: ControllerWords) -> tuple[str, str]:
    """Return subject and body of a first draft. ``wording`` is that of :func:`for_controllers`."""
    open_points = unknown_of(case, wording) or [words.nothing_open]
    risks = [words.risks[name] for name in ("integrity", "availability") if getattr(case, name)]
    parts = {
        Part.NATURE: nature_of(case, wording),
        Part.DATA: words.data,
        Part.CONSEQUENCES: " ".join(["((consequences))", *risks]),
        Part.MEASURES: taken_measures(case, wording),
        Part.OPEN: " ".join(open_points),
        Part.ADVICE: words.decide,
        Part.CONTACT: wording.contact["dpo" if case.dpo else "no_dpo"],
    }
    body = "\n\n".join(f"{wording.headings[part]}\n{text}" for part, text in parts.items())
    return words.subject, f"{wording.greeting}\n\n{words.lead}\n\n{words.receipt}\n\n{body}"


def carried_on(subject: str, body: str, wording: Wording, words: ControllerWords, before: Before, *, remind: bool) -> tuple[str, str]:
    """Return a text that says first which earlier notice it carries on, or reminds of."""
    line = (words.reminds if remind else words.carries_on).format(date=before.date, code=before.code)
    marked = (words.reminder if remind else words.update).format(subject=subject)
    greeting, _, rest = body.partition("\n\n")
    if greeting != wording.greeting:
        return marked, f"{_begun(line)}\n\n{body}"
    return marked, f"{greeting}\n\n{line}\n\n{_begun(rest)}"


def _begun(text: str) -> str:
    """Return a text that begins a sentence: what follows a greeting goes on in lower case in German, and only there."""
    return text[:1].upper() + text[1:]

