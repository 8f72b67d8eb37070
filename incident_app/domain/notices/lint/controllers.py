"""The check of a text to controllers: what they need for their own duty (GDPR Art 33(2), (3), (4)), not what people need."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from incident_app.domain.notices.controllers import CONTROLLER_PARTS, receipts_at
from incident_app.domain.notices.lint.addresses import contact_findings, link_findings, lookalike_findings
from incident_app.domain.notices.lint.facts import case_findings
from incident_app.domain.notices.lint.findings import Check, Finding, PartCheck, Weight
from incident_app.domain.notices.lint.habits import Habits, Known
from incident_app.domain.notices.lint.looks import look_findings
from incident_app.domain.notices.lint.parts import has_part, merged, subject_findings
from incident_app.domain.notices.lint.phrases import asking_findings, phrase_findings
from incident_app.domain.notices.lint.tongue import tongue_findings
from incident_app.domain.notices.rendering import (
    CONTROLLERS,
    Facts,
    Text,
    fields_for,
    unknown_fields,
    used_fields,
)
from incident_app.domain.notices.wording import Part, Wording, sections
from incident_app.domain.numbers import grouped

LONGEST_BODY = 20_000
_NUMBERS = re.compile(r"\(\(\s*(?:people|records)\s*\)\)")


def controller_parts(body: str, wording: Wording) -> tuple[PartCheck, ...]:
    """Look for each part below its heading; the data must be this controller's own, so they come from the fields."""
    found = sections(body, wording.headings)
    checks = []
    for part, rule in CONTROLLER_PARTS.items():
        text = body if part is Part.CONTACT else found.get(part, "")
        ok = has_part(part, text)
        if part is Part.CONSEQUENCES:
            ok = ok or "consequences" in used_fields(text)
        elif part is Part.DATA:
            ok = ok and "data_kinds" in used_fields(text) and bool(_NUMBERS.search(text))
        words = "" if ok else f"{rule.title} ({rule.article}): {rule.words}, below the line “{wording.headings[part]}”."
        checks.append(PartCheck(part, rule.title, rule.article, ok, rule.required, words))
    return tuple(checks)


def _shape(text: Text, parts: tuple[PartCheck, ...], longest: Mapping[str, str], facts: Facts) -> Iterator[Finding]:
    yield from subject_findings(text.subject)
    used = used_fields(f"{text.subject}\n{text.body}")
    for name in unknown_fields(f"{text.subject}\n{text.body}", CONTROLLERS):
        yield Finding("unknown_field", Weight.BLOCK,
                      f"“(({name}))” is not a field here. The fields are: {', '.join(fields_for(CONTROLLERS))}.")
    for part in parts:
        if not part.ok:
            yield Finding(f"part_{part.part.value}", Weight.BLOCK if part.required else Weight.LOOK, part.words)
    if len(merged(text, longest)) > LONGEST_BODY:
        yield Finding("too_long", Weight.BLOCK, f"Longer than {grouped(LONGEST_BODY)} characters with the longest values.")
    if "controller" not in used:
        yield Finding("controller_missing", Weight.BLOCK, "Nothing says whom it is for: put ((controller)) in. The notice may be "
                                                          "passed on before somebody reads it who knows the contract.")
    if "case_ref" not in used:
        yield Finding("reference_missing", Weight.BLOCK, "The reference of the case is missing: put ((case_ref)) in.")
    if "receipt" not in used:
        yield Finding("receipt_missing", Weight.BLOCK, "Nobody can say that it arrived: put ((receipt)) in.")
    elif not receipts_at(facts.check):
        yield Finding("receipt_address", Weight.BLOCK, "The address of this installation is not one that others reach "
                                                       "(PUBLIC_URL): the link in ((receipt)) would lead nowhere.")


def check_controllers(
    text: Text, wording: Wording, longest: Mapping[str, str], habits: Habits, facts: Facts, known: Known
) -> Check:
    """Check one language of a notice to controllers; ``wording`` is theirs. Reading levels are for people, and not asked."""
    parts = controller_parts(text.body, wording)
    days = replace(known, people=(), kinds=())
    findings = (
        *_shape(text, parts, longest, facts), *link_findings(text), *lookalike_findings(text), *contact_findings(text, facts),
        *look_findings(text, wording), *tongue_findings(text, wording, habits), *asking_findings(text, habits),
        *phrase_findings(text, wording, habits), *case_findings(text, wording, habits, days),
    )
    return Check(wording.language, parts, tuple(dict.fromkeys(findings)), len(merged(text, longest)))
