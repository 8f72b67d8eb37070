"""Choose the authority's form a filing is made on, and the language it is printed in."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from incident_app.domain import filings as rules
from incident_app.domain.accounts import Actor, Permission, require
from incident_app.domain.filings import Answer, Field, Form, Phase
from incident_app.domain.refusals import Refused
from incident_app.domain.regimes import Law
from incident_app.models.filings import Filing
from incident_app.services.filings.drafting import EDITABLE, known_of, write_answers
from incident_app.services.filings.records import filed, form_of, locked, own_addresses
from incident_app.services.unit import writing


@dataclass(frozen=True, slots=True)
class Chosen:
    """The filing on its new form, and the questions to answer anew: no option there means what was said."""

    filing: Filing
    again: tuple[Field, ...]


def choose_form(
    session: Session, filing_id: int, *, form_id: str | None = None, language: str | None = None, version: int, by: Actor,
    now: datetime, forms: Mapping[str, Form], law: Law,
) -> Chosen:
    """Make a filing on another authority's form, or print it in another language; ``None`` leaves it.

    Answers go along where the form has an option that means the same; what the form does not ask is kept and comes back
    with the form that asks it. An approval is void: it bound another paper. Raises ``Refused`` by field.
    """
    require(by, Permission.DRAFT_FILING)
    with writing(session):
        filing = locked(session, filing_id, version, *EDITABLE)
        old = form_of(filing, forms)
        form = _form(forms, form_id) if form_id else old
        if language and language not in form.languages:
            raise Refused("Nothing was changed.", {"language": f"Choose {', '.join(form.languages)}."})
        if Phase(filing.phase) not in form.phases:
            raise Refused("Nothing was changed.", {"form_id": f"That authority knows no {filing.phase.replace('_', '-')} "
                                                              "filing. Change the phase first."})
        answers = rules.from_json(filing.answers)
        again: tuple[Field, ...] = ()
        changed: dict[str, Answer] = {}
        if form.id != old.id:
            answers, again = _moved(session, filing, old, form, law)
            changed["form"] = Answer(form.id)
            filing.form_id, filing.form_version = form.id, form.version
        if language and language != filing.language:
            changed["language"] = Answer(language)
            answers = _said_in(session, filing, form, answers, language, law)
            filing.language = language
        write_answers(session, filing, form, answers, changed, "filing.edited", by, now)
    return Chosen(filing, again)


def _said_in(
    session: Session, filing: Filing, form: Form, answers: dict[str, Answer], language: str, law: Law
) -> dict[str, Answer]:
    """Say in the new language what we said for the case in the old one; what anybody typed or took since stays."""
    before, after = (_filled(session, filing, form.spoken(one), law) for one in (filing.language, language))
    return {name: after.get(name, one) if one == before.get(name) else one for name, one in answers.items()}


def _filled(session: Session, filing: Filing, form: Form, law: Law) -> dict[str, Answer]:
    known = known_of(session, filing.obligation, filed(session, filing.obligation), law, form.wording)
    return rules.fill(form, known, own_addresses(session, filing.case_id))


def _form(forms: Mapping[str, Form], form_id: str) -> Form:
    if form_id not in forms:
        raise Refused("Nothing was changed.", {"form_id": "There is no such form."})
    return forms[form_id]


def _moved(
    session: Session, filing: Filing, old: Form, form: Form, law: Law,
) -> tuple[dict[str, Answer], tuple[Field, ...]]:
    held, again = rules.carried(old, form, rules.from_json(filing.answers))
    filled = _filled(session, filing, form.spoken(filing.language), law)
    if filing.before is not None:
        filing.before = rules.to_json(rules.carried(old, form, rules.from_json(filing.before))[0])
    answers = rules.refilled(held, filled, again)
    return answers, tuple(one for one in again if answers[one.id] == held[one.id])
