"""Who works here, how they come in, and what they hand to scripts."""

from incident_app.services.accounts.links import LINK_LIVES, make_sign_in_link, use_sign_in_link
from incident_app.services.accounts.people import add_user, check_roles, everybody, find, names
from incident_app.services.accounts.sessions import end_sessions
from incident_app.services.accounts.tokens import (
    LONGEST_TOKEN_LIFE_DAYS,
    bearer,
    make_token,
    revoke_token,
    tokens_of,
)

__all__ = [
    "LINK_LIVES", "LONGEST_TOKEN_LIFE_DAYS", "add_user", "bearer", "check_roles", "end_sessions", "everybody", "find", "make_sign_in_link",
    "make_token", "names", "revoke_token", "tokens_of", "use_sign_in_link",
]
