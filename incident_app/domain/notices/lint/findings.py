"""What the check of a text answers: findings, how much each weighs, and which of them somebody waived by name."""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from incident_app.domain.notices.rendering import Text
from incident_app.domain.notices.wording import Part

SHORTEST_REASON, LONGEST_REASON = 15, 500


class Weight(StrEnum):
    """``block``: never approved like this. ``hold``: not before it is mended or waived. ``look``: worth a second look."""

    BLOCK = "block"
    HOLD = "hold"
    LOOK = "look"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found in one language. ``check`` is the name it is waived by; ``across``: it compares languages."""

    check: str
    weight: Weight
    words: str
    across: bool = False


@dataclass(frozen=True, slots=True)
class PartCheck:
    """One part of the letter: is it there, and where the law asks for it."""

    part: Part
    title: str
    article: str
    ok: bool
    required: bool
    words: str


@dataclass(frozen=True, slots=True)
class Waiver:
    """Somebody said why findings of one name are right as they are. ``binding`` is the digest of what they saw."""

    check: str
    binding: str
    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class Check:
    """The whole check of one language. ``length`` in characters with the longest values; ``level`` in words."""

    language: str
    parts: tuple[PartCheck, ...]
    findings: tuple[Finding, ...]
    length: int
    level: str = ""
    waivers: tuple[Waiver, ...] = ()

    @property
    def waived(self) -> frozenset[str]:
        """The names of the checks somebody waived for exactly this text."""
        return frozenset(waiver.check for waiver in self.waivers)

    @property
    def problems(self) -> tuple[str, ...]:
        """What blocks the approval, in words."""
        return tuple(one.words for one in self.findings if one.weight is Weight.BLOCK or self._open(one, Weight.HOLD))

    @property
    def hints(self) -> tuple[str, ...]:
        """What is worth a second look and was not waived."""
        return tuple(one.words for one in self.findings if self._open(one, Weight.LOOK))

    def _open(self, one: Finding, weight: Weight) -> bool:
        return one.weight is weight and one.check not in self.waived

    @property
    def ready(self) -> bool:
        """Whether this language may be approved."""
        return not self.problems

    @property
    def named(self) -> Mapping[str, Sequence[Finding]]:
        """The findings by the name of their check, those that weigh most first."""
        order = sorted(self.findings, key=lambda one: list(Weight).index(one.weight))
        return {name: [one for one in order if one.check == name] for name in dict.fromkeys(one.check for one in order)}

    def with_waivers(self, waivers: Iterable[Waiver], texts: Mapping[str, Text]) -> "Check":
        """Return it with those waivers that were given for exactly these texts and findings."""
        holding = {name: binding(self, name, texts) for name in waivable(self)}
        return replace(self, waivers=tuple(one for one in waivers if holding.get(one.check) == one.binding))


def waivable(check: Check) -> Collection[str]:
    """Return the names of the findings that somebody may waive: none that blocks whatever is said about it."""
    return {name for name, found in check.named.items() if all(one.weight is not Weight.BLOCK for one in found)}


def binding(check: Check, name: str, texts: Mapping[str, Text]) -> str:
    """Return SHA-256 in hex of the text in this language, of the others too where languages are compared, and the findings."""
    found = [one for one in check.findings if one.check == name]
    seen = texts if any(one.across for one in found) else {check.language: texts[check.language]}
    whole = [name, check.language, sorted((code, text.subject, text.body) for code, text in seen.items()),
             sorted(one.words for one in found)]
    return hashlib.sha256(json.dumps(whole, separators=(",", ":"), ensure_ascii=False).encode()).hexdigest()
