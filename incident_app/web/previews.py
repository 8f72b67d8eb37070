"""Plain text of a letter → paragraphs with their headings and the values that were filled in, for previews."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Piece:
    """Some text; ``filled`` where a field stood."""

    words: str
    filled: bool


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Lines that belong together, below a heading or not."""

    heading: str
    lines: tuple[tuple[Piece, ...], ...]


def pieces(line: str, values: Collection[str]) -> tuple[Piece, ...]:
    """Split a line where a filled-in value stands."""
    wanted = sorted({value for value in values if len(value) > 1}, key=len, reverse=True)
    if not wanted:
        return (Piece(line, filled=False),)
    parts = re.split("(" + "|".join(re.escape(value) for value in wanted) + ")", line)
    return tuple(Piece(part, filled=number % 2 == 1) for number, part in enumerate(parts) if part)


def paragraphs(body: str, headings: Collection[str], values: Sequence[str]) -> list[Paragraph]:
    """Split a body at empty lines; a first line that is a known heading becomes one."""
    known = {heading.casefold() for heading in headings}
    found = []
    for block in re.split(r"\n\s*\n", body.strip()):
        lines = block.splitlines()
        heading = lines[0] if lines[0].strip().rstrip(":").casefold() in known else ""
        found.append(Paragraph(heading, tuple(pieces(line, values) for line in lines[1 if heading else 0 :])))
    return found
