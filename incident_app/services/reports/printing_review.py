"""Print the review of a case: the same frozen facts that its page shows, the words, and who signed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from incident_app.domain import review as rules
from incident_app.domain.accounts import Actor, Permission, require
from incident_app.domain.numbers import grouped
from incident_app.domain.ports import PdfWriter
from incident_app.domain.refusals import NotFound
from incident_app.models.cases import Case
from incident_app.models.review import ReviewSignature
from incident_app.services import accounts, review
from incident_app.services.reports.contents import closings_said, home, moment, overdue, printed_foot
from incident_app.services.reports.printing import write
from incident_app.services.review import Look

Lines = tuple[tuple[str, str], ...]
HOURS = (
    ("signal_to_awareness", "First sign to awareness"), ("awareness_to_filing", "Awareness to filing"),
    ("awareness_to_first_told", "Awareness to first person told"), ("awareness_to_last_told", "Awareness to last person told"),
)
HOURS_OF_CONTROLLERS = (
    ("awareness_to_first_told", "Awareness to first controller told"), ("awareness_to_last_told", "Awareness to last controller told"),
)
OUTCOMES = {"kept": "kept", "missed": "missed", "told": "told", "open": "open", "excused": "not owed"}


def review_pdf(session: Session, case_id: int, *, by: Actor, now: datetime, pdf: PdfWriter) -> bytes:
    """Return the review of a case as PDF. Raises ``Conflict`` with what to install where printing is not possible."""
    require(by, Permission.SEE_CASES)
    case = session.get(Case, case_id)
    if case is None:
        raise NotFound("There is no such case.")
    seen, names = review.look(session, case), accounts.names(session)
    content = {
        "ref": case.ref, "case_title": case.title, "drill": case.is_drill, **home(session), **_facts(case, seen.facts, now),
        "judgement": seen.words.judgement if seen.words else "", "to_change": seen.words.to_change if seen.words else "",
        "signed": signed(case, seen, names), "content_hash": seen.content_hash, "closings": closings_said(session, case),
        "draft": not seen.complete, "printed_foot": printed_foot(now, case.zone),
    }
    return write(session, "review.html", content, title=f"{case.ref}: Review", language="en", now=now, pdf=pdf, by=by,
                 case_id=case_id)


def signed(case: Case, seen: Look, names: Mapping[int, str]) -> Lines:
    """Return who signed it and when, one line each."""
    return tuple((names.get(one.by_id or 0, ""), _when(case, one)) for one in seen.standing)


def _when(case: Case, one: ReviewSignature) -> str:
    return f"{moment(case, one.at)}, {'approver' if one.decides else 'works on cases'}"


def _facts(case: Case, facts: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    def at(text: str | None) -> str:
        return moment(case, datetime.fromisoformat(text)) if text else ""

    return {
        "hours": tuple((label, _hours(hours)) for label, hours in hours_of(facts)),
        "deadlines": tuple(
            {"recipient": one["recipient"], "provision": one["provision"], "due": at(one["due_at"]) or rules.dated(one),
             "told": at(one["told_at"]), "hours": _hours(one["hours"]) if one["told_at"] else "",
             "outcome": _outcome(case, one, now), "reason": one["reason"]} for one in facts["deadlines"]),
        "reach": _reach(facts["reach"], facts["people"], facts.get("controllers")), "whom": whom_of(facts),
        "differed": tuple(one | {"at": at(one["at"])} for one in facts["differed"]),
        "actions": ", ".join(f"{grouped(count)} {state.replace('_', ' ')}" for state, count in facts["actions"].items()) or "none",
        "open_actions": facts["open_actions"],
        "silences": tuple(f"{_hours(one['hours'])}, from {at(one['since'])} to {at(one['until'])}" for one in facts["silences"]),
        "steps": tuple((at(one["at"]), one["words"] + (f" ({one['who']})" if one["who"] else "")) for one in facts["steps"]),
    }


def hours_of(facts: Mapping[str, Any]) -> list[tuple[str, float | None]]:
    """Return the hours with what they are called: to controllers where data of theirs were breached, and to people only where
    some were told. Facts that were signed before controllers had words of their own are read as they were signed."""
    theirs, found = facts.get("controllers"), facts["hours"]
    shown = [(label, found[name]) for name, label in HOURS
             if theirs is None or not name.endswith("_told") or found[name] is not None]
    return shown + [(label, theirs[name]) for name, label in HOURS_OF_CONTROLLERS if theirs is not None]


def whom_of(facts: Mapping[str, Any]) -> str:
    """Return whom the reach is of, for a heading."""
    if facts.get("controllers") is None:
        return "People reached"
    return "Controllers and people told" if facts["reach"]["listed"] else "Controllers told"


def controllers_words(theirs: Mapping[str, int]) -> str:
    """Return how many controllers were told, and how many said so."""
    if not theirs["listed"]:
        return "No message of ours was sent to a controller."
    return (f"{grouped(theirs['told'])} of {grouped(theirs['listed'])} controllers written to were told, "
            f"{grouped(theirs['acknowledged'])} acknowledged that the notice arrived.")


def _outcome(case: Case, one: Mapping[str, Any], now: datetime) -> str:
    said = OUTCOMES.get(one["outcome"], one["outcome"])
    due_at = datetime.fromisoformat(one["due_at"]) if one["due_at"] else None
    over = overdue(due_at, case, now) if one["outcome"] == "open" else ""
    return f"{said}, {over}" if over else said


def _hours(hours: float | None) -> str:
    return f"{hours:,.1f}".removesuffix(".0") + " h" if hours is not None else "not recorded"


def _reach(reach: Mapping[str, int], people: str, theirs: Mapping[str, int] | None) -> str:
    said = f"People concerned, as the case says: {people}."
    if theirs is not None:
        others = f" {_reach(reach, people, None)}" if reach["listed"] else f" {said}"
        return controllers_words(theirs) + others
    if not reach["listed"]:
        return f"No message of ours was sent. {said}"
    wrong = f" It does not add up: {grouped(reach['missing'])} are missing." if reach["missing"] else ""
    return (f"{grouped(reach['listed'])} people on the lists = {grouped(reach['told'])} told + {grouped(reach['failed'])} failed + "
            f"{grouped(reach['uncertain'])} uncertain + {grouped(reach['none'])} none sent.{wrong} {grouped(reach['reached'])} confirmed by a receipt. {said}")
