"""How a text looks: capitals that shout, what was left to be filled in, gaps, headings with nothing below."""

import re
from collections.abc import Iterator

from incident_app.domain.notices.lint.findings import Finding, Weight
from incident_app.domain.notices.lint.habits import without_fields
from incident_app.domain.notices.rendering import Text
from incident_app.domain.notices.wording import Part, Wording, is_heading

_PLACEHOLDER = re.compile(
    r"\bTODO\b|\bTBD\b|\bTBC\b|\bFIXME\b|\bX{3,}\b|\b[Ll]orem ipsum\b|\[[^\]\n]{0,60}\]|<[^<>\n]{1,60}>|\{+[^{}\n]{0,60}\}+|_{3,}|"
    r"\?{3,}|(?<![\d.])\.{4,}|«\s*»|\(\(\s*\)\)")
SHOWN = 5
_SHOUT = re.compile(r"\b[^\W\d_a-z]{3,}(?:[ ,]+[^\W\d_a-z]{3,})+\b")
_GAP = re.compile(r"\S {2,}\S|\n{4,}|\s,|,,")
_BANGS = re.compile(r"[!¡]{2,}|[!?]{3,}")


def _shouts(line: str) -> str:
    for found in _SHOUT.finditer(line):
        letters = [sign for sign in found[0] if sign.isalpha()]
        if all(sign.isupper() for sign in letters):
            return found[0]
    alone = next((word for word in re.findall(r"[^\W\d_]{7,}", line) if word.isupper()), "")
    bangs = _BANGS.search(line)
    return alone or (bangs[0] if bangs else "")


def look_findings(text: Text, wording: Wording) -> Iterator[Finding]:
    """Find what looks wrong before a word of it is read."""
    for left in list(dict.fromkeys(found[0] for found in _PLACEHOLDER.finditer(f"{text.subject}\n{text.body}")))[:SHOWN]:
        yield Finding("placeholder", Weight.HOLD, f"“{left}” was left to be filled in.")
    lines = [text.subject, *(line for line in text.body.splitlines() if is_heading(line, wording.headings) is None)]
    shouts = next(filter(None, (_shouts(without_fields(line)) for line in lines)), "")
    if shouts:
        yield Finding("shouting", Weight.LOOK, f"“{shouts}” shouts. Write it in ordinary letters.")
    if "!" in text.subject and not shouts:
        yield Finding("shouting", Weight.LOOK, "The subject has an exclamation mark: false letters do that.")
    gap = _GAP.search(f"{text.subject}\n{text.body}")
    if gap:
        yield Finding("gaps", Weight.LOOK, "There are double spaces, empty lines or a comma in the wrong place.")
    yield from _empty(text.body, wording)


def _empty(body: str, wording: Wording) -> Iterator[Finding]:
    last: Part | None = None
    for line in [*body.splitlines(), wording.headings[Part.NATURE]]:
        part = is_heading(line, wording.headings)
        if part is not None and last is not None:
            yield Finding("empty_section", Weight.LOOK, f"Nothing stands below “{wording.headings[last]}”.")
        if part is not None or line.strip():
            last = part
