"""The register as a person may see it, and the figures of a year."""

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from incident_app.domain import reports as rules
from incident_app.domain.accounts import Actor, Permission, may, require
from incident_app.domain.cases import Count
from incident_app.domain.filings import FilingState
from incident_app.domain.refusals import Refused
from incident_app.domain.reports import CaseLine, Chip, DutyLine, Filed, Filter, Row, YearStatistics
from incident_app.models.cases import Case
from incident_app.models.filings import Filing
from incident_app.models.notices import Notice
from incident_app.models.obligations import DISCHARGED, NOT_LIVING, Obligation
from incident_app.models.risk import Assessment, Decision, counting
from incident_app.services import accounts, scope


@dataclass(frozen=True, slots=True)
class Register:
    """The rows under a pill (``rows``), and how many stand under each."""

    rows: tuple[Row, ...]
    counts: dict[str, int]
    filter: Filter
    search: str


def register(
    session: Session, *, by: Actor, now: datetime, filter: str = "all", search: str = "",  # noqa: A002 (the page's word)
    in_full: bool = False,
) -> Register:
    """Return every breach within the scope of ``by``, told or not, what is due next first.

    Of those they may not read they see the number and the clock, and search finds none of them; ``in_full`` leaves
    these out.
    """
    require(by, Permission.SEE_REGISTER)
    if filter not in set(Filter):
        raise Refused("There is no such filter.", {"filter": f"Choose {', '.join(Filter)}."})
    wanted, words = Filter(filter), search.strip()
    full = may(by, Permission.SEE_CASES)
    question = _scope(by, words if full else "", in_full=in_full)
    seen = set(session.scalars(select(Case.ref).where(scope.visible_to(by))))
    rows = [rules.row(line, now) for line in _lines(session, question)]
    rows = [one if one.ref in seen else _clock_only(one) for one in rows]
    rows = rules.ordered(rows)
    return Register(tuple(one for one in rows if one.fits(wanted)), rules.counts(rows), wanted, words)


def case_count(session: Session, *, by: Actor) -> int:
    """Return how many rows the register of ``by`` has."""
    require(by, Permission.SEE_REGISTER)
    return session.scalar(select(func.count()).select_from(_scope(by, "", in_full=False).subquery())) or 0


def _scope(by: Actor, search: str, *, in_full: bool) -> Select[Case]:
    if not search:
        return select(Case).where(scope.visible_to(by) if in_full else scope.clock_visible_to(by))
    like = "%" + search.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    return select(Case).where(
        scope.visible_to(by),
        Case.ref.ilike(like, escape="\\") | Case.title.ilike(like, escape="\\"),  # what is written in it is sealed
    )


def _clock_only(row: Row) -> Row:
    return replace(row, title="", people="", people_sub="", severity="", owner="", authority=Chip("waiting", "lock", ""))


def _lines(session: Session, question: Select[Case]) -> list[CaseLine]:
    cases = session.scalars(question).all()
    names, duties, levels = accounts.names(session), _duties(session), _levels(session)
    drafts, decided, told = _drafts(session), _decided(session), _told(session)
    return [
        CaseLine(
            ref=case.ref, title=case.title, aware_at=case.aware_at, zone=case.zone, is_drill=case.is_drill,
            closed_at=case.closed_at, people=Count.from_json(case.people_count), people_data=case.people_data,
            level=levels.get(case.id), owner=names.get(case.owner_id or 0, ""), duties=tuple(duties[case.id]),
            filing_state=drafts.get(case.id), people_decision=decided.get(case.id),
            told=told[case.id][0] if case.id in told else None, total=told[case.id][1] if case.id in told else None,
        )
        for case in cases
    ]


def _duties(session: Session) -> dict[int, list[DutyLine]]:
    found: dict[int, list[DutyLine]] = defaultdict(list)
    columns = (
        Obligation.case_id, Obligation.recipient_type, Obligation.stage, Obligation.state, Obligation.anchor_at,
        Obligation.due_at, Obligation.discharged_at, Obligation.late_by_seconds,
    )
    for line in session.execute(select(*columns).where(Obligation.state.not_in(NOT_LIVING)).order_by(Obligation.id)):
        plain = line._asdict()
        found[plain.pop("case_id")].append(DutyLine(**plain))
    return found


def _levels(session: Session) -> dict[int, str]:
    """The level of the newest assessment by case: later ones come over earlier ones."""
    rows = session.execute(select(Assessment.case_id, Assessment.level).order_by(Assessment.number))
    return dict(rows.all())


def _drafts(session: Session) -> dict[int, str]:
    rows = session.execute(
        select(Filing.case_id, Filing.state).where(Filing.state != FilingState.SUBMITTED.value).order_by(Filing.number)
    )
    return dict(rows.all())


def _decided(session: Session) -> dict[int, str]:
    rows = session.execute(
        counting().where(Decision.subject == "people").with_only_columns(Decision.case_id, Decision.outcome)
    )
    return dict(rows.all())


def _told(session: Session) -> dict[int, tuple[int, int]]:
    rows = session.execute(
        select(Notice.case_id, func.sum(Notice.accepted_count), func.sum(Notice.list_count))
        .where(Notice.launched_at.is_not(None)).group_by(Notice.case_id)
    )
    return {case_id: (int(accepted or 0), int(total or 0)) for case_id, accepted, total in rows}


def _breaches(session: Session, by: Actor) -> list[tuple[str, datetime, str]]:
    rows = session.execute(
        select(Case.kind, Case.aware_at, Case.zone).where(Case.is_drill.is_(False), scope.visible_to(by)).order_by(Case.id))
    return [(kind, aware_at, zone) for kind, aware_at, zone in rows]


def statistics(session: Session, year: int, *, by: Actor) -> YearStatistics:
    """Return the figures of one year of awareness of the cases within scope, drills left out."""
    require(by, Permission.SEE_CASES)
    sent = session.execute(
        select(Case.ref, Case.kind, Case.aware_at, Case.zone, Obligation.discharged_at, Obligation.due_at)
        .join(Case, Obligation.case_id == Case.id)
        .where(Obligation.state == DISCHARGED, Obligation.recipient_type == "authority", Case.is_drill.is_(False),
               scope.visible_to(by))
        .order_by(Case.aware_at, Obligation.id)
    )
    return rules.statistics(year, _breaches(session, by), [
        Filed(ref, kind, aware_at, zone, filed_at, due_at)
        for ref, kind, aware_at, zone, filed_at, due_at in sent if filed_at is not None
    ])


def years(session: Session, now: datetime, *, by: Actor) -> list[int]:
    """Return the years that have breaches within scope, and the current one, the newest first."""
    found = {aware_at.astimezone(ZoneInfo(zone)).year for _, aware_at, zone in _breaches(session, by)}
    return sorted(found | {now.year}, reverse=True)
