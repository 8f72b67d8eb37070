"""What a case can answer by itself, and taking it into a filing. Unknown stays unknown: never zero, never no."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from incident_app.domain.cases import Certainty, Count
from incident_app.domain.filings.answers import Answer, Answers, Source, count_in, words
from incident_app.domain.filings.forms import Field, FieldType, Form
from incident_app.domain.filings.privacy import places
from incident_app.domain.filings.telling import ToldOtherwise, ToldPeople
from incident_app.domain.filings.wording import ENGLISH, Wording
from incident_app.domain.reports import shortened


@dataclass(frozen=True, slots=True)
class CaseRecord:
    """Everything of a case that a form may ask, as plain values. ``None`` and empty mean not known yet.

    ``authority`` and ``people`` are what a human decided (required | not_required | need_more_facts);
    ``level`` is the severity by ENISA; ``data_labels`` names the categories in words. ``exemption`` is the ground of
    Art 34(3) on which the people are not told one by one, ``exemption_words`` why it applies and what shows it.
    ``told_otherwise``: how they were told but by our messages; ``telling_open``: of the duties to tell them one is not done, or
    has to be decided again. ``cause_kind`` is one of :class:`incident_app.domain.lessons.CausedBy`; ``systems`` and ``people_kinds`` are what the
    profile of the organisation says of the systems of the case. What we say ourselves is said as ``spoken``.
    """

    case_ref: str
    previous_reference: str
    controller_name: str
    controller_contact: str
    dpo_name: str
    dpo_contact: str
    processors: tuple[str, ...]
    occurred_at: datetime | None
    contained_at: datetime | None
    detected_at: datetime | None
    aware_at: datetime
    aware_source: str
    gap_reason: str
    confidentiality: bool | None
    integrity: bool | None
    availability: bool | None
    unintelligible: bool | None
    kind: str
    summary: str
    cause: str
    people: Count
    records: Count
    data_categories: tuple[str, ...]
    data_labels: tuple[str, ...]
    countries: tuple[str, ...]
    area_countries: tuple[str, ...]
    measures_before: str
    consequences: str
    measures_taken: str
    measures_planned: str
    level: str | None
    score: str
    reasons: tuple[str, ...]
    authority: str | None
    people_decision: str | None
    decision_reasons: tuple[str, ...]
    told: ToldPeople | None
    exemption: str = ""
    exemption_words: str = ""
    cause_kind: str | None = None
    systems: str = ""
    people_kinds: tuple[str, ...] = ()
    establishments: str = ""
    told_otherwise: tuple[ToldOtherwise, ...] = ()
    telling_open: bool = False
    spoken: Wording = ENGLISH


@dataclass(frozen=True, slots=True)
class Fact:
    """What the case says to one question; ``to_come`` where it says that nobody knows yet."""

    value: object
    to_come: bool = False


_BREACHES = ("confidentiality", "integrity", "availability")


def facts(record: CaseRecord) -> dict[str, Fact]:
    """Return the facts by name (see ``FACTS``); what is not known is not there, or marked as to come."""
    found: dict[str, object] = {
        "case_ref": record.case_ref, "previous_reference": record.previous_reference,
        "controller_name": record.controller_name, "controller_contact": record.controller_contact,
        "dpo_designated": True if record.dpo_name else None, "dpo_name": record.dpo_name,
        "dpo_contact": record.dpo_contact, "others_involved": True if record.processors else None,
        "others": "\n".join(record.processors), "period": _period(record), "discovery": record.aware_source,
        "gap_reason": record.gap_reason, "nature": [name for name in _BREACHES if getattr(record, name)],
        "unintelligible": {True: "intact", False: "no", None: None}[record.unintelligible],
        "incident_kind": record.kind, "what_happened": record.summary, "cause": record.cause,
        "cause_kind": record.cause_kind, "systems": record.systems, "people_kinds": list(record.people_kinds),
        "establishments": record.establishments,
        "data_kinds": list(record.data_categories), "data_words": "; ".join(record.data_labels),
        "measures_before": record.measures_before, "consequences": record.consequences,
        "severity": record.level, "risk_reasons": _risk_reasons(record),
        "measures_taken": record.measures_taken, "measures_planned": record.measures_planned,
        "people_countries": list(record.countries),
        "cross_border": True if len(record.area_countries) > 1 else None,
    }
    found |= {name: at.isoformat() if (at := getattr(record, name)) else None
              for name in ("occurred_at", "contained_at", "detected_at", "aware_at")}
    known = {name: Fact(value) for name, value in found.items() if value is not None and value not in ("", [])}
    return known | _counts(record) | _outcome(record) | _told(record)


def _period(record: CaseRecord) -> str | None:
    """A beginning without an end may still go on or not: only a human can tell."""
    return "period" if record.occurred_at and record.contained_at else None


def _counts(record: CaseRecord) -> dict[str, Fact]:
    return {
        name: Fact(None, to_come=True) if count.certainty is Certainty.UNKNOWN else Fact(count.to_json())
        for name, count in (("people_count", record.people), ("records_count", record.records))
    }


def _risk_reasons(record: CaseRecord) -> str:
    if record.level is None:
        return ""
    spoken = record.spoken
    scored = spoken.word("risk_scored").format(score=spoken.decimal(record.score), level=spoken.word(f"level_{record.level}"))
    return "\n".join([scored, *record.reasons, *record.decision_reasons])


def _outcome(record: CaseRecord) -> dict[str, Fact]:
    """Only what a human decided is an outcome (Art 33(1), 34(1)); until then it is to be determined."""
    if record.people_decision == "required":
        return {"risk_outcome": Fact("high_risk")}
    if record.authority == "not_required":
        return {"risk_outcome": Fact("no_risk")}
    if record.authority == "required" and record.people_decision == "not_required":
        return {"risk_outcome": Fact("risk")}
    return {"risk_outcome": Fact(None, to_come=True)}


def _told(record: CaseRecord) -> dict[str, Fact]:
    told = record.told
    if told is None or told.accepted == 0:
        return _otherwise(record) if record.told_otherwise else _not_told(record)
    count = Count.exact(told.accepted) if told.lists == 1 else Count.about(told.accepted)
    found = {
        "told": "yes", "told_count": count.to_json(), "told_everybody": _everybody(record, told),
        "told_means": "individual", "told_words": _how_far(record, told), "told_text": told.texts(record.spoken),
        "told_at": told.first_at.isoformat() if told.first_at else None,
    }
    return {name: Fact(value) for name, value in found.items() if value}


def _otherwise(record: CaseRecord) -> dict[str, Fact]:
    """What a duty that is done says. Where another is still open only a human can tell, so nothing is said."""
    if record.telling_open:
        return {}
    first, means = min(one.at for one in record.told_otherwise), {one.means for one in record.told_otherwise}
    found = {"told": Fact("yes"), "told_at": Fact(first.isoformat()),
             "told_words": Fact("\n".join(dict.fromkeys(one.summary(record.spoken) for one in record.told_otherwise)))}
    return found | ({"told_means": Fact(next(iter(means)))} if len(means) == 1 else {})


def _everybody(record: CaseRecord, told: ToldPeople) -> str | None:
    """Whether everybody concerned was told: only where the list was told and is as long as the case counts people."""
    if told.accepted < told.total:
        return "not_all"
    people = record.people
    if people.certainty is Certainty.UNKNOWN or told.accepted < (people.low or 0):
        return "not_all" if people.certainty is Certainty.EXACT else None
    return "all"


def _how_far(record: CaseRecord, told: ToldPeople) -> str:
    people, spoken = record.people, record.spoken
    said = told.summary(spoken)
    if people.certainty is Certainty.UNKNOWN:
        return f"{said} {spoken.word('told_unknown')}"
    if told.total < (people.low or 0):
        return f"{said} {spoken.word('told_others').format(people=count_in(people, spoken))}"
    return said


def _not_told(record: CaseRecord) -> dict[str, Fact]:
    match record.people_decision:
        case "required":
            return {"told": Fact("will_be")}
        case "not_required" if record.exemption:
            return {"told": Fact("exception"), "exception": Fact(record.exemption), "exception_words": Fact(record.exemption_words)}
        case "not_required":
            return {"told": Fact("no_high_risk")}
        case _:
            return {"told": Fact("investigating")}


def fill(form: Form, known: Mapping[str, Fact], allowed: Iterable[str] = ()) -> dict[str, Answer]:
    """Return the answers the case gives. A fact that seems to hold data of people is left for a human to write."""
    own = tuple(allowed)
    filled = {}
    for field in form.fields():
        answer = from_case(field, known, own)
        if answer is not None:
            filled[field.id] = answer
    return filled


def from_case(field: Field, known: Mapping[str, Fact], allowed: tuple[str, ...] = ()) -> Answer | None:
    """Return what the case answers to one field, ``None`` where it says nothing that fits."""
    fact = known.get(field.fact or "")
    if fact is None:
        return None
    if fact.to_come:
        return Answer(None, Source.CASE, not_yet_known=True)
    value = _fitted(field, fact.value)
    if value is None or value == []:
        return None
    if field.type is FieldType.TEXT:
        value = shortened(str(value), field.longest)
        if not field.staff_contact and places(value, allowed):
            return None
    return Answer(value, Source.CASE)


def _fitted(field: Field, value: object) -> object:
    """Turn the words of the case into the options of the form, which differ from authority to authority."""
    if not field.options:
        return value
    given = value if isinstance(value, list) else [value]
    chosen = [one.id for one in field.options if any(item in {one.id, *one.takes, *one.means} for item in given)]
    if field.type is FieldType.LIST:
        return chosen
    return chosen[0] if chosen else None


def differing(
    form: Form, answers: Answers, known: Mapping[str, Fact], zone: str, allowed: Iterable[str] = (),
) -> dict[str, str]:
    """Return, by field, what the case says now where the filing says something else: what *Use* would take."""
    own = tuple(allowed)
    offers = {}
    for field in form.fields():
        answer = from_case(field, known, own)
        if answer is None:
            continue
        now_, held = (words(field, one, zone, form.wording) for one in (answer, answers.get(field.id, Answer())))
        if now_ != held:
            offers[field.id] = now_
    return offers
