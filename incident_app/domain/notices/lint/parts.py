"""The shape of a letter: every part that Art 34(2) GDPR asks for, one subject, fields that exist, a length that fits."""

import re
from collections.abc import Iterator, Mapping

from incident_app.domain.notices.lint.findings import Finding, PartCheck, Weight
from incident_app.domain.notices.rendering import FIELDS, Text, merge, unknown_fields
from incident_app.domain.notices.wording import PARTS, Part, Wording, sections
from incident_app.domain.numbers import grouped

LONGEST_TELEGRAM = 4096
LONGEST_SUBJECT = 150
SHORTEST_PART = 20
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_CONTACT_FIELD = re.compile(r"\(\(\s*(?:dpo|dpo_email|dpo_phone)\s*\)\)")
_OWN_SITE = re.compile(r"\(\(\s*website\s*\)\)")


def has_part(part: Part, text: str) -> bool:
    """Whether a text says something of a part."""
    if part is Part.CONTACT:
        return bool(_CONTACT_FIELD.search(text) or _EMAIL.search(text))
    return len(text.strip()) >= SHORTEST_PART


def part_checks(body: str, wording: Wording) -> tuple[PartCheck, ...]:
    """Look for each part below its heading."""
    found = sections(body, wording.headings)
    checks = []
    for part, rule in PARTS.items():
        text = body if part is Part.CONTACT else found.get(part, "")
        ok = has_part(part, text)
        heading = wording.headings[part]
        words = "" if ok else f"{rule.title} ({rule.article}): {rule.words}, below the line “{heading}”."
        checks.append(PartCheck(part, rule.title, rule.article, ok, rule.required, words))
    return tuple(checks)


def _block(check: str, words: str) -> Finding:
    return Finding(check, Weight.BLOCK, words)


def subject_findings(subject: str) -> Iterator[Finding]:
    """Find a subject that is missing, broken or too long."""
    if not subject.strip():
        yield _block("subject_empty", "The subject is empty.")
        return
    if "\n" in subject or "\r" in subject:
        yield _block("subject_lines", "The subject must be one line.")
    if len(subject) > LONGEST_SUBJECT:
        yield _block("subject_long", f"The subject is longer than {LONGEST_SUBJECT} characters.")


def merged(text: Text, longest: Mapping[str, str]) -> str:
    """Return the longest message anybody gets, as one text."""
    return f"{merge(text.subject, longest)}\n\n{merge(text.body, longest)}"


def shape_findings(text: Text, parts: tuple[PartCheck, ...], longest: Mapping[str, str]) -> Iterator[Finding]:
    """Find what is missing, what cannot be filled in, and what does not fit."""
    yield from subject_findings(text.subject)
    for name in unknown_fields(f"{text.subject}\n{text.body}"):
        yield _block("unknown_field", f"“(({name}))” is not a field. The fields are: {', '.join(FIELDS)}.")
    for part in parts:
        if not part.ok:
            yield Finding(f"part_{part.part.value}", Weight.BLOCK if part.required else Weight.LOOK, part.words)
    length = len(merged(text, longest))
    if length > LONGEST_TELEGRAM:
        yield _block("too_long", f"{length - LONGEST_TELEGRAM} characters too long for Telegram "
                                 f"({grouped(LONGEST_TELEGRAM)} with the longest values).")
    if not longest.get("case_ref") or longest["case_ref"] not in merge(text.body, longest):
        yield _block("reference_missing", "The reference of the case is missing: put ((case_ref)) in. Who doubts the "
                                          "message asks for it.")
    if not _OWN_SITE.search(text.body):
        yield Finding("own_site", Weight.LOOK,
                      "Nothing says where people see on your own site that this is from you: ((website)).")
