"""Who works here, how they come in, and what they hand to scripts."""

from incident_app.services.accounts.links import LINK_LIVES, make_sign_in_link, use_sign_in_link
from incident_app.services.accounts.people import (
    add_user,
    check_person,
    check_roles,
    everybody,
    find,
    make_user,
    names,
    set_roles,
)
from incident_app.services.accounts.persons import accounts_of, join, part, persons_of
from incident_app.services.accounts.sessions import end_sessions
from incident_app.services.accounts.tokens import (
    LONGEST_TOKEN_LIFE_DAYS,
    Holder,
    bearer,
    make_token,
    revoke_all,
    revoke_token,
    tokens_of,
)

__all__ = [
    "LINK_LIVES", "LONGEST_TOKEN_LIFE_DAYS", "Holder", "accounts_of", "add_user", "bearer", "check_person", "check_roles",
    "end_sessions", "everybody", "find", "join", "make_sign_in_link", "make_token", "make_user", "names", "part", "persons_of",
    "revoke_all", "revoke_token", "set_roles", "tokens_of", "use_sign_in_link",
]
