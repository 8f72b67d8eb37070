"""Public notices of a case: draft, days, approval, withdrawal, and the duty they discharge (Art 34(3)(c))."""

from collections.abc import Mapping
from datetime import date, timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from incident_app.domain.accounts import Permission, may
from incident_app.domain.notices import NO_PERSONS
from incident_app.domain.notices.public import PUBLIC_WORDS, PublicState
from incident_app.domain.refusals import Conflict, Forbidden, NotFound, Refused, Stale
from incident_app.extensions import db
from incident_app.models.publishing import PublicNotice
from incident_app.services import accounts, notices, publishing
from incident_app.web.errors import status_of
from incident_app.web.guard import actor, allowed, case_or_404, fresh
from incident_app.web.keeping import own
from incident_app.web.overview import case_frame
from incident_app.web.stays import stays
from incident_app.web.submitting import once
from incident_app.wiring import now, ports

bp = Blueprint("publishing", __name__)
AT = "/cases/<ref>/public-notices"
ONE = f"{AT}/<int:number>"
USUAL = timedelta(days=90)
GOES_ON = "Everybody goes on reading what was approved before, until this is approved too."


def _day(name: str) -> date:
    try:
        return date.fromisoformat(request.form.get(name, ""))
    except ValueError:
        raise Refused("Nothing was saved.", {name: "Give a day, such as 2026-11-24."}) from None


def _found(ref: str, number: int) -> PublicNotice:
    return publishing.find(db.session(), case_or_404(ref).id, number)


def _live(notice: PublicNotice) -> bool:
    return publishing.live(notice, publishing.today(db.session(), now())) is not None


def _version() -> int:
    return request.form.get("version", 0, type=int)


def _back(ref: str, number: int, **more: str) -> ResponseReturnValue:
    return redirect(url_for("publishing.show", ref=ref, number=number, **more))  # type: ignore[arg-type]  # query values


@bp.get(AT)
@allowed(Permission.SEE_NOTICES)
def of_case(ref: str) -> ResponseReturnValue:
    """Show the public notices of a case, and start one."""
    return _list(ref)


def _list(ref: str, refused: Refused | None = None) -> ResponseReturnValue:
    case, session = case_or_404(ref), db.session()
    day = publishing.today(session, now())
    page = render_template(
        "pages/publishing/of_case.html", tab="notices", rows=publishing.of_case(session, case.id), words=PUBLIC_WORDS,
        live=lambda one: publishing.live(one, day), refused=refused,
        first=request.form.get("first_day") or day, last=request.form.get("last_day") or day + USUAL,
        chosen=request.form.getlist("languages") if refused else ["en"],
        languages=[(code, notices.wording(code).label) for code in notices.languages()],
        **case_frame(session, case, actor(), now()),
    )
    return page, status_of(refused) if refused else 200


@bp.post(AT)
@allowed(Permission.DRAFT_NOTICE)
@once("publishing.of_case")
def start(ref: str) -> ResponseReturnValue:
    """Draft one from the facts of the case."""
    case = case_or_404(ref)
    try:
        made = publishing.draft(
            db.session(), case.id, languages=request.form.getlist("languages"), first_day=_day("first_day"),
            last_day=_day("last_day"), by=actor(), now=now())
    except (Conflict, Forbidden, NotFound):
        raise
    except Refused as refused:
        return _list(ref, refused)
    flash("Drafted from the facts of the case. Nobody outside sees it before a second person approves it.", "done")
    return _back(ref, made.number)


@bp.get(ONE)
@allowed(Permission.SEE_NOTICES)
def show(ref: str, number: int) -> ResponseReturnValue:
    """Show one: its text in every language, its days, where it stands."""
    return _page(ref, _found(ref, number))


def _page(ref: str, notice: PublicNotice, refused: Refused | None = None, typed: dict[str, str] | None = None,
          reasons: Mapping[str, str] | None = None) -> ResponseReturnValue:
    case, session = case_or_404(ref), db.session()
    language = request.values.get("language", "")
    language = language if language in notice.texts else next(iter(notice.texts))
    approval_words = publishing.why_not(session, notice, actor())
    day = publishing.today(session, now())
    editable = notice.state != PublicState.WITHDRAWN and may(actor(), Permission.DRAFT_NOTICE) and case.id not in actor().opened
    live = publishing.live(notice, day)
    page = render_template(
        "pages/publishing/show.html", tab="notices", notice=notice, language=language, refused=refused, live=live,
        as_approved=publishing.read_by_all(live, language) if live and notice.published and language in live.texts else None,
        reasons=reasons or {}, typed=typed or notice.texts[language], labels={code: notices.wording(code).label for code in notice.texts},
        problems=publishing.problems_of(notice), why_not=approval_words, words=PUBLIC_WORDS[PublicState(notice.state)],
        seen=publishing.rendered(notice, language), content=publishing.hash_of(notice), editable=editable,
        over=notice.last_day < day, stands_for=publishing.stands_for(session, notice),
        address=publishing.address_of(notice, ports().public_url), names=accounts.names(session),
        duties=publishing.open_duties(session, case.id), snapshot=publishing.snapshot_of(session, notice),
        fields=sorted(NO_PERSONS - {"code", "check"}), **case_frame(session, case, actor(), now()),
    )
    return page, status_of(refused) if refused else 200


@bp.post(ONE)
@allowed(Permission.DRAFT_NOTICE)
def save(ref: str, number: int) -> ResponseReturnValue:
    """Save the text of one language."""
    notice, language = _found(ref, number), request.form.get("language", "")
    typed = {"subject": request.form.get("subject", ""), "body": request.form.get("body", "")}
    try:
        publishing.edit(db.session(), notice.id, language=language, **typed, version=_version(), by=actor(), now=now())
    except (Refused, Stale) as refused:
        return _page(ref, _found(ref, number), refused, typed)
    flash(f"Saved. {GOES_ON}" if _live(notice) else "Saved.", "done")
    return _back(ref, number, language=language)


@bp.post(f"{ONE}/days")
@allowed(Permission.DRAFT_NOTICE)
def days(ref: str, number: int) -> ResponseReturnValue:
    """Save the days on which it can be read."""
    notice = _found(ref, number)
    try:
        publishing.set_days(db.session(), notice.id, _day("first_day"), _day("last_day"), version=_version(), by=actor(), now=now())
    except (Conflict, Forbidden, NotFound):
        raise
    except Refused as refused:
        return _page(ref, _found(ref, number), refused, reasons=request.form)
    flash(f"The days are saved. {GOES_ON}" if _live(notice) else "The days are saved.", "done")
    return _back(ref, number)


@bp.post(f"{ONE}/ask")
@allowed(Permission.DRAFT_NOTICE)
def ask(ref: str, number: int) -> ResponseReturnValue:
    """Put it up for approval."""
    notice = _found(ref, number)
    try:
        publishing.ask(db.session(), notice.id, version=_version(), by=actor(), now=now())
    except Refused as refused:
        return _page(ref, _found(ref, number), refused)
    flash("Waiting for a second person to approve it.", "done")
    return _back(ref, number)


@bp.post(f"{ONE}/approve")
@allowed(Permission.APPROVE_NOTICE)
@fresh
@once("publishing.of_case")
def approve(ref: str, number: int) -> ResponseReturnValue:
    """Approve exactly what the page showed: from its first day on everybody reads it."""
    notice = _found(ref, number)
    publishing.approve(db.session(), notice.id, version=_version(), by=actor(), now=now(), vault=ports().vault,
                       public_url=ports().public_url, method=own().way)
    flash("Approved. Everybody can read it on its days.", "done")
    return _back(ref, number)


@bp.post(f"{ONE}/refuse")
@allowed(Permission.APPROVE_NOTICE)
@stays("publishing.show")
def send_back(ref: str, number: int) -> ResponseReturnValue:
    """Give it back to its writers, with the reason."""
    publishing.send_back(db.session(), _found(ref, number).id, request.form.get("reason", ""), version=_version(), by=actor(),
                         now=now())
    flash("Sent back, with your reason.", "done")
    return _back(ref, number)


@bp.post(f"{ONE}/drop")
@allowed(Permission.DRAFT_NOTICE)
def drop(ref: str, number: int) -> ResponseReturnValue:
    """Drop the correction that was begun."""
    publishing.drop_correction(db.session(), _found(ref, number).id, version=_version(), by=actor(), now=now())
    flash("The correction is dropped. What was approved stands.", "done")
    return _back(ref, number)


@bp.post(f"{ONE}/withdraw")
@allowed(Permission.DRAFT_NOTICE)
@stays("publishing.show")
def withdraw(ref: str, number: int) -> ResponseReturnValue:
    """Take it away for good."""
    publishing.withdraw(db.session(), _found(ref, number).id, request.form.get("reason", ""), version=_version(), by=actor(),
                        now=now())
    flash("Withdrawn. Nobody can read it any more.", "done")
    return _back(ref, number)


@bp.post(f"{ONE}/count")
@allowed(Permission.MARK_SUBMITTED)
@once("publishing.of_case")
def count(ref: str, number: int) -> ResponseReturnValue:
    """Let it discharge a duty to tell people."""
    notice = _found(ref, number)
    typed = {name: request.form.get(name, "") for name in ("public_reason", "late_reason")}
    try:
        publishing.count(db.session(), notice.id, request.form.get("obligation", 0, type=int), **typed, by=actor(), now=now(),
                         public_url=ports().public_url)
    except Conflict:
        raise
    except Refused as refused:
        return _page(ref, _found(ref, number), refused, reasons=typed)
    flash("Recorded: people were told in public, with the snapshot as proof.", "done")
    return _back(ref, number)
