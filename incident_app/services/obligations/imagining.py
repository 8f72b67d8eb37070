"""What if: another moment of awareness, another rule set. Nothing is saved."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor, Permission, require
from incident_app.domain.obligations import Duty, judge
from incident_app.domain.ports import Calendar
from incident_app.domain.refusals import Refused
from incident_app.domain.regimes import Law
from incident_app.models.cases import Case
from incident_app.services.obligations.arising import aware_on, judged
from incident_app.services.obligations.facts import facts_of
from incident_app.services.obligations.house import with_house


@dataclass(frozen=True, slots=True)
class Imagined:
    """One duty now and then; ``None`` where it is there in one of them only. ``moved``: then minus now."""

    now: Duty | None
    then: Duty | None
    moved: timedelta | None


def proposals(law: Law) -> list[tuple[str, str]]:
    """Return id and name of every proposed rule set that can be looked at."""
    return [(one.id, one.name) for one in law.regimes if one.replaces]


def what_if(
    session: Session, case: Case, *, aware_at: datetime | None, proposal: str, by: Actor, now: datetime, law: Law,
    calendar: Calendar,
) -> list[Imagined]:
    """Return every duty as it is and as it would be, the soonest first. Raises ``Refused`` by field."""
    require(by, Permission.SEE_CASES)
    if aware_at is not None and aware_at > now:
        raise Refused("It was not worked out.", {"aware_at": "This moment is still to come."})
    if proposal and proposal not in dict(proposals(law)):
        raise Refused("It was not worked out.", {"proposal": "There is no such rule set."})
    whole = with_house(session, law)
    facts = facts_of(session, case, whole)
    moment = aware_at or case.aware_at
    same = facts.detected_at == facts.aware_at or (facts.detected_at is not None and facts.detected_at > moment)
    imagined = replace(facts, aware_at=moment, detected_at=moment if same else facts.detected_at)
    on = moment.astimezone(ZoneInfo(case.zone)).date() if aware_at else aware_on(case)
    then = judge(whole.with_proposal(proposal, on) if proposal else whole, imagined, calendar, on).duties
    return _beside(judged(session, case, law=law, calendar=calendar).duties, then)


def _beside(now: tuple[Duty, ...], then: tuple[Duty, ...]) -> list[Imagined]:
    before, after = {_key(one): one for one in now}, {_key(one): one for one in then}
    rows = [Imagined(before.get(key), after.get(key), _moved(before.get(key), after.get(key)))
            for key in dict.fromkeys([*before, *after])]
    return sorted((row for row in rows if _told(row)), key=_soonest)


def _key(duty: Duty) -> tuple[str, ...]:
    """A rule and the one that would replace it are the same duty: same law, stage and party."""
    return duty.regime, duty.stage, duty.recipient_type, duty.recipient, duty.controller


def _told(row: Imagined) -> bool:
    return any(one is not None and one.recipient_type != "register" for one in (row.now, row.then))


def _moved(now: Duty | None, then: Duty | None) -> timedelta | None:
    if now is None or then is None or now.due_at is None or then.due_at is None:
        return None
    return then.due_at - now.due_at


def _soonest(row: Imagined) -> tuple[bool, float]:
    moments = [one.due_at.timestamp() for one in (row.then, row.now) if one is not None and one.due_at is not None]
    return not moments, min(moments, default=0.0)
