"""The duties of a case: who must be told, by when and why; decided, dated and recorded here."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from incident_app.domain.accounts import Permission, may
from incident_app.domain.refusals import Conflict, NotFound, Refused
from incident_app.domain.regimes import RECORDED
from incident_app.extensions import db
from incident_app.models.cases import Case
from incident_app.models.obligations import EXCUSED, STILL_OPEN, Obligation
from incident_app.services import accounts, controllers, deliveries, obligations
from incident_app.services.asking_again import asked_again
from incident_app.services.obligations import Imagined
from incident_app.services.obligations.showing import duties_shown, names_of_laws
from incident_app.web.answers import form_errors
from incident_app.web.conflicts import version_of
from incident_app.web.documents import uploaded
from incident_app.web.duty_cards import Card, asks_moment, by_hand, card, closed, worst_first
from incident_app.web.filters import moment as in_words
from incident_app.web.filters import span
from incident_app.web.forms.cases import moment
from incident_app.web.forms.obligations import DecideForm, DoneForm, DutyForm, MomentForm, WhatIfForm
from incident_app.web.guard import actor, allowed, case_or_404
from incident_app.web.law_words import anchor_words, rule_words, sources
from incident_app.web.overview import case_frame
from incident_app.web.stays import stays
from incident_app.web.submitting import once
from incident_app.wiring import now, ports

bp = Blueprint("obligations", __name__)
LOCAL = "%Y-%m-%dT%H:%M"


def _forms(one: Card) -> dict[str, DutyForm]:
    """Return what this person may do about a duty, each as an empty form."""
    duty = one.duty
    found: dict[str, DutyForm] = {}
    if closed(duty.case):
        return found
    if may(actor(), Permission.DECIDE) and (one.again or duty.state in (*STILL_OPEN, EXCUSED)):
        found["decision"] = DecideForm(formdata=None)
    if may(actor(), Permission.SET_AWARENESS) and asks_moment(duty):
        found["moment"] = MomentForm(formdata=None)
    if may(actor(), Permission.MARK_SUBMITTED) and by_hand(duty):
        found["done"] = DoneForm(formdata=None)
    return {verb: form.about(duty) for verb, form in found.items()}


def _card_with_forms(one: Card, failed: tuple[int, str, DutyForm] | None) -> Card:
    forms, opened = _forms(one), ""
    if failed is not None and failed[0] == one.duty.id:
        opened = failed[1]
        forms[opened] = failed[2]
    return replace(one, forms=forms, opened=opened)


def _page(case: Case, status: int = 200, failed: tuple[int, str, DutyForm] | None = None) -> ResponseReturnValue:
    session = db.session()
    found = duties_shown(session, case, law=ports().law, calendar=ports().calendar)
    owed = deliveries.still_owed(session, case, law=ports().law, now=now()) | controllers.still_owed(session, case, now=now())
    again = asked_again(session, [one.duty for one in found.shown])
    cards = worst_first([_card_with_forms(card(one, now(), owed.get(one.duty.id, ""), again.get(one.duty.id)), failed) for one in found.shown])
    not_owed: dict[str, list[object]] = {}
    for one in found.not_owed:
        not_owed.setdefault(one.name, []).append(one)
    return render_template(
        "pages/obligations/of_case.html", tab="duties", cards=cards, records=found.records, gone=found.gone,
        not_owed=not_owed, hanging=_by_law(cards), laws=names_of_laws(session, ports().law), moments=found.moments, recorded=RECORDED, names=accounts.names(session), sources=sources,
        failed=failed[2] if failed else None, sector_count=len(ports().law.sectors),
        **case_frame(session, case, actor(), now()),
    ), status


def _by_law(cards: list[Card]) -> dict[str, list[Card]]:
    found: dict[str, list[Card]] = {}
    for one in cards:
        if one.shown.hangs:
            found.setdefault(one.law, []).append(one)
    return found


@bp.get("/cases/<ref>/duties")
@allowed(Permission.SEE_CASES)
def of_case(ref: str) -> ResponseReturnValue:
    """Show every duty with its clock and its reason, and what is not owed and why."""
    return _page(case_or_404(ref))


def _acted(case: Case, duty: Obligation, verb: str, form: DutyForm, work: Callable[[], str]) -> ResponseReturnValue:
    try:
        words = work()
    except (Conflict, NotFound):
        raise
    except Refused as refused:
        form_errors(form, refused)
        return _page(case, 422, (duty.id, verb, form.about(duty)))
    flash(words, "done")
    return redirect(url_for("obligations.of_case", ref=case.ref))


def _begun(form: DutyForm, name: str, case: Case, words: str) -> datetime:
    """Read a local time of the case. Raises ``Refused`` where there is none, or none that happened once."""
    form["zone"].data = case.zone
    problems: dict[str, str] = {}
    at = moment(form, name, problems)
    if at is None:
        raise Refused("Nothing was recorded.", problems or {name: words})
    return at


@bp.post("/cases/<ref>/duties/<int:duty_id>/decision")
@allowed(Permission.DECIDE)
@once("obligations.of_case")
@stays("obligations.of_case")
def decide(ref: str, duty_id: int) -> ResponseReturnValue:
    """Decide one duty by itself, with a reason."""
    case, session, form = case_or_404(ref), db.session(), DecideForm()
    duty = obligations.find_duty(session, case.id, duty_id)

    def work() -> str:
        if form.owed.data not in {"yes", "no"}:
            raise Refused("The decision was not recorded.", {"owed": "Choose owed or not owed."})
        made = obligations.decide_one(session, case.id, duty_id, owed=form.owed.data == "yes",
                                      reason=form.reason.data or "", version=version_of(request.form), by=actor(),
                                      now=now())
        return f"{made.recipient}: decided, {'owed' if made.state in STILL_OPEN else 'not owed' if made.state == EXCUSED else 'done all the same'}."

    return _acted(case, duty, "decision", form, work)


@bp.post("/cases/<ref>/duties/<int:duty_id>/moment")
@allowed(Permission.SET_AWARENESS)
@stays("obligations.of_case")
def record(ref: str, duty_id: int) -> ResponseReturnValue:
    """Record the moment a clock of its own started; every duty that counts from it follows."""
    case, session, form = case_or_404(ref), db.session(), MomentForm()
    duty = obligations.find_duty(session, case.id, duty_id)

    def work() -> str:
        at = _begun(form, "at", case, "Give date and time.")
        obligations.record_moment(session, case.id, duty.anchor, at, reason=form.reason.data or "", by=actor(),
                                  now=now(), law=ports().law, calendar=ports().calendar)
        return f"Recorded: {in_words(at, case.zone)}. The deadlines follow; the old ones stay on record."

    return _acted(case, duty, "moment", form, work)


@bp.post("/cases/<ref>/duties/<int:duty_id>/done")
@allowed(Permission.MARK_SUBMITTED)
@once("obligations.of_case")
@stays("obligations.of_case")
def done(ref: str, duty_id: int) -> ResponseReturnValue:
    """Record that they were told, with proof; only then the clock stops."""
    case, session, form = case_or_404(ref), db.session(), DoneForm()
    duty = obligations.find_duty(session, case.id, duty_id)

    def work() -> str:
        at = _begun(form, "submitted_at", case, "Give date and time, as on the proof.")
        name, media_type, content = uploaded(form.proof.data)
        made = obligations.mark_done(
            session, case.id, duty_id, at=at, how=form.how.data or "", reference=form.reference.data or "",
            late_reason=form.late_reason.data or "", public_reason=form.public_reason.data or "", proof_name=name, proof_bytes=content, proof_type=media_type,
            by=actor(), now=now(), vault=ports().vault,
        )
        return f"{made.recipient} was told, with proof. The clock has stopped."

    return _acted(case, duty, "done", form, work)


# ------------------------------------------------------------------------------------------------------------ what if


SAME = "the same"


def _difference(row: Imagined) -> str:
    if row.now is None or row.then is None:
        return "new" if row.now is None else "no longer owed"
    if row.moved is None:
        dated = row.then.due_at is not None, row.now.due_at is not None
        return {(True, False): "a date now", (False, True): "no date any more"}.get(dated, SAME)
    if row.moved == timedelta(0):
        return SAME
    return f"{span(row.moved).removesuffix(' 0 min')} {'later' if row.moved > timedelta(0) else 'earlier'}"


@bp.get("/cases/<ref>/what-if")
@allowed(Permission.SEE_CASES)
def what_if(ref: str) -> ResponseReturnValue:
    """Look at another moment of awareness or another rule set. Nothing is saved."""
    case, session, status = case_or_404(ref), db.session(), 200
    form = WhatIfForm(formdata=request.args)
    problems: dict[str, str] = {}
    rows: list[Imagined] = []
    form.proposal.choices = [("", "The law as it is"), *obligations.proposals(ports().law)]
    as_it_is, form.zone.data = case.aware_at.astimezone(ZoneInfo(case.zone)).strftime(LOCAL), case.zone
    form.aware_at.data = form.aware_at.data or as_it_is
    try:
        at = None if form.aware_at.data == as_it_is else moment(form, "aware_at", problems)
        if problems:
            raise Refused("It was not worked out.", problems)
        rows = obligations.what_if(
            session, case, aware_at=at, proposal=form.proposal.data or "", by=actor(), now=now(), law=ports().law,
            calendar=ports().calendar,
        )
    except Refused as refused:
        form_errors(form, refused)
        status = 422
    return render_template(
        "pages/obligations/what_if.html", tab="duties", form=form, same=SAME,
        rows=sorted(((one, _difference(one)) for one in rows), key=lambda one: one[1] == SAME),
        rule_words=rule_words, anchor_words=anchor_words, **case_frame(session, case, actor(), now()),
    ), status
