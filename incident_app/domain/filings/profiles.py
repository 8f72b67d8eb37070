"""Which authority's form a filing is made on, and taking its answers from one form to another."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from incident_app.domain.filings.answers import Answer, Answers, Source
from incident_app.domain.filings.coverage import values_of
from incident_app.domain.filings.forms import Field, FieldType, Form, Phase, Trap

FORM_FOR_ALL = "edpb-1"


def form_for(forms: Mapping[str, Form], recipient: str) -> Form:
    """Return the form of the authority a duty names, the EDPB's template where it has none."""
    own = (one for one in forms.values() if one.profile is not None and recipient in one.profile.recipients)
    return next(own, forms[FORM_FOR_ALL])


def next_phase(form: Form, stage: str, *, filed_before: bool) -> Phase:
    """Return the phase a new filing begins in. Where the authority knows no follow-up, the second notice is the final one,
    and the duty of that stage is told with it."""
    first, *later = form.phases
    if Phase.FOLLOW_UP not in form.phases and stage == Phase.FINAL:
        return Phase.FINAL
    return later[0] if filed_before else first


def carried(old: Form, new: Form, answers: Answers) -> tuple[dict[str, Answer], tuple[Field, ...]]:
    """Take answers to another form: an option becomes the one that means the same.

    Returns the answers and the fields to answer anew, because no option, or more than one, means the same. What the new
    form does not ask is kept and comes back with the old one.
    """
    held, again = dict(answers), []
    for field in new.fields():
        before, answer = old.field(field.id), answers.get(field.id)
        if before is None or answer is None or not answer.answered or before.options == field.options:
            continue
        given = answer.value if isinstance(answer.value, list) else [answer.value]
        found = [_same(before, field, str(one)) for one in given]
        if None in found:
            again.append(field)
        items = list(dict.fromkeys(one for one in found if one))
        value: object = items if field.type is FieldType.LIST else next(iter(items), None)
        held[field.id] = replace(answer, value=value)
    return held, tuple(again)


def refilled(held: Answers, filled: Answers, again: Iterable[Field]) -> dict[str, Answer]:
    """Add what the case answers to the questions of the new form. What a person said stays theirs to say: the case does
    not answer anew what they typed."""
    typed = {one.id for one in again if held[one.id].source is Source.TYPED}
    return dict(held) | {
        name: answer for name, answer in filled.items()
        if name not in typed and (not _said(held.get(name, Answer())) or held[name].source is Source.CASE)
    }


def _said(answer: Answer) -> bool:
    return answer.answered or answer.not_yet_known


def _same(before: Field, after: Field, option_id: str) -> str | None:
    """Return the one option of ``after`` that means what this one of ``before`` means."""
    if after.option(option_id) is not None and before.option(option_id) == after.option(option_id):
        return option_id
    option = before.option(option_id)
    meant = option.stands_for if option else frozenset({option_id})
    found = [one.id for one in after.options if one.stands_for & meant]
    return found[0] if len(found) == 1 else None


def traps(form: Form, at: str, answer: Answer | None = None) -> tuple[Trap, ...]:
    """Return what goes wrong at one place of the authority's own form, given the answer there."""
    known = form.profile.traps if form.profile else ()
    said = values_of(answer) if answer else set()
    return tuple(one for one in known if one.at == at and (not one.any_of or not said.isdisjoint(one.any_of)))
