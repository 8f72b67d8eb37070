"""Terms and anchors of the law in words."""

from incident_app.domain.numbers import grouped
from incident_app.domain.regimes.words import RECORDED

UNITS = {"hours": ("hour", "hours"), "calendar_days": ("day", "days"), "business_days": ("working day", "working days"),
         "months": ("month", "months")}
MODES = {
    "undue_delay": "without undue delay", "asap": "as soon as possible", "immediate": "at once", "prompt": "promptly",
    "guidance": "by guidance", "per_regulation": "as the regulation sets", "none": "no term",
}
ANCHORS = {
    "aware": "awareness", "detected": "detection", "processor_aware": "the processor’s awareness",
    "initial_sent": "the first notice being sent", "notification_sent": "the notification being sent",
    "intermediate_sent": "the intermediate report being sent", "consumer_notice_sent": "the notice to people being sent",
    "calendar_year_end": "the end of the calendar year",
}
NO_DATE = "no date in law"
NO_ANCHOR = frozenset({"", "none"})


def anchor_words(anchor: str) -> str:
    """Return ``awareness``, or ``the moment it was determined that …``; nothing for no anchor."""
    if anchor in ANCHORS:
        return ANCHORS[anchor]
    if anchor in RECORDED:
        return f"the moment {RECORDED[anchor]}"
    return "" if anchor in NO_ANCHOR else anchor.replace("_", " ")


def term_words(value: int | None, unit: str, mode: str) -> str:
    """Return the term as the law has it: ``72 hours``, ``3 working days``, ``without undue delay``."""
    if value is None:
        return MODES.get(mode, mode.replace("_", " "))
    one, many = UNITS.get(unit, (unit, unit))
    return f"{grouped(value)} {one if value == 1 else many}" + (", by guidance" if mode == "guidance" else "")


def rule_words(value: int | None, unit: str, mode: str, anchor: str) -> str:
    """Return term and anchor in one: ``72 hours from awareness``."""
    begins = anchor_words(anchor)
    return term_words(value, unit, mode) + (f" from {begins}" if begins else "")


def undated(value: int | None, unit: str, mode: str, anchor: str, *, begun: bool, told: bool) -> str:
    """Return what stands in the place of a date where there is none.

    ``not started: 15 days from the notice to people being sent`` where its clock waits for what has not happened;
    ``no date in law`` only where the law has none.
    """
    if begun or anchor in NO_ANCHOR or (told and value is None):
        return NO_DATE
    said = rule_words(value, unit, mode, anchor)
    return said if told else f"not started: {said}"
