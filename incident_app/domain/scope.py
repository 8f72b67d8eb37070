"""Which cases somebody sees: in full, as number and clock only, or not at all (``threats.md`` role matrix, T-19 to T-29)."""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import timedelta

from incident_app.domain.accounts import Actor, Permission, Role, may

REPORTS_PER_HOUR = 20
REPORTS_WITHIN = timedelta(hours=1)
LONGEST_TEAM_NAME = 100


@dataclass(frozen=True, slots=True)
class Sight:
    """What somebody may see before anything about one case is known.

    ``works``: cases within scope, in full. ``reports``: what one filed, in full until somebody works on it. ``watches``:
    numbers and clocks, and in full what one acknowledged or owns. ``answers``: number and clock of what one is woken about, and
    in full while one owns it after taking it.
    ``teams`` limits all of these but the last; ``None``: every team's.
    """

    works: bool
    reports: bool
    watches: bool
    answers: bool
    worked_teams: frozenset[int] | None
    watched_teams: frozenset[int] | None


def sight_of(by: Actor) -> Sight:
    """Return what ``by`` may see. Auditors and who is on call see every team's, unless they are in teams themselves."""
    everywhere, works = by.teams or None, may(by, Permission.SEE_CASES)
    return Sight(
        works=works, reports=not works and may(by, Permission.FILE_BREACH), watches=Role.ONCALL in by.roles,
        answers=may(by, Permission.ACK_ALERT), worked_teams=everywhere if Role.AUDITOR in by.roles else by.teams,
        watched_teams=everywhere,
    )


def may_choose_readers(by: Actor, owner_id: int | None) -> bool:
    """Tell whether ``by`` decides who sees a case: an approver, or its owner."""
    return may(by, Permission.CHOOSE_READERS) and (may(by, Permission.DECIDE) or owner_id == by.id)


def check_readers(readers: Mapping[int, Actor], asked: Set[int]) -> dict[str, str]:
    """Return what is wrong with a list of readers, by field. ``readers`` are those of ``asked`` who work here."""
    if set(readers) != asked or not all(may(one, Permission.SEE_CASES) for one in readers.values()):
        return {"readers": "Choose people who work here and may read cases."}
    if not any(may(one, Permission.DECIDE) for one in readers.values()):
        return {"readers": "List an approver: without one nobody could decide, or list anybody else."}
    return {}


def check_team_name(name: str, others: Set[str]) -> dict[str, str]:
    """Return what is wrong with the name of a team; ``others`` are the names of the other teams."""
    if not name:
        return {"name": "Give the team a name."}
    if len(name) > LONGEST_TEAM_NAME:
        return {"name": f"At most {LONGEST_TEAM_NAME} characters."}
    if name.casefold() in {one.casefold() for one in others}:
        return {"name": "There is a team of this name already."}
    return {}
