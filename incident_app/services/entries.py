"""Entries of the record in words, the same ones on the page of the record, in the timeline of a case and on paper.

An entry holds what it is about by kind and number. Whoever reads it reads what that is called: whose duty, which filing
to whom, which notice.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain import record as rules
from incident_app.domain.record import About
from incident_app.models.accounts import ApiToken
from incident_app.models.alerts import Alert
from incident_app.models.audit import Entry
from incident_app.models.filings import Filing
from incident_app.models.notices import Notice
from incident_app.models.obligations import Obligation
from incident_app.models.publishing import PublicNotice
from incident_app.models.recipients import RecipientList
from incident_app.models.remediation import Action
from incident_app.models.reports import Document
from incident_app.models.systems import System
from incident_app.models.teams import Team
from incident_app.models.uploads import Upload
from incident_app.services import accounts, labels
from incident_app.services.citing import cited

REPORTS = {"case": "the case report", "review": "the review", "proof": "the proof of sending", "register": "the register",
           "statistics": "the statistics", "filing": "a filing"}
LADDERS = {"authority": "for duties to authorities", "people": "for duties to people"}


@dataclass(frozen=True, slots=True)
class Said:
    """One entry in words: what was done, and what it was about with what it adds."""

    words: str
    detail: str


def say(session: Session, entries: Sequence[Entry], details: Mapping[int, Mapping[str, Any]], zone: str) -> dict[int, Said]:
    """Return entries in words by their number; ``details`` are theirs, opened, and moments are told in ``zone``."""
    names, called = accounts.names(session), _called(session, entries, details)
    return {one.seq: Said(rules.words_of(one.action), _detail(one, details[one.seq], called, names, zone)) for one in entries}


def _detail(entry: Entry, said: Mapping[str, Any], called: Mapping[tuple[str, str], About], names: Mapping[int, str], zone: str) -> str:
    """Return what an entry is about and adds; it holds accounts by their numbers, and is read by their names of today."""
    whom, rest = rules.whom_of(entry.action, (entry.subject, entry.subject_id), entry.actor_id, said, names)
    about = _joined(called.get(one, rules.NOTHING) for one in _things(entry, said))
    spoken = {"language": labels.language(str(rest["language"]))} if rest.get("language") else {}
    return " · ".join(filter(None, (whom, rules.detail_of({**rest, **spoken}, entry.action, about, zone))))


def _joined(found: Iterable[About]) -> About:
    first, *more = found
    return replace(first, words="; ".join(filter(None, (first.words, *(one.words for one in more)))))


# ---------------------------------------------------------------------------------------------------- what things are called


def _things(entry: Entry, said: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what an entry is about, by kind and number; the older ways of writing it down too."""
    match entry.action:
        case "obligation.owed" | "obligation.excused" if said.get("duties"):
            return [("obligation", str(number)) for number in said["duties"]]
        case "case.system_picked" | "case.system_dropped":
            return [("system", str(said.get("system", "")))]
        case "case.readers_chosen":
            return [("team", str(said.get("team", "")))]
        case "action.changed" | "action.added" | "action.done" if said.get("title"):
            return [("", "")]  # it says its title as it was then
        case _:
            return [(entry.subject, entry.subject_id)]


def _called(
    session: Session, entries: Sequence[Entry], details: Mapping[int, Mapping[str, Any]]
) -> dict[tuple[str, str], About]:
    """Return what the things are called that entries are about: one question for each kind of thing among them."""
    wanted: dict[str, set[str]] = {}
    for entry in entries:
        for kind, name in _things(entry, details[entry.seq]):
            wanted.setdefault(kind, set()).add(name)
    found = {(kind, name): About(words) for kind, words_of in _BY_ID.items() for name in wanted.get(kind, ()) if (words := words_of(name))}
    for kind, ask in _ASKED.items():
        ids = {int(name) for name in wanted.get(kind, ()) if name.isdecimal()}
        found |= {(kind, str(number)): about for number, about in ask(session, ids)} if ids else {}
    return found


def _filings(session: Session, ids: Set[int]) -> Iterable[tuple[int, About]]:
    rows = session.execute(select(Filing.id, Filing.number, Obligation.recipient).join(Obligation, Filing.obligation_id == Obligation.id)
                           .where(Filing.id.in_(ids)))
    return [(row.id, About(f"filing {row.number} to {row.recipient}")) for row in rows]


def _duties(session: Session, ids: Set[int]) -> Iterable[tuple[int, About]]:
    rows = session.execute(
        select(Obligation.id, Obligation.recipient, Obligation.regime, Obligation.provision, Obligation.recipient_type)
        .where(Obligation.id.in_(ids)))
    return [(row.id, About(f"{row.recipient} ({cited(row.regime, row.provision, row.recipient_type)})")) for row in rows]


def _alerts(session: Session, ids: Set[int]) -> Iterable[tuple[int, About]]:
    rows = session.execute(select(Alert.id, Alert.words, Alert.obligation_id).where(Alert.id.in_(ids))).all()
    duties = dict(_duties(session, {row.obligation_id for row in rows if row.obligation_id is not None}))
    return [(row.id, duties[row.obligation_id] if row.obligation_id in duties else About(row.words)) for row in rows]


def _notices(session: Session, ids: Set[int]) -> Iterable[tuple[int, About]]:
    rows = session.execute(select(Notice.id, Notice.number, Notice.kind).where(Notice.id.in_(ids)))
    return [(row.id, About(f"notice {row.number} to {row.kind}", row.kind)) for row in rows]


def _public(session: Session, ids: Set[int]) -> Iterable[tuple[int, About]]:
    rows = session.execute(select(PublicNotice.id, PublicNotice.number).where(PublicNotice.id.in_(ids)))
    return [(row.id, About(f"public notice {row.number}")) for row in rows]


def _lists(session: Session, ids: Set[int]) -> Iterable[tuple[int, About]]:
    rows = session.execute(select(RecipientList.id, RecipientList.number, RecipientList.name, RecipientList.kind)
                           .where(RecipientList.id.in_(ids)))
    return [(row.id, About(f"list {row.number}, {row.name}", row.kind)) for row in rows]


def _actions(session: Session, ids: Set[int]) -> Iterable[tuple[int, About]]:
    return [(one.id, About(one.title)) for one in session.scalars(select(Action).where(Action.id.in_(ids)))]


def _by_name(table: type[ApiToken | Document | System | Team | Upload]) -> Callable[[Session, Set[int]], Iterable[tuple[int, About]]]:
    def ask(session: Session, ids: Set[int]) -> Iterable[tuple[int, About]]:
        return [(row.id, About(row.name)) for row in session.execute(select(table.id, table.name).where(table.id.in_(ids)))]

    return ask


_ASKED: Mapping[str, Callable[[Session, Set[int]], Iterable[tuple[int, About]]]] = {
    "action": _actions, "alert": _alerts, "document": _by_name(Document), "filing": _filings, "list": _lists, "notice": _notices,
    "obligation": _duties, "public_notice": _public, "system": _by_name(System), "team": _by_name(Team), "token": _by_name(ApiToken),
    "upload": _by_name(Upload),
}
_BY_ID: Mapping[str, Callable[[str], str]] = {
    "ladder": lambda name: LADDERS.get(name, name.replace("_", " ")), "report": lambda name: REPORTS.get(name, name),
    "runbook": labels.kind, "way": lambda name: name.replace("_", " "), "week": lambda name: f"week {name}",
}
