"""The types a form file loads into: sections of fields, each with the article of law it serves."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType

from incident_app.domain.filings.wording import ENGLISH, Wording
from incident_app.domain.regimes import Regime

LONGEST = 6000
GDPR = "2016/679"
REGULATION = re.compile(r"Regulation \(EU\) (20\d\d/\d+)")
"""A regulation of the EU by its number: the file of each language writes the GDPR so, and with it all of them."""


class FieldType(StrEnum):
    """What an answer is made of. A list without options takes free lines."""

    TEXT = "text"
    MOMENT = "moment"
    COUNT = "count"
    CHOICE = "choice"
    LIST = "list"
    YESNO = "yesno"


class Phase(StrEnum):
    """Art 33(4): information may be given in phases."""

    INITIAL = "initial"
    FOLLOW_UP = "follow_up"
    FINAL = "final"
    WITHDRAW = "withdraw"

    @property
    def words(self) -> str:
        """The phase as a page and a printed filing name it."""
        return {"follow_up": "Follow-up", "withdraw": "Withdrawal"}.get(self.value, self.value.capitalize())


class FilingState(StrEnum):
    """How far a filing has come."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    SUBMITTED = "submitted"


class How(StrEnum):
    """The way a filing reached the authority."""

    PORTAL = "portal"
    EMAIL = "email"
    PHONE = "phone"
    POST = "post"


@dataclass(frozen=True, slots=True)
class Option:
    """One choice. ``takes`` are the words of the case that mean it (a kind of breach, a data category); ``means`` the
    options of the EDPB's template it stands for, where an authority has words of its own."""

    id: str
    label: str
    takes: tuple[str, ...] = ()
    means: tuple[str, ...] = ()

    @property
    def stands_for(self) -> frozenset[str]:
        """The options of the EDPB's template it stands for."""
        return frozenset(self.means or (self.id,))


@dataclass(frozen=True, slots=True)
class Condition:
    """Show a field only where ``field`` (another field, or ``phase``, ``late``, ``incomplete``) has one of these."""

    field: str
    any_of: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Field:
    """One question. ``number`` is the field's number in the EDPB template; ``fact`` what of the case fills it.

    ``staff_contact``: may hold contacts, they are ours. ``may_wait``: an incomplete filing may say *not yet known*.
    ``to_check``: that the authority asks it was not read in a source, so its own form has to be looked at. ``longest``:
    characters of a text.
    """

    id: str
    label: str
    type: FieldType
    article: str = ""
    number: str = ""
    hint: str = ""
    required: bool = False
    lines: int = 1
    options: tuple[Option, ...] = ()
    conditions: tuple[Condition, ...] = ()
    fact: str | None = None
    staff_contact: bool = False
    may_wait: bool = True
    to_check: bool = False
    longest: int = LONGEST

    def option(self, option_id: str) -> Option | None:
        """Find an option by its id."""
        return next((one for one in self.options if one.id == option_id), None)


@dataclass(frozen=True, slots=True)
class Section:
    """Fields that belong together, in the authority's order, and the phases that ask for them."""

    id: str
    title: str
    fields: tuple[Field, ...]
    phases: tuple[Phase, ...] = (Phase.INITIAL, Phase.FOLLOW_UP, Phase.FINAL)


class Sure(StrEnum):
    """How we know what an authority asks: its own page was opened, somebody wrote about it, or general knowledge."""

    OPENED = "opened"
    SECONDARY = "secondary"
    MEMORY = "memory"


@dataclass(frozen=True, slots=True)
class Trap:
    """What goes wrong at an authority's own form. ``at``: a field of the form, ``portal`` (before anything is copied) or
    ``sent`` (when it is recorded as filed); ``any_of``: only where the field has one of these answers."""

    at: str
    words: str
    any_of: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Profile:
    """Whose form it is. ``recipients`` are the names duties give this authority; ``portal`` its address, ``how`` in
    words how it takes a filing; ``language`` what it is filed in."""

    authority: str
    recipients: tuple[str, ...]
    language: str
    portal: str
    how: str
    sure: Sure
    source: str
    traps: tuple[Trap, ...] = ()


@dataclass(frozen=True, slots=True)
class Form:
    """One authority form in one version. ``phases`` are those the authority knows, each with the word it has for it.

    ``regime`` is the law its articles are of; ``laws`` are all laws by id, for a duty of another one. ``edpb``: whether who
    gets it knows the template of the EDPB, so that the numbers of its fields say something there. ``regulation``: number and
    provision, where the duty is of another regulation of the EU.
    """

    id: str
    version: str
    title: str
    instrument: str
    source: str
    sections: tuple[Section, ...]
    phases: Mapping[Phase, str] = field(default_factory=lambda: MappingProxyType({phase: phase.value for phase in Phase}))
    profile: Profile | None = None
    wording: Wording = field(default_factory=lambda: ENGLISH)
    wordings: Mapping[str, Wording] = field(default_factory=lambda: MappingProxyType({}))
    regime: str = ""
    laws: Mapping[str, Regime] = field(default_factory=lambda: MappingProxyType({}))
    edpb: bool = False
    regulation: str = ""

    def fields(self) -> Iterator[Field]:
        """Walk all fields in order."""
        for section in self.sections:
            yield from section.fields

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages the form can be printed in, as two-letter codes; English is first."""
        return (ENGLISH.language, *sorted(self.wordings))

    def phase_words(self, phase: Phase) -> str:
        """The phase as this authority names it."""
        return self.wording.word(f"phase_{self.phases.get(phase, phase.value)}")

    def field(self, field_id: str) -> Field | None:
        """Find a field by its id."""
        return next((one for one in self.fields() if one.id == field_id), None)

    def under(self, regime: str, provision: str) -> "Form":
        """Return the form as it serves a duty of this law: it names that law, and no article of another one."""
        law = self.laws.get(regime)
        form = replace(self, edpb=law is not None and law.one_stop_shop)
        if regime == self.regime:
            return form
        named = f"{law.name}: {law.instrument}" if law is not None else regime
        sections = tuple(
            replace(section, fields=tuple(replace(one, article="") for one in section.fields)) for section in self.sections)
        numbered = REGULATION.fullmatch(law.instrument) if law is not None else None
        return replace(form, instrument=f"{named}, {provision}", sections=sections,
                       regulation=f"{numbered[1]}, {provision}" if numbered else "")

    @property
    def number_word(self) -> str:
        """What stands before the number of a field."""
        return self.wording.word("edpb_field" if self.edpb else "field")

    def spoken(self, language: str) -> "Form":
        """Return the form in another language: titles, questions, options; what is not translated stays as it is."""
        wording = self.wordings.get(language)
        if wording is None:
            return self
        sections = tuple(
            replace(section, title=wording.titles.get(section.id, section.title),
                    fields=tuple(_spoken(one, wording) for one in section.fields))
            for section in self.sections
        )
        instrument = wording.word("instrument") if self.edpb else self.instrument
        if self.regulation:
            instrument = wording.word("instrument").partition(GDPR)[0] + self.regulation
        return replace(self, title=wording.word("title"), instrument=instrument, sections=sections, wording=wording)


def with_laws(forms: Mapping[str, Form], regimes: Iterable[Regime]) -> dict[str, Form]:
    """Return these forms with the laws they may be filed under."""
    laws = MappingProxyType({one.id: one for one in regimes})
    return {name: replace(form, laws=laws) for name, form in forms.items()}


def phase_said(forms: Mapping[str, Form], form_id: str, phase: str) -> str:
    """Return a phase as the authority of that form names it; in our words where the form is not installed any more."""
    form = forms.get(form_id)
    return Phase(phase).words if form is None else form.phase_words(Phase(phase))


def _spoken(asked: Field, wording: Wording) -> Field:
    options = tuple(
        replace(one, label=wording.options.get(f"{asked.id}.{one.id}", one.label)) for one in asked.options
    )
    return replace(asked, label=wording.labels.get(asked.id, asked.label), options=options,
                   hint=wording.hints.get(asked.id, asked.hint) if asked.hint else "")


# What a case can fill in, and the type of field it fits.
FACTS: Mapping[str, FieldType] = MappingProxyType({
    "case_ref": FieldType.TEXT, "previous_reference": FieldType.TEXT, "controller_name": FieldType.TEXT,
    "controller_contact": FieldType.TEXT, "dpo_designated": FieldType.YESNO, "dpo_name": FieldType.TEXT,
    "dpo_contact": FieldType.TEXT, "others_involved": FieldType.YESNO, "others": FieldType.TEXT,
    "period": FieldType.CHOICE, "occurred_at": FieldType.MOMENT, "contained_at": FieldType.MOMENT,
    "detected_at": FieldType.MOMENT, "aware_at": FieldType.MOMENT, "discovery": FieldType.TEXT,
    "gap_reason": FieldType.TEXT, "nature": FieldType.LIST, "unintelligible": FieldType.CHOICE,
    "incident_kind": FieldType.CHOICE, "what_happened": FieldType.TEXT, "cause": FieldType.TEXT,
    "people_count": FieldType.COUNT, "records_count": FieldType.COUNT, "data_kinds": FieldType.LIST,
    "data_words": FieldType.TEXT, "measures_before": FieldType.TEXT, "consequences": FieldType.TEXT,
    "severity": FieldType.CHOICE, "risk_outcome": FieldType.CHOICE, "risk_reasons": FieldType.TEXT,
    "measures_taken": FieldType.TEXT, "measures_planned": FieldType.TEXT, "told": FieldType.CHOICE,
    "told_at": FieldType.MOMENT, "told_count": FieldType.COUNT, "told_everybody": FieldType.CHOICE,
    "told_means": FieldType.CHOICE, "told_words": FieldType.TEXT, "told_text": FieldType.TEXT,
    "exception": FieldType.CHOICE, "exception_words": FieldType.TEXT, "people_countries": FieldType.LIST,
    "cross_border": FieldType.YESNO, "cause_kind": FieldType.CHOICE, "systems": FieldType.TEXT,
    "people_kinds": FieldType.LIST, "establishments": FieldType.TEXT,
})
