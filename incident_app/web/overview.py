"""What every page of a case has in common, and the facts in words."""

from datetime import datetime
from typing import Any

from flask import current_app, url_for
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor, Permission, may
from incident_app.domain.cases import CaseState
from incident_app.domain.regimes import Law
from incident_app.models.cases import Case
from incident_app.models.obligations import OWED, UNDECIDED, of_case
from incident_app.services import accounts, risk
from incident_app.web.filters import moment

STEPS = (("Logged", "logged"), ("Assessed", "assessed"), ("Decided", "decided"), ("Notified", "notified"),
         ("Reviewed", "reviewed"), ("Closed", "closed"))


def steps(state: str) -> list[tuple[str, str]]:
    """Return the six steps with done, now or todo."""
    names = [name for _, name in STEPS]
    here = names.index(state)
    if state == CaseState.CLOSED.value:
        return [(label, "done") for label, _ in STEPS]
    return [(label, "done" if number < here else "now" if number == here else "todo")
            for number, (label, _) in enumerate(STEPS)]


def case_frame(session: Session, case: Case, by: Actor, now: datetime) -> dict[str, Any]:
    """Return what the frame of every case page needs."""
    assessment = risk.latest(session, case.id)
    people = accounts.names(session)
    who = [(people[case.owner_id], "owns the case")] if case.owner_id in people else []
    tabs: list[tuple[str, str, str, str | None, str | None]] = [
        ("overview", "Overview", url_for("cases.show", ref=case.ref), None, None)
    ]
    if may(by, Permission.SEE_CASES):
        score = assessment.se if assessment else None
        tabs.append(("assess", "Assess", url_for("risk.assess", ref=case.ref), score, None))
        tabs += door_tabs(case)
        tabs.append(("timeline", "Timeline", url_for("cases.timeline", ref=case.ref), None, None))
    return {
        "case": case, "steps": steps(case.state), "tabs": tabs, "assessment": assessment,
        "level": assessment.level if assessment else None, "who": who, "moment_now": now,
        "can_edit": may(by, Permission.EDIT_CASE), "can_close": may(by, Permission.CLOSE_CASE),
    }


DOORS = (
    ("filings", "Filings", "filings.of_case"), ("people", "People", "recipients.of_case"),
    ("notices", "Notices", "notices.of_case"), ("actions", "Actions", "remediation.of_case"),
    ("evidence", "Evidence", "documents.of_case"),
)


def door_tabs(case: Case) -> list[tuple[str, str, str, str | None, str | None]]:
    """Return the tabs of the doors that have pages of a case."""
    return [(name, label, url_for(endpoint, ref=case.ref), None, None)
            for name, label, endpoint in DOORS if endpoint in current_app.view_functions]


def moment_facts(case: Case) -> list[tuple[str, str, str]]:
    """Return what happened and when, each with its source."""

    def words(at: datetime | None) -> str:
        return moment(at, case.zone) if at else "not known yet"

    return [
        ("What happened", case.summary or case.title, ""),
        ("Happened", words(case.occurred_at), ""),
        ("Detected", words(case.detected_at), f"Not yet awareness: {case.gap_reason}" if case.gap_reason else ""),
        ("Aware", words(case.aware_at), f"Source: {case.aware_source}, version {case.aware_version}"),
        ("Contained", words(case.contained_at), ""),
        ("Cause", case.cause or "not known yet", ""),
    ]


def data_facts(case: Case, law: Law) -> list[tuple[str, str, str]]:
    """Return whose data and which; unknown is a word, never zero."""
    involved = {"yes": "People's data are involved", "no": "No data of people", "unsure": "Not sure yet"}
    labels = [law.categories[name].label for name in case.data_categories if name in law.categories]
    return [
        ("People", case.people.words(), involved[case.people_data]),
        ("Records", case.records.words(), ""),
        ("Data", ", ".join(labels) or "not known yet", ""),
        ("Where they live", ", ".join(case.countries) or "not known yet", ""),
        ("Likely consequences", case.consequences or "not written yet", ""),
        ("Measures taken", case.measures_taken or "not written yet", ""),
    ]


def next_steps(session: Session, case: Case) -> list[tuple[str, str, str, str]]:
    """Return what comes next: (done | open | due | warn, words, address, note)."""
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
        if any(duty.recipient_type in risk.SUBJECTS[subject] for duty in duties):
            found.append(("done" if subject in decided else "warn", words, assess, ""))
    waiting = [duty for duty in duties if duty.state in {OWED, UNDECIDED} and duty.due_at is not None]
    filings = url_for("filings.of_case", ref=case.ref)
    found += [
        ("due", f"Tell {duty.recipient}", filings if duty.recipient_type == "authority" and duty.state == OWED else assess,
         f"due {moment(duty.due_at, case.zone)}") for duty in waiting
    ]
    return found
