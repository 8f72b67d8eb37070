"""What every page of a case has in common, and the facts in words."""

from collections.abc import Collection, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from flask import current_app, url_for
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor, Permission, may
from incident_app.domain.approvals import waits_words
from incident_app.domain.cases import CaseState
from incident_app.domain.regimes import Law
from incident_app.domain.regimes.terms import NO_DATE, undated
from incident_app.models.cases import Case
from incident_app.models.obligations import OWED, STILL_OPEN, UNDECIDED, Obligation, of_case
from incident_app.services import accounts, approvals, cases, closing, folder, retention, risk, rota
from incident_app.services.asking_again import asked_again
from incident_app.services.folder import Folder
from incident_app.services.obligations.deciding import BY_RISK
from incident_app.web.clocks import where_decided
from incident_app.web.filters import countries, moment, plural, short, thousands
from incident_app.web.law_words import capital
from incident_app.wiring import ports

NOTHING_SAID: Mapping[int, str] = MappingProxyType({})
STEPS = (("Logged", "logged"), ("Assessed", "assessed"), ("Decided", "decided"), ("Notified", "notified"),
         ("Reviewed", "reviewed"), ("Closed", "closed"))


def steps(state: str, done: Collection[str] = ()) -> list[tuple[str, str]]:
    """Return the six steps with done, now or todo; of a closed case only what is ``done`` is ticked."""
    names = [name for _, name in STEPS]
    here = names.index(state)
    if state == CaseState.CLOSED.value:
        return [(label, "done" if name in done else "todo") for label, name in STEPS]
    return [(label, "done" if number < here else "now" if number == here else "todo")
            for number, (label, _) in enumerate(STEPS)]


def case_frame(session: Session, case: Case, by: Actor, now: datetime) -> dict[str, Any]:
    """Return what the frame of every case page needs."""
    assessment = risk.latest(session, case.id)
    done = closing.really_done(session, case) if case.closed_at is not None else ()
    tabs: list[tuple[str, str, str, str | None, str | None]] = [
        ("overview", "Overview", url_for("cases.show", ref=case.ref), None, None)
    ]
    if may(by, Permission.SEE_CASES):
        score = assessment.se if assessment else None
        tabs.append(("assess", "Assess", url_for("risk.assess", ref=case.ref), score, None))
        tabs.append(duties_tab(session, case))
        tabs += door_tabs(case, folder.of_case(session, case.id, now=now))
        tabs.append(("review", "Review", url_for("review.show", ref=case.ref), None, None))
    return {
        "case": case, "steps": steps(case.state, done), "tabs": tabs, "assessment": assessment,
        "lead_authority": cases.lead_authority(session, case, ports().law),
        "level": assessment.level if assessment else None, "who": _who(session, case, now), "moment_now": now,
        "can_edit": may(by, Permission.EDIT_CASE) and case.id not in by.opened, "glass_broken": case.id in by.opened,
        "can_close": may(by, Permission.ASK_APPROVER) and case.id not in by.opened,
        "hold": retention.hold_of(session, case.id),
    }


def duties_tab(session: Session, case: Case) -> tuple[str, str, str, str | None, str | None]:
    """Return the tab of the duties: how many are open, and a mark where somebody has to decide."""
    duties = [duty for duty in session.scalars(of_case(case.id)) if duty.recipient_type != "register"]
    count = sum(duty.state in STILL_OPEN for duty in duties)
    undecided = sum(duty.state == UNDECIDED for duty in duties) + len(asked_again(session, duties))
    return ("duties", "Duties", url_for("obligations.of_case", ref=case.ref), str(count) if count else None,
            f"{undecided} to decide" if undecided and case.closed_at is None else None)


def _who(session: Session, case: Case, now: datetime) -> list[tuple[str, str]]:
    """Return who owns the case and who is on call, one line a person."""
    people, shift = accounts.names(session), rota.current_shift(session, now)
    found: dict[str, list[str]] = {}
    if case.owner_id in people:
        found.setdefault(people[case.owner_id], []).append("owns the case")
    if shift is not None:
        found.setdefault(shift.user.name, []).append(f"on call until {short(shift.ends_at, case.zone)}")
    return [(name, " · ".join(notes)) for name, notes in found.items()]


DOORS = (
    ("filings", "Filings", "filings.of_case", "filings"), ("people", "People", "recipients.of_case", "lists"),
    ("notices", "Notices", "notices.of_case", "notices"), ("actions", "Actions", "remediation.of_case", "open_actions"),
    ("lessons", "Lessons", "lessons.of_case", ""), ("evidence", "Evidence", "documents.of_case", "documents"), ("timeline", "Timeline", "cases.timeline", "entries"),
)


def door_tabs(case: Case, held: Folder) -> list[tuple[str, str, str, str | None, str | None]]:
    """Return the tabs of the doors that have pages of a case, with how much lies behind each."""
    late = f"{plural(held.overdue, 'action')} overdue" if held.overdue else None
    return [
        (name, label, url_for(endpoint, ref=case.ref), thousands(getattr(held, counted)) if counted and getattr(held, counted) else None,
         late if name == "actions" else None)
        for name, label, endpoint, counted in DOORS if endpoint in current_app.view_functions
    ]


def moment_facts(case: Case, cause: str = "") -> list[tuple[str, str, str]]:
    """Return what happened and when, each with its source; ``cause`` is what was chosen for it, in words."""

    def words(at: datetime | None) -> str:
        return moment(at, case.zone) if at else "not known yet"

    return [
        ("What happened", case.summary or case.title, ""),
        ("Happened", words(case.occurred_at), ""),
        *([("First hint", words(case.first_signal_at), "")] if case.first_signal_at else []),
        ("Detected", words(case.detected_at), f"Not yet awareness: {case.gap_reason}" if case.gap_reason else ""),
        ("Aware", words(case.aware_at), f"Source: {case.aware_source}, version {case.aware_version}"),
        ("Contained", words(case.contained_at), ""),
        ("Cause", case.cause or cause or "not known yet", cause if case.cause else ""),
    ]


def data_facts(case: Case, law: Law) -> list[tuple[str, str, str]]:
    """Return whose data and which; unknown is a word, never zero."""
    involved = {"yes": "People's data are involved", "no": "No data of people", "unsure": "Not sure yet"}
    labels = [law.categories[name].label for name in case.data_categories if name in law.categories]
    return [
        ("People", case.people.words(), involved[case.people_data]),
        ("Records", case.records.words(), ""),
        ("Data", ", ".join(labels) or "not known yet", ""),
        ("Where they live", countries(case.countries) or "not known yet", ""),
        ("Likely consequences", case.consequences or "not written yet", ""),
        ("Measures taken", case.measures_taken or "not written yet", ""),
    ]


def next_steps(session: Session, case: Case, by: Actor, now: datetime, owed: Mapping[int, str] = NOTHING_SAID
               ) -> list[tuple[str, str, str, str]]:
    """Return what comes next: (done | open | due | warn, words, address, note).

    ``owed``: why duties to tell people stay open though a notice ended, by their id.
    """
    duties = [duty for duty in session.scalars(of_case(case.id)) if duty.recipient_type != "register"]
    decided = risk.decided(session, case.id)
    assess = url_for("risk.assess", ref=case.ref)
    found = [
        ("done" if case.people.certainty.value != "unknown" else "open", "Say how many people are concerned",
         url_for("cases.edit", ref=case.ref), ""),
        ("done" if case.data_categories else "open", "Say which data were hit", url_for("cases.edit", ref=case.ref), ""),
        ("done" if risk.latest(session, case.id) else "open", "Score the severity", assess, ""),
    ]
    for subject, words in (("authority", "Decide whether the authority is told"),
                           ("people", "Decide whether people are told")):
        if any(duty.recipient_type in risk.SUBJECTS[subject] and duty.threshold_id in BY_RISK for duty in duties):
            found.append(("done" if subject in decided else "warn", words, assess, ""))
    waiting = [duty for duty in duties if duty.state == OWED or (duty.state == UNDECIDED and duty.due_at is not None)]
    found += [
        ("due", f"Tell {duty.recipient}", _where(duty),
         owed.get(duty.id) or (f"due {moment(duty.due_at, case.zone)}" if duty.due_at else _undated(duty)))
        for duty in waiting
    ]
    found += [
        ("warn", f"{again.words}: are the people still told?",
         url_for("obligations.of_case", ref=case.ref, _anchor=f"duty-{duty_id}"), f"{moment(again.at, case.zone)}. {again.why}")
        for duty_id, again in asked_again(session, duties).items()
    ]
    found += _asked_steps(session, case, by, now) + _actions_step(session, case, now)
    return found if case.closed_at is None else [_left(*one) for one in found]


def _undated(duty: Obligation) -> str:
    said = undated(duty.value, duty.unit, duty.mode, duty.anchor, begun=duty.anchor_at is not None, told=False)
    return f"{said}: as soon as possible" if said == NO_DATE else said


def _left(state: str, words: str, url: str, note: str) -> tuple[str, str, str, str]:
    """Return a step of a closed case: what was not done is said, and nobody is asked to do it."""
    return (state, words, url, note) if state == "done" else ("open", f"Not done: {words[:1].lower()}{words[1:]}", "", "")


def _asked_steps(session: Session, case: Case, by: Actor, now: datetime) -> list[tuple[str, str, str, str]]:
    """What waits for an approver: for the one to answer, for the others to know."""
    if not may(by, Permission.SEE_CASES):
        return []
    return [
        ("warn", capital(waits_words(one.thing, yours=one.answers(by))), one.path,
         f"{one.asked_by or 'Somebody'} asked {moment(one.asked_at, case.zone)}")
        for one in approvals.of_case(session, case, now=now)
    ]


def _where(duty: Obligation) -> str:
    """Where a duty is decided while it is not, and where it is done afterwards."""
    if duty.state == UNDECIDED:
        return where_decided(duty)
    endpoint = {"authority": "filings.of_case", "data_subjects": "notices.of_case",
                "controller": "controllers.of_case"}.get(duty.recipient_type)
    if endpoint is None:
        return url_for("obligations.of_case", ref=duty.case.ref, _anchor=f"duty-{duty.id}")
    return url_for(endpoint, ref=duty.case.ref)


def _actions_step(session: Session, case: Case, now: datetime) -> list[tuple[str, str, str, str]]:
    held = folder.of_case(session, case.id, now=now)
    if not held.open_actions:
        return []
    note = f"{held.overdue} overdue" if held.overdue else ""
    return [("warn" if held.overdue else "open", f"Work on {plural(held.open_actions, 'open action')}",
             url_for("remediation.of_case", ref=case.ref), note)]
