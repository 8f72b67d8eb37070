"""The law in words: terms, anchors, stages, validity, places, languages."""

import re
from dataclasses import dataclass
from datetime import date
from functools import cache

from babel import Locale

from incident_app.domain.regimes import Rule, Status
from incident_app.domain.regimes.terms import MODES, anchor_words, rule_words, term_words
from incident_app.services.labels import place as place_name
from incident_app.web.filters import full_date

__all__ = ["MODES", "anchor_words", "place_name", "rule_words", "term_words"]  # what the pages take from the rules through here
STAGES = {
    "initial": "first notice", "early_warning": "early warning", "final": "final report", "record": "record",
    "ransom": "report of a ransom payment", "assess": "", "-": "", "link": "separate channel",
    "report_large": "report of a large breach", "filing": "public filing", "sample": "sample of the notice",
}
PORTALS = {"web_form": "Web form", "account": "Portal with an account", "email": "Email", "letter": "Letter"}
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
