"""A small floor for pictures: bars, and dots against a term, as marks with places. Whoever draws them gives them colours.

Units are those of the picture itself (about a pixel on a screen 360 wide): it is narrow enough for the smallest screen, and grows.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from incident_app.domain.numbers import grouped

WIDTH = 320.0
LINE, THICK, RADIUS = 36.0, 8.0, 5.0
MARGIN = 6.0
TERM_AT = 0.6
"""Where on its line the end of a term stands, as a share of the line: what was late lies behind it."""
MOST_TERMS = 1.6
"""How many terms a line is long: what came later than that stands at its end, as an arrow."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One thing drawn. ``shape``: rect, dot, square, arrow, line or text; ``tone``: ink, muted, track, bar, done or late."""

    shape: str
    tone: str
    x: float
    y: float
    width: float = 0.0
    height: float = 0.0
    words: str = ""
    end: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture with the words that stand in its place for who does not see it."""

    words: str
    height: float
    marks: tuple[Mark, ...]
    width: float = WIDTH


@dataclass(frozen=True, slots=True)
class Dot:
    """One thing that was done: after how many hours, of a term of how many, and whether that was late."""

    hours: float
    term_hours: float
    late: bool


def bars(words: str, rows: Sequence[tuple[str, int]]) -> Picture | None:
    """Return a bar for each (name, count), as long as its share of the largest; ``None`` where there is nothing to draw."""
    most = max((count for _, count in rows), default=0)
    if not most:
        return None
    marks: list[Mark] = []
    for number, (name, count) in enumerate(rows):
        top = number * LINE + 14
        marks += [
            Mark("text", "ink", 0, top, words=name), Mark("text", "ink", WIDTH, top, words=f"{grouped(count)}", end=True),
            Mark("rect", "track", 0, top + 6, WIDTH, THICK), Mark("rect", "bar", 0, top + 6, round(WIDTH * count / most, 1), THICK),
        ]
    said = "; ".join(f"{name}: {grouped(count)}" for name, count in rows)
    return Picture(f"{words}: {said}.", len(rows) * LINE, tuple(marks))


def dots(words: str, lines: Sequence[tuple[str, Sequence[Dot]]]) -> Picture | None:
    """Return a line for each term with a dot for each thing done; the term ends at the same place on each line.

    What was late is a square behind it. ``None`` where there is nothing to draw.
    """
    lines = [(name, found) for name, found in lines if found]
    if not lines:
        return None
    marks: list[Mark] = []
    for number, (name, found) in enumerate(lines):
        top = number * (LINE + 8) + 14
        middle = top + 16
        marks += [
            Mark("text", "ink", 0, top, words=name), Mark("line", "track", MARGIN, middle, WIDTH - 2 * MARGIN, 0),
            Mark("line", "ink", _at(1.0), middle - 9, 0, 18), *_dots(found, middle),
        ]
    foot = len(lines) * (LINE + 8) + 14
    marks += [Mark("text", "muted", 0, foot, words="aware"), Mark("text", "muted", _at(1.0) + 28, foot, words="end of term", end=True),
              Mark("text", "muted", WIDTH, foot, words="late", end=True)]
    done = sum(len(found) for _, found in lines)
    late = sum(one.late for _, found in lines for one in found)
    terms = f"{grouped(len(lines))} {'term' if len(lines) == 1 else 'terms'}"
    return Picture(f"{words}: {grouped(done)} in {terms}, {grouped(late)} late.", foot + 6, tuple(marks))


def _dots(found: Iterable[Dot], middle: float) -> list[Mark]:
    """Return a mark for each, of those that would cover one another the first."""
    marks: dict[tuple[str, str, int], Mark] = {}
    for one in found:
        terms = max(0.0, one.hours / one.term_hours) if one.term_hours > 0 else MOST_TERMS + 1
        far = terms > MOST_TERMS
        shape = "arrow" if far else "square" if one.late else "dot"
        tone, place = "late" if one.late else "done", _at(min(terms, MOST_TERMS))
        marks.setdefault((shape, tone, round(place)), Mark(shape, tone, place, middle, RADIUS, RADIUS))
    return list(marks.values())


def _at(terms: float) -> float:
    """Return where so many terms after awareness stand on a line."""
    return round(MARGIN + (WIDTH - 2 * MARGIN) * TERM_AT * min(terms, 1 / TERM_AT), 1)
