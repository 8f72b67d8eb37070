"""Who works here: which roles exclude each other, whose mailbox it is, what is said of an account, what a token may."""

from collections.abc import Collection
from datetime import timedelta
from enum import StrEnum

from incident_app.domain.accounts import Permission, Role
from incident_app.domain.cases import zone_of
from incident_app.domain.recipients import clean_email
from incident_app.domain.refusals import Refused

INVITATION_LIVES = timedelta(days=3)
EXPIRES_SOON = timedelta(days=14)
USE_NOTED_EVERY = timedelta(minutes=1)
LONGEST_NAME = 200
LONGEST_TOKEN_NAME = 100

TAKES_PROOF = frozenset({
    Permission.DECIDE, Permission.APPROVE_NOTICE, Permission.SEND_NOTICE, Permission.RESOLVE_UNCERTAIN,
    Permission.APPROVE_FILING, Permission.MARK_SUBMITTED, Permission.EXPORT_RECIPIENTS, Permission.MANAGE_ACCOUNTS,
    Permission.AGREE_APPROVER, Permission.MANAGE_SETTINGS,
})
"""What takes a fresh proof of who one is in the browser: a token has it only where its owner ticked so."""

READS = frozenset(
    permission for permission in Permission if permission.value.startswith(("see_", "read_", "verify_"))
)
"""What changes nothing."""


class PersonState(StrEnum):
    """Where an account stands. ``waiting``: a second person has to agree before an invitation goes out."""

    ACTIVE = "active"
    INVITED = "invited"
    LAPSED = "lapsed"
    WAITING = "waiting"
    DISABLED = "disabled"


def roles_problem(roles: Collection[Role]) -> str | None:
    """Return in words why one person cannot hold these roles together, or ``None``."""
    if not roles:
        return "Choose at least one role."
    if {Role.ADMIN, Role.APPROVER} <= set(roles):
        return "Admin and approver exclude each other: one person cannot be admin and approver."
    if Role.AUDITOR in roles and len(set(roles)) > 1:
        return "Auditor goes alone: who checks the others holds no other role."
    return None


def roles_of(names: Collection[str]) -> set[Role]:
    """Return roles by their names. Raises ``Refused`` for one there is not."""
    try:
        return {Role(name) for name in names}
    except ValueError:
        known = ", ".join(role.value for role in Role)
        raise Refused("There is no such role.", {"roles": f"Choose among {known}."}) from None


def account_problems(name: str, zone: str, roles: Collection[Role]) -> dict[str, str]:
    """Return what is wrong with what is said of an account, by field; empty where nothing is."""
    problems = {}
    if not name.strip() or len(name.strip()) > LONGEST_NAME or not name.strip().isprintable():
        problems["name"] = f"Give the name colleagues know: 1 to {LONGEST_NAME} signs on one line."
    try:
        zone_of(zone)
    except Refused as refused:
        problems |= refused.problems
    wrong = roles_problem(roles)
    return problems | ({"roles": wrong} if wrong else {})


def address_of(email: str) -> str:
    """Return an address as accounts have it, in lower case. Raises ``Refused`` for what is none."""
    try:
        address = clean_email(email)
    except ValueError as error:
        raise Refused("That is not an email address.", {"email": f"The address {error}."}) from None
    if not address:
        raise Refused("That is not an email address.", {"email": "Give an address such as name@example.org."})
    return address.lower()


def scopes_problem(scopes: Collection[Permission], rights: Collection[Permission]) -> str | None:
    """Return why a token cannot be given these permissions by somebody with these rights, or ``None``."""
    if not scopes:
        return "Choose at least one thing the token may do."
    more = sorted(scope.value.replace("_", " ") for scope in set(scopes) - set(rights))
    return f"A token may never do more than its owner. You may not: {', '.join(more)}." if more else None


def narrowed(scopes: Collection[str] | None) -> frozenset[Permission] | None:
    """Return what a token's list of names allows; ``None``: nothing is taken away. Names there are no more allow nothing."""
    if scopes is None:
        return None
    kept = {*scopes, Permission.SEE_OWN_ACCOUNT.value}  # whom it belongs to, and what it may, each can ask
    return frozenset(permission for permission in Permission if permission.value in kept)


def invitation_words(name: str, organisation: str, link: str) -> str:
    """Return the email that invites somebody."""
    return (
        f"Hello {name},\n\n{organisation} keeps its record of personal data breaches in incident-app, and there is an "
        f"account for you. This link lets you in, once, within three days:\n\n{link}\n\nYou did not expect this? Leave it "
        "alone, and tell whoever runs incident-app."
    )


def expiring_words(token: str, day: str) -> str:
    """Return the note that a token ends soon."""
    return (f"Your API token “{token}” stops working on {day}. If a script still needs it, make a new one under your name "
            "in incident-app, and revoke the old one.")
