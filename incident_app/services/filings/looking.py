"""A filing as its page shows it: sections with answers, what is open, what changed, what the case says now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain import filings as rules
from incident_app.domain.filings import (
    Answer,
    Coverage,
    Field,
    FilingState,
    Form,
    Gap,
    Phase,
    SectionCoverage,
    Source,
)
from incident_app.domain.refusals import NotFound
from incident_app.domain.regimes import Law
from incident_app.models import filings as rows
from incident_app.models.filings import Filing
from incident_app.services.filings.records import (
    filed,
    form_of,
    own_addresses,
    record_of,
    situation_of,
)


@dataclass(frozen=True, slots=True)
class FieldView:
    """One question with its answer. ``was`` is what the filing before said, where that differs; ``offer`` what the
    case says now, where that differs; ``fact`` what the case says at all; ``traps`` what goes wrong here."""

    field: Field
    answer: Answer
    words: str
    was: str | None
    offer: str | None
    fact: str | None
    traps: tuple[str, ...] = ()

    @property
    def state(self) -> str:
        """Answered | waits (not yet known) | open."""
        return "answered" if self.answer.answered else "waits" if self.answer.not_yet_known else "open"


@dataclass(frozen=True, slots=True)
class SectionView:
    """One section as asked now."""

    id: str
    title: str
    fields: tuple[FieldView, ...]
    answered: int

    @property
    def total(self) -> int:
        """How many fields are asked."""
        return len(self.fields)


@dataclass(frozen=True, slots=True)
class FilingPage:
    """Everything a page, the API and a printed filing need to know of a filing."""

    form: Form
    sections: tuple[SectionView, ...]
    coverage: Coverage
    late: bool
    phases: tuple[tuple[Phase, bool], ...]
    recipient: str = ""

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What Art 33(3) still misses."""
        return self.coverage.gaps

    @property
    def own_form(self) -> bool:
        """Whether the form is that of the authority the duty names, or the template that fits all."""
        profile = self.form.profile
        return profile is None or not profile.recipients or self.recipient in profile.recipients

    def traps(self, at: str) -> tuple[str, ...]:
        """What goes wrong at the authority's own form: ``portal`` before anything is copied, ``sent`` when it is filed."""
        return tuple(trap.words for trap in rules.traps(self.form, at))

    @property
    def offers(self) -> int:
        """How many answers differ from what the case says now."""
        return sum(field.offer is not None for section in self.sections for field in section.fields)

    @property
    def untyped_offers(self) -> int:
        """How many of them were not typed by hand: what *Use all* takes."""
        return sum(
            field.offer is not None and not (field.answer.source is Source.TYPED and field.state != "open")
            for section in self.sections for field in section.fields
        )

    @property
    def changed(self) -> int:
        """How many answers differ from the filing before."""
        return sum(field.was is not None for section in self.sections for field in section.fields)

    @property
    def to_follow(self) -> str:
        """What the filing says of when the rest comes."""
        return next((one.words for section in self.sections for one in section.fields
                     if one.state == "answered" and any(condition.field == "incomplete" for condition in one.field.conditions)), "")


def of_case(session: Session, case_id: int) -> Sequence[Filing]:
    """Return the filings of a case, the first first."""
    return session.scalars(rows.of_case(case_id)).all()


def find(session: Session, case_id: int, number: int) -> Filing:
    """Return one filing of a case by its number there. Raises ``NotFound``."""
    found = session.scalar(select(Filing).where(Filing.case_id == case_id, Filing.number == number))
    if found is None:
        raise NotFound("There is no such filing in this case.")
    return found


def page(
    session: Session, filing: Filing, *, now: datetime, forms: Mapping[str, Form], law: Law, language: str = "en",
) -> FilingPage:
    """Return a filing as its page shows it at ``now``, the form in this language; values stay as they were typed."""
    form, situation = form_of(filing, forms).spoken(language), situation_of(filing, now)
    answers, zone = rules.from_json(filing.answers), filing.case.zone
    before = rules.changes(form, rules.from_json(filing.before), answers, zone) if filing.before is not None else {}
    earlier = filed(session, filing.obligation)
    known = rules.facts(record_of(session, filing.case, law, earlier[-1].reference if earlier else "", form.spoken(filing.language).wording))
    own, frozen = own_addresses(session, filing.case_id), filing.state == FilingState.SUBMITTED.value
    offers = {} if frozen else rules.differing(form, answers, known, zone, own)
    coverage = rules.cover(form, answers, situation)
    said = rules.fill(form, known, own)

    def view(section: SectionCoverage) -> SectionView:
        fields = tuple(
            FieldView(
                field=one, answer=(given := answers.get(one.id, Answer())),
                words=rules.words(one, given, zone, form.wording), was=before.get(one.id), offer=offers.get(one.id),
                fact=rules.words(one, said[one.id], zone, form.wording) if one.id in said else None,
                traps=tuple(trap.words for trap in rules.traps(form, one.id, given)),
            )
            for one in section.fields
        )
        return SectionView(section.section.id, section.section.title, fields, section.answered)

    return FilingPage(
        form=form, sections=tuple(view(one) for one in coverage.sections), coverage=coverage, late=situation.late,
        phases=tuple((one, rules.phase_refusal(one, filed_before=bool(earlier)) is None) for one in form.phases),
        recipient=filing.obligation.recipient,
    )
