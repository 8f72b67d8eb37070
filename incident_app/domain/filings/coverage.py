"""Which fields are asked, how far each section is answered, and what Art 33(3) still misses."""

from dataclasses import dataclass

from incident_app.domain.filings.answers import NOTHING, Answer, Answers
from incident_app.domain.filings.forms import Field, Form, Phase, Section
from incident_app.domain.filings.wording import ENGLISH, Wording


@dataclass(frozen=True, slots=True)
class Situation:
    """What decides beside the answers: the phase, and whether the term is over (Art 33(1): then with reasons)."""

    phase: Phase
    late: bool = False


@dataclass(frozen=True, slots=True)
class Gap:
    """Something the law asks for that is not there. ``waits``: said to be not yet known, so it must follow."""

    field_id: str
    section_id: str
    label: str
    article: str
    waits: bool

    @property
    def words(self) -> str:
        """The gap in a sentence."""
        return self.said(ENGLISH)

    def said(self, wording: Wording) -> str:
        """The gap in a sentence of a language."""
        what = wording.word("gap_waits" if self.waits else "gap_open")
        label = wording.word("quoted").format(text=self.label)
        return f"{self.article}: {label} {what}." if self.article else f"{label} {what}."


@dataclass(frozen=True, slots=True)
class SectionCoverage:
    """One section as asked now: its fields, and how many of them are dealt with (answered or *not yet known*)."""

    section: Section
    fields: tuple[Field, ...]
    answered: int

    @property
    def total(self) -> int:
        """How many fields are asked."""
        return len(self.fields)


@dataclass(frozen=True, slots=True)
class Coverage:
    """The whole form as asked now. ``required_answered`` of ``required`` fields are dealt with."""

    sections: tuple[SectionCoverage, ...]
    gaps: tuple[Gap, ...]
    required: int
    required_answered: int

    @property
    def complete(self) -> bool:
        """Whether nothing the law asks for is missing or to follow."""
        return not self.gaps

    @property
    def open_gaps(self) -> tuple[Gap, ...]:
        """What is neither answered nor said to follow."""
        return tuple(gap for gap in self.gaps if not gap.waits)


def cover(form: Form, answers: Answers, situation: Situation) -> Coverage:
    """Look at the answers as the authority would."""
    asked = [section for section in form.sections if situation.phase in section.phases]
    first = [(one, section) for section in asked for one in section.fields if not _about_gaps(one)]
    incomplete = any(_gap(one, section, answers) for one, section in first if _shown(one, answers, situation, False))
    sections, gaps, required = [], [], []
    for section in asked:
        fields = tuple(one for one in section.fields if _shown(one, answers, situation, incomplete))
        if not fields:
            continue
        dealt = [one for one in fields if _dealt_with(one, answers)]
        gaps += [gap for one in fields if (gap := _gap(one, section, answers))]
        required += [one in dealt for one in fields if one.required]
        sections.append(SectionCoverage(section, fields, len(dealt)))
    return Coverage(tuple(sections), tuple(gaps), len(required), sum(required))


def missing(form: Form, answers: Answers, situation: Situation) -> tuple[Gap, ...]:
    """Return what Art 33(3) (and 33(1) when late) still misses, in the form's order."""
    return cover(form, answers, situation).gaps


def _about_gaps(field: Field) -> bool:
    return any(condition.field == "incomplete" for condition in field.conditions)


def _dealt_with(field: Field, answers: Answers) -> bool:
    answer = answers.get(field.id, NOTHING)
    return answer.answered or (answer.not_yet_known and field.may_wait)


def _gap(field: Field, section: Section, answers: Answers) -> Gap | None:
    answer = answers.get(field.id, NOTHING)
    if not field.required or answer.answered:
        return None
    waits = answer.not_yet_known and field.may_wait
    return Gap(field.id, section.id, field.label, field.article, waits)


def _shown(field: Field, answers: Answers, situation: Situation, incomplete: bool) -> bool:
    return all(
        not _said(condition.field, answers, situation, incomplete).isdisjoint(condition.any_of)
        for condition in field.conditions
    )


def _said(name: str, answers: Answers, situation: Situation, incomplete: bool) -> set[str]:
    match name:
        case "phase":
            return {situation.phase.value}
        case "late":
            return {"yes" if situation.late else "no"}
        case "incomplete":
            return {"yes" if incomplete else "no"}
        case _:
            return values_of(answers.get(name, NOTHING))


def values_of(answer: Answer) -> set[str]:
    """Return what conditions compare: the options chosen, yes or no, nothing where nothing was answered."""
    match answer.value:
        case bool() as truth:
            return {"yes" if truth else "no"}
        case list() as items:
            return {str(item) for item in items}
        case None:
            return set()
        case other:
            return {str(other)}


def phase_refusal(phase: Phase, *, filed_before: bool) -> str | None:
    """Return why this phase cannot come now, ``None`` where it can."""
    if phase is Phase.INITIAL and filed_before:
        return "The first filing was made before: this is a follow-up, a final one or a withdrawal."
    if phase is not Phase.INITIAL and not filed_before:
        return "Nothing was filed yet: the first filing comes first."
    return None


def asking_problems(coverage: Coverage, phase: Phase) -> dict[str, str]:
    """Return by field what keeps a filing from being approved: open questions always, what is to follow in the last."""
    last = phase in {Phase.FINAL, Phase.WITHDRAW}
    return {gap.field_id: gap.words for gap in (coverage.gaps if last else coverage.open_gaps)}
