"""The check of a text: what blocks its approval, what must be mended or waived first, what is worth a second look."""

from collections.abc import Mapping

from incident_app.domain.notices.lint.addresses import (
    contact_findings,
    link_findings,
    lookalike_findings,
    lookalikes,
)
from incident_app.domain.notices.lint.facts import case_findings, differing_facts
from incident_app.domain.notices.lint.findings import (
    LONGEST_REASON,
    SHORTEST_REASON,
    Check,
    Finding,
    PartCheck,
    Waiver,
    Weight,
    binding,
    waivable,
)
from incident_app.domain.notices.lint.habits import Habits, Known, Reading, plain, without_fields
from incident_app.domain.notices.lint.looks import look_findings
from incident_app.domain.notices.lint.parts import merged, part_checks, shape_findings
from incident_app.domain.notices.lint.phrases import (
    asking_findings,
    hedge_findings,
    order_findings,
    phrase_findings,
    preview_findings,
)
from incident_app.domain.notices.lint.reading import level, prose, reading_findings
from incident_app.domain.notices.lint.tongue import (
    base,
    digest,
    free_text_missing,
    outdated,
    repeated,
    tongue_findings,
)
from incident_app.domain.notices.rendering import Facts, Text
from incident_app.domain.notices.wording import Wording

__all__ = [
    "LONGEST_REASON",
    "SHORTEST_REASON",
    "Check",
    "Finding",
    "Habits",
    "Known",
    "PartCheck",
    "Reading",
    "Waiver",
    "Weight",
    "across",
    "base",
    "binding",
    "check_text",
    "differing_facts",
    "digest",
    "lookalikes",
    "plain",
    "waivable",
]
NOBODY = Facts("", "", "")


def check_text(
    text: Text, wording: Wording, longest: Mapping[str, str], habits: Habits | None = None, facts: Facts = NOBODY,
    known: Known | None = None,
) -> Check:
    """Check one language. ``longest`` holds the longest value of each field, for the length of the merged message.

    ``habits`` are those of the language, ``facts`` what is the same for everybody, ``known`` what the case says.
    """
    habits, known = habits or Habits(), known or Known()
    parts = part_checks(text.body, wording)
    findings = (
        *shape_findings(text, parts, longest), *link_findings(text), *lookalike_findings(text),
        *(contact_findings(text, facts) if facts is not NOBODY else ()), *look_findings(text, wording),
        *tongue_findings(text, wording, habits), *asking_findings(text, habits), *preview_findings(text, habits),
        *order_findings(text, wording, habits), *phrase_findings(text, wording, habits),
        *hedge_findings(text, wording, habits, known), *case_findings(text, wording, habits, known),
        *reading_findings(text.body, wording, habits),
    )
    easy = level(without_fields(prose(text.body, wording)), habits.reading)
    return Check(wording.language, parts, tuple(dict.fromkeys(findings)), len(merged(text, longest)), easy)


def across(
    texts: Mapping[str, Text], wordings: Mapping[str, Wording], habits: Mapping[str, Habits], *, main: str, known: Known,
    edits: Mapping[str, str],
) -> dict[str, tuple[Finding, ...]]:
    """Compare the languages with one another: facts that differ, free text not translated, texts left behind.

    ``edits``: see ``outdated``. Texts for one country are compared with nothing but
    the text of their language: they say more than the others.
    """
    plain_texts = {code: text for code, text in texts.items() if code == base(code)}
    differing = differing_facts(plain_texts, {code: habits[code].months for code in plain_texts})
    return {
        code: (
            *repeated(code, texts, main), *free_text_missing(code, texts, main, wordings, known),
            *outdated(code, texts, edits, main, wordings),
            *(Finding("differing_facts", Weight.LOOK, words, across=True) for words in differing.get(code, ())),
        )
        for code in texts
    }
