"""A page of the register as a person may see it: a handful of questions, however many breaches there are."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from incident_app.domain import reports as rules
from incident_app.domain.accounts import Actor, Permission, may, require
from incident_app.domain.cases import Count
from incident_app.domain.filings import FilingState
from incident_app.domain.filings.answers import moment_words
from incident_app.domain.notices.counting import by_list
from incident_app.domain.refusals import Refused
from incident_app.domain.register import (
    DEFAULT,
    Column,
    Wanted,
    cells,
    read_place,
    without_addresses,
    write_place,
)
from incident_app.domain.register import wanted as wanted_of
from incident_app.domain.reports import CaseLine, Chip, DutyLine, Filter, Row
from incident_app.models.cases import Case
from incident_app.models.filings import Filing
from incident_app.models.notices import Notice
from incident_app.models.obligations import NOT_LIVING, Obligation
from incident_app.models.risk import Assessment, Decision, counting
from incident_app.services import accounts, scope
from incident_app.services.asking_again import cases_asked_again
from incident_app.services.labels import worded
from incident_app.services.reports.asking import Question
from incident_app.services.writing_down import entries

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Register:
    """One page of the rows under a pill, how many stand under each, and where the next page begins (``more``).

    ``cells`` are the words of the chosen ``columns`` by reference, of those rows that may be read in full.
    """

    rows: tuple[Row, ...]
    counts: dict[str, int]
    filter: Filter
    search: str
    wanted: Wanted
    more: str | None
    columns: tuple[Column, ...]
    cells: Mapping[str, Mapping[Column, str]]

    @property
    def total(self) -> int:
        """How many rows stand under the pill, on all pages."""
        return self.counts[self.filter.value]


def register(
    session: Session, *, by: Actor, now: datetime, filter: str = "all", search: str = "",  # noqa: A002 (the page's word)
    given: Mapping[str, str] | None = None, after: str = "", columns: Sequence[Column] = DEFAULT, size: int = PAGE_SIZE,
) -> Register:
    """Return a page of the breaches within the scope of ``by``, told or not, what is due next first.

    ``given`` are filters by name, ``after`` is where the page before ended. Of the breaches they may not read they see the
    number and the clock, and no search or filter finds one of these. Raises ``Refused`` for what is no filter or page.
    """
    require(by, Permission.SEE_REGISTER)
    wanted, pill = asked(filter, search, given, by=by)
    question = Question(session, wanted, pill, by=by, now=now, in_full=False)
    found = question.places(read_place(after) if after else None, size + 1)
    ids = [one.case_id for one in found[:size]]
    seen = set(session.scalars(select(Case.id).where(Case.id.in_(ids), scope.visible_to(by))))
    lines = _lines(session, ids)
    rows = tuple(rules.row(lines[one], now) if one in seen else _clock_only(rules.row(lines[one], now)) for one in ids)
    read = [one for one in ids if one in seen] if set(columns) - set(DEFAULT) else []
    words = {one.ref: cells(worded(one), now, _short) for one in entries(session, read)}
    more = write_place(found[size - 1]) if len(found) > size else None
    return Register(rows, question.counts(), pill, wanted.q, wanted, more, tuple(columns), words)


def rows_of(session: Session, ids: Sequence[int], now: datetime) -> list[Row]:
    """Return these cases as lines of the register, in this order."""
    lines = _lines(session, ids)
    return [rules.row(lines[one], now) for one in ids]


def asked(pill: str, search: str, given: Mapping[str, str] | None, *, by: Actor) -> tuple[Wanted, Filter]:
    """Read what is asked for. Who may not read cases has the pills only. Raises ``Refused`` for what is no filter."""
    if pill not in set(Filter):
        raise Refused("There is no such filter.", {"filter": f"Choose {', '.join(Filter)}."})
    if not may(by, Permission.SEE_CASES):
        return Wanted(), Filter(pill)
    return wanted_of({**(given or {}), "q": search or (given or {}).get("q", "")}), Filter(pill)


def case_count(session: Session, *, by: Actor, most: int) -> int:
    """Return how many rows the register of ``by`` has, at most ``most``."""
    require(by, Permission.SEE_REGISTER)
    return session.scalar(_counted(by, most)) or 0


@lru_cache(maxsize=scope.KEPT)
def _counted(by: Actor, most: int) -> Select[int]:
    some = select(Case.id).where(scope.clock_visible_to(by)).limit(most).subquery()
    return select(func.count()).select_from(some)


def _short(at: datetime | None, zone: str) -> str:
    return moment_words(at, zone) if at is not None else ""


def _clock_only(row: Row) -> Row:
    return replace(row, title="", people="", people_sub="", severity="", owner="", authority=Chip("waiting", "lock", ""))


def _lines(session: Session, ids: Sequence[int]) -> dict[int, CaseLine]:
    cases = session.scalars(select(Case).where(Case.id.in_(ids)))
    names, duties, levels = accounts.names(session), _duties(session, ids), _levels(session, ids)
    drafts, decided, told = _drafts(session, ids), _decided(session, ids), _told(session, ids)
    again = cases_asked_again(session, Obligation.case_id.in_(ids))
    return {
        case.id: CaseLine(
            ref=case.ref, title=without_addresses(case.title), aware_at=case.aware_at, zone=case.zone, is_drill=case.is_drill,
            closed_at=case.closed_at, people=Count.from_json(case.people_count), people_data=case.people_data,
            level=levels.get(case.id), owner=names.get(case.owner_id or 0, ""), duties=tuple(duties[case.id]),
            filing_state=drafts.get(case.id), people_decision=decided.get(case.id),
            asked_again=case.id in again, told=told[case.id][0] if case.id in told else None, total=told[case.id][1] if case.id in told else None,
        )
        for case in cases
    }


def _duties(session: Session, ids: Sequence[int]) -> dict[int, list[DutyLine]]:
    found: dict[int, list[DutyLine]] = defaultdict(list)
    columns = (
        Obligation.case_id, Obligation.recipient_type, Obligation.stage, Obligation.state, Obligation.anchor_at,
        Obligation.due_at, Obligation.discharged_at, Obligation.late_by_seconds, Obligation.anchor,
    )
    living = select(*columns).where(Obligation.case_id.in_(ids), Obligation.state.not_in(NOT_LIVING))
    for line in session.execute(living.order_by(Obligation.id)):
        plain = line._asdict()
        found[plain.pop("case_id")].append(DutyLine(**plain))
    return found


def _levels(session: Session, ids: Sequence[int]) -> dict[int, str]:
    """The level of the newest assessment by case: later ones come over earlier ones."""
    question = select(Assessment.case_id, Assessment.level).where(Assessment.case_id.in_(ids))
    return dict(session.execute(question.order_by(Assessment.number)).all())


def _drafts(session: Session, ids: Sequence[int]) -> dict[int, str]:
    unsent = select(Filing.case_id, Filing.state).where(
        Filing.case_id.in_(ids), Filing.state != FilingState.SUBMITTED.value)
    return dict(session.execute(unsent.order_by(Filing.number)).all())


def _decided(session: Session, ids: Sequence[int]) -> dict[int, str]:
    rows = session.execute(
        counting().where(Decision.subject == "people", Decision.case_id.in_(ids))
        .with_only_columns(Decision.case_id, Decision.outcome)
    )
    return dict(rows.all())


def _told(session: Session, ids: Sequence[int]) -> dict[int, tuple[int, int]]:
    """Return how many people of how many were told by what was sent, by case; whoever got two notices is one person."""
    rows = session.execute(
        select(Notice.case_id, Notice.list_id, Notice.accepted_count, Notice.list_count)
        .where(Notice.case_id.in_(ids), Notice.launched_at.is_not(None), Notice.kind == "people").order_by(Notice.number)
    )
    found: dict[int, tuple[int, int]] = {}
    for case_id, _, accepted, total in by_list(rows, lambda one: one.list_id, lambda one: one.accepted_count):
        before = found.get(case_id, (0, 0))
        found[case_id] = before[0] + accepted, before[1] + (total or 0)
    return found
