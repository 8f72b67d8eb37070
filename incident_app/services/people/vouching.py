"""Who brought whom in lately: until that has stood for a while, they count as one side where two administrators decide.

Whoever may invite could else be both: by an account they made for themselves, or by one that account made.
"""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Role
from incident_app.models.accounts import User
from incident_app.models.audit import Entry

_BROUGHT_IN = ("account.added", "account.parted", "people.enabled", "people.invited", "people.invited_again",
               "people.make_approver.asked")
_CHANGED = ("people.changed", "people.roles_changed")


def side_of(session: Session, person: int, *, since: datetime) -> frozenset[int]:
    """Return the persons who count as one side with this one: whom they brought in or made an administrator since that moment,
    by whom they were, and who hangs on those in the same way. Whoever was made on the server hangs on nobody."""
    pairs = _pairs(session, since)
    side, grown = frozenset[int](), frozenset({person})
    while grown != side:
        side, grown = grown, grown.union(*(pair for pair in pairs if pair & grown))
    return side


def _pairs(session: Session, since: datetime) -> list[frozenset[int]]:
    persons = {user.id: user.actor.person for user in session.scalars(select(User)).unique()}
    question = select(Entry).where(
        Entry.actor_id.in_(list(persons)),  # there is an index by who acted on what
        Entry.action.in_((*_BROUGHT_IN, *_CHANGED)), Entry.at > since, Entry.subject == "user")
    return [frozenset({persons[one.actor_id], persons[int(one.subject_id)]}) for one in session.scalars(question) if _made_admin(one)]


def _made_admin(entry: Entry) -> bool:
    """Tell whether it brought somebody in, or changed an account that was no administrator's into one that is."""
    details = entry.details
    return entry.action in _BROUGHT_IN or Role.ADMIN in set(details["after"]) - set(details["before"])
