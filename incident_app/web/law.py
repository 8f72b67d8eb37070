"""The law as it is loaded, the directory of authorities, the organisation's own clocks, and what it is."""

from dataclasses import dataclass
from datetime import date
from itertools import groupby

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm

from incident_app.domain.accounts import Permission
from incident_app.domain.refusals import Conflict, NotFound, Refused
from incident_app.domain.regimes import Confidence, Regime, Rule
from incident_app.extensions import db
from incident_app.services import accounts, cases, law_book, obligations
from incident_app.services import organisation as organisations
from incident_app.services.obligations import NewClock
from incident_app.services.obligations.house import ANCHORS, UNITS
from incident_app.web.answers import form_errors
from incident_app.web.conflicts import version_of
from incident_app.web.forms.choices import RadioField
from incident_app.web.forms.obligations import ClockForm
from incident_app.web.guard import actor, allowed
from incident_app.web.law_words import (
    PORTALS,
    Validity,
    capital,
    language_name,
    place_name,
    places_words,
    rule_words,
    sources,
    stage_words,
    validity,
)
from incident_app.wiring import now, ports

bp = Blueprint("law", __name__)
SECTOR_ANSWERS = [("yes", "Yes"), ("no", "No"), ("", "Not answered")]
ALL_PLACES = 300
TRUTH = {"yes": True, "no": False}


@dataclass(frozen=True, slots=True)
class RuleLine:
    """A rule in words."""

    rule: Rule
    who: str
    term: str
    stage: str
    validity: Validity
    sources: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class RegimeCard:
    """A regime with its rules in words; ``check``: something of it counsel should confirm."""

    regime: Regime
    places: str
    sectors: str
    rules: list[RuleLine]
    check: bool


def _line(rule: Rule, on: date) -> RuleLine:
    return RuleLine(rule, capital(rule.recipient), capital(rule_words(rule.value, rule.unit.value, rule.mode.value, rule.anchor)),
                    stage_words(rule.stage), validity(rule, on), sources(rule.source))


def _card(regime: Regime, most: int = 4) -> RegimeCard:
    labels = {one.id: one.label for one in ports().law.sectors}
    return RegimeCard(
        regime, places_words(regime.countries, most), ", ".join(labels.get(one, one) for one in regime.sectors),
        [_line(rule, now().date()) for rule in regime.rules],
        any(rule.confidence is Confidence.CHECK for rule in regime.rules),
    )


@bp.get("/law")
@allowed(Permission.SEE_OWN_ACCOUNT)
def show() -> ResponseReturnValue:
    """Show the law as it is loaded, or what of it holds the words looked for."""
    text = request.args.get("q", "").strip()
    found = law_book.regimes_found(ports().law, text, place_name)
    return render_template("pages/law/show.html", q=text, cards=[_card(one) for one in found], law=ports().law)


@bp.get("/law/<regime_id>")
@allowed(Permission.SEE_OWN_ACCOUNT)
def regime(regime_id: str) -> ResponseReturnValue:
    """Show one regime with every rule in full."""
    found = ports().law.regime(regime_id)
    if found is None:
        raise NotFound("There is no such law here.")
    return render_template("pages/law/regime.html", card=_card(found, ALL_PLACES), law=ports().law)


@bp.get("/law/authorities")
@allowed(Permission.SEE_OWN_ACCOUNT)
def authorities() -> ResponseReturnValue:
    """Show who takes a notification, how and when, and what to watch for."""
    text = request.args.get("q", "").strip()
    found = law_book.authorities_found(ports().law, text, place_name)
    by_place = {name: list(some) for name, some in groupby(found, key=lambda one: place_name(one.country))}
    return render_template("pages/law/authorities.html", q=text, by_place=by_place, count=len(found), portals=PORTALS,
                           language_name=language_name, total=len(ports().law.authorities))


# ------------------------------------------------------------------------------------- the organisation's own clocks


def _clocks(form: ClockForm, status: int = 200) -> ResponseReturnValue:
    session = db.session()
    every = obligations.clocks_of_house(session, all_versions=True)
    return render_template(
        "pages/law/clocks.html", form=form, units=UNITS, anchors=ANCHORS, names=accounts.names(session),
        running=[one for one in every if one.ended_at is None], ended=[one for one in every if one.ended_at],
        zone=cases.organisation(session).zone,
    ), status


@bp.get("/law/clocks")
@allowed(Permission.MANAGE_CLOCKS)
def clocks() -> ResponseReturnValue:
    """Show the clocks of contracts and insurers."""
    return _clocks(ClockForm(formdata=None))


@bp.post("/law/clocks")
@allowed(Permission.MANAGE_CLOCKS)
def add_clock() -> ResponseReturnValue:
    """Add a clock; open cases follow it."""
    form = ClockForm()
    try:
        made = obligations.add_clock(
            db.session(), NewClock(
                form.name.data or "", form.recipient.data or "", form.anchor.data or "", form.value.data or 0,
                form.unit.data or "", form.source.data or "", form.note.data or ""), by=actor(), now=now(),
        )
    except Refused as refused:
        form_errors(form, refused)
        return _clocks(form, 422)
    flash(f"{made.name}: the clock counts. Open cases follow within minutes.", "done")
    return redirect(url_for("law.clocks"))


@bp.post("/law/clocks/<int:clock_id>/end")
@allowed(Permission.MANAGE_CLOCKS)
def end_clock(clock_id: int) -> ResponseReturnValue:
    """End a clock; what arose before stays on record."""
    made = obligations.end_clock(db.session(), clock_id, by=actor(), now=now())
    flash(f"{made.name}: the clock is ended. What arose before stays on record.", "done")
    return redirect(url_for("law.clocks"))


# ------------------------------------------------------------------------------------------- what the organisation is


def _questions() -> FlaskForm:
    """Return a form with one question for each kind of organisation the law knows."""
    asked = {one.id: RadioField(one.question, choices=SECTOR_ANSWERS, default="") for one in ports().law.sectors}
    return type("SectorsForm", (FlaskForm,), asked)()


@bp.route("/law/organisation", methods=["GET", "POST"])
@allowed(Permission.MANAGE_SETTINGS)
def organisation() -> ResponseReturnValue:
    """Say once what the organisation is; the rules of its sectors follow."""
    session, form, status = db.session(), _questions(), 200
    asked = [one.id for one in ports().law.sectors]
    home = cases.organisation(session)
    known = home.sectors
    if request.method == "GET" and known is not None:
        for name in asked:
            form[name].data = "yes" if name in known else "no"
    if request.method == "POST":
        status = 422
        rest = False if request.form.get("rest") == "no" else None
        answers = {name: TRUTH.get(form[name].data or "", rest) for name in asked}
        try:
            organisations.set_sectors(session, answers, version=version_of(request.form), by=actor(), now=now(),
                                      law=ports().law)
        except Conflict:
            raise
        except Refused as refused:
            form_errors(form, refused)
        else:
            flash("Saved. The duties of open cases follow within minutes.", "done")
            return redirect(url_for("law.organisation"))
    return render_template("pages/law/organisation.html", form=form, asked=asked, known=known,
                           version=home.version), status
