"""ENISA severity with a line of reasoning per step (*Recommendations for a methodology of the assessment of severity of
personal data breaches*, v1.0, Dec 2013): SE = DPC × EI + CB."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from incident_app.domain.cases import Count
from incident_app.domain.refusals import Refused

METHOD = "ENISA 2013 v1.0"


class DataClass(StrEnum):
    """ENISA's four classes of data."""

    SIMPLE = "simple"
    BEHAVIOURAL = "behavioural"
    FINANCIAL = "financial"
    SENSITIVE = "sensitive"


class Level(StrEnum):
    """How severe a breach is for people."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    VERY_HIGH = "very_high"

    @property
    def words(self) -> str:
        """The level in plain words."""
        return self.value.replace("_", " ")


@dataclass(frozen=True, slots=True)
class Category:
    """A kind of data. ``special``: GDPR Art 9 or as telling; ``identity``: serves identity theft or fraud, with
    ``birth_date`` only by name and birth date. ``basic``: lets somebody write or call, no more. ``credentials``: opens
    other data, and takes their class."""

    id: str
    label: str
    data_class: DataClass
    special: bool
    identity: bool
    vulnerable: bool
    examples: tuple[str, ...]
    birth_date: bool = False
    basic: bool = False
    credentials: bool = False


BASE: dict[DataClass, int] = {
    DataClass.SIMPLE: 1, DataClass.BEHAVIOURAL: 2, DataClass.FINANCIAL: 3, DataClass.SENSITIVE: 4,
}
# What each whole step means (ENISA Annex 1). Steps beyond these end at the limits of DPC, 1 and 4.
STEPS: dict[DataClass, dict[int, str]] = {
    DataClass.SIMPLE: {
        1: "enough, or from such a controller, to profile the person or guess their means",
        2: "lets somebody guess health, sexual preference, politics or religion",
        3: "people who are vulnerable, for whom the data are critical to safety or peace of mind",
    },
    DataClass.BEHAVIOURAL: {
        -1: "no real insight, or easily found in public sources",
        1: "enough, or from such a controller, for a detailed profile",
        2: "lets somebody make a profile from sensitive data",
    },
    DataClass.FINANCIAL: {
        -2: "no insight into finances", -1: "some financial facts, no significant insight",
        1: "full enough for fraud or a detailed financial profile",
    },
    DataClass.SENSITIVE: {
        -3: "no real insight, or public before", -2: "general assumptions only",
        -1: "assumptions about sensitive facts",
    },
}
LARGEST_STEP = 3
EI: dict[Decimal, str] = {
    Decimal("0.25"): "negligible", Decimal("0.5"): "limited", Decimal("0.75"): "significant", Decimal(1): "maximum",
}
CB: dict[str, dict[Decimal, str]] = {
    "confidentiality": {
        Decimal(0): "no sign that anybody read the data", Decimal("0.25"): "read by known recipients",
        Decimal("0.5"): "read by an unknown number of recipients",
    },
    "integrity": {
        Decimal(0): "not changed, or no wrong use found", Decimal("0.25"): "changed, can be put right",
        Decimal("0.5"): "changed, cannot be put right",
    },
    "availability": {
        Decimal(0): "at hand, or back without difficulty", Decimal("0.25"): "out of reach for a time",
        Decimal("0.5"): "lost for good",
    },
}
KNOWN_OR_TEMPORARY = Decimal("0.25")  # the middle answer of each: known readers, can be put right, for a time
_MALICE = Decimal("0.5")
MANY_PEOPLE = 100


@dataclass(frozen=True, slots=True)
class ClassAnswer:
    """One class of data that was hit, moved by whole steps with a reason. ``credentials``: passwords or tokens, which
    take the class of what they open (ENISA Annex 1)."""

    data_class: DataClass
    adjust: int = 0
    reason: str = ""
    credentials: bool = False


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers to ENISA's questions. ``reasons`` are the human's own, by question. Raises ``Refused`` by field."""

    classes: tuple[ClassAnswer, ...]
    ei: Decimal
    confidentiality: Decimal
    integrity: Decimal
    availability: Decimal
    malicious: bool
    people: Count | None = None
    unintelligible: bool | None = None

    def __post_init__(self) -> None:
        """Refuse values the method does not have."""
        problems = {}
        if not self.classes:
            problems["classes"] = "Choose at least one class of data."
        for number, answer in enumerate(self.classes):
            if abs(answer.adjust) > LARGEST_STEP:
                problems[f"classes.{number}.adjust"] = "The method moves by whole steps from -3 to 3."
        if self.ei not in EI:
            problems["ei"] = "Choose 0.25, 0.5, 0.75 or 1."
        for name, values in CB.items():
            if getattr(self, name) not in values:
                problems[name] = "Choose 0, 0.25 or 0.5."
        if problems:
            raise Refused("The severity cannot be scored.", problems)


@dataclass(frozen=True, slots=True)
class Severity:
    """The figures with their reasons, one line per step. ``flags`` stand beside the score and never change it."""

    dpc: Decimal
    ei: Decimal
    cb: Decimal
    se: Decimal
    level: Level
    reasons: tuple[str, ...]
    flags: tuple[str, ...] = ()


def figure(value: Decimal) -> str:
    """Return the number without trailing zeros: ``3``, ``0.75``."""
    return f"{value.normalize():f}"


def level_of(se: Decimal) -> Level:
    """Return the band; a boundary belongs to the band above it."""
    if se < 2:
        return Level.LOW
    if se < 3:
        return Level.MEDIUM
    return Level.HIGH if se < 4 else Level.VERY_HIGH


def context_of(answer: ClassAnswer) -> int:
    """Return the data processing context of one class, 1…4."""
    return min(max(BASE[answer.data_class] + answer.adjust, 1), 4)


def score(answers: Answers) -> Severity:
    """Score by ENISA's method. Of several classes the highest counts, never the sum; numbers of people do not count."""
    dpc = Decimal(max(context_of(answer) for answer in answers.classes))
    parts = {name: Decimal(getattr(answers, name)) for name in CB}
    cb = sum(parts.values(), Decimal(0)) + (_MALICE if answers.malicious else 0)
    se = dpc * answers.ei + cb
    level = level_of(se)
    reasons = [_class_line(answer) for answer in answers.classes]
    if len(answers.classes) > 1:
        reasons.append(f"The highest class counts: DPC {figure(dpc)}.")
    reasons.append(f"Ease of identification: {EI[answers.ei]}, {figure(answers.ei)}.")
    reasons += [f"{name.capitalize()}: {CB[name][value]}, {figure(value)}." for name, value in parts.items()]
    reasons.append(f"Malicious intent: {'yes, 0.5' if answers.malicious else 'no, 0'}.")
    reasons.append(f"SE = {figure(dpc)} × {figure(answers.ei)} + {figure(cb)} = {figure(se)}: {level.words}.")
    return Severity(dpc, answers.ei, cb, se, level, tuple(reasons), flags(answers))


def _class_line(answer: ClassAnswer) -> str:
    base, found = BASE[answer.data_class], context_of(answer)
    what = f"{answer.data_class.value} data: base {base}"
    line = f"Credentials take the class of what they open, {what}" if answer.credentials else what.capitalize()
    if answer.adjust:
        steps = STEPS[answer.data_class].get(answer.adjust, "beyond what the method gives for this class")
        line += f", moved by {answer.adjust:+d} ({steps})"
    if base + answer.adjust != found:
        line += f", held at {found}"
    why = f" {answer.reason.strip()}" if answer.reason.strip() else ""
    return f"{line}, DPC {found}.{why}"


def flags(answers: Answers) -> tuple[str, ...]:
    """Return what stands beside the score: many people, data nobody can read."""
    found = []
    if answers.people is not None and may_exceed(answers.people, MANY_PEOPLE):
        sure = answers.people.low is not None and answers.people.low > MANY_PEOPLE
        found.append(f"more than {MANY_PEOPLE} people" if sure else f"perhaps more than {MANY_PEOPLE} people")
    if answers.unintelligible is not None:
        found.append("data unreadable, key safe" if answers.unintelligible else "data readable")
    return tuple(found)


def may_exceed(count: Count, number: int) -> bool:
    """Tell whether it may be more than ``number``: an estimate and an unknown count may."""
    return count.at_most is None or count.at_most > number
