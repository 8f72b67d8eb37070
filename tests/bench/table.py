"""What a bench says at the end: one line a figure, what it is, what it had to be, and whether it was."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure. ``least`` and ``most`` are its goal; without either it is there to be read."""

    what: str
    value: float
    unit: str = ""
    least: float | None = None
    most: float | None = None

    @property
    def missed(self) -> bool:
        """Whether it is not what it had to be."""
        return (self.least is not None and self.value < self.least) or (
            self.most is not None and self.value > self.most)

    @property
    def goal(self) -> str:
        """The goal, in signs."""
        if self.least is not None:
            return f"≥ {shown(self.least)}"
        return f"≤ {shown(self.most)}" if self.most is not None else ""


def shown(value: float) -> str:
    """Return a number as people read it: as many digits as say something."""
    if value == round(value) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3f}" if abs(value) < 10 else f"{value:,.1f}"


def table(title: str, figures: Sequence[Figure]) -> str:
    """Return the table."""
    rows = [(one.what, f"{shown(one.value)} {one.unit}".strip(), one.goal,
             "" if not one.goal else "MISSED" if one.missed else "ok") for one in figures]
    widths = [max(len(row[column]) for row in [*rows, ("what", "value", "goal", "")]) for column in range(4)]
    lines = [f"{row[0]:<{widths[0]}}  {row[1]:>{widths[1]}}  {row[2]:>{widths[2]}}  {row[3]}".rstrip()
             for row in [("what", "value", "goal", ""), *rows]]
    return "\n".join([title, "", lines[0], "-" * max(map(len, lines)), *lines[1:], ""])


def say(words: str) -> None:
    """Say how far it is: a long bench that is silent looks like one that hangs."""
    sys.stderr.write(words + "\n")
    sys.stderr.flush()
