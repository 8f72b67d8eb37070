"""The forms of a case. Moments are read as local time with a zone; how they are judged is the rules' work."""

import uuid
from datetime import datetime
from functools import cache
from zoneinfo import available_timezones

from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, StringField, TextAreaField
from wtforms.validators import Optional

from incident_app.domain.cases import Certainty, Count, local_moment
from incident_app.domain.refusals import Refused
from incident_app.web.forms.choices import RadioField, SelectField, SelectMultipleField
from incident_app.web.forms.numbers import WholeField

YES_NO_UNKNOWN = [("yes", "Yes"), ("no", "No"), ("unknown", "Not known yet")]
CERTAINTIES = [("unknown", "Unknown"), ("about", "About"), ("exact", "Exactly"), ("range", "Between")]
TRUTH = {"yes": True, "no": False, "unknown": None}


@cache
def _zones() -> tuple[tuple[str, str], ...]:  # each look at them opens six hundred files
    return tuple((name, name) for name in sorted(available_timezones()) if "/" in name or name == "UTC")


def zones() -> list[tuple[str, str]]:
    """Return every IANA zone a person may name."""
    return list(_zones())


def moment(form: FlaskForm, name: str, problems: dict[str, str]) -> datetime | None:
    """Read ``form.<name>`` in ``form.zone``; what is wrong goes into ``problems`` under the field's name."""
    text = (form[name].data or "").strip()
    if not text:
        return None
    fold = form["fold"].data if "fold" in form else ""
    try:
        return local_moment(text, form["zone"].data, int(fold) if fold in {"0", "1"} else None)
    except Refused as refused:
        problems[name] = next(iter(refused.problems.values()), refused.reason)
        return None


def count(certainty: str, low: int | None, high: int | None) -> Count:
    """Read how many: unknown is not zero. Raises ``Refused`` where the figures do not fit the certainty."""
    return Count(Certainty(certainty), low, high)


class FileForm(FlaskForm):
    """The short form: five answers, then the clock runs."""

    key = HiddenField(default=lambda: uuid.uuid4().hex)
    title = StringField("What happened?")
    summary = TextAreaField("More, if you know more")
    kind = SelectField("Kind of breach", default="other")
    aware_when = RadioField("When did we become aware?", choices=[("now", "Now"), ("earlier", "Earlier")], default="now")
    aware_at = StringField("Aware since")
    zone = SelectField("Time zone")
    fold = SelectField(
        "Which of the two?",
        choices=[("", "–"), ("0", "The first (summer time)"), ("1", "The second (winter time)")], default="",
        validators=[Optional()],
    )
    aware_source = StringField("Who or what told us?")
    detected_when = RadioField(
        "When was it detected?", choices=[("same", "At the same time"), ("earlier", "Earlier")], default="same"
    )
    detected_at = StringField("Detected")
    gap_reason = StringField("Why was that not awareness yet?")
    people_data = RadioField(
        "Are people's data involved?", choices=[("yes", "Yes"), ("no", "No"), ("unsure", "Not sure")], default="unsure"
    )
    count_certainty = RadioField("How many people?", choices=CERTAINTIES, default="unknown")
    count_low = WholeField("Number", validators=[Optional()], least=0)
    count_high = WholeField("to", validators=[Optional()], least=0)
    systems = SelectMultipleField("Which systems were hit?", coerce=int)
    team = SelectField("Whose case is it?", default="")
    is_drill = BooleanField("This is a drill")


class AwarenessForm(FlaskForm):
    """Another moment of awareness, with its reason."""

    version = HiddenField()
    aware_at = StringField("Aware since")
    zone = SelectField("Time zone")
    fold = SelectField(
        "Which of the two?",
        choices=[("", "–"), ("0", "The first (summer time)"), ("1", "The second (winter time)")], default="",
        validators=[Optional()],
    )
    source = StringField("Who or what told us?")
    reason = TextAreaField("Why does it change?")


class FactsForm(FlaskForm):
    """What may be known later."""

    version = HiddenField()
    base = HiddenField()
    zone = HiddenField()
    title = StringField("What happened?")
    summary = TextAreaField("In more words")
    kind = SelectField("Kind of breach")
    occurred_at = StringField("Happened")
    first_signal_at = StringField("First hint, before you were sure")
    detected_at = StringField("Detected")
    contained_at = StringField("Contained")
    people_data = RadioField(
        "Are people's data involved?", choices=[("yes", "Yes"), ("no", "No"), ("unsure", "Not sure")]
    )
    count_certainty = RadioField("How many people?", choices=CERTAINTIES)
    count_low = WholeField("Number", validators=[Optional()], least=0)
    count_high = WholeField("to", validators=[Optional()], least=0)
    records_certainty = RadioField("How many records?", choices=CERTAINTIES)
    records_low = WholeField("Number", validators=[Optional()], least=0)
    records_high = WholeField("to", validators=[Optional()], least=0)
    confidentiality = RadioField("Could somebody see what they should not?", choices=YES_NO_UNKNOWN)
    integrity = RadioField("Were data changed?", choices=YES_NO_UNKNOWN)
    availability = RadioField("Were data lost or out of reach?", choices=YES_NO_UNKNOWN)
    malicious = RadioField("Was it done on purpose?", choices=YES_NO_UNKNOWN)
    unintelligible = RadioField("Were the data unreadable for others (encrypted, key safe)?", choices=YES_NO_UNKNOWN)
    data_categories = SelectMultipleField("Which data?", validate_choice=False)
    countries = StringField("Where do the people live? (country codes)")
    role = RadioField("Whose data are they?", choices=[
        ("controller", "Ours: we are the controller"), ("processor", "Of others: we process for them")])
    controllers = TextAreaField("Controllers")
    cause = TextAreaField("Cause")
    consequences = TextAreaField("Likely consequences for the people")
    measures_before = TextAreaField("Protection in place before")
    measures_taken = TextAreaField("Measures taken")
    measures_planned = TextAreaField("Measures planned")


class NoteForm(FlaskForm):
    """A note for the timeline."""

    text = TextAreaField("Note")
    corrects = HiddenField()


class CloseForm(FlaskForm):
    """Why the case may be closed."""

    version = HiddenField()
    seen = HiddenField()
    reason = TextAreaField("Why can it be closed?")
