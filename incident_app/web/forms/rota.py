"""The forms of the rota. Moments are read as local time with a zone, and shown in the reader's own."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask_wtf import FlaskForm
from wtforms import HiddenField, StringField
from wtforms.validators import Optional
from wtforms.widgets import DateInput, DateTimeLocalInput, TimeInput

from incident_app.domain.refusals import Refused
from incident_app.domain.rotations import CADENCES, MOST_TURNS, WEEKDAYS, Rotation
from incident_app.web.forms.cases import moment
from incident_app.web.forms.choices import SelectField
from incident_app.web.forms.numbers import WholeField

ORDER = ("First", "Second", "Third", "Fourth", "Fifth", "Sixth", "Seventh", "Eighth")
MOST_PEOPLE = len(ORDER)
MINUTE = timedelta(minutes=1)
FOLDS = [("", "–"), ("0", "The first (summer time)"), ("1", "The second (winter time)")]


class TimesForm(FlaskForm):
    """From when to when."""

    version = HiddenField()
    starts_at = StringField("From", widget=DateTimeLocalInput())
    ends_at = StringField("Until", widget=DateTimeLocalInput())
    zone = SelectField("Time zone")
    fold = SelectField("Which of the two?", choices=FOLDS, default="", validators=[Optional()])


class ShiftForm(TimesForm):
    """Who is on call, or stands in, from when to when."""

    user_id = SelectField("Who", coerce=int)


class HandOverForm(FlaskForm):
    """Who is on call from now on; ``shift_id`` is the shift that was on the screen."""

    user_id = SelectField("Hand over now to", coerce=int)
    shift_id = HiddenField()


class RotationForm(FlaskForm):
    """Who takes turns, how long, and when they hand over."""

    seen = HiddenField()
    days = SelectField("Each turn lasts", coerce=int, choices=list(CADENCES.items()), default=7)
    weekday = SelectField("Hand-over on", coerce=int, choices=list(enumerate(WEEKDAYS)), default=0)
    at = StringField("Hand-over at", widget=TimeInput(), default="09:00")
    zone = SelectField("Time zone")
    first = StringField("From", widget=DateInput())
    turns = WholeField("How many turns?", default=12, validators=[Optional()], least=1, most=MOST_TURNS)


for _number, _words in enumerate(ORDER, 1):
    setattr(RotationForm, f"person_{_number}", SelectField(_words, coerce=int, default=0))


def fill(form: TimesForm, starts_at: datetime, ends_at: datetime, zone: str) -> None:
    """Write a stretch into the form in local time: from the minute it begins in to the minute after it has ended."""
    start, end = _local(starts_at, zone), _local(ends_at + MINUTE - timedelta(microseconds=1), zone)
    form.starts_at.data, form.ends_at.data, form.zone.data = f"{start:%Y-%m-%dT%H:%M}", f"{end:%Y-%m-%dT%H:%M}", zone
    form.fold.data = next((str(at.fold) for at in (start, end) if _happens_twice(at)), "")


def _local(at: datetime, zone: str) -> datetime:
    return at.astimezone(ZoneInfo(zone))


def _happens_twice(at: datetime) -> bool:
    return at.replace(fold=0).utcoffset() != at.replace(fold=1).utcoffset()


def times(form: TimesForm) -> tuple[datetime, datetime]:
    """Read the two moments in UTC. Raises ``Refused`` with words for each that does not exist or happened twice."""
    problems: dict[str, str] = {}
    found = [_one(form, name, problems) for name in ("starts_at", "ends_at")]
    if problems or not form.validate():
        raise Refused("The times were not understood.", problems)
    starts_at, ends_at = found
    return starts_at, ends_at


def _one(form: TimesForm, name: str, problems: dict[str, str]) -> datetime:
    at = moment(form, name, problems)
    if at is None and name not in problems:
        problems[name] = "Give date and time."
    return at or datetime.min.replace(tzinfo=UTC)


def number(text: str | None) -> int | None:
    """Read a number a hidden field carries; nothing where it is none."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else None


def plan(form: RotationForm) -> Rotation:
    """Read the rotation. Raises ``Refused`` with words by field."""
    problems = {}
    chosen = tuple(form[f"person_{one}"].data for one in range(1, MOST_PEOPLE + 1) if form[f"person_{one}"].data)
    at, first = _time(form.at.data), _date(form.first.data)
    if not chosen:
        problems["person_1"] = "Choose at least one person."
    if at is None:
        problems["at"] = "Give the time as 09:00."
    if first is None:
        problems["first"] = "Give the first day as 2026-11-24."
    if form.turns.data is None:
        problems["turns"] = "Say how many turns."
    if problems or not form.validate() or at is None or first is None or form.turns.data is None:
        raise Refused("The rotation was not understood.", problems)
    return Rotation(chosen, form.days.data, form.weekday.data, at, form.zone.data, first, form.turns.data)


def _time(text: str | None) -> time | None:
    try:
        return datetime.strptime((text or "").strip(), "%H:%M").time()  # noqa: DTZ007 (a time of day has no zone)
    except ValueError:
        return None


def _date(text: str | None) -> date | None:
    try:
        return date.fromisoformat((text or "").strip())
    except ValueError:
        return None
