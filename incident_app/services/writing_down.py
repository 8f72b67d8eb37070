"""Read what the register writes down about breaches: a handful of questions for a whole page, however many it shows."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, lazyload

from incident_app.domain.filings import Answer, from_json
from incident_app.domain.regimes.terms import undated
from incident_app.domain.register import Entry, Judged, Notified, Sent
from incident_app.domain.risk import ground
from incident_app.models.cases import Case
from incident_app.models.closing import Closing, closings_of
from incident_app.models.filings import Filing
from incident_app.models.lessons import LessonsVersion
from incident_app.models.notices import Notice
from incident_app.models.obligations import DISCHARGED, NOT_LIVING, Obligation
from incident_app.models.remediation import Action
from incident_app.models.risk import Assessment, Decision, counting
from incident_app.services import accounts, labels, lessons, picking, teams
from incident_app.services.asking_again import asked_again
from incident_app.services.citing import cited
from incident_app.services.publications import IN_PUBLIC, publications

AT_A_TIME = 200
Ids = Sequence[int]


def entries(session: Session, ids: Ids) -> Iterator[Entry]:
    """Yield what stands in the register about these cases, in this order; so many are held at a time."""
    names, of_teams = accounts.names(session), teams.names(session)
    for first in range(0, len(ids), AT_A_TIME):
        yield from _some(session, ids[first : first + AT_A_TIME], names, of_teams)


def _some(session: Session, ids: Ids, names: dict[int, str], of_teams: dict[int, str]) -> Iterator[Entry]:
    cases = {case.id: case for case in session.scalars(select(Case).where(Case.id.in_(ids)))}
    scores, judged, duties = _scores(session, ids), _judged(session, ids, names), _duties(session, ids)
    systems, actions, sent, over = _systems(session, ids), _actions(session, ids), _sent(session, ids), _over(session, ids, names)
    learnt, published = _learnt(session, ids), publications(session, ids)
    for number in ids:
        case, score = cases[number], scores.get(number, ("", "", ""))
        yield Entry(
            ref=case.ref, title=case.title, drill=case.is_drill, state=case.state, role=case.role, kind=case.kind, zone=case.zone,
            aware_at=case.aware_at, logged_at=case.filed_at, people=case.people, records=case.records,
            team=of_teams.get(case.team_id or 0, ""), owner=names.get(case.owner_id or 0, ""), occurred_at=case.occurred_at,
            first_signal_at=case.first_signal_at, detected_at=case.detected_at, contained_at=case.contained_at,
            closed_at=case.closed_at, aware_source=case.aware_source, gap_reason=case.gap_reason, close_reason=case.close_reason,
            closed_over=over.get(number, ""),
            facts=case.summary, cause=_cause(case, learnt.get(number)), systems=systems.get(number, ""), processors=tuple(case.processors),
            confidentiality=case.confidentiality, integrity=case.integrity, availability=case.availability,
            people_data=case.people_data, categories=tuple(case.data_categories), countries=tuple(case.countries),
            effects=case.consequences, level=score[0], score=score[1], method=score[2], before=case.measures_before,
            taken=case.measures_taken, planned=case.measures_planned, actions=tuple(actions[number]),
            authority=judged.get((number, "authority")), tell_people=judged.get((number, "people")),
            duties=tuple(duties[number]), sent=tuple(sent[number]), published=tuple(published[number]),
        )


def _scores(session: Session, ids: Ids) -> dict[int, tuple[str, str, str]]:
    """Return level, score and method of the newest assessment by case: later ones come over earlier ones."""
    rows = session.execute(
        select(Assessment.case_id, Assessment.level, Assessment.se, Assessment.method)
        .where(Assessment.case_id.in_(ids)).order_by(Assessment.number))
    return {case_id: (level, se, method) for case_id, level, se, method in rows}


def _judged(session: Session, ids: Ids, names: dict[int, str]) -> dict[tuple[int, str], Judged]:
    """Return the decision that counts by case and party; later ones come over earlier ones."""
    return {
        (one.case_id, one.subject): Judged(
            outcome=one.outcome, reason=one.reason, who=names.get(one.by_id or 0, ""), at=one.at,
            second=f"confirmed by {names.get(one.confirmation.by_id or 0, '')}" if one.confirmation else "",
            ground=ground(one.exemption, one.proof),
        )
        for one in session.scalars(counting().where(Decision.case_id.in_(ids)))
    }


def _duties(session: Session, ids: Ids) -> dict[int, list[Notified]]:
    found: dict[int, list[Notified]] = defaultdict(list)
    every = session.scalars(
        select(Obligation).where(Obligation.case_id.in_(ids), Obligation.state.not_in(NOT_LIVING),
                               Obligation.recipient_type != "register").order_by(Obligation.id).options(lazyload(Obligation.case))
    ).all()
    again = asked_again(session, every)
    for one in every:
        found[one.case_id].append(Notified(
            recipient=one.recipient, recipient_type=one.recipient_type, provision=cited(one.regime, one.provision, one.recipient_type), state=one.state,
            reason=one.state_reason, due_at=one.due_at, told_at=one.discharged_at, reference=one.receipt_reference,
            late_by_seconds=one.late_by_seconds, late_reason=one.late_reason,
            public=one.state == DISCHARGED and one.discharged_how == IN_PUBLIC, public_reason=one.public_reason,
            again=again[one.id].words if one.id in again else "",
            undated=undated(one.value, one.unit, one.mode, one.anchor, begun=one.anchor_at is not None, told=one.state == DISCHARGED),
        ))
    return found


def _learnt(session: Session, ids: Ids) -> dict[int, LessonsVersion]:
    """Return the newest of what was found out about the cause, by case."""
    rows = session.scalars(select(LessonsVersion).where(LessonsVersion.case_id.in_(ids)).order_by(LessonsVersion.number))
    return {one.case_id: one for one in rows}


def _cause(case: Case, learnt: LessonsVersion | None) -> str:
    """Return what the facts say of the cause, else the words of what was chosen or found out later."""
    chosen = labels.cause(learnt.cause) if learnt is not None else ""
    return case.cause or chosen or lessons.said_of_cause(case, learnt)


def _systems(session: Session, ids: Ids) -> dict[int, str]:
    """Return the systems the newest filing names, because that is where the form asks for them; else the picked ones."""
    said = picking.names_of(session, ids)
    for filing in session.scalars(select(Filing).where(Filing.case_id.in_(ids)).order_by(Filing.number)):
        answer = from_json(filing.answers).get("systems", Answer())
        if answer.answered:
            said[filing.case_id] = str(answer.value)
    return said


def _actions(session: Session, ids: Ids) -> dict[int, list[tuple[str, str]]]:
    found: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for one in session.scalars(
        select(Action).where(Action.case_id.in_(ids)).order_by(Action.id).options(lazyload(Action.case))
    ):
        found[one.case_id].append((one.title, one.state))
    return found


def _sent(session: Session, ids: Ids) -> dict[int, list[Sent]]:
    columns = (Notice.case_id, Notice.number, Notice.list_id, Notice.launched_at, Notice.list_count, Notice.accepted_count, Notice.failed_count,
               Notice.uncertain_count)
    found: dict[int, list[Sent]] = defaultdict(list)
    question = select(*columns).where(Notice.case_id.in_(ids), Notice.launched_at.is_not(None), Notice.kind == "people").order_by(Notice.number)
    for case_id, number, list_id, at, listed, *counts in session.execute(question):
        found[case_id].append(Sent(number, list_id, at, listed or 0, *counts))
    return found


def _over(session: Session, ids: Ids, names: dict[int, str]) -> dict[int, str]:
    """Return what a closed case was closed over, by whom both: of the closing that stands."""
    return {
        one.case_id: f"Closed although something was open; asked by {names.get(one.asked_by_id or -1, '')}, agreed by "
                     f"{names.get(one.by_id or 0, '')}: {' '.join(gap['words'] for gap in one.gaps or ())}"
        for one in session.scalars(closings_of(*ids).where(Closing.over_count > 0, Closing.reopened_at.is_(None)))
    }
