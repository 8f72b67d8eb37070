"""The law in words: terms, anchors, stages, validity, places, languages."""

import re
from dataclasses import dataclass
from datetime import date
from functools import cache

from babel import Locale

from incident_app.domain.regimes import RECORDED, Rule, Status
from incident_app.web.filters import full_date

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
STAGES = {
    "initial": "first notice", "early_warning": "early warning", "final": "final report", "record": "record",
    "ransom": "report of a ransom payment", "assess": "", "-": "", "link": "separate channel",
    "report_large": "report of a large breach", "filing": "public filing", "sample": "sample of the notice",
}
PORTALS = {"web_form": "Web form", "account": "Portal with an account", "email": "Email", "letter": "Letter"}
PLACES = re.compile(r"\b((?:at home in|people live in|authority of) )([A-Z]{2}(?:-\w+)?(?:, [A-Z]{2}(?:-\w+)?)*)\b")
ADDRESS = re.compile(r"https?://\S+")


def capital(words: str) -> str:
    """Return the words as the beginning of a sentence; names keep their letters."""
    return words[:1].upper() + words[1:]


@dataclass(frozen=True, slots=True)
class Validity:
    """Whether a rule is law on a day: a chip's kind, icon and words."""

    kind: str
    icon: str
    words: str


def anchor_words(anchor: str) -> str:
    """Return ``awareness``, or ``the moment it was determined that …``; nothing for no anchor."""
    if anchor in ANCHORS:
        return ANCHORS[anchor]
    if anchor in RECORDED:
        return f"the moment {RECORDED[anchor]}"
    return "" if anchor in {"", "none"} else anchor.replace("_", " ")


def term_words(value: int | None, unit: str, mode: str) -> str:
    """Return the term as the law has it: ``72 hours``, ``3 working days``, ``without undue delay``."""
    if value is None:
        return MODES.get(mode, mode.replace("_", " "))
    one, many = UNITS.get(unit, (unit, unit))
    return f"{value:,} {one if value == 1 else many}" + (", by guidance" if mode == "guidance" else "")


def rule_words(value: int | None, unit: str, mode: str, anchor: str) -> str:
    """Return term and anchor in one: ``72 hours from awareness``."""
    begins = anchor_words(anchor)
    return term_words(value, unit, mode) + (f" from {begins}" if begins else "")


def stage_words(stage: str) -> str:
    """Return the stage of a duty in words; nothing where the law has only one."""
    return STAGES.get(stage, stage.replace("_", " "))


def validity(rule: Rule, on: date) -> Validity:
    """Say since when a rule is law, from when or until when; what is proposed is never called law."""
    since, until = rule.in_force_from, rule.in_force_to
    if rule.is_law_on(on):
        words = f"In force since {full_date(since)}" if since else "In force"
        return Validity("done", "check-lg", f"{words}, until {full_date(until)}" if until else words)
    if until is not None and until < on:
        return Validity("waiting", "slash-circle", f"Ended {full_date(until)}")
    if rule.status in {Status.IN_FORCE, Status.FUTURE} and since is not None:
        return Validity("open", "calendar-event", f"Not law yet: from {full_date(since)}")
    return {
        Status.PROPOSAL: Validity("drill", "pencil", "A proposal, not law"),
        Status.VOLUNTARY: Validity("waiting", "hand-thumbs-up", "Voluntary, no duty"),
        Status.NO_DUTY: Validity("waiting", "dash-circle", "No duty"),
        Status.PENDING_RULES: Validity("open", "hourglass", "The term is not set yet"),
        Status.FUTURE: Validity("open", "calendar-event", "Not law yet: no date set"),
    }.get(rule.status, Validity("waiting", "slash-circle", "No longer law"))


@cache
def _english() -> Locale:
    return Locale("en")


def place_name(place: str) -> str:
    """Return ``Germany``, ``Germany (BE)`` for a part of it; the code itself where it has no name."""
    country, _, part = place.partition("-")
    name = str(_english().territories.get(country, country))
    return f"{name} ({part})" if part else name


def named(why: str) -> str:
    """Return a reason with the names of the countries in it, for their codes."""
    return PLACES.sub(lambda found: found[1] + ", ".join(place_name(one) for one in found[2].split(", ")), why)


def places_words(places: tuple[str, ...], most: int = 4) -> str:
    """Return the places in words; of many only how many there are."""
    return f"{len(places)} countries" if len(places) > most else ", ".join(place_name(one) for one in places)


def language_name(code: str) -> str:
    """Return ``German`` for ``de``."""
    return str(_english().languages.get(code, code))


def sources(text: str) -> list[tuple[str, str]]:
    """Return each source as (words, address); the address is empty where it is a title only."""
    found = []
    for part in filter(None, (one.strip() for one in text.split(" ; "))):
        link = ADDRESS.fullmatch(part)
        found.append((_host(part), part) if link else (part, ""))
    return found


def _host(address: str) -> str:
    return address.split("//", 1)[1].split("/", 1)[0].removeprefix("www.")
