"""The vocabularies of the law files."""

from collections.abc import Mapping
from enum import StrEnum


class Unit(StrEnum):
    """What a term is counted in; ``none`` where the law has words only."""

    HOURS = "hours"
    CALENDAR_DAYS = "calendar_days"
    BUSINESS_DAYS = "business_days"
    MONTHS = "months"
    NONE = "none"


class Mode(StrEnum):
    """How the law puts it."""

    ELAPSED = "elapsed"
    DAYS = "days"
    BUSINESS_DAYS = "business_days"
    MONTHS = "months"
    UNDUE_DELAY = "undue_delay"
    ASAP = "asap"
    IMMEDIATE = "immediate"
    PROMPT = "prompt"
    GUIDANCE = "guidance"
    PER_REGULATION = "per_regulation"
    NONE = "none"


class Status(StrEnum):
    """Whether a rule is law. A rule with dates is law between them; a proposal never is."""

    IN_FORCE = "in_force"
    FUTURE = "future"
    PROPOSAL = "proposal"
    VOLUNTARY = "voluntary"
    REPEALED = "repealed"
    NO_DUTY = "no_duty"
    PENDING_RULES = "pending_rules"


class Confidence(StrEnum):
    """How well a value was checked; ``check`` is shown as "have counsel confirm"."""

    VERIFIED = "verified"
    CHECK = "check"


class Threshold(StrEnum):
    """From when on a duty is owed. ``risk``, ``high_risk`` and ``harm`` are what a human decides about the breach,
    ``question`` is another fact a human confirms, ``always`` needs nobody, ``never`` is no duty."""

    ALWAYS = "always"
    RISK = "risk"
    HIGH_RISK = "high_risk"
    HARM = "harm"
    QUESTION = "question"
    STILL_MISSING = "still_missing"
    NEVER = "never"


class Weight(StrEnum):
    """How a number of people or a kind of data works: without it there is no duty, or with it nothing else is asked."""

    REQUIRED = "required"
    SUFFICIENT = "sufficient"


class Link(StrEnum):
    """What ties a case to a regime: where the controller is at home, or where affected people live."""

    HOME = "home"
    PEOPLE = "people"


# The anchors whose moment may stand in for another one, the best first. Each comes no later than what it stands in for
# could sensibly be dated, and the duty says so; a moment somebody must decide on (classified, determined) has none.
STAND_INS: Mapping[str, tuple[str, ...]] = {
    "detected": ("aware",),
    "discovered": ("detected", "aware"),
    "noticed": ("detected", "aware"),
    "suspects": ("detected", "aware"),
    "credible_grounds": ("detected", "aware"),
    "knows_personal_data_affected": ("aware",),
    "processor_aware": ("aware",),
    "failure_known": ("aware",),
    "knows_or_believes": ("aware",),
    "believes": ("aware",),
    "aware_significant": ("aware",),
}
# Anchors that only exist once another stage was sent: the rule names it in ``follows``.
CHAINED = frozenset({"initial_sent", "notification_sent", "intermediate_sent", "consumer_notice_sent"})
YEAR_END = "calendar_year_end"
# Moments somebody records on the case, with the words the page asks with.
RECORDED: Mapping[str, str] = {
    "determined": "it was determined that the breach must be reported",
    "determined_material": "the breach was determined to be material",
    "classified_major": "the incident was classified as major",
    "payment_made": "a ransom was paid",
    "people_identified": "it was known who the affected people are",
    "statement_ready": "the statement for the authority was ready",
    "discovered": "the breach was discovered, or should have been",
    "noticed": "the incident was noticed or reported to you",
    "suspects": "you first suspected a breach",
    "credible_grounds": "there were credible grounds to believe in a breach",
    "knows_personal_data_affected": "you knew that personal data were hit",
    "failure_known": "the failure of protection was known",
    "knows_or_believes": "you knew, or had reason to believe, that a breach took place",
    "believes": "you had reasonable grounds to believe in a breach",
    "aware_significant": "you became aware that the incident is significant",
}
ANCHORS = frozenset(STAND_INS) | CHAINED | frozenset(RECORDED) | {"aware", "processor_aware", YEAR_END, "none"}
