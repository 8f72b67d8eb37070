"""The forms about duties. Several stand on one page: each carries the number of its duty in its ids."""

from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import HiddenField, StringField, TextAreaField
from wtforms.validators import Optional

from incident_app.domain.regimes import RECORDED
from incident_app.models.obligations import DISCHARGED, Obligation
from incident_app.services.obligations.discharging import HOWS, PUBLIC
from incident_app.services.obligations.house import ANCHORS, LONGEST_TERM, UNITS
from incident_app.web.forms.choices import RadioField, SelectField
from incident_app.web.forms.numbers import WholeField

FOLDS = [("", "–"), ("0", "The first (summer time)"), ("1", "The second (winter time)")]


class DutyForm(FlaskForm):
    """A form about one duty."""

    def about(self, duty: Obligation) -> "DutyForm":
        """Give the fields ids of their own, and local times their zone."""
        for one in self:
            one.id = f"{one.short_name}-{duty.id}"
        if "zone" in self:
            self["zone"].data = duty.case.zone
        return self


class DecideForm(DutyForm):
    """Owed or not, and why."""

    owed = RadioField("Is it owed?", choices=[("yes", "Owed"), ("no", "Not owed")])
    reason = TextAreaField("Why?")

    def about(self, duty: Obligation) -> DutyForm:
        """Ask of a duty that is done whether it stays done."""
        if duty.state == DISCHARGED:
            self["owed"].label.text = "Are the people still told?"
            self["owed"].choices = [("yes", "No: owed again"), ("no", "Yes: it stays done")]
        return super().about(duty)


class MomentForm(DutyForm):
    """When a clock of its own started."""

    zone = HiddenField()
    at = StringField("When?")
    fold = SelectField("Which of the two?", choices=FOLDS, default="", validators=[Optional()])
    reason = TextAreaField("Who established it, and from what?")

    def about(self, duty: Obligation) -> DutyForm:
        """Ask for the moment by its own words."""
        self["at"].label.text = f"When {RECORDED.get(duty.anchor, 'it began')}"
        return super().about(duty)


class DoneForm(DutyForm):
    """Told, with proof."""

    zone = HiddenField()
    submitted_at = StringField("When were they told?")
    fold = SelectField("Which of the two?", choices=FOLDS, default="", validators=[Optional()])
    how = SelectField("How?", choices=list(HOWS.items()))
    reference = StringField("Reference or receipt number")
    proof = FileField("Proof")
    late_reason = TextAreaField("Why was it late?")
    public_reason = TextAreaField("If in public: why not one by one?")

    def about(self, duty: Obligation) -> DutyForm:
        """Offer the ways there are for these recipients."""
        self["how"].choices = list((HOWS | PUBLIC if duty.recipient_type == "data_subjects" else HOWS).items())
        return super().about(duty)


class WhatIfForm(FlaskForm):
    """Another moment of awareness, another rule set: only looked at, so it is sent in the address."""

    class Meta:
        """Nothing is changed: no token."""

        csrf = False

    zone = HiddenField()
    aware_at = StringField("Aware since")
    fold = SelectField("Which of the two?", choices=FOLDS, default="", validators=[Optional()])
    proposal = SelectField("Rule set", default="")


class ClockForm(FlaskForm):
    """A clock of a contract or an insurer."""

    name = StringField("Contract or policy")
    recipient = StringField("Who must be told?")
    value = WholeField("Within", validators=[Optional()], least=1, most=LONGEST_TERM)
    unit = SelectField("Counted in", choices=list(UNITS.items()))
    anchor = SelectField("From the moment", choices=list(ANCHORS.items()))
    source = StringField("Where is it written?")
    note = TextAreaField("What to watch for")
