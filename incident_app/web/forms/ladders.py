"""The form of a ladder: its thresholds, its steps as sentences, its paces."""

from collections.abc import Mapping
from typing import Any, cast

from flask_wtf import FlaskForm
from wtforms import FieldList, Form, FormField, HiddenField, StringField
from wtforms.validators import Optional

from incident_app.domain.alerts import MOST_MINUTES, Ways, Who, bounds
from incident_app.web.forms.choices import SelectField
from incident_app.web.forms.numbers import WholeField


class StepForm(Form):
    """One step: after how long, whom, by what ways."""

    after_minutes = WholeField("Minutes after the start", [Optional()], least=0, most=MOST_MINUTES)
    who = SelectField("Whom", choices=[(one.name.lower(), one.value) for one in Who])
    ways = SelectField("By what ways", choices=[(one.name.lower(), one.value) for one in Ways])


class LadderForm(FlaskForm):
    """A ladder as it is written. ``version`` is what it was made from."""

    version = HiddenField()
    hours_left = StringField("Warn with so many hours left of 72")
    overdue_hours = WholeField("Once overdue, warn again every … hours", [Optional()], **bounds("overdue_hours"))
    ack_minutes = WholeField("An acknowledgement keeps quiet for … minutes", [Optional()], **bounds("ack_minutes"))
    next_channel_minutes = WholeField("Try the next way after … minutes", [Optional()], **bounds("next_channel_minutes"))
    repeat_minutes = WholeField("Begin again … minutes after the last step", [Optional()], **bounds("repeat_minutes"))
    steps = FieldList(FormField(StepForm))

    @classmethod
    def of(cls, body: Mapping[str, Any], version: int | str) -> "LadderForm":
        """Return the form filled with a ladder in plain values."""
        hours = body["hours_left"]
        shown = hours if isinstance(hours, str) else ", ".join(str(one) for one in hours)
        return cls(formdata=None, data={**body, "hours_left": shown, "version": str(version)})

    def body(self) -> dict[str, Any]:
        """Return what was written, as plain values; what is no number stays as it was typed, to be refused in words."""
        written = cast(dict[str, Any], self.data)
        hours = [part.strip() for part in (self.hours_left.data or "").split(",") if part.strip()]
        return {
            "hours_left": [int(one) if one.isascii() and one.isdecimal() else one for one in hours],
            **{name: written[name] for name in ("overdue_hours", "ack_minutes", "next_channel_minutes", "repeat_minutes")},
            "steps": [{name: step[name] for name in ("after_minutes", "who", "ways")} for step in written["steps"]],
        }
