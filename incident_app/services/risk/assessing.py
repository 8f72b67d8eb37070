"""Score: a new version each time, never over the old one."""

from datetime import UTC, datetime

from sqlalchemy.orm import Session

from incident_app.domain import risk as rules
from incident_app.domain.accounts import Actor, Permission, require
from incident_app.domain.cases import CaseState
from incident_app.domain.refusals import Refused
from incident_app.domain.regimes import Law
from incident_app.models.risk import Assessment
from incident_app.services import audit
from incident_app.services.holding import locked_case
from incident_app.services.risk.facts import SCORED, Extra, factors, facts_of, plain
from incident_app.services.risk.looking import latest
from incident_app.services.unit import writing


def assess(
    session: Session, case_id: int, answers: rules.Answers, *, reasons: dict[str, str], extra: Extra, by: Actor,
    now: datetime, law: Law,
) -> Assessment:
    """Score a case, with the ``reasons`` by factor. Returns the frozen assessment."""
    require(by, Permission.ASSESS)
    odd = sorted(set(reasons) - {*SCORED, *extra.plain()})
    if odd:
        raise Refused("The severity was not scored.", {f"reasons.{name}": "There is no such factor." for name in odd})
    with writing(session):
        case = locked_case(session, case_id)
        categories = [law.categories[name] for name in case.data_categories if name in law.categories]
        weighed, before = rules.weigh(facts_of(case, extra), categories, answers), latest(session, case_id)
        severity, outcome, kept = weighed.severity, weighed.outcome, plain(answers, reasons, extra)
        kept["factors"] = factors(kept, before.answers if before else {}, by.id or None,
                                  now.astimezone(UTC).isoformat())
        assessment = Assessment(
            case_id=case_id, number=before.number + 1 if before else 1, method=rules.METHOD, answers=kept,
            dpc=rules.figure(severity.dpc), ei=rules.figure(severity.ei), cb=rules.figure(severity.cb),
            se=rules.figure(severity.se), level=severity.level.value, reasons=[*severity.reasons, *severity.flags],
            proposal={"authority": outcome.notify_authority, "people": outcome.tell_people,
                      "reasons": list(outcome.reasons)},
            by_id=by.id or None, at=now,
        )
        session.add(assessment)
        if case.state == CaseState.LOGGED.value:
            case.state = CaseState.ASSESSED.value
        session.flush()
        audit.record(
            session, action="risk.assessed", by=by, now=now, case_id=case_id, subject="assessment",
            subject_id=assessment.id,
            details={"se": assessment.se, "level": assessment.level, "number": assessment.number},
        )
    return assessment
