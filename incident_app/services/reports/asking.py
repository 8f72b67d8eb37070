"""What is asked of the register, as SQL: scope, filters, the pills, the order, and where a page goes on."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, Text, and_, case, cast, exists, func, null, or_, select, true
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor
from incident_app.domain.register import Place, Wanted
from incident_app.domain.reports import Filter
from incident_app.models.cases import Case
from incident_app.models.notices import Notice
from incident_app.models.obligations import DISCHARGED, NOT_LIVING, STILL_OPEN, UNDECIDED, Obligation
from incident_app.services import scope
from incident_app.services.asking_again import cases_asked_again
from incident_app.services.cases import organisation

Ask = ColumnElement[bool]
BROKEN = {"confidentiality": Case.confidentiality, "integrity": Case.integrity, "availability": Case.availability}

# What is open of each case, once for all cases: without it every row would be a question of its own.
_open = (
    select(
        Obligation.case_id.label("case_id"), func.min(Obligation.due_at).label("due_at"), func.count().label("count"),
        func.sum(case((Obligation.state == UNDECIDED, 1), else_=0)).label("undecided"),
    )
    .where(Obligation.state.in_(STILL_OPEN), Obligation.recipient_type != "register")
    .group_by(Obligation.case_id).subquery("open_duties")
)
_closed = Case.closed_at.is_not(None)
_due_next: ColumnElement[Any] = case((_closed, null()), else_=_open.c.due_at)
_ranked: ColumnElement[int] = case((_closed, 3), (_open.c.due_at.is_not(None), 0), (_open.c.count > 0, 1), else_=2)


def _pill(wanted: Filter, now: datetime, again: Ask) -> Ask:
    """Ask what stands under a pill. Drills stand under *All* and *Drill* only. ``again``: a duty that was done is asked again."""
    real = Case.is_drill.is_(False)
    pills: dict[Filter, Ask] = {
        Filter.ALL: true(), Filter.DRILL: Case.is_drill.is_(True), Filter.RUNNING: and_(real, ~_closed, _open.c.count > 0),
        Filter.DECIDE: and_(real, ~_closed, or_(func.coalesce(_open.c.undecided, 0) > 0, again)), Filter.OVERDUE: and_(real, ~_closed, _open.c.due_at < now),
        Filter.CLOSED: and_(real, _closed),
    }
    return pills[wanted]


def like(words: str) -> str:
    """Return a pattern that finds exactly these words."""
    return "%" + words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"


def _midnight(day: str, zone: str, *, after: bool = False) -> datetime:
    local = datetime.combine(date.fromisoformat(day) + timedelta(days=after), time(), ZoneInfo(zone))
    return local.astimezone(UTC)


def _of_authority(*asks: Ask) -> Ask:
    living = Obligation.state.not_in(NOT_LIVING)
    return exists().where(Obligation.case_id == Case.id, Obligation.recipient_type == "authority", living, *asks)


def _timing(timing: str, now: datetime) -> Ask:
    told = _of_authority(Obligation.state == DISCHARGED)
    late = _of_authority(Obligation.state == DISCHARGED, Obligation.late_by_seconds > 0)
    overdue = _of_authority(Obligation.state.in_(STILL_OPEN), Obligation.due_at < now)
    return {"on_time": and_(told, ~late, ~overdue), "late": late, "overdue": overdue, "not_due": and_(~told, ~overdue)}[timing]


def _system(words: str) -> Ask:
    """Processors alone: what a filing says of systems is sealed."""
    return cast(Case.processors, Text).ilike(like(words), escape="\\")


def _fitting(session: Session, wanted: Wanted, now: datetime) -> list[Ask]:
    zone = organisation(session).zone if wanted.since or wanted.until else "UTC"
    words = like(wanted.q)
    told = _of_authority(Obligation.state == DISCHARGED)
    people = exists().where(Notice.case_id == Case.id, Notice.launched_at.is_not(None), Notice.accepted_count > 0,
                            Notice.kind == "people")
    asks: dict[str, Callable[[], Ask]] = {
        "q": lambda: or_(*(text.ilike(words, escape="\\") for text in (Case.ref, Case.title))),
        "state": lambda: Case.state == wanted.state,
        "country": lambda: cast(Case.countries, Text).like(f'%"{wanted.country}"%'),
        "cause": lambda: Case.kind == wanted.cause,
        "kind": lambda: BROKEN[wanted.kind].is_(True),
        "system": lambda: _system(wanted.system),
        "timing": lambda: _timing(wanted.timing, now),
        "authority": lambda: told if wanted.authority == "told" else ~told,
        "people": lambda: people if wanted.people == "told" else ~people,
        "since": lambda: Case.aware_at >= _midnight(wanted.since, zone),
        "until": lambda: Case.aware_at < _midnight(wanted.until, zone, after=True),
    }
    return [asks[name]() for name in wanted.given]


def _behind(place: Place) -> Ask:
    """Ask for the rows behind a place: the later rank, then the later due moment, then the earlier awareness."""
    older = or_(Case.aware_at < place.aware_at, and_(Case.aware_at == place.aware_at, Case.id < place.case_id))
    if place.due_at is None:
        return or_(_ranked > place.rank, and_(_ranked == place.rank, older))
    return or_(_ranked > 0, _due_next > place.due_at, and_(_due_next == place.due_at, older))


class Question:
    """One look at the register: who asks, what for, under which pill."""

    def __init__(self, session: Session, wanted: Wanted, pill: Filter, *, by: Actor, now: datetime, in_full: bool) -> None:
        """Put scope and filters together. Filters look only at what ``by`` may read, or they would tell of the rest."""
        seen = scope.visible_to(by) if in_full or wanted.narrows else scope.clock_visible_to(by)
        self._asks = [seen, *_fitting(session, wanted, now)]
        self._session, self._now, self._again = session, now, Case.id.in_(cases_asked_again(session))
        self._under = _pill(pill, now, self._again)

    def counts(self) -> dict[str, int]:
        """Return how many rows stand under each pill."""
        sums = [func.coalesce(func.sum(case((_pill(one, self._now, self._again), 1), else_=0)), 0).label(one.value) for one in Filter]
        row = self._session.execute(self._joined(select(*sums))).one()
        return {one.value: int(getattr(row, one.value)) for one in Filter}

    def places(self, after: Place | None, limit: int | None) -> list[Place]:
        """Return the rows under the pill in order, behind ``after``, at most ``limit``."""
        question = self._joined(select(_ranked, _due_next, Case.aware_at, Case.id)).where(self._under)
        if after is not None:
            question = question.where(_behind(after))
        ordered = question.order_by(_ranked, _due_next, Case.aware_at.desc(), Case.id.desc()).limit(limit)
        return [Place(rank, due, aware, number) for rank, due, aware, number in self._session.execute(ordered)]

    def _joined(self, question: Select[Any]) -> Select[Any]:
        return question.select_from(Case).outerjoin(_open, _open.c.case_id == Case.id).where(*self._asks)
