"""The facts that decide, from the case and from the assessment; and the answers as they are kept."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any

from incident_app.domain import risk as rules
from incident_app.domain.cases import PeopleData
from incident_app.domain.refusals import Refused
from incident_app.models.cases import Case

SCORED = ("classes", "ei", "confidentiality", "integrity", "availability", "malicious")


@dataclass(frozen=True, slots=True)
class Extra:
    """Facts that decide beside the score; ``None`` means not known yet (see :data:`rules.QUESTIONS`)."""

    exfiltration_excluded: bool | None = None
    recipients_known: bool | None = None
    recipient_trusted: bool | None = None
    recipient_bound: bool | None = None
    deletion_confirmed: bool | None = None
    backup_electronic: bool | None = None
    backup_tested: bool | None = None
    restored_in_hours: int | None = None
    effect_on_people: rules.Effect | None = None
    identity_theft: bool | None = None
    birth_date: bool | None = None
    basic_contact_only: bool | None = None
    special_data: bool | None = None
    special_hint_only: bool | None = None
    vulnerable_people: bool | None = None

    @classmethod
    def from_plain(cls, given: Mapping[str, Any]) -> "Extra":
        """Read plain values by name. Raises ``Refused`` for a name or a value that there is not."""
        known = {one.name for one in fields(cls)}
        problems = {f"extra.{name}": "There is no such field." for name in sorted(set(given) - known)}
        problems |= {f"extra.{name}": _wanted(name) for name, value in given.items()
                     if name in known and not _fits(name, value)}
        if problems:
            raise Refused("The severity was not scored.", problems)
        return cls(**{name: _read(name, value) for name, value in given.items()})

    @classmethod
    def kept(cls, answers: Mapping[str, Any]) -> "Extra":
        """Read what an assessment keeps; a question that an older version asked and we do not is passed over."""
        known = {one.name for one in fields(cls)}
        return cls.from_plain({name: value for name, value in answers["extra"].items() if name in known})

    def plain(self) -> dict[str, Any]:
        """Return the facts as JSON."""
        return {one.name: getattr(self, one.name) for one in fields(self)}


def _fits(name: str, value: object) -> bool:
    if value is None:
        return True
    if name == rules.RESTORED.name:
        return isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return value in set(rules.Effect) if name == "effect_on_people" else isinstance(value, bool)


def _wanted(name: str) -> str:
    if name == rules.RESTORED.name:
        return "Give whole hours from 0 on."
    return f"Choose one of {', '.join(rules.Effect)}." if name == "effect_on_people" else "Give true or false."


def _read(name: str, value: Any) -> Any:
    return rules.Effect(value) if name == "effect_on_people" and value is not None else value


def facts_of(case: Case, extra: Extra) -> rules.RiskFacts:
    """Return the deciding facts as they stand: those of the case and those of the assessment."""
    return rules.RiskFacts(
        people_data=PeopleData(case.people_data), people=case.people, confidentiality=case.confidentiality,
        integrity=case.integrity, availability=case.availability, malicious=case.malicious,
        unintelligible=case.unintelligible, **{one.name: getattr(extra, one.name) for one in fields(extra)},
    )


def plain(answers: rules.Answers, reasons: Mapping[str, str], extra: Extra) -> dict[str, Any]:
    """Return the answers as an assessment keeps them; figures as decimal strings."""
    return {
        "classes": [{"class": one.data_class.value, "adjust": one.adjust, "reason": one.reason,
                     "credentials": one.credentials} for one in answers.classes],
        "ei": rules.figure(answers.ei), "confidentiality": rules.figure(answers.confidentiality),
        "integrity": rules.figure(answers.integrity), "availability": rules.figure(answers.availability),
        "malicious": answers.malicious, "reasons": dict(reasons), "extra": extra.plain(),
    }


def answers_of(kept: Mapping[str, Any], case: Case) -> rules.Answers:
    """Return the answers that an assessment keeps, with the flags of the case as it is."""
    return rules.Answers(
        classes=tuple(rules.ClassAnswer(rules.DataClass(one["class"]), one["adjust"], one["reason"],
                                        one.get("credentials", False)) for one in kept["classes"]),
        ei=Decimal(kept["ei"]), confidentiality=Decimal(kept["confidentiality"]), integrity=Decimal(kept["integrity"]),
        availability=Decimal(kept["availability"]), malicious=kept["malicious"], people=case.people,
        unintelligible=case.unintelligible,
    )


def factors(kept: Mapping[str, Any], before: Mapping[str, Any], who: int | None, at: str) -> list[dict[str, Any]]:
    """Return every factor with value, reason, author, moment and method. One that was neither changed nor reasoned
    anew keeps its first author and moment."""
    earlier = {one["name"]: one for one in before.get("factors", [])}
    values = {name: kept[name] for name in SCORED}
    values |= {name: value for name, value in kept["extra"].items() if value is not None}
    found = []
    for name, value in values.items():
        made = {"name": name, "value": value, "reason": kept["reasons"].get(name, ""), "method": rules.METHOD,
                "by_id": who, "at": at}
        old = earlier.get(name)
        same = old is not None and all(old[key] == made[key] for key in ("value", "reason", "method"))
        found.append(dict(old) if old is not None and same else made)
    return found
