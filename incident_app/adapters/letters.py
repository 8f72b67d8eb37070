"""Lays out the words for one person: our own sober layout round escaped text. What users wrote is never evaluated."""

import hashlib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape

from incident_app.domain.notices import direction, isolated, pieces
from incident_app.domain.ports import Letter

_SIDES = {"\u2066": '<span class="whole" dir="ltr">{}</span>', "\u2068": '<span dir="auto">{}</span>', "": "{}"}
_COPIED = re.compile(r"(\+\d[\d ()/.-]{4,20}\d|\b[A-Z]{2}-\d{4}-\d{3,}\b|\b[0-9A-Z]{4}-[0-9A-Z]{4}\b)")
"""Telephone numbers, references and codes, which people copy or read out: no line breaks inside them."""


@dataclass(frozen=True, slots=True)
class Block:
    """Some lines that belong together: a paragraph, the points of a list, or a heading alone."""

    is_list: bool
    lines: tuple[str, ...]
    is_heading: bool = False


def sided(line: str) -> Markup:
    """Return a line as HTML: what is isolated in plain text by hidden characters is so by ``dir`` here.

    Many programs know the attribute and not the characters, and nobody copies it along with an address.
    """
    return Markup("".join(_SIDES[side].format(escape(words) if side == "\u2066" else _together(words)) for words, side in pieces(line)))  # noqa: S704 (escaped here)


def _together(words: str) -> str:
    return "".join(f'<span class="whole">{escape(part)}</span>' if odd % 2 else str(escape(part))
                   for odd, part in enumerate(_COPIED.split(words)))


def _bare(line: str) -> str:
    return line.strip().rstrip(":").strip().casefold()


def blocks(body: str, headings: Collection[str] = ()) -> list[Block]:
    """Split plain text: empty lines part paragraphs, lines that begin with ``- `` are points of a list."""
    known = {_bare(heading) for heading in headings}
    found: list[Block] = []
    lines: list[str] = []
    listing = False

    def finish() -> None:
        if lines:
            found.append(Block(listing, tuple(lines)))
            lines.clear()

    for raw in body.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        line = raw.strip()
        point = line.startswith("- ")
        title = _bare(line) in known
        if not line or title or point != listing:
            finish()
        listing = point
        if title:
            found.append(Block(is_list=False, lines=(line,), is_heading=True))
        elif line:
            lines.append(line[2:].strip() if point else line)
    finish()
    return found


class JinjaLetters:
    """The Letters port. ``template_dir`` is the folder that holds ``letters/email.html`` and ``letters/email.txt``."""

    def __init__(self, template_dir: Path) -> None:
        """Prepare the environment: escaping on, and a name that is missing in our layout is an error."""
        self._folder = template_dir / "letters"
        self._environment = Environment(
            loader=FileSystemLoader(template_dir), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
            autoescape=select_autoescape(enabled_extensions=("html",), default=False), keep_trailing_newline=True,
        )
        self._environment.filters["sided"] = sided

    def digest(self) -> str:
        """Return SHA-256 in hex over our layout and blocks: what an approval binds beside the words."""
        whole = hashlib.sha256()
        for path in sorted(self._folder.rglob("*.*")):
            content = path.read_bytes()
            whole.update(f"{path.relative_to(self._folder).as_posix()}:{len(content)}\n".encode() + content)
        return whole.hexdigest()

    def email(self, subject: str, body: str, *, language: str, facts: Mapping[str, str],
              headings: Collection[str] = ()) -> Letter:
        """Lay ``body`` (plain text, already merged) out as plain text and sober HTML, where ``headings`` stand out.

        The layout knows these ``facts``, each optional: ``organisation`` (head and foot), ``contact`` (foot),
        ``reference`` (foot), ``drill`` (words of a banner over everything).
        """
        known = {name: isolated(facts.get(name, ""), language, left_to_right=name == "reference")
                 for name in ("organisation", "contact", "reference", "drill")}
        words = {**known, "subject": subject, "body": body.strip(), "language": language}
        html = self._environment.get_template("letters/email.html").render(
            **words, direction=direction(language), blocks=blocks(body, headings))
        return Letter(subject, self._environment.get_template("letters/email.txt").render(**words), html)
