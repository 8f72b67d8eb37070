"""The authority's form: fields, conditions, completeness, phases, what changed since the last."""

from incident_app.domain.filings.answers import (
    Answer,
    Answers,
    Source,
    changes,
    checked,
    from_json,
    to_json,
    words,
)
from incident_app.domain.filings.coverage import (
    Coverage,
    Gap,
    SectionCoverage,
    Situation,
    asking_problems,
    cover,
    missing,
    phase_refusal,
)
from incident_app.domain.filings.facts import CaseRecord, Fact, differing, facts, fill
from incident_app.domain.filings.forms import (
    FACTS,
    Condition,
    Field,
    FieldType,
    FilingState,
    Form,
    How,
    Option,
    Phase,
    Profile,
    Section,
    Sure,
    Trap,
    phase_said,
    with_laws,
)
from incident_app.domain.filings.papers import (
    About,
    Filed,
    digest,
    document,
    filed_answers,
    read_document,
    to_follow,
)
from incident_app.domain.filings.privacy import contacts, places, refuse_personal_data
from incident_app.domain.filings.profiles import carried, form_for, next_phase, refilled, traps
from incident_app.domain.filings.telling import Letter, ToldOtherwise, ToldPeople
from incident_app.domain.filings.wording import ENGLISH, Wording, term_in

__all__ = [
    "ENGLISH", "FACTS", "About", "Answer", "Answers", "CaseRecord", "Condition", "Coverage", "Fact", "Field", "FieldType",
    "Filed", "FilingState", "Form", "Gap", "How", "Letter", "Option", "Phase", "Profile", "Section", "SectionCoverage", "Situation",
    "Source", "Sure", "ToldOtherwise", "ToldPeople", "Trap", "Wording", "asking_problems", "carried", "changes", "checked", "contacts", "cover",
    "differing", "digest", "document", "facts", "filed_answers", "fill", "form_for", "from_json", "missing", "next_phase",
    "phase_refusal", "phase_said", "places", "read_document", "refilled", "refuse_personal_data", "term_in", "to_follow", "to_json", "traps", "with_laws",
    "words",
]
