"""The pages of a case: file it, look at it, keep its facts, close it."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm

from incident_app.domain.accounts import Permission, may
from incident_app.domain.cases import Count
from incident_app.domain.closing import StillOpen
from incident_app.domain.refusals import Conflict, Refused, Stale
from incident_app.domain.regimes import Entity
from incident_app.extensions import db
from incident_app.models.cases import Case
from incident_app.models.obligations import of_case
from incident_app.services import (
    accounts,
    alerts,
    cases,
    controllers,
    deliveries,
    lessons,
    similar,
    systems,
    teams,
)
from incident_app.services.asking_again import asked_again
from incident_app.services.cases import Facts, NewBreach, World
from incident_app.services.obligations.showing import maybe_count
from incident_app.web import closing, conflicts, timelines
from incident_app.web.answers import form_errors, whole
from incident_app.web.clocks import Clock, tile
from incident_app.web.filters import moment as in_words
from incident_app.web.forms.cases import (
    TRUTH,
    AwarenessForm,
    CloseForm,
    FactsForm,
    FileForm,
    NoteForm,
    count,
    moment,
    zones,
)
from incident_app.web.guard import actor, allowed, case_or_404, opens
from incident_app.web.overview import case_frame, data_facts, moment_facts, next_steps
from incident_app.web.picking import picked
from incident_app.web.submitting import once
from incident_app.wiring import now, ports

bp = Blueprint("cases", __name__)
LOCAL = "%Y-%m-%dT%H:%M"
TEXTS = ("title", "summary", "kind", "people_data", "cause", "consequences", "measures_before", "measures_taken",
         "measures_planned")
KEPT_AS = {"count": "people", "records": "records"}
TRUTHS = ("confidentiality", "integrity", "availability", "malicious", "unintelligible")


def world() -> World:
    """Return what filing needs of the world around."""
    return World(law=ports().law, calendar=ports().calendar, runbooks=ports().runbooks)


def _kinds() -> list[tuple[str, str]]:
    return [(name, book.title) for name, book in sorted(ports().runbooks.items(), key=lambda item: item[1].title)]


def _local(case: Case, at: datetime | None) -> str:
    return at.astimezone(ZoneInfo(case.zone)).strftime(LOCAL) if at is not None else ""


def _count(form: FileForm | FactsForm, prefix: str, problems: dict[str, str]) -> Count:
    try:
        certainty, low, high = (form[f"{prefix}_{part}"].data for part in ("certainty", "low", "high"))
        return count(certainty, low if certainty != "unknown" else None, high if certainty == "range" else None)
    except Refused as refused:
        problems.update({f"{prefix}_{name}": words for name, words in refused.problems.items()})
        return Count.unknown()


def _breach(form: FileForm) -> NewBreach:
    problems: dict[str, str] = {}
    aware = now() if form.aware_when.data == "now" else moment(form, "aware_at", problems)
    if aware is None and "aware_at" not in problems:
        problems["aware_at"] = "Give date and time, or choose “Now”."
    detected = moment(form, "detected_at", problems) if form.detected_when.data == "earlier" else None
    if form.detected_when.data == "earlier" and detected is None and "detected_at" not in problems:
        problems["detected_at"] = "Give date and time of the detection."
    people = _count(form, "count", problems)
    if problems or aware is None:
        raise Refused("The breach was not logged.", problems)
    return NewBreach(
        title=form.title.data or "", summary=form.summary.data or "", kind=form.kind.data, aware_at=aware,
        zone=form.zone.data, aware_source=form.aware_source.data or "", detected_at=detected,
        gap_reason=form.gap_reason.data or "", people_data=form.people_data.data, people=people,
        is_drill=form.is_drill.data, key=form.key.data or None, team=int(form.team.data) if form.team.data else None,
        whole_organisation=form.team.raw_data == [""], systems=tuple(form.systems.data or ()),
    )


@bp.route("/cases/new", methods=["GET", "POST"])
@allowed(Permission.FILE_BREACH)
@once("reports.register")
def file() -> ResponseReturnValue:
    """Log a breach: five answers, then the clock runs."""
    form, status = FileForm(), 200
    form.kind.choices, form.zone.choices = _kinds(), zones()
    form.systems.choices = list(systems.choices(db.session()).items())
    form.team.choices = [("", "The whole organisation"),
                         *((str(number), name) for number, name in teams.choices(db.session(), by=actor()).items())]
    if request.method == "GET":
        form.zone.data = cases.organisation(db.session()).zone
        form.team.data = str(*actor().teams) if len(actor().teams) == 1 else ""
    else:
        status = 422
        if form.validate():
            try:
                case = cases.file(db.session(), _breach(form), by=actor(), now=now(), world=world())
            except Refused as refused:
                form_errors(form, refused)
            else:
                flash(_receipt(case), "done")
                return redirect(url_for("cases.show", ref=case.ref))
    return render_template("pages/cases/file.html", form=form), status


def _receipt(case: Case) -> str:
    first = next((duty for duty in db.session().scalars(of_case(case.id)) if duty.due_at), None)
    logged = f"Logged {in_words(case.filed_at, case.zone)} as {case.ref}."
    if first is None or first.due_at is None:
        return logged
    return f"{logged} Clock to {first.recipient} ends {in_words(first.due_at, case.zone)}."


def _learnt(case: Case) -> dict[str, Any]:
    """Return the systems of a case, its cause and lessons, and similar earlier breaches."""
    session, law = db.session(), ports().law
    return {"picked": picked(case), "learnt": lessons.plain(lessons.latest(session, case.id)), "words": law.words,
            "earlier": similar.of_case(session, case, by=actor(), law=law), "names": accounts.names(session)}


def _theirs(clock: Clock) -> Clock:
    """Leave out the ways that are closed to who looks: who is on call reads a case, and does not work on it."""
    return replace(clock, actions=tuple(action for action in clock.actions if opens(action[1])))


@bp.get("/cases/<ref>")
@allowed(Permission.SEE_REGISTER)
def show(ref: str) -> ResponseReturnValue:
    """Show one case: its clocks, its facts, what comes next. A reporter sees their own until it is assessed."""
    case = case_or_404(ref)
    session = db.session()
    duties = [duty for duty in session.scalars(of_case(case.id)) if duty.recipient_type != "register"]
    marks = alerts.marks(session, duties)
    linked = may(actor(), Permission.SEE_CASES)
    learnt = _learnt(case) if linked else {}
    owed = deliveries.still_owed(session, case, law=ports().law, now=now()) | controllers.still_owed(session, case, now=now())
    cause, again = ports().law.words.cause_label(learnt["learnt"].cause) if linked else "", asked_again(session, duties)
    return render_template(
        "pages/cases/show.html", tab="overview", **case_frame(session, case, actor(), now()), hanging=maybe_count(session, case.id),
        clocks=[_theirs(tile(duty, now(), marks=marks.get(duty.id, ()), linked=linked, owed=owed.get(duty.id, ""),
                             decides=may(actor(), Permission.DECIDE), again=again.get(duty.id))) for duty in duties],
        facts=moment_facts(case, cause), people_facts=data_facts(case, ports().law),
        cia=[("Confidentiality", case.confidentiality), ("Integrity", case.integrity),
             ("Availability", case.availability)],
        latest=timelines.entries(session, case, actor(), limit=5) if may(actor(), Permission.READ_AUDIT) else [],
        next_steps=[(*step[:2], step[2] if opens(step[2]) else "", step[3])
                    for step in next_steps(session, case, actor(), now(), owed)], processors=case.processors,
        handings=alerts.handings(session, case.id, by=actor(), now=now()) if may(actor(), Permission.ACK_ALERT) and not linked else [],
        audience=cases.audience(session, case, by=actor()) if linked else None, **learnt,
    )


@bp.get("/cases/<ref>/timeline")
@allowed(Permission.READ_AUDIT)
def timeline(ref: str) -> ResponseReturnValue:
    """Show everything that was done, by whom, when."""
    case = case_or_404(ref)
    session, kind = db.session(), request.args.get("kind", "all")
    every = timelines.entries(session, case, actor())
    return render_template(
        "pages/cases/timeline.html", tab="timeline", **case_frame(session, case, actor(), now()),
        entries=[entry for entry in every if kind in {"all", entry.kind}], kind=kind,
        kinds=timelines.counts(every), form=NoteForm(),
    )


@bp.post("/cases/<ref>/notes")
@allowed(Permission.EDIT_CASE)
@once("cases.timeline")
def note(ref: str) -> ResponseReturnValue:
    """Write into the timeline."""
    case, form = case_or_404(ref), NoteForm()
    corrects = whole(form.corrects.data) or None
    cases.add_note(db.session(), case.id, form.text.data or "", by=actor(), now=now(), corrects=corrects)
    flash("The note stands in the timeline.", "done")
    return redirect(url_for("cases.timeline", ref=ref))


def _start_facts(form: FactsForm, case: Case) -> None:
    for name in (*TEXTS, "data_categories"):
        form[name].data = getattr(case, name)
    for name in cases.MOMENTS:
        form[name].data = _local(case, getattr(case, name))
    for name in TRUTHS:
        form[name].data = {True: "yes", False: "no", None: "unknown"}[getattr(case, name)]
    for prefix, number in (("count", case.people), ("records", case.records)):
        form[f"{prefix}_certainty"].data = number.certainty.value
        form[f"{prefix}_low"].data, form[f"{prefix}_high"].data = number.low, number.high
    form.countries.data = " ".join(case.countries)
    form.role.data, form.controllers.data = case.role, "\n".join(one["name"] for one in case.controllers)
    form.version.data, form.zone.data = str(case.version), case.zone


def _facts(form: FactsForm, case: Case) -> Facts:
    problems: dict[str, str] = {}
    moments = {name: moment(form, name, problems) for name in cases.MOMENTS}
    numbers = {"people": _count(form, "count", problems), "records": _count(form, "records", problems)}
    if problems:
        raise Refused("The facts were not saved.", problems)
    codes = (form.countries.data or "").replace(",", " ").replace(";", " ").upper().split()
    given: dict[str, Any] = {name: (form[name].data or "").strip() for name in TEXTS}
    given |= {name: TRUTH[form[name].data or "unknown"] for name in TRUTHS}
    given |= moments | numbers
    return Facts(**given, data_categories=tuple(form.data_categories.data or ()), countries=tuple(dict.fromkeys(codes)),
                 processors=tuple(case.processors), role=form.role.data or "", controllers=_controllers(form, case))


def _controllers(form: FactsForm, case: Case) -> tuple[Entity, ...]:
    known = {one.name: one for one in cases.facts_of(case).controllers}
    names = [line.strip() for line in (form.controllers.data or "").splitlines() if line.strip()]
    return tuple(known.get(name, Entity(name)) for name in names)


def _with_choices(form: FactsForm) -> FactsForm:
    form.kind.choices = _kinds()
    form.data_categories.choices = [(name, one.label) for name, one in ports().law.categories.items()]
    return form


def _version(form: FlaskForm) -> int:
    return conflicts.version_of({"version": form["version"].data or ""}) or 0


def _as_it_is(ref: str) -> conflicts.Record:
    """Return the facts as they are now, for who was slower."""
    case, form = case_or_404(ref), _with_choices(FactsForm(formdata=None))
    _start_facts(form, case)
    return conflicts.Record(
        f"Facts of {ref}", url_for("cases.show", ref=ref), "case", ref, case.id, case.version, conflicts.fields_of(form),
        conflicts.shown_of(form, lambda name: (KEPT_AS.get(name.split("_")[0], name),)),
    )


@bp.route("/cases/<ref>/edit", methods=["GET", "POST"])
@allowed(Permission.EDIT_CASE)
def edit(ref: str) -> ResponseReturnValue:
    """Keep the facts. A form that is older than the case is refused, with nothing saved."""
    case, status = case_or_404(ref), 200
    form = _with_choices(FactsForm(conflicts.posted()) if request.method == "POST" else FactsForm())
    if request.method == "GET":
        _start_facts(form, case)
        form.base.data = conflicts.remember(conflicts.fields_of(form))
    elif form.validate():
        status = 422
        form.zone.data = case.zone
        try:
            cases.edit(db.session(), case.id, _facts(form, case), version=_version(form), by=actor(), now=now(),
                       world=world())
        except Stale:
            return conflicts.page(_as_it_is(ref), conflicts.fields_of(form))
        except Conflict as stale:
            form_errors(form, stale)
            status = 409
        except Refused as refused:
            form_errors(form, refused)
        else:
            flash("The facts are saved; the duties follow them.", "done")
            return redirect(url_for("cases.show", ref=ref))
    else:
        status = 422
    frame = case_frame(db.session(), case, actor(), now())
    return render_template("pages/cases/edit.html", tab="overview", form=form, **frame), status


@bp.route("/cases/<ref>/awareness", methods=["GET", "POST"])
@allowed(Permission.SET_AWARENESS)
def awareness(ref: str) -> ResponseReturnValue:
    """Change the moment of awareness; the old deadlines stay visible."""
    case, form, status = case_or_404(ref), AwarenessForm(), 200
    form.zone.choices = zones()
    if request.method == "GET":
        form.version.data, form.zone.data = str(case.version), case.zone
        form.aware_at.data, form.source.data = _local(case, case.aware_at), case.aware_source
    elif form.validate():
        status = 422
        problems: dict[str, str] = {}
        at = moment(form, "aware_at", problems)
        try:
            if at is None:
                raise Refused("Awareness was not changed.", problems or {"aware_at": "Give date and time."})
            cases.set_awareness(
                db.session(), case.id, at, zone=form.zone.data, source=form.source.data or "",
                reason=form.reason.data or "", version=_version(form), by=actor(), now=now(), world=world(),
            )
        except Refused as refused:
            form_errors(form, refused)
            status = 409 if isinstance(refused, Conflict) else 422
        else:
            flash("Awareness has a new version. The old deadlines stay in the timeline.", "done")
            return redirect(url_for("cases.show", ref=ref))
    frame = case_frame(db.session(), case, actor(), now())
    return render_template("pages/cases/awareness.html", tab="overview", form=form, **frame), status


def _close(case: Case, reason: str, version: int) -> str:
    by = actor()
    if may(by, Permission.CLOSE_CASE):
        cases.close(db.session(), case.id, reason, version=version, by=by, now=now())
        return f"{case.ref} is closed. Its record stays."
    cases.ask_closing(db.session(), case.id, reason, version=version, by=by, now=now())
    return "Asked. An approver decides whether the case is closed."


@bp.route("/cases/<ref>/close", methods=["GET", "POST"])
@allowed(Permission.ASK_APPROVER)
def close(ref: str) -> ResponseReturnValue:
    """Close the case, or ask an approver to, or read why it cannot be closed yet."""
    case, form, status = case_or_404(ref), CloseForm(), 200
    if request.method == "GET":
        form.version.data = str(case.version)
    else:
        try:
            said = _close(case, form.reason.data or "", _version(form))
        except StillOpen:
            status = 422  # the page names the gaps
        except Refused as refused:
            form_errors(form, refused)
            status = 409 if isinstance(refused, Conflict) else 422
        else:
            flash(said, "done")
            return redirect(url_for("cases.show", ref=ref))
    return closing.page(case_or_404(ref), form, status)
