"""The authority's filing: section by section, with the facts of the case beside it."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from incident_app.domain.accounts import Permission, may
from incident_app.domain.cases import local_moment
from incident_app.domain.deadlines import standing
from incident_app.domain.filings import FilingState, Form, phase_said
from incident_app.domain.refusals import Refused, Stale
from incident_app.extensions import db
from incident_app.models.cases import Case
from incident_app.models.filings import Filing
from incident_app.services import accounts, documents, filings
from incident_app.services.filings import FilingPage, SectionView
from incident_app.web import conflicts
from incident_app.web.answers import form_errors, whole
from incident_app.web.clocks import tile
from incident_app.web.documents import uploaded
from incident_app.web.errors import status_of
from incident_app.web.forms.filings import (
    LOCAL,
    SubmittedForm,
    forms_to_choose,
    inputs,
    language_names,
    read,
    shown_texts,
    texts,
    to_copy,
)
from incident_app.web.guard import actor, allowed, case_or_404, fresh
from incident_app.web.overview import case_frame
from incident_app.web.stays import stays
from incident_app.web.submitting import once
from incident_app.wiring import now, ports, wake

bp = Blueprint("filings", __name__)


@bp.get("/cases/<ref>/filings")
@allowed(Permission.SEE_FILINGS)
def of_case(ref: str) -> ResponseReturnValue:
    """Show the duties to authorities and the filings of a case."""
    case, session = case_or_404(ref), db.session()
    every = filings.of_case(session, case.id)
    duties = filings.duties_to_authorities(session, case.id)
    return render_template(
        "pages/filings/of_case.html", tab="filings", filings=every, names=accounts.names(session),
        phases={one.id: phase_said(ports().forms, one.form_id, one.phase) for one in every},
        duties=[(duty, tile(duty, now()), [one for one in every if one.obligation_id == duty.id]) for duty in duties],
        **case_frame(session, case, actor(), now()),
    )


@bp.post("/cases/<ref>/filings")
@allowed(Permission.DRAFT_FILING)
@once("filings.of_case")
def draft(ref: str) -> ResponseReturnValue:
    """Draft the filing of one duty from the case."""
    case, given = case_or_404(ref), request.form.get("obligation_id", "")
    duty_id = whole(given)
    if duty_id not in {duty.id for duty in filings.duties_to_authorities(db.session(), case.id)}:
        raise Refused("Choose one of the duties of this case.")
    made = filings.draft(db.session(), duty_id, by=actor(), now=now(), forms=ports().forms, law=ports().law)
    return redirect(url_for("filings.show", ref=ref, number=made.number))


def _section(page: FilingPage, wanted: str) -> SectionView:
    first_open = next((one for one in page.sections if one.answered < one.total), page.sections[0])
    return next((one for one in page.sections if one.id == wanted), first_open)


def _found(ref: str, number: int) -> tuple[Case, Filing, FilingPage]:
    case, session = case_or_404(ref), db.session()
    filing = filings.find(session, case.id, number)
    return case, filing, filings.page(session, filing, now=now(), forms=ports().forms, law=ports().law)


def _render(ref: str, number: int, problems: dict[str, str] | None = None, status: int = 200) -> ResponseReturnValue:
    case, filing, page = _found(ref, number)
    section = _section(page, request.values.get("section", ""))
    posted = request.form if request.method == "POST" and problems is not None else None
    session = db.session()
    stand = standing(filing.obligation.anchor_at, filing.obligation.due_at, now(), filing.submitted_at)
    pdf = next((one for one in documents.of_case(session, case.id) if one.id == filing.pdf_document_id), None)
    return render_template(
        "pages/filings/show.html", case=case, filing=filing, page=page, section=section, stand=stand,
        clock=tile(filing.obligation, now()),
        inputs=inputs(section, case.zone, opened=request.args.get("open", ""), posted=posted, problems=problems),
        problems=problems or {}, names=accounts.names(session), pdf=pdf, paper=filings.paper_of(session, filing),
        editable=filing.state != FilingState.SUBMITTED.value and case.closed_at is None,
        wrote=actor().person in accounts.persons_of(session, [filing.author_id, *filing.editor_ids]),
        base=conflicts.remember(texts(section, case.zone)), forms=forms_to_choose(ports().forms),
        languages=language_names(page.form.languages),
    ), status


@bp.get("/cases/<ref>/filings/<int:number>")
@allowed(Permission.SEE_FILINGS)
def show(ref: str, number: int) -> ResponseReturnValue:
    """Show one section of the form, the sections with their rings, the facts of the case."""
    return _render(ref, number)


def _version() -> int:
    return conflicts.version_of(conflicts.posted()) or 0


def _as_it_is(ref: str, number: int) -> conflicts.Record:
    """Return the section as it is now, for who was slower."""
    case, filing, page = _found(ref, number)
    section = _section(page, request.form.get("section", ""))
    return conflicts.Record(
        f"Filing to {filing.obligation.recipient}, {ref}: {section.title}",
        url_for("filings.show", ref=ref, number=number, section=section.id), "filing", filing.id, case.id, filing.version,
        texts(section, case.zone), shown_texts(section),
    )


@bp.post("/cases/<ref>/filings/<int:number>")
@allowed(Permission.DRAFT_FILING)
def save(ref: str, number: int) -> ResponseReturnValue:
    """Save one section, or say of one field that it is not yet known."""
    case, filing, page = _found(ref, number)
    section = _section(page, request.form.get("section", ""))
    given = conflicts.posted()
    try:
        filings.save(db.session(), filing.id, read(section, given, case.zone), version=_version(), by=actor(),
                     now=now(), forms=ports().forms)
    except Stale:
        return conflicts.page(_as_it_is(ref, number), texts(section, case.zone, given))
    except Refused as refused:
        flash(refused.reason, "late")
        return _render(ref, number, refused.problems, status_of(refused))
    waits = request.form.get("wait")
    if waits:
        return redirect(url_for("filings.show", ref=ref, number=number, section=section.id, _anchor=waits))
    flash(f"{section.title} is saved.", "done")
    return redirect(url_for("filings.show", ref=ref, number=number, section=_next(page, section)))


def _next(page: FilingPage, section: SectionView) -> str:
    if request.form.get("go") != "next":
        return section.id
    ids = [one.id for one in page.sections]
    return ids[(ids.index(section.id) + 1) % len(ids)]


@bp.post("/cases/<ref>/filings/<int:number>/use")
@allowed(Permission.DRAFT_FILING)
def use(ref: str, number: int) -> ResponseReturnValue:
    """Take what the case says now, for one field or for all that were not typed by hand."""
    _, filing, _ = _found(ref, number)
    name = request.form.get("field", "")
    filings.use(db.session(), filing.id, [name] if name else None, version=_version(), by=actor(), now=now(),
                forms=ports().forms, law=ports().law)
    flash("Taken from the case.", "done")
    return redirect(url_for("filings.show", ref=ref, number=number, section=request.form.get("section"), _anchor=name))


@bp.post("/cases/<ref>/filings/<int:number>/phase")
@allowed(Permission.DRAFT_FILING)
def phase(ref: str, number: int) -> ResponseReturnValue:
    """Make it an initial, follow-up or final filing, or a withdrawal."""
    _, filing, _ = _found(ref, number)
    filings.set_phase(db.session(), filing.id, request.form.get("phase", ""), version=_version(), by=actor(), now=now(),
                      forms=ports().forms)
    return redirect(url_for("filings.show", ref=ref, number=number))


@bp.post("/cases/<ref>/filings/<int:number>/form")
@allowed(Permission.DRAFT_FILING)
def form(ref: str, number: int) -> ResponseReturnValue:
    """Make it on another authority's form, or print it in another language."""
    _, filing, _ = _found(ref, number)
    chosen = filings.choose_form(
        db.session(), filing.id, form_id=request.form.get("form_id"), language=request.form.get("language"),
        version=_version(), by=actor(), now=now(), forms=ports().forms, law=ports().law,
    )
    if chosen.again:
        flash(f"Answer anew, this form has other words for it: {', '.join(one.label for one in chosen.again)}.", "soon")
    else:
        flash("The form is changed; what was answered came along.", "done")
    return redirect(url_for("filings.show", ref=ref, number=number))


@bp.post("/cases/<ref>/filings/<int:number>/ask")
@allowed(Permission.DRAFT_FILING)
def ask(ref: str, number: int) -> ResponseReturnValue:
    """Ask a second person to approve; where something is open, say what."""
    _, filing, _ = _found(ref, number)
    try:
        filings.ask_approval(db.session(), filing.id, version=_version(), by=actor(), now=now(), forms=ports().forms)
    except Refused as refused:
        flash(refused.reason, "late")
        return _render(ref, number, refused.problems, status_of(refused))
    flash("A second person is asked to approve exactly this version.", "done")
    return redirect(url_for("filings.show", ref=ref, number=number))


@bp.post("/cases/<ref>/filings/<int:number>/approve")
@allowed(Permission.APPROVE_FILING)
@once("filings.show")
@fresh
def approve(ref: str, number: int) -> ResponseReturnValue:
    """Approve exactly the version that was shown."""
    _, filing, _ = _found(ref, number)
    made = filings.approve(db.session(), filing.id, version=_version(), by=actor(), now=now(), forms=ports().forms,
                           vault=ports().vault)
    wake("tasks.papers.make")
    flash(f"Approved: {(made.approved_hash or '')[:16]}…. Its PDF is being made, and kept.", "done")
    return redirect(url_for("filings.show", ref=ref, number=number))


@bp.get("/cases/<ref>/filings/<int:number>/portal")
@allowed(Permission.SEE_FILINGS)
def portal(ref: str, number: int) -> ResponseReturnValue:
    """Show what goes into the authority's own form, in its order, each answer with a button that copies it."""
    case, session = case_or_404(ref), db.session()
    filing = filings.find(session, case.id, number)
    asked: Form = ports().forms[filing.form_id]
    language = request.args.get("language", filing.language)
    language = language if language in asked.languages else filing.language
    page = filings.page(session, filing, now=now(), forms=ports().forms, law=ports().law, language=language)
    authority = next((one for one in ports().law.authorities if one.short_name == filing.obligation.recipient), None)
    said = [(section, [line for view in section.fields if (line := to_copy(view, language)) is not None])
            for section in page.sections]
    return render_template(
        "pages/filings/portal.html", case=case, filing=filing, page=page, clock=tile(filing.obligation, now()),
        sections=[(section, lines) for section, lines in said if lines], authority=authority, language=language,
        languages=language_names(dict.fromkeys(["en", filing.language, asked.profile.language if asked.profile else "en"])),
        open_count=sum(view.state == "open" for section in page.sections for view in section.fields),
    )


@bp.post("/cases/<ref>/filings/<int:number>/send-back")
@allowed(Permission.APPROVE_FILING)
@stays("filings.show")
def send_back(ref: str, number: int) -> ResponseReturnValue:
    """Send it back to be worked on, with the reason."""
    _, filing, _ = _found(ref, number)
    filings.send_back(db.session(), filing.id, request.form.get("reason", ""), version=_version(), by=actor(), now=now())
    flash("Sent back with your reason.", "done")
    return redirect(url_for("filings.show", ref=ref, number=number))


def pdf_response(content: bytes, name: str) -> Response:
    """Answer with a PDF of our own making; it may be shown in the browser."""
    response = Response(content, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="{name}"'
    return response


def _submitted_at(form: SubmittedForm, case: Case) -> datetime:
    fold = form.fold.data
    return local_moment((form.submitted_at.data or "").strip(), case.zone, int(fold) if fold in {"0", "1"} else None,
                        field="submitted_at")


def _mark(filing_id: int, **sent: Any) -> str:
    session, by = db.session(), actor()
    if not may(by, Permission.MARK_SUBMITTED):
        filings.ask_submitted(session, filing_id, by=by, now=now(), vault=ports().vault, **sent)
        return "Asked. The clock stops when an approver has recorded it."
    filings.mark_submitted(session, filing_id, by=by, now=now(), vault=ports().vault, forms=ports().forms,
                           law=ports().law, calendar=ports().calendar, **sent)
    return "Filed, with proof. The clock has stopped."


@bp.route("/cases/<ref>/filings/<int:number>/submitted", methods=["GET", "POST"])
@allowed(Permission.ASK_APPROVER)
@once("filings.show")
def submitted(ref: str, number: int) -> ResponseReturnValue:
    """Record when and how the authority got it, with reference and proof, or ask an approver to; then the clock stops."""
    case, session, form, status = case_or_404(ref), db.session(), SubmittedForm(), 200
    filing = filings.find(session, case.id, number)
    if request.method == "GET":
        form.version.data = str(filing.version)
        form.submitted_at.data = now().astimezone(ZoneInfo(case.zone)).strftime(LOCAL)
    else:
        status = 422
        name, media_type, content = uploaded(form.proof.data)
        try:
            said = _mark(
                filing.id, submitted_at=_submitted_at(form, case), how=form.how.data or "",
                reference=form.reference.data or "", proof_name=name, proof_bytes=content, proof_type=media_type,
                late_reason=form.late_reason.data or "", version=_version(),
            )
        except Refused as refused:
            form_errors(form, refused)
            status = status_of(refused)
        else:
            flash(said, "done")
            return redirect(url_for("filings.show", ref=ref, number=number))
    seen = filings.page(session, filing, now=now(), forms=ports().forms, law=ports().law)
    return render_template(
        "pages/filings/submitted.html", case=case, filing=filing, form=form, late=seen.late,
        clock=tile(filing.obligation, now()), traps=seen.traps("sent"),
    ), status
