"""The check of every language of a notice against what Art 34(2) GDPR asks for, and against its case."""

from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain import notices as rules
from incident_app.domain.cases import Certainty, Count
from incident_app.domain.notices import (
    CONTROLLERS,
    Check,
    Facts,
    Finding,
    Known,
    Reader,
    Text,
    Waiver,
    Weight,
    language_for,
    promising,
)
from incident_app.domain.recipients import Controller
from incident_app.models.cases import Case
from incident_app.models.notices import Notice
from incident_app.models.obligations import Obligation
from incident_app.models.recipients import DATA_IN, RecipientList
from incident_app.services.notices.habits import habits
from incident_app.services.notices.looking import get, languages_of, texts_of
from incident_app.services.notices.places import readers, roles_of
from incident_app.services.notices.times import times_of
from incident_app.services.notices.wordings import STANDARD, wording
from incident_app.services.place_files import places

LONGEST_NAME = "M" * 60
LONGEST_CONTROLLER = Controller(LONGEST_NAME, LONGEST_NAME, 10**9, 10**9)
LONGEST_LINK = "M" * 120
MOST_DATA = 12
MOST_LINES = 10
ABOUT_PER_CENT = 10


def check_of(session: Session, notice: Notice) -> dict[str, Check]:
    """Check every language of ``notice``, those with most people first, with what was waived for exactly these texts.

    Lengths are judged with a long name and many kinds of data, so that no real person gets a longer message.
    """
    facts, texts, known = Facts.from_json(notice.facts), texts_of(notice), known_of(session, notice)
    compared = rules.across(
        texts, {code: wording(code, facts.to) for code in texts}, {code: habits(code) for code in texts},
        main=notice.fallback_language, known=known, edits=notice.edits or {})
    people = session.get_one(RecipientList, notice.list_id)
    if facts.to == CONTROLLERS:
        told = _as_written(people, notice)
        return {code: _complete(_for_controllers(texts[code], code, facts, known), (*compared[code], *told.get(code, ()))).with_waivers(
            _waivers(notice, code), texts) for code in languages_of(session, notice)}
    roles = roles_of(session)
    reading = readers(session, people, tuple(texts), notice.fallback_language)
    checks = {}
    for language in languages_of(session, notice):
        words = wording(language)
        kinds = tuple(words.blocks)[:MOST_DATA] if "data" in people.columns else ()
        everywhere = [Reader(LONGEST_NAME, kinds, times=times_of(facts, language, one)) for one in ("", *people.countries)]
        longest = rules.longest_values(facts, everywhere, words)
        longest |= rules.longest_advice(words) if kinds else {}
        found = _found(texts[language], language, tuple(longest.items()), facts, known)
        there = {language.partition("-")[2]} - {""} | set(reading.get(language, {}))
        asked = tuple(one for country in sorted(there) for one in rules.place_findings(
            texts[language], language, places()[country], known.kinds, roles))
        said = promising.promise_findings(texts[language], words, notice.again_by)
        checks[language] = _complete(found, (*asked, *compared[language], *said)).with_waivers(_waivers(notice, language), texts)
    return checks


@lru_cache(maxsize=64)
def _found(text: Text, language: str, longest: tuple[tuple[str, str], ...], facts: Facts, known: Known) -> Check:
    # Kept: the same text is checked on its page, where approval is asked for, where it is given and at the launch.
    return rules.check_text(text, wording(language), dict(longest), habits(language), facts, known)


def _for_controllers(text: Text, language: str, facts: Facts, known: Known) -> Check:
    words = wording(language, facts.to)
    longest = Reader(LONGEST_NAME, tuple(words.blocks)[:MOST_DATA], LONGEST_CONTROLLER, LONGEST_LINK)
    return rules.check_controllers(text, words, rules.longest_values(facts, [longest], words), habits(language), facts, known)


def _as_written(people: RecipientList, notice: Notice) -> dict[str, tuple[Finding, ...]]:
    """Return, by language of the notice, what it says of kinds of data that stand in the letter in the words of the list."""
    lines: dict[str, list[str]] = {}
    for name, found in (people.apart or {}).items():
        if name.startswith(DATA_IN):
            code = language_for(name.removeprefix(DATA_IN), tuple(notice.texts), notice.fallback_language)
            lines[code] = [*lines.get(code, ()), *found]
    return {code: (Finding("data_as_written", Weight.LOOK, _which(code, found)),) for code, found in lines.items()}


def _which(code: str, lines: Sequence[str]) -> str:
    shown = ", ".join(lines[:MOST_LINES]) + (f" and {len(lines) - MOST_LINES} more" if len(lines) > MOST_LINES else "")
    return (f"{'Line' if len(lines) == 1 else 'Lines'} {shown} of the list: kinds of data in words of their own. They stand in the "
            f"letter as they are written there. See that they are in {wording(code).label}, or use our names of kinds.")


def _complete(found: Check, compared: tuple[Finding, ...]) -> Check:
    return Check(found.language, found.parts, (*found.findings, *compared), found.length, found.level)


def _waivers(notice: Notice, language: str) -> list[Waiver]:
    return [Waiver(one["check"], one["binding"], one["reason"], one["by"])
            for one in notice.waivers or [] if one["language"] == language]


def check(session: Session, notice_id: int) -> dict[str, Check]:
    """Check every language of a notice. Raises ``NotFound``."""
    return check_of(session, get(session, notice_id))


def known_of(session: Session, notice: Notice) -> Known:
    """Return what the case says, for the facts in a text: its days in its own zone, its people, its kinds of data."""
    case, people = session.get_one(Case, notice.case_id), session.get_one(RecipientList, notice.list_id)
    zone = ZoneInfo(case.zone)
    duties = session.execute(
        select(Obligation.due_at, Obligation.legal_latest_at, Obligation.discharged_at)
        .where(Obligation.case_id == case.id)).all()
    moments = [case.occurred_at, case.first_signal_at, case.detected_at, case.aware_at, case.filed_at, case.contained_at,
               *(moment for duty in duties for moment in duty)]
    blocks = wording(STANDARD).blocks
    return Known(
        days=frozenset(_day(moment, zone) for moment in moments if moment),
        people=(*_span(case.people), (people.people_count, people.people_count)), kinds=tuple(case.data_categories),
        labels={kind: blocks[kind].label for kind in case.data_categories if kind in blocks},
        certain=case.confidentiality is True, free_text=case.measures_taken,
        today=_day(notice.made_at, zone),
    )


def _day(moment: datetime, zone: ZoneInfo) -> date:
    return moment.astimezone(zone).date()


def _span(count: Count) -> tuple[tuple[int, int], ...]:
    if count.low is None:
        return ()
    if count.certainty is Certainty.ABOUT:
        return ((count.low * (100 - ABOUT_PER_CENT) // 100, count.low * (100 + ABOUT_PER_CENT) // 100),)
    return ((count.low, count.low if count.high is None else count.high),)
