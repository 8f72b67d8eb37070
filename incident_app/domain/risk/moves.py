"""What would change it: which single other answer would move the level, or what the law is proposed to ask for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from decimal import Decimal

from incident_app.domain.risk.facts import Effect, RiskFacts, question
from incident_app.domain.risk.outcome import weigh
from incident_app.domain.risk.severity import BASE, CB, EI, STEPS, Answers, Category, Level, context_of, score


@dataclass(frozen=True, slots=True)
class Change:
    """One other answer, and the score it would give."""

    words: str
    se: Decimal
    level: Level


def what_would_change(answers: Answers) -> tuple[Change, ...]:
    """Return the single other answers, one step away, that change the level; the largest change first."""
    now = score(answers)
    found = []
    for words, other in _neighbours(answers):
        then = score(other)
        if then.level is not now.level:
            found.append(Change(words, then.se, then.level))
    return tuple(sorted(found, key=lambda change: abs(change.se - now.se), reverse=True))


def _neighbours(answers: Answers) -> Iterator[tuple[str, Answers]]:
    yield from _other_contexts(answers)
    for value in _beside(answers.ei, tuple(EI)):
        yield f"Identification {EI[value]}", replace(answers, ei=value)
    for name, values in CB.items():
        for value in _beside(getattr(answers, name), tuple(values)):
            yield f"{name.capitalize()}: {values[value]}", _with_part(answers, name, value)
    yield ("No harm meant" if answers.malicious else "Harm meant"), replace(answers, malicious=not answers.malicious)


def _other_contexts(answers: Answers) -> Iterator[tuple[str, Answers]]:
    """The class that counts, moved by one step more or less, as far as the method goes."""
    place, top = max(enumerate(answers.classes), key=lambda one: context_of(one[1]))
    meanings = {0: "as the class says", **STEPS[top.data_class]}
    for step in (top.adjust - 1, top.adjust + 1):
        if step in meanings:
            moved = replace(top, adjust=step)
            others = (*answers.classes[:place], moved, *answers.classes[place + 1:])
            words = f"{top.data_class.value.capitalize()} data: {meanings[step]} ({BASE[top.data_class] + step})"
            yield words, replace(answers, classes=others)


def _with_part(answers: Answers, name: str, value: Decimal) -> Answers:
    match name:
        case "confidentiality":
            return replace(answers, confidentiality=value)
        case "integrity":
            return replace(answers, integrity=value)
        case _:
            return replace(answers, availability=value)


def _beside(value: Decimal, grid: tuple[Decimal, ...]) -> Iterator[Decimal]:
    place = grid.index(value)
    for other in (place - 1, place + 1):
        if 0 <= other < len(grid):
            yield grid[other]


@dataclass(frozen=True, slots=True)
class Move:
    """One other answer, and what would then be proposed."""

    words: str
    notify_authority: bool
    tell_people: bool

    @property
    def outcome(self) -> str:
        """The proposal in words."""
        if self.tell_people:
            return "authority and people"
        return "authority only" if self.notify_authority else "record only"


def what_would_move(facts: RiskFacts, categories: Sequence[Category], answers: Answers | None) -> tuple[Move, ...]:
    """Return the single other answers that move the proposed outcome: to a deciding fact, or to a question of the
    score. What is not known is among them: knowing it would move the outcome."""
    now = weigh(facts, categories, answers).outcome
    found = []
    for words, other_facts, other_answers in _others(facts, answers):
        then = weigh(other_facts, categories, other_answers).outcome
        if (then.notify_authority, then.tell_people) != (now.notify_authority, now.tell_people):
            found.append(Move(words, then.notify_authority, then.tell_people))
    return tuple(found)


def _others(facts: RiskFacts, answers: Answers | None) -> Iterator[tuple[str, RiskFacts, Answers | None]]:
    for one in fields(RiskFacts):
        asked = question(one.name)
        if asked is None:
            continue
        for value, said in (tuple((effect, effect.words) for effect in Effect) if one.name == "effect_on_people"
                            else ((True, "Yes"), (False, "No"))):
            if value != getattr(facts, one.name):
                yield f"{asked.words} {said}", facts.changed(one.name, value), answers
    if answers is not None:
        yield from ((words, facts, other) for words, other in _neighbours(answers))
