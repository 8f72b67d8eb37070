"""The forms about things to do, and how what is typed into them is read."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from flask_wtf import FlaskForm
from wtforms import BooleanField, StringField, TextAreaField
from wtforms.widgets import DateTimeLocalInput

from incident_app.domain.merging import Fields
from incident_app.domain.refusals import Refused
from incident_app.domain.remediation import ActionKind
from incident_app.models.cases import Case
from incident_app.models.remediation import Action
from incident_app.web.forms.choices import RadioField, SelectField

LOCAL = "%Y-%m-%dT%H:%M"
KINDS = {
    "contain": "Contain: stop it", "mitigate": "Mitigate: lessen the harm", "remedy": "Remedy: remove the cause",
    "prevent": "Prevent: not again", "notify": "Notify: tell somebody",
}
YES_NO = {"yes": "Yes: the case waits for it, and a second person checks it", "no": "No"}
NOBODY = 0
LONGEST = 10


class ActionForm(FlaskForm):
    """A further thing to do."""

    title = StringField("What is to be done?")
    kind = RadioField("What for?", choices=[(kind.value, KINDS[kind.value]) for kind in ActionKind], default="remedy")
    owner_id = SelectField("Owner", coerce=int, default=NOBODY)
    mandatory = BooleanField("The case cannot be closed without it, and a second person checks it")
    due_at = StringField("Due", widget=DateTimeLocalInput())
    due_hours = StringField("Or so many hours from now")
    waits_for = StringField("Waits for")
    review_days = StringField("Does it work? Looked at after so many days")
    proof = TextAreaField("What will show that it is done?")


def local(action: Action, case: Case) -> str:
    """Return by when it is due as the form has it, in the zone of the case."""
    return action.due_at.astimezone(ZoneInfo(case.zone)).strftime(LOCAL) if action.due_at else ""


def numbered(actions: Sequence[Action]) -> dict[int, int]:
    """Return the number each action of a case has on its page, by id: they stand in the order they were entered."""
    return {one.id: number for number, one in enumerate(actions, 1)}


def ids_of(text: str, actions: Sequence[Action]) -> tuple[int, ...]:
    """Read "1, 3": the numbers of actions of the case. Raises ``Refused``."""
    found = []
    for word in text.replace(",", " ").split():
        number = whole(word)
        if number is None or not 0 < number <= len(actions):
            raise Refused("Nothing was saved.", {"waits_for": f"This case has no action number {word[:LONGEST]}."})
        found.append(actions[number - 1].id)
    return tuple(found)


def whole(text: str) -> int | None:
    """Read a whole number, ``None`` where it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < LONGEST else None


def days_of(text: str) -> int | None:
    """Read after how many days it is looked at; ``None`` where nothing was typed. Raises ``Refused``."""
    if not text.strip():
        return None
    days = whole(text.strip())
    if days is None:
        raise Refused("Nothing was saved.", {"review_days": "Give a whole number of days, 0 for none."})
    return days


def hours_of(text: str) -> float | None:
    """Read after how many hours it is due; ``None`` where nothing was typed. Raises ``Refused``."""
    words = text.strip().replace(",", ".")
    if not words:
        return None
    before, _, after = words.partition(".")
    if len(words) >= LONGEST or whole(before or "0") is None or whole(after or "0") is None:
        raise Refused("Nothing was saved.", {"due_hours": "Give a number of hours, such as 4 or 1.5."})
    return float(words if words != "." else "0")


def texts_of(action: Action, case: Case, waits: str) -> Fields:
    """Return what stands in the form that changes an action; ``waits`` are the numbers of what it waits for."""
    hours = f"{action.due_hours:g}" if action.due_hours is not None and action.waiting else ""
    return {"title": (action.title,), "kind": (action.kind,), "mandatory": ("yes" if action.mandatory else "no",),
            "proof": (action.proof_asked,), "owner_id": (str(action.owner_id or NOBODY),), "due_at": (local(action, case),), "due_hours": (hours,),
            "waits_for": (waits,), "review_days": (str(action.review_days),)}
