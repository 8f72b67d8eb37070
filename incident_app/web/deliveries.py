"""Follow a send: the sum, the reasons, the people, one person's story; stop it, go on, decide about the uncertain."""

from collections.abc import Iterator
from datetime import timedelta
from typing import cast

from flask import (
    Blueprint,
    Response,
    flash,
    redirect,
    render_template,
    request,
    stream_with_context,
    url_for,
)
from flask.typing import ResponseReturnValue

from incident_app.domain import notices as notice_rules
from incident_app.domain.accounts import Permission, may
from incident_app.domain.deliveries import BUCKETS, NO_ADDRESS, TWICE, WITHHELD
from incident_app.domain.numbers import people_words
from incident_app.domain.refusals import Refused
from incident_app.domain.reports import file_moment
from incident_app.domain.trials import TRIAL, why_kept
from incident_app.extensions import db
from incident_app.models.cases import Case
from incident_app.models.notices import Notice
from incident_app.services import accounts, controllers, deliveries, notices, reports
from incident_app.services.deliveries import Progress, Recalled
from incident_app.web import rail
from incident_app.web.filings import pdf_response
from incident_app.web.filters import country, span
from incident_app.web.glancing import NAMES, TWICE_IS, answer, is_over, let_in
from incident_app.web.guard import actor, allowed, case_or_404, fresh
from incident_app.web.posting import letters_of
from incident_app.web.recipients import as_csv
from incident_app.web.sending import mode
from incident_app.web.stays import stays
from incident_app.wiring import holds, now, ports, rates

bp = Blueprint("deliveries", __name__)
PAGE = 50
MINUTE = timedelta(minutes=1)
ASKS = {"telegram": "Telegram", "email": "The mail provider"}
"""Who holds a channel."""
LISTS = {**NAMES, TWICE: TWICE_IS}
JUDGEMENTS = ("right", "wrong")
TEXT_IS = {
    False: "The text stands: people who got it may act on it.",
    True: "The text is withdrawn: whoever asks by its code is told not to act on it.",
}
KINDS = {"accepted": "ok", "failed": "late", "uncertain": "open", "waiting": None, "cancelled": "block"}


def _found(ref: str, number: int) -> Notice:
    return notices.find(db.session(), case_or_404(ref).id, number)


def _terms(progress: Progress) -> list[tuple[int, str, str | None]]:
    """Return the terms of the sum; nobody stopped is not worth a word."""
    return [(getattr(progress, name), NAMES[name], KINDS[name]) for name in BUCKETS
            if name != "cancelled" or progress.cancelled]


def _left(seconds: int | None) -> str:
    """Return in words how long it will take; nothing where nobody knows."""
    if seconds is None:
        return ""
    return "less than a minute" if seconds < 60 else f"about {span(timedelta(seconds=seconds))}"


def _owed(notice: Notice, case: Case) -> dict[str, list[int]]:
    """Return why duties to tell people, or controllers, stay open after this notice, with the ids of those for which that is so."""
    found: dict[str, list[int]] = {}
    if notice.finished_at is None:
        return found
    if notice.kind == notice_rules.CONTROLLERS:
        owed = controllers.still_owed(db.session(), case, now=now())
    else:
        owed = deliveries.still_owed(db.session(), case, law=ports().law, now=now())
    for duty_id, words in owed.items():
        found.setdefault(words, []).append(duty_id)
    return found


def _parts(case: Case, notice: Notice, *, glance: bool) -> dict[str, object]:
    """Return what those parts are shown with that a page follows while a send goes on."""
    progress = deliveries.overview(db.session(), notice.id, now=now(), rates=rates(), holds=holds(), glance=glance)
    waits = [*progress.holds, ("", progress.taken_over_at)]
    until = progress.waits_until if progress.waits_until not in {at for _, at in waits} else None
    return {
        "case": case, "notice": notice, "progress": progress, "over": is_over(notice.state, progress.sum), "read_at": now(),
        "channel_names": notice_rules.CHANNELS, "labels": {code: notices.wording(code).label for code in notice.texts},
        "countries": {share.name: country(share.name) or "not known" for share in progress.by_country},
        "left": _left(progress.seconds_left), "until": until if until is not None and until - now() >= MINUTE else None,
        "waits": [(ASKS.get(channel, ""), at) for channel, at in waits if at is not None], "soon": now() + MINUTE,
        "for_ever": {NO_ADDRESS, WITHHELD}, "why_kept": lambda cause: why_kept(cause, mode(), drill=case.is_drill),
        "outside": TRIAL, "may_decide": may(actor(), Permission.RESOLVE_UNCERTAIN),
        "in_flight": sum(channel.batch for channel in ports().channels.values()), "letters": letters_of(notice, glance=glance),
    }


@bp.get("/cases/<ref>/notices/<int:number>/delivery")
@allowed(Permission.SEE_NOTICES)
def show(ref: str, number: int) -> ResponseReturnValue:
    """Show how far a send is, who was not reached and why; or only what changes of it, for a page that follows."""
    case, session = case_or_404(ref), db.session()
    notice = notices.find(session, case.id, number)
    if notice.state not in notice_rules.LAUNCHED:
        return redirect(url_for("notices.show", ref=ref, number=number))
    if request.args.get("part") == "live":
        rail.leave_out()
        return render_template("pages/deliveries/_live.html", **_parts(case, notice, glance=True))
    parts = _parts(case, notice, glance=False)
    progress = cast(Progress, parts["progress"])
    outcome = request.args.get("outcome", "failed" if progress.failed else "")
    outcome = outcome if outcome in LISTS else ""
    reason, after = request.args.get("reason", ""), request.args.get("after", 0, type=int)
    lines = deliveries.people_page(session, notice.id, by=actor(), bucket=outcome or None, reason=reason or None,
                                   after=after, limit=PAGE)
    return render_template(
        "pages/deliveries/show.html", terms=_terms(progress),
        outcome=outcome, reason=reason, lines=lines, page=PAGE, after=after, buckets=LISTS,
        owed=_owed(notice, case), approval=notices.approval_of(session, notice),
        proofs=deliveries.proofs_of(session, notice.id), names=accounts.names(session),
        text_is=TEXT_IS[notice.text_withdrawn], **parts,
    )


@bp.get("/cases/<ref>/notices/<int:number>/delivery/progress.json")
@allowed(Permission.SEE_NOTICES)
def progress(ref: str, number: int) -> Response:
    """Answer the poll of the page; unchanged figures cost no body (ETag)."""
    notice = _found(ref, number)
    let_in(notice.id)
    seen = deliveries.overview(db.session(), notice.id, now=now(), brief=True)
    return answer(notice.state, seen.sum, seen.resent)


@bp.get("/cases/<ref>/notices/<int:number>/delivery/people/<int:person>")
@allowed(Permission.SEE_NOTICES)
def story(ref: str, number: int, person: int) -> ResponseReturnValue:
    """Tell everything that happened to the message for one person."""
    return _story_page(ref, number, person)


def _story_page(ref: str, number: int, person: int, recalled: Recalled | None = None) -> str:
    case, notice = case_or_404(ref), _found(ref, number)
    line = deliveries.people_page(db.session(), notice.id, by=actor(), after=person - 1, limit=1)
    steps = deliveries.story(db.session(), notice.id, person, by=actor())
    return render_template(
        "pages/deliveries/story.html", case=case, notice=notice, channel_names=notice_rules.CHANNELS, steps=steps, line=line[0],
        buckets=NAMES, recalled=recalled, may_open=may(actor(), Permission.OPEN_CONTACT),
        label=notices.wording(recalled.language).label if recalled else "",
    )


@bp.post("/cases/<ref>/notices/<int:number>/delivery/people/<int:person>/words")
@allowed(Permission.OPEN_CONTACT)
def words(ref: str, number: int, person: int) -> ResponseReturnValue:
    """Show what exactly one person got; that opens their contact and is recorded. It stands in no address."""
    recalled = deliveries.recall(db.session(), _found(ref, number).id, person, by=actor(), now=now(), vault=ports().vault,
                                 letters=ports().letters, envelope=ports().envelope)
    return _story_page(ref, number, person, recalled)


@bp.get("/cases/<ref>/notices/<int:number>/delivery/outcomes.csv")
@allowed(Permission.SEE_NOTICES)
def outcomes(ref: str, number: int) -> Response:
    """Give every outcome as CSV, by person number, without contacts; as a stream, however long the list is."""
    notice, asked = _found(ref, number), now()

    def rows() -> Iterator[list[str]]:
        # The session is asked for while the answer streams: its end gives the connection back, not the next clearing up.
        for line in deliveries.outcomes(db.session(), notice.id, by=actor(), now=asked):
            yield [line.label, line.language, line.country, " > ".join(hop.channel for hop in line.hops),
                   NAMES[line.bucket], line.reason, file_moment(line.last_at), "yes" if line.twice else ""]

    header = ["person", "language", "country", "channels", "outcome", "reason", "last", TWICE_IS]
    return as_csv(f"{ref}-notice-{number}-outcomes.csv", header, rows())


@bp.get("/cases/<ref>/notices/<int:number>/delivery/proof.pdf")
@allowed(Permission.SEE_NOTICES)
def proof_pdf(ref: str, number: int) -> ResponseReturnValue:
    """Print the newest proof sheet."""
    notice, missing = _found(ref, number), ports().pdf.available()
    if missing:
        back = url_for("deliveries.show", ref=ref, number=number)
        return render_template("pages/reports/no_pdf.html", words=missing, back=back), 409
    content = reports.proof_pdf(db.session(), notice, by=actor(), now=now(), pdf=ports().pdf)
    return pdf_response(content, f"{ref}-notice-{number}-proof.pdf")


@bp.get("/cases/<ref>/notices/<int:number>/delivery/outcomes.txt")
@allowed(Permission.SEE_NOTICES)
def proof_lines(ref: str, number: int) -> Response:
    """Give the lines the proof's digest is taken of, to check it by hand."""
    lines = reports.proof_lines(db.session(), _found(ref, number), by=actor())
    name = f"{ref}-notice-{number}-outcomes.txt"
    return Response(stream_with_context(lines), mimetype="text/plain",
                    headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _back(ref: str, number: int) -> ResponseReturnValue:
    if may(actor(), Permission.SEE_NOTICES):
        return redirect(url_for("deliveries.show", ref=ref, number=number))
    return redirect(url_for("dashboard.show"))


@bp.post("/cases/<ref>/notices/<int:number>/delivery/pause")
@allowed(Permission.STOP_SEND)
@stays("deliveries.show")
def pause(ref: str, number: int) -> ResponseReturnValue:
    """Pause; on-call people may, without seeing the case."""
    notice = notices.find_by_ref(db.session(), ref, number, by=actor())
    deliveries.pause(db.session(), notice.id, request.form.get("reason", ""), by=actor(), now=now())
    flash("Paused. What was already on its way still gets its answer.", "soon")
    return _back(ref, number)


@bp.post("/cases/<ref>/notices/<int:number>/delivery/stop")
@allowed(Permission.STOP_SEND)
@stays("deliveries.show")
def cancel(ref: str, number: int) -> ResponseReturnValue:
    """Stop for good, and say whether what was sent by then is wrong."""
    notice = notices.find_by_ref(db.session(), ref, number, by=actor())
    deliveries.cancel(db.session(), notice.id, request.form.get("reason", ""), text_wrong=_text_wrong(), by=actor(), now=now())
    flash(f"Stopped for good. Who was not written to will not be. {TEXT_IS[notice.text_withdrawn]}", "late")
    return _back(ref, number)


def _text_wrong() -> bool:
    """Read whether the text is wrong: nobody's silence decides that on a page that asks."""
    said = request.form.get("text", "")
    if said not in JUDGEMENTS:
        raise Refused("Nothing was changed.", {"text": "Say whether the text is right or wrong."})
    return said == "wrong"


@bp.post("/cases/<ref>/notices/<int:number>/delivery/text")
@allowed(Permission.SEND_NOTICE)
@fresh
@stays("deliveries.show")
def judge_text(ref: str, number: int) -> ResponseReturnValue:
    """Withdraw the text of a notice that was sent or stopped, or let it stand after all."""
    notice = _found(ref, number)
    deliveries.judge_text(db.session(), notice.id, request.form.get("reason", ""), text_wrong=_text_wrong(), by=actor(), now=now())
    flash(TEXT_IS[notice.text_withdrawn], "done")
    return _back(ref, number)


@bp.post("/cases/<ref>/notices/<int:number>/delivery/resume")
@allowed(Permission.SEND_NOTICE)
@fresh
@stays("deliveries.show")
def resume(ref: str, number: int) -> ResponseReturnValue:
    """Go on."""
    notice = _found(ref, number)
    deliveries.resume(db.session(), notice.id, request.form.get("reason", ""), by=actor(), now=now())
    flash("It goes on.", "done")
    return _back(ref, number)


@bp.post("/cases/<ref>/notices/<int:number>/delivery/again")
@allowed(Permission.SEND_NOTICE)
@fresh
@stays("deliveries.show")
def retry(ref: str, number: int) -> ResponseReturnValue:
    """Try those again who failed for one reason."""
    notice, form = _found(ref, number), request.form
    count = deliveries.retry_failed(db.session(), notice.id, form.get("cause", ""), reason=form.get("reason", ""),
                                    by=actor(), now=now(), mode=ports().mode)
    flash(f"{people_words(count)} {'is' if count == 1 else 'are'} tried again.", "done")
    return _back(ref, number)


@bp.post("/cases/<ref>/notices/<int:number>/delivery/uncertain")
@allowed(Permission.RESOLVE_UNCERTAIN)
@fresh
@stays("deliveries.show")
def decide(ref: str, number: int) -> ResponseReturnValue:
    """Decide about messages that may or may not have gone out."""
    notice, form = _found(ref, number), request.form
    count = deliveries.resolve_uncertain(db.session(), notice.id, form.get("decision", ""),
                                         reason=form.get("reason", ""), by=actor(), now=now())
    flash(f"Decided for {people_words(count)}, with your reason.", "done")
    return _back(ref, number)
