"""The first page: what is overdue, what is due next, what is being sent, who is on call, what waits for a decision."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast
from zoneinfo import ZoneInfo

from flask import Blueprint, current_app, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from incident_app.domain.accounts import Permission, may
from incident_app.domain.alerts import clock_time
from incident_app.domain.deadlines import Stand
from incident_app.domain.statistics import Brief
from incident_app.extensions import db
from incident_app.models.cases import Case
from incident_app.models.obligations import Obligation, runs, to_decide
from incident_app.services import (
    accounts,
    alerts,
    approvals,
    audit,
    cases,
    closing,
    deliveries,
    filings,
    remediation,
    rota,
    scope,
    statistics,
)
from incident_app.services.remediation import Listed
from incident_app.web import tour
from incident_app.web.clocks import WORDS, Clock, by_assessment, tile, where_decided, worst_first
from incident_app.web.filters import short, up_to
from incident_app.web.guard import actor, allowed
from incident_app.web.year_plot import Plot, plot
from incident_app.wiring import now, ports

bp = Blueprint("dashboard", __name__)
MOST_SENDS, MOST_CLOCKS, MOST_COUNTED = 3, 20, 200
KEPT = "figures of the year on the dashboard"


def _zone() -> str:
    """The zone of who reads: every moment on the page is in it."""
    return cast(str, current_user.zone)


def _year() -> tuple[Brief, Plot | None]:
    """This year's figures, with the kinds in the words of the checklists; counted anew whenever something was recorded or ran out of time."""
    zone = ZoneInfo(cases.organisation(db.session()).zone)
    at, by, kept = now(), actor(), current_app.extensions.setdefault(KEPT, {})
    year = at.astimezone(zone).year
    key = (year, by.id, by.roles, by.teams, by.only, by.opened, *audit.head_of(db.session()))
    held = kept.get(by.id)
    if held is None or held[0] != key or (held[1].until is not None and held[1].until < at):
        counted = statistics.brief(db.session(), year, by=by, now=at)
        held = kept[by.id] = (key, replace(counted, filings=()), plot(counted.filings))
    found, picture = held[1:]
    titles = {name: book.title for name, book in ports().runbooks.items()}
    return replace(found, by_kind=tuple((titles.get(name, name), count) for name, count in found.by_kind)), picture


def _running(*, clock_only: bool = False) -> tuple[list[Obligation], int, int]:
    """The duties that run, drills left out: of those overdue, to come and without a date the first ones each.

    Then how many are overdue, and how many there are in all; of each kind ``MOST_COUNTED`` + 1 stands for more than that.
    """
    session, at = db.session(), now()
    seen = scope.clock_visible_to if clock_only else scope.visible_to
    mine = select(Obligation).options(selectinload(Obligation.case)).where(
        runs(), scope.each(Obligation.case_id, actor(), Case.is_drill.is_(False), seen=seen))
    parts = [mine.where(which) for which in (Obligation.due_at < at, Obligation.due_at >= at, Obligation.due_at.is_(None))]
    shown = [list(session.scalars(part.order_by(Obligation.due_at, Obligation.id).limit(MOST_CLOCKS))) for part in parts]
    counts = [
        len(some) if len(some) < MOST_CLOCKS else session.scalar(select(func.count()).select_from(
            part.with_only_columns(Obligation.id).limit(MOST_COUNTED + 1).subquery())) or 0
        for part, some in zip(parts, shown, strict=True)
    ]
    return [one for some in shown for one in some], counts[0], sum(counts)


def _glimpsed() -> dict[str, Any]:
    """The clocks of who reads no cases: of one that they took or filed in full, of the others number and time."""
    session, (duties, late, count) = db.session(), _running(clock_only=True)
    cases_of = {duty.case_id for duty in duties}
    read = set(session.scalars(select(Case.id).where(Case.id.in_(cases_of), scope.visible_to(actor()))))
    names = accounts.names(session) if read else {}
    tiles = worst_first([
        tile(duty, now(), who=names.get(duty.case.owner_id or -1, ""), zone=_zone()) if duty.case_id in read else _number_and_clock(duty)
        for duty in duties
    ])
    dated = [one for one in tiles if one.due_at is not None]
    return {"clocks": dated, "no_date": [one for one in tiles if one.due_at is None], "overdue_count": late,
            "overdue": [one for one in dated if one.state == "overdue"], "more": count - len(duties)}


def _number_and_clock(duty: Obligation) -> Clock:
    """A clock without what the case says; whom it is owed to, as in the alerts to whoever answers them."""
    shown, told = tile(duty, now(), zone=_zone()), may(actor(), Permission.SEE_ALERTS) and not duty.case.restricted
    return replace(shown, title="", url="", duty=shown.duty if told else "", provision=shown.provision if told else "",
                   state_word=WORDS[Stand(shown.state)], who="not shown")


def _hero(duties: Sequence[Obligation], names: dict[int, str]) -> Clock | None:
    """The duty that is due next, with its reminders, who started the clock, and who is paged next."""
    duty = next((one for one in duties if one.due_at is not None and one.due_at >= now()), None)
    if duty is None:
        return None
    session, zone = db.session(), _zone()
    paged = alerts.next_page(session, duty.id)
    facts = [("Clock started by", duty.case.aware_source or "not written down")]
    if paged is not None:
        facts.append(("Paged next", f"{paged.name}, {short(paged.at, zone)}"))
    marks = alerts.marks(session, [duty], zone).get(duty.id, ())
    shown = tile(duty, now(), who=names.get(duty.case.owner_id or -1, ""), marks=marks, decides=may(actor(), Permission.DECIDE), zone=zone)
    draft = next((one for one in filings.of_case(session, duty.case_id)
                  if one.obligation_id == duty.id and one.submitted_at is None), None)
    if draft is None:
        return replace(shown, facts=tuple(facts))
    given = filings.page(session, draft, now=now(), forms=ports().forms, law=ports().law).coverage
    return replace(
        shown, facts=tuple(facts), foot=f"{given.required_answered} of {given.required} required answers given",
        actions=(("Open filing", url_for("filings.show", ref=duty.case.ref, number=draft.number), True),),
    )


def _sending() -> list[dict[str, object]]:
    """What is being sent now, each with the address its figures are refreshed from."""
    found = deliveries.under_way(db.session(), by=actor(), now=now())[:MOST_SENDS]
    return [
        {"title": f"Notice {notice.number} to {notice.kind}", "ref": ref, "state": notice.state, "sum": progress,
         "url": url_for("deliveries.show", ref=ref, number=notice.number),
         "poll": url_for("deliveries.progress", ref=ref, number=notice.number)}
        for ref, notice, progress in found
    ]


def _on_call() -> dict[str, object] | None:
    """Who is on call now, whether they answered, and who takes over."""
    session, at = db.session(), now()
    shift, coming = rota.current_shift(session, at), rota.who_is_next(session, at)
    zone = _zone()
    after = f"Next: {coming[0].name}, from {short(coming[1].starts_at, zone)}." if coming else "Nobody takes over yet."
    if shift is None:
        return {"name": "", "next": after}
    answered = alerts.last_answer(session, shift.user_id)
    unanswered = alerts.open_count(session, by=actor(), most=MOST_COUNTED + 1, unanswered=True)
    return {
        "name": shift.user.name, "until": shift.ends_at, "next": after,
        "unanswered": f"{up_to(unanswered, MOST_COUNTED)} {'alert' if unanswered == 1 else 'alerts'} not answered" if unanswered else "",
        "chip": f"Answered {clock_time(answered, zone, at)}" if answered else "",
    }


def _reviews() -> Listed | None:
    """The actions of which somebody has to say by now whether they work."""
    return remediation.due_reviews(db.session(), by=actor(), now=now()) if may(actor(), Permission.SEE_ACTIONS) else None


def _decide(refs: Sequence[str]) -> str:
    """Where to decide: with the whole risk, at the duty itself, or from the list of the cases."""
    if len(refs) == 1:
        question = select(Obligation).join(Case).where(Case.ref == refs[0], to_decide()).order_by(Obligation.id)
        duties = sorted(db.session.scalars(question), key=by_assessment, reverse=True)
        return where_decided(duties[0]) if duties else url_for("obligations.of_case", ref=refs[0])
    return url_for("reports.register", filter="decide")


def _again(duties: Sequence[Obligation]) -> str:
    """Where to decide again whether people are told: at the duty itself, or from the list of the cases."""
    if len(duties) == 1:
        return url_for("obligations.of_case", ref=duties[0].case.ref, _anchor=f"duty-{duties[0].id}")
    return url_for("reports.register", filter="decide")


@bp.get("/")
@allowed(Permission.SEE_OWN_ACCOUNT)
def show() -> ResponseReturnValue:
    """Show the running clocks they may know, worst first; who knows of no case at all sees the people here."""
    session = db.session()
    if not may(actor(), Permission.SEE_REGISTER):
        return redirect(url_for("people.show"))
    if not may(actor(), Permission.SEE_CASES):
        return render_template("pages/dashboard/show.html", next_clock=None, to_decide=0, most=MOST_COUNTED, **_glimpsed(),
                               oncall=_on_call() if may(actor(), Permission.SEE_ALERTS) else None)
    names, (duties, late, count) = accounts.names(session), _running()
    tiles = worst_first([tile(duty, now(), who=names.get(duty.case.owner_id or -1, ""), zone=_zone()) for duty in duties])
    dated = [one for one in tiles if one.due_at is not None]
    year, picture = _year()
    waiting, again = closing.undecided(session, by=actor(), most=MOST_COUNTED + 1), closing.to_decide_again(session, by=actor())
    return render_template(
        "pages/dashboard/show.html", clocks=dated, no_date=[one for one in tiles if one.due_at is None],
        overdue=[one for one in dated if one.state == "overdue"], overdue_count=late, more=count - len(duties), next_clock=_hero(duties, names),
        asked=approvals.waiting(session, by=actor(), now=now()), to_decide=len(waiting), decide_url=_decide(waiting), again=len({one.case_id for one in again}), again_url=_again(again), sending=_sending(), oncall=_on_call(),
        tour=tour.shown(), year=year, plot=picture, reviews=_reviews(), most=MOST_COUNTED,
    )
