"""The forms of an assessment: ENISA's questions, the facts that decide beside the score, and the decision."""

from decimal import Decimal
from typing import Any

from flask_wtf import FlaskForm
from wtforms import StringField, TextAreaField
from wtforms.validators import Optional

from incident_app.domain import risk as rules
from incident_app.domain.risk.severity import LARGEST_STEP
from incident_app.web.forms.cases import TRUTH, YES_NO_UNKNOWN
from incident_app.web.forms.choices import RadioField, SelectField, SelectMultipleField
from incident_app.web.forms.numbers import WholeField

CLASS_WORDS = {
    "simple": "Simple: name, contact, account", "behavioural": "Behavioural: location, traffic, habits, messages",
    "financial": "Financial: payments, cards, invoices", "sensitive": "Sensitive: health, politics, sex life, prompts",
}
EI_WORDS = {"0.25": "Hardly at all", "0.5": "With effort", "0.75": "Easily for many", "1": "At once"}
EFFECTS = [*((one.value, one.words) for one in rules.Effect), ("unknown", "Not known yet")]
EFFECT = "effect_on_people"
NO_CREDENTIALS = "none"


def _choices(values: dict[Decimal, str]) -> list[tuple[str, str]]:
    return [(rules.figure(value), words.capitalize()) for value, words in values.items()]


class AssessForm(FlaskForm):
    """ENISA's questions: words first, the figure second. The facts that decide are added below, each with its why."""

    classes = SelectMultipleField("Which classes of data were hit?", choices=list(CLASS_WORDS.items()))
    adjust_simple = WholeField("Simple data: steps up or down", default=0, validators=[Optional()], least=-LARGEST_STEP, most=LARGEST_STEP)
    adjust_behavioural = WholeField("Behavioural data: steps up or down", default=0, validators=[Optional()], least=-LARGEST_STEP, most=LARGEST_STEP)
    adjust_financial = WholeField("Financial data: steps up or down", default=0, validators=[Optional()], least=-LARGEST_STEP, most=LARGEST_STEP)
    adjust_sensitive = WholeField("Sensitive data: steps up or down", default=0, validators=[Optional()], least=-LARGEST_STEP, most=LARGEST_STEP)
    credentials = SelectField(
        "Passwords, tokens or keys among them open", default=NO_CREDENTIALS,
        choices=[(NO_CREDENTIALS, "No credentials were hit"), *((one, f"{one.capitalize()} data") for one in CLASS_WORDS)],
    )
    why_classes = StringField("Why?")
    ei = RadioField("How easily can somebody tell whose data these are?", choices=list(EI_WORDS.items()))
    why_ei = StringField("Why?")
    confidentiality = RadioField("Who may have read the data?", choices=_choices(rules.CB["confidentiality"]))
    why_confidentiality = StringField("Why?")
    integrity = RadioField("Were the data changed?", choices=_choices(rules.CB["integrity"]))
    why_integrity = StringField("Why?")
    availability = RadioField("Were the data lost?", choices=_choices(rules.CB["availability"]))
    why_availability = StringField("Why?")
    malicious = RadioField("Was it done on purpose?", choices=[("no", "No"), ("yes", "Yes, or it cannot be excluded")])
    why_malicious = StringField("Why?")
    restored_in_hours = WholeField(rules.RESTORED.words, validators=[Optional()], least=0)
    why_restored_in_hours = StringField("Why?")


FACTS = tuple(one for one in rules.QUESTIONS if one.group != rules.QUESTIONS[0].group)
for _one in FACTS:
    setattr(AssessForm, _one.name, RadioField(
        _one.words, choices=EFFECTS if _one.name == EFFECT else YES_NO_UNKNOWN, default="unknown"))
    setattr(AssessForm, f"why_{_one.name}", StringField("Why?"))
SCORED = ("classes", "ei", "confidentiality", "integrity", "availability", "malicious")
REASONED = (*SCORED, rules.RESTORED.name, *(one.name for one in FACTS))


class DecisionForm(FlaskForm):
    """What a human decides, beside what is proposed; Art 34(3) asks for its proof."""

    subject = RadioField("About", choices=[("authority", "Tell the authority"), ("people", "Tell the people")])
    outcome = RadioField(
        "Decision",
        choices=[("required", "Required"), ("not_required", "Not required"), ("need_more_facts", "Need more facts")],
    )
    reason = TextAreaField("Reason")
    exemption = SelectField("Ground", choices=[
        ("", "High risk is not likely"), *((one.value, f"{one.words} ({one.article})") for one in rules.Exemption)])
    proof = TextAreaField("Proof")
    document = SelectField("Proof in the evidence", validate_choice=False)


class AnswerForm(FlaskForm):
    """What a second person says about a decision not to tell."""

    verdict = RadioField("Answer", choices=[("confirm", "Confirm"), ("send_back", "Send back")])
    reason = TextAreaField("Reason")


def answers_in(form: AssessForm) -> dict[str, Any]:
    """Return the answers of a filled form in the shape of the API."""
    why = form["why_classes"].data or ""
    classes = [{"class": name, "adjust": form[f"adjust_{name}"].data or 0, "reason": why} for name in form["classes"].data or ()]
    opened = form["credentials"].data
    if opened in CLASS_WORDS:
        classes.append({"class": opened, "adjust": form[f"adjust_{opened}"].data or 0, "reason": why, "credentials": True})
    return {"classes": classes, **{name: form[name].data for name in SCORED[1:]}}


def facts_in(form: AssessForm) -> dict[str, Any]:
    """Return the deciding facts of a filled form; not known is ``None``."""
    found: dict[str, Any] = {rules.RESTORED.name: form[rules.RESTORED.name].data}
    for one in FACTS:
        said = form[one.name].data or "unknown"
        found[one.name] = TRUTH.get(said) if one.name != EFFECT else None if said == "unknown" else said
    return found


def start(form: AssessForm, given: dict[str, Any]) -> None:
    """Fill the form with what an assessment keeps; questions of older versions are passed over."""
    form["classes"].data = [one["class"] for one in given["classes"] if not one.get("credentials")]
    form["credentials"].data = next((one["class"] for one in given["classes"] if one.get("credentials")), NO_CREDENTIALS)
    for one in given["classes"]:
        form[f"adjust_{one['class']}"].data = one["adjust"]
    for name in SCORED[1:5]:
        form[name].data = given[name]
    form["malicious"].data = "yes" if given["malicious"] else "no"
    form["why_classes"].data = given["classes"][0]["reason"]
    for name, words in given["reasons"].items():
        form[f"why_{name}"].data = words
    form[rules.RESTORED.name].data = given["extra"].get(rules.RESTORED.name)
    for fact in FACTS:
        value = given["extra"].get(fact.name)
        form[fact.name].data = value or "unknown" if fact.name == EFFECT else {True: "yes", False: "no", None: "unknown"}[value]
