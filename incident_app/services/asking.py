"""Ask the law without a case: one question as plain JSON, one answer. For the command line and the API alike."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from incident_app.domain.cases import ControllerRole, Count, PeopleData, zone_of
from incident_app.domain.obligations import Duty, duties_of
from incident_app.domain.ports import Calendar
from incident_app.domain.refusals import Refused
from incident_app.domain.regimes import ANCHORS, Applicable, CaseFacts, Law, Threshold
from incident_app.domain.risk import Answers, ClassAnswer, DataClass, Effect, RiskFacts, figure, score, weigh
from incident_app.domain.territories import is_country, read_place

Line = Mapping[str, object]
ANSWERED = ("regime", "provision", "stage", "recipient_type", "recipient", "anchor", "due_at", "legal_latest_at", "mode")
DEADLINE_FIELDS = frozenset({"id", "regime", "country", "subdivision", "zone", "aware_at", "anchors", "role",
                             "people_countries", "eu_establishment"})
SEVERITY_FIELDS = frozenset({"id", "classes", "ei", "confidentiality", "integrity", "availability", "malicious",
                             "people", "unintelligible"})
FLAGS = tuple(one.name for one in fields(RiskFacts)
              if one.name not in {"people_data", "people", "restored_in_hours", "effect_on_people"})
# What a breach carries besides, as the API knows it: accepted, because one file may serve both, but of no weight here.
OTHER_BREACH_FIELDS = frozenset({
    "title", "summary", "kind", "aware_at", "zone", "aware_source", "detected_at", "occurred_at", "first_signal_at",
    "contained_at", "gap_reason", "is_drill", "countries", "key", "records", "processors", "cause", "consequences",
    "measures_before", "measures_taken", "measures_planned", "role", "home_country", "ref", "version", "systems",
})
ASSESS_FIELDS = OTHER_BREACH_FIELDS | {"id", "people_data", "people", "data_categories", "severity", "restored_in_hours",
                                       "effect_on_people", *FLAGS}


def deadlines_of(line: Line, law: Law, calendar: Calendar) -> dict[str, object]:
    """Return ``{"obligations": […]}`` of one regime as it was law on the day of awareness.

    Without a ``role`` the duties of controllers and of processors are both there. A duty whose clock has not started,
    or whose law names no date, has ``due_at`` null. Raises ``Refused``.
    """
    _only(line, DEADLINE_FIELDS)
    regime = law.regime(_text(line, "regime"))
    if regime is None:
        known = ", ".join(one.id for one in law.regimes)
        raise _problem("regime", f"There is no regime “{line['regime']}” here. Known: {known}.")
    zone = zone_of(_text(line, "zone"))
    anchors = _anchors(line.get("anchors"))
    aware_at = None if line.get("aware_at") is None else _moment("aware_at", line["aware_at"])
    started = aware_at or anchors.get("aware") or min(anchors.values(), default=None)
    if started is None:
        raise _problem("aware_at", "Give at least one moment, with its offset from UTC.")
    country = _country("country", line.get("country"))
    facts = CaseFacts(
        home_country=country, zone=zone.key, aware_at=aware_at, subdivision=_maybe_text(line, "subdivision"),
        people_countries=_countries(line), eu_establishment=_flag(line, "eu_establishment") is not False,
        anchors=anchors,
    )
    role = _maybe_text(line, "role")
    if role is not None and role not in set(ControllerRole):
        raise _problem("role", "Give controller or processor, or leave it out.")
    found = Applicable(regime, f"{regime.name}.", tuple(dict.fromkeys((country, *facts.people_countries))))
    duties = [
        duty for rule in regime.rules_on(started.astimezone(zone).date())
        if rule.threshold is not Threshold.NEVER and (role is None or rule.binds == role)
        for duty in duties_of(rule, found, law, facts, calendar)
    ]
    return {"obligations": [_answer(duty) for duty in duties]}


def severity_of(line: Line) -> dict[str, object]:
    """Return ENISA's figures as decimal strings, the level and the reasons. Raises ``Refused``."""
    _only(line, SEVERITY_FIELDS)
    found = score(_answers(line))
    return {
        "dpc": figure(found.dpc), "ei": figure(found.ei), "cb": figure(found.cb), "se": figure(found.se),
        "level": found.level.value, "reasons": [*found.reasons, *(f"Beside the score: {one}." for one in found.flags)],
    }


def outcome_of(line: Line, law: Law) -> dict[str, object]:
    """Return the proposed outcome. ``severity`` holds the answers of ``law severity``; without it they are presumed at
    their worst from ``data_categories``. A fact left out is not known. Raises ``Refused``."""
    _only(line, ASSESS_FIELDS)
    names = line.get("data_categories") or []
    if not isinstance(names, list):
        raise _problem("data_categories", "Give a list.")
    unknown = [str(name) for name in names if not isinstance(name, str) or name not in law.categories]
    if unknown:
        raise _problem("data_categories", f"Not in the list of data categories: {', '.join(unknown)}.")
    categories = [law.categories[name] for name in names]
    people_data = _maybe_text(line, "people_data") or PeopleData.UNSURE.value
    if people_data not in set(PeopleData):
        raise _problem("people_data", "Choose yes, no or unsure.")
    given = line.get("severity")
    if given is not None and not isinstance(given, dict):
        raise _problem("severity", "Give an object with the answers of `law severity`.")
    if given is not None:
        _only(given, SEVERITY_FIELDS)
    weighed = weigh(_facts(line, PeopleData(people_data)), categories, None if given is None else _answers(given))
    outcome, before = weighed.outcome, "Not scored yet; at its worst reading: " if weighed.presumed else "Scored: "
    return {"record": outcome.record, "notify_authority": outcome.notify_authority,
            "tell_people": outcome.tell_people, "reasons": [*outcome.reasons, before + weighed.severity.reasons[-1]]}


def _facts(line: Line, people_data: PeopleData) -> RiskFacts:
    hours, effect = line.get("restored_in_hours"), _maybe_text(line, "effect_on_people")
    if hours is not None and (isinstance(hours, bool) or not isinstance(hours, int)):
        raise _problem("restored_in_hours", "Give whole hours, or leave it out where the data are not back.")
    if effect is not None and effect not in set(Effect):
        raise _problem("effect_on_people", f"Choose one of {', '.join(Effect)}.")
    return RiskFacts(people_data=people_data, people=_count(line.get("people")), restored_in_hours=hours,
                     effect_on_people=None if effect is None else Effect(effect),
                     **{name: _flag(line, name) for name in FLAGS})


def _answer(duty: Duty) -> dict[str, object]:
    plain = {name: getattr(duty, name) for name in ANSWERED}
    return {name: _written(value) if isinstance(value, datetime) else value for name, value in plain.items()}


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _answers(line: Line) -> Answers:
    classes = line.get("classes")
    if not isinstance(classes, list) or not all(isinstance(item, dict) for item in classes):
        raise _problem("classes", "Give a list of objects with class and adjust.")
    malicious = _flag(line, "malicious")
    if malicious is None:
        raise _problem("malicious", "Give true or false.")
    return Answers(
        classes=tuple(_class(item) for item in classes), ei=_number(line, "ei"),
        confidentiality=_number(line, "confidentiality"), integrity=_number(line, "integrity"),
        availability=_number(line, "availability"), malicious=malicious,
        people=_count(line["people"]) if line.get("people") is not None else None,
        unintelligible=_flag(line, "unintelligible"),
    )


def _class(item: Line) -> ClassAnswer:
    _only(item, frozenset({"class", "adjust", "reason", "credentials"}))
    name, adjust = _text(item, "class"), item.get("adjust", 0)
    if name not in set(DataClass):
        raise _problem("class", f"Choose one of {', '.join(DataClass)}.")
    if isinstance(adjust, bool) or not isinstance(adjust, int):
        raise _problem("adjust", "Give a whole number from -3 to 3.")
    return ClassAnswer(DataClass(name), adjust, _maybe_text(item, "reason") or "", _flag(item, "credentials") is True)


def _number(line: Line, name: str) -> Decimal:
    value = line.get(name)
    if isinstance(value, (str, int, float)) and not isinstance(value, bool):
        try:
            number = Decimal(str(value))
        except InvalidOperation:
            number = Decimal("NaN")
        if number.is_finite():
            return number
    raise _problem(name, "Give a number such as \"0.25\".")


def _count(value: object) -> Count:
    if value is not None and not isinstance(value, dict):
        raise _problem("people", "Give an object with certainty, low and high.")
    return Count.from_json(value)


def _flag(line: Line, name: str) -> bool | None:
    value = line.get(name)
    if value is None or isinstance(value, bool):
        return value
    raise _problem(name, "Give true or false, or leave it out where it is not known.")


def _text(line: Line, name: str) -> str:
    value = line.get(name)
    if not isinstance(value, str) or not value.strip():
        raise _problem(name, "A text is needed here.")
    return value


def _maybe_text(line: Line, name: str) -> str | None:
    return _text(line, name) if line.get(name) not in (None, "") else None


def _country(name: str, value: object) -> str:
    if not (isinstance(value, str) and len(value) == 2 and value.isascii() and value.isalpha() and value.isupper()):
        raise _problem(name, "Use two-letter country codes such as DE or GB.")
    found = read_place(value)
    if not is_country(found):
        raise _problem(name, f"There is no country “{value}”. Use two-letter country codes such as DE or GB.")
    return found


def _countries(line: Line) -> tuple[str, ...]:
    value = line.get("people_countries") or []
    if not isinstance(value, list):
        raise _problem("people_countries", "Give a list of country codes.")
    return tuple(_country("people_countries", code) for code in value)


def _anchors(value: object) -> dict[str, datetime]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise _problem("anchors", "Give an object of names and moments.")
    odd = sorted(set(value) - ANCHORS)
    if odd:
        raise _problem("anchors", f"Not known: {', '.join(odd)}. Known: {', '.join(sorted(ANCHORS - {'none'}))}.")
    return {name: _moment(f"anchors.{name}", moment) for name, moment in value.items() if moment is not None}


def _moment(name: str, value: object) -> datetime:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        if moment is not None and moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise _problem(name, "Give a moment as 2026-11-24T09:40:00+01:00, with its offset from UTC.")


def _only(line: Line, known: frozenset[str]) -> None:
    odd = sorted(set(line) - known)
    if odd:
        raise _problem(odd[0], "There is no such field.")


def _problem(name: str, words: str) -> Refused:
    return Refused("The line was not understood.", {name: words})


def answered(line: object, work: Callable[[Line], dict[str, object]]) -> dict[str, object]:
    """Return what ``work`` says to one question, with the question's own id. Raises ``Refused`` by field."""
    if not isinstance(line, dict):
        raise _problem("line", "Each line is one JSON object.")
    number = line.get("id")
    if isinstance(number, (float, list, dict)):
        raise _problem("id", "Give a text or a whole number.")
    try:
        return {"id": number, **work(line)}
    except OverflowError:
        raise Refused("The deadline lies beyond what a calendar holds.") from None
