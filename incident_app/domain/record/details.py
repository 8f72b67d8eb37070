"""What an entry of the record adds to its words: what it was about, its reason, counts, moments and hashes, in one line."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from incident_app.domain.cases import Count
from incident_app.domain.deliveries import BUCKETS
from incident_app.domain.filings.answers import moment_words
from incident_app.domain.numbers import grouped
from incident_app.domain.regimes import RECORDED

Said = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class About:
    """What an entry is about, by its name. ``of``: whom it tells, where it tells anybody."""

    words: str = ""
    of: str = "people"


NOTHING = About()
"""What stands beside the entry anyway: the case, or whoever did it."""

_SAID = (("organisation", "{}"), ("title", "{}"), ("reason", "{}"), ("words", "{}"), ("what", "{}"), ("name", "{}"), ("controller", "{}"), ("files", "{} files"),
         ("people", "{} {of}"), ("controllers", "{} controllers"), ("steps", "{} steps"),
         ("rows", "{} rows"), ("lists", "{} lists"), ("lines", "{} lines"), ("days", "{} days"), ("auditors", "{} auditors"),
         ("digest", "digest {:.16}…"), ("sha256", "SHA-256 {:.16}…"), ("seal", "seal {:.16}…"),
         ("hash", "{:.16}…"), ("before", "before {}"), ("was", "before: {}"), ("title_before", "it was called “{}”"),
         ("proof_before", "proof asked before: {}"), ("after", "after {}"), ("person", "{}"), ("level", "level {}"),
         ("se", "SE {}"), ("channel", "{}"), ("roles", "{}"), ("from", "from {}"), ("to", "to {}"),
         ("starts_at", "from {}"), ("ends_at", "until {}"), ("expires_at", "until {}"), ("until", "until {}"), ("due_at", "due {}"),
         ("late_reason", "late: {}"), ("reference", "reference {}"), ("source", "from {}"), ("language", "in {}"),
         ("decision", "{}"), ("why", "{}"), ("issuer", "{}"), ("export", "file {}"))
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_WORKS = {"works": "it works", "partly": "it works partly", "not": "it does not work, so it is open again"}
_DECIDED = {"required": "is to be told", "not_required": "need not be told", "need_more_facts": "more facts are needed"}
FIELDS = {
    "zone": "time zone", "summary": "what happened", "kind": "kind of breach", "people_data": "whether data of people are involved",
    "people": "how many people", "records": "how many records", "occurred_at": "when it happened", "first_signal_at": "the first hint",
    "detected_at": "when it was seen", "contained_at": "when it was stopped", "confidentiality": "whether somebody could see the data",
    "integrity": "whether the data were changed", "availability": "whether the data were lost or out of reach",
    "malicious": "whether it was done on purpose", "unintelligible": "whether the data were unreadable for others",
    "data_categories": "kinds of data", "consequences": "effects", "measures_before": "protection in place before",
    "role": "whose data they are to us", "controllers": "the controllers", "cause": "the cause", "factors": "what let it happen",
    "cause_words": "the cause in words", "whys": "why, and why that", "differently": "what to do differently",
    "judgement": "how it is judged", "to_change": "what should change",
}
"""What the fields of a case, its lessons and its review are called; others are called by their names."""


def detail_of(details: Said, action: str = "", about: About = NOTHING, zone: str = "UTC") -> str:
    """Return what an entry is about and what it adds, in one line; moments in ``zone``."""
    own = _OWN.get(action)
    said = own(details, zone) if own is not None else _plainly(details, about, zone)
    return said if about.words and about.words in said else _joined(about.words, said)


def _joined(*parts: object) -> str:
    return " · ".join(str(part) for part in parts if part)


def _plainly(details: Said, about: About, zone: str) -> str:
    known = {"of": about.of}
    said = [form.format(_plain(details[name], zone), **known) for name, form in _SAID
            if details.get(name) and not isinstance(details[name], bool) and (name == "was" or not isinstance(details[name], dict))]
    return _joined(*said, "this took back the approval" if details.get("approval_voided") else "")


# ------------------------------------------------------------------------------------------------ what one action alone says


def _account_changes(details: Said, zone: str) -> str:
    """Return what is other than before, and nothing of what is not: “name, before: Ola Oncall · roles: oncall → responder”."""
    was, before, after = details.get("was") or {}, details.get("before") or [], details.get("after") or []
    found = [f"{FIELDS.get(name, name)}{f', before: {was[name]}' if name in was else ''}" for name in details.get("fields") or []]
    if before != after:
        found.append(f"roles: {_plain(before, zone) or 'none'} → {_plain(after, zone) or 'none'}")
    if details.get("asked"):
        found.append("to be an approver waits for a second person")
    return _joined(*found) or "nothing was other than before"


def _raised(details: Said, _zone: str) -> str:
    """Return which alert of a duty it was, by its name: the time left is another by now."""
    if not details.get("threshold"):
        return str(details.get("words") or "")
    over = [f"“{name}”" for name in details.get("passed_over") or []]
    return _joined(f"alert “{details.get('words') or details['threshold']}”", f"passed over: {', '.join(over)}" if over else "")


def _fields(details: Said, zone: str) -> str:
    counts = {name: f": {_counted(one)} (before: {_counted((details.get('was') or {}).get(name))})"
              for name, one in (details.get("now") or {}).items()}
    was = {name: one for name, one in (details.get("was") or {}).items() if name not in counts}
    named = ", ".join(f"{FIELDS.get(name, str(name).replace('_', ' '))}{counts.get(name, '')}" for name in details.get("fields") or [])
    return f"{named}; before: {was_words(was, zone)}" if was else named


def _counted(plain: Mapping[str, object] | None) -> str:
    return Count.from_json(plain).words()


def _answers(details: Said, _zone: str) -> str:
    count = len(details.get("fields") or [])
    return _joined("1 answer" if count == 1 else f"{grouped(count)} answers",
                   "this took back the approval" if details.get("approval_voided") else "")


def _filed(details: Said, zone: str) -> str:
    aware = f"aware since {_plain(details['aware_at'], zone)}" if details.get("aware_at") else ""
    return _joined(", ".join(filter(None, (aware, f"from {details['source']}" if details.get("source") else ""))),
                   "an exercise" if details.get("drill") else "")


def _moved(details: Said, zone: str) -> str:
    return _joined(f"{_plain(details.get('before'), zone)} → {_plain(details.get('after'), zone)}", details.get("reason"))


def _moment(details: Said, zone: str) -> str:
    anchor = str(details.get("anchor"))
    called = RECORDED.get(anchor, anchor.replace("_", " "))
    return _joined(f"{called[:1].upper()}{called[1:]}: {_plain(details.get('at'), zone)}", details.get("reason"))


def _arisen(details: Said, _zone: str) -> str:
    return "; ".join(f"{duty['recipient']} ({duty['provision']})" for duty in details.get("duties", []))


def _told(details: Said, zone: str) -> str:
    """Return when, how and under which number somebody was told."""
    at, how = details.get("at"), str(details.get("how") or "").replace("_", " ")
    ways = "in public" if how == "public" else f"by {how}" if how else ""
    return _joined(" ".join(filter(None, (f"told {_plain(at, zone)}" if at else "", ways))),
                   f"not one by one, because: {details['public_reason']}" if details.get("public_reason") else "",
                   f"reference {details['reference']}" if details.get("reference") else "",
                   f"late: {details['late_reason']}" if details.get("late_reason") else "")


def _scored(details: Said, _zone: str) -> str:
    return f"SE {details.get('se')}: {str(details.get('level')).replace('_', ' ')}"


def _decided(details: Said, _zone: str) -> str:
    outcome = str(details.get("outcome"))
    said = f"{details.get('about')}: {_DECIDED.get(outcome, outcome.replace('_', ' '))}"
    return _joined(f"{said} (differs from the proposal)" if details.get("differs") else said, details.get("reason"),
                   "waits for a second person" if details.get("needs_second") else "")


def _answered(details: Said, _zone: str) -> str:
    return f"{details.get('about')}: {details.get('reason') or 'without a further reason'}"


def _looked(details: Said, _zone: str) -> str:
    return _joined(f"{details.get('title')}: {_WORKS.get(str(details.get('outcome')), '')}", details.get("reason"))


def _done(details: Said, _zone: str) -> str:
    return _joined(details.get("title"), details.get("proof"), details.get("reference"))


def _finished(details: Said, _zone: str) -> str:
    return ", ".join(f"{grouped(details[name])} {name}" for name in BUCKETS if details.get(name))


def _edited(details: Said, _zone: str) -> str:
    return _joined(details.get("what"), "this took back the approval" if details.get("approval_voided") else "")


def _published(details: Said, zone: str) -> str:
    first, last = details.get("from"), details.get("until")
    return f"from {_plain(first, zone)} until {_plain(last, zone)}" if first and last else ""


def _scanned(details: Said, _zone: str) -> str:
    return _joined(details.get("name"), details.get("outcome"), details.get("found"))


def _compared(details: Said, _zone: str) -> str:
    return _joined(details.get("name"), "is what was put in" if details.get("matches") else "IS NOT what was put in")


def _printed(details: Said, _zone: str) -> str:
    return f"filing {details['filing']} to {details.get('recipient', '')}" if details.get("filing") else ""


def _over(details: Said, _zone: str) -> str:
    gaps = [gap["words"] for gap in details.get("gaps") or [] if isinstance(gap, dict)]
    return _joined(details.get("reason"), f"still open: {'; '.join(gaps)}" if gaps else "")


def _read_by(details: Said, _zone: str) -> str:
    return "only who is listed reads it" if details.get("restricted") else "whoever reads the cases of its team reads it"


def _asked(details: Said, _zone: str) -> str:
    return f"found in {'; '.join(details['found'])}" if details.get("found") else "found in no list"


def _shortened(details: Said, zone: str) -> str:
    changed = details.get("changed") or {}
    return _joined(", ".join(f"{name.replace('_', ' ')} {_plain(was, zone)} → {_plain(now, zone)}" for name, (was, now) in changed.items()),
                   details.get("reason"))


def _wanted(details: Said, zone: str) -> str:
    looked = details.get("filter") or {}
    return ", ".join(f"{name} {_plain(value, zone)}" for name, value in looked.items() if value)


def _acknowledged(details: Said, _zone: str) -> str:
    """Return which controller confirmed, and who there, where that may be said; of old entries its label alone."""
    return _joined(details.get("organisation") or details.get("controller"), details.get("acknowledged_by"))


_OWN: Mapping[str, Callable[[Said, str], str]] = {
    "controllers.acknowledged": _acknowledged,
    "action.done": _done, "action.reviewed": _looked, "alert.raised": _raised, "case.awareness_changed": _moved, "case.edited": _fields,
    "case.filed": _filed, "case.moment_recorded": _moment, "case.readers_chosen": _read_by, "case.system_dropped": _fields,
    "case.system_picked": _fields, "case.closing_over.asked": _over, "document.scanned": _scanned, "document.verified": _compared,
    "filing.edited": _answers, "filing.submitted": _told, "filing.taken_from_case": _answers, "lessons.written": _fields,
    "notice.edited": _edited, "notice.finished": _finished, "obligation.arisen": _arisen, "obligation.fell_away": _arisen, "obligation.discharged": _told, "organisation.changed": _fields,
    "organisation.system_changed": _fields, "people.changed": _account_changes, "public.approved": _published,
    "record.exported": _wanted, "recipients.asked": _asked, "report.printed": _printed, "retention.lowered": _shortened,
    "review.written": _fields, "risk.assessed": _scored, "risk.confirmed": _answered, "risk.decided": _decided,
    "risk.sent_back": _answered,
}


# ---------------------------------------------------------------------------------------------------------------------- values


def was_words(was: Said, zone: str = "UTC") -> str:
    """Return what stood there before: “kind remedy, mandatory yes”."""
    plain = {True: "yes", False: "no", None: "not known"}
    return ", ".join(f"{_called(name)} {_plain(plain.get(value, value) if not isinstance(value, list) else value, zone)}"
                     for name, value in was.items())


def _called(name: str) -> str:
    return FIELDS.get(name, name.replace("_", " ")) if name.endswith("_at") else name.replace("_", " ")


def _plain(value: object, zone: str) -> str:
    if isinstance(value, dict):
        return was_words(value, zone)
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    if isinstance(value, str):
        return _moment_or_words(value, zone)
    return f"{grouped(value)}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def _moment_or_words(value: str, zone: str) -> str:
    try:
        if _MOMENT.match(value):
            return moment_words(datetime.fromisoformat(value), zone)
        if _DAY.fullmatch(value):
            day = date.fromisoformat(value)
            return f"{day:%a} {day.day} {day:%b %Y}"
    except ValueError:  # words that begin like a moment
        return value
    return value
