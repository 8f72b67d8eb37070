"""Who may do what: the one permission table (``threats.md`` role matrix). Everything not named here is refused."""

from dataclasses import dataclass
from enum import StrEnum

from incident_app.domain.refusals import Forbidden


class Role(StrEnum):
    """What a person is trusted with."""

    REPORTER = "reporter"
    RESPONDER = "responder"
    APPROVER = "approver"
    ONCALL = "oncall"
    AUDITOR = "auditor"
    ADMIN = "admin"


class Permission(StrEnum):
    """One thing that can be done, or seen."""

    FILE_BREACH = "file_breach"
    SEE_CASES = "see_cases"
    SEE_REGISTER = "see_register"
    EDIT_CASE = "edit_case"
    SET_AWARENESS = "set_awareness"
    ASSESS = "assess"
    DECIDE = "decide"
    UPLOAD_EVIDENCE = "upload_evidence"
    READ_EVIDENCE = "read_evidence"
    UPLOAD_PEOPLE = "upload_people"
    SEE_PEOPLE = "see_people"
    OPEN_CONTACT = "open_contact"
    EXPORT_RECIPIENTS = "export_recipients"
    DRAFT_NOTICE = "draft_notice"
    SEE_NOTICES = "see_notices"
    APPROVE_NOTICE = "approve_notice"
    SEND_NOTICE = "send_notice"
    STOP_SEND = "stop_send"
    RESOLVE_UNCERTAIN = "resolve_uncertain"
    PROPOSE_RESEND = "propose_resend"
    SEE_ALERTS = "see_alerts"
    ACK_ALERT = "ack_alert"
    SEE_FILINGS = "see_filings"
    DRAFT_FILING = "draft_filing"
    APPROVE_FILING = "approve_filing"
    MARK_SUBMITTED = "mark_submitted"
    ASK_APPROVER = "ask_approver"
    CLOSE_CASE = "close_case"
    WRITE_REVIEW = "write_review"
    SIGN_REVIEW = "sign_review"
    READ_AUDIT = "read_audit"
    VERIFY_AUDIT = "verify_audit"
    READ_RECORD = "read_record"
    SEE_RETENTION = "see_retention"
    LOWER_RETENTION = "lower_retention"
    HOLD_CASE = "hold_case"
    ERASE_EARLY = "erase_early"
    SEE_ACTIONS = "see_actions"
    MANAGE_ACTIONS = "manage_actions"
    SEE_ROTA = "see_rota"
    MANAGE_ROTA = "manage_rota"
    SEE_LADDERS = "see_ladders"
    MANAGE_LADDERS = "manage_ladders"
    COVER_SHIFT = "cover_shift"
    MANAGE_ACCOUNTS = "manage_accounts"
    AGREE_APPROVER = "agree_approver"
    MANAGE_SETTINGS = "manage_settings"
    SEE_SYSTEMS = "see_systems"
    MANAGE_SYSTEMS = "manage_systems"
    MANAGE_CLOCKS = "manage_clocks"
    SEE_HEALTH = "see_health"
    TRY_WAYS = "try_ways"
    MAKE_TOKEN = "make_token"  # noqa: S105 (the name of a permission)
    SEE_OUTBOX = "see_outbox"
    SEE_OWN_ACCOUNT = "see_own_account"
    CHOOSE_READERS = "choose_readers"
    MANAGE_TEAMS = "manage_teams"
    SEE_MASKED = "see_masked"
    BREAK_GLASS = "break_glass"
    MAKE_BUNDLE = "make_bundle"


_EVERYBODY = frozenset(Role)
_WORKERS = frozenset({Role.RESPONDER, Role.APPROVER})
_READERS = _WORKERS | {Role.AUDITOR}

PERMISSIONS: dict[Permission, frozenset[Role]] = {
    Permission.FILE_BREACH: _WORKERS | {Role.REPORTER, Role.ONCALL},
    Permission.SEE_REGISTER: _READERS | {Role.REPORTER, Role.ONCALL},
    Permission.SEE_CASES: _READERS,
    Permission.EDIT_CASE: _WORKERS,
    Permission.SET_AWARENESS: _WORKERS,
    Permission.ASSESS: _WORKERS,
    Permission.DECIDE: frozenset({Role.APPROVER}),
    Permission.UPLOAD_EVIDENCE: _WORKERS,
    Permission.READ_EVIDENCE: _READERS,
    Permission.UPLOAD_PEOPLE: _WORKERS,
    Permission.SEE_PEOPLE: _READERS | {Role.ONCALL},
    Permission.OPEN_CONTACT: _WORKERS,
    Permission.EXPORT_RECIPIENTS: frozenset({Role.APPROVER}),
    Permission.DRAFT_NOTICE: _WORKERS,
    Permission.SEE_NOTICES: _READERS,
    Permission.APPROVE_NOTICE: frozenset({Role.APPROVER}),
    Permission.SEND_NOTICE: _WORKERS,
    Permission.STOP_SEND: _WORKERS | {Role.ONCALL},
    Permission.RESOLVE_UNCERTAIN: frozenset({Role.APPROVER}),
    Permission.PROPOSE_RESEND: _WORKERS,
    Permission.SEE_ALERTS: _WORKERS | {Role.ONCALL, Role.AUDITOR},
    Permission.ACK_ALERT: _WORKERS | {Role.ONCALL},
    Permission.SEE_FILINGS: _READERS,
    Permission.DRAFT_FILING: _WORKERS,
    Permission.APPROVE_FILING: frozenset({Role.APPROVER}),
    Permission.MARK_SUBMITTED: frozenset({Role.APPROVER}),
    Permission.ASK_APPROVER: _WORKERS,  # to close a case, to record a filing as submitted
    Permission.CLOSE_CASE: frozenset({Role.APPROVER}),  # and open it again
    Permission.WRITE_REVIEW: _WORKERS,
    Permission.SIGN_REVIEW: _WORKERS,  # two different persons, one of them an approver
    Permission.READ_AUDIT: _READERS,
    Permission.VERIFY_AUDIT: frozenset({Role.APPROVER, Role.AUDITOR, Role.ADMIN}),
    Permission.READ_RECORD: frozenset({Role.APPROVER, Role.AUDITOR, Role.ADMIN}),  # of an admin: the security part
    Permission.SEE_RETENTION: frozenset({Role.APPROVER, Role.AUDITOR, Role.ADMIN}),
    Permission.LOWER_RETENTION: frozenset({Role.ADMIN}),
    Permission.HOLD_CASE: frozenset({Role.APPROVER}),
    Permission.ERASE_EARLY: frozenset({Role.APPROVER}),
    Permission.SEE_ACTIONS: _READERS,
    Permission.MANAGE_ACTIONS: _WORKERS,
    Permission.SEE_ROTA: _WORKERS | {Role.ONCALL, Role.AUDITOR, Role.ADMIN},
    Permission.MANAGE_ROTA: _WORKERS | {Role.ADMIN},
    Permission.SEE_LADDERS: _WORKERS | {Role.ONCALL, Role.AUDITOR, Role.ADMIN},
    Permission.MANAGE_LADDERS: frozenset({Role.APPROVER, Role.ADMIN}),
    Permission.COVER_SHIFT: _WORKERS | {Role.ONCALL, Role.ADMIN},  # of those who do not manage the rota: one's own
    Permission.MANAGE_ACCOUNTS: frozenset({Role.ADMIN}),
    Permission.AGREE_APPROVER: frozenset({Role.APPROVER, Role.ADMIN}),  # as the second person
    Permission.MANAGE_SETTINGS: frozenset({Role.ADMIN}),
    Permission.SEE_SYSTEMS: _READERS | {Role.ADMIN},
    Permission.MANAGE_SYSTEMS: frozenset({Role.APPROVER, Role.ADMIN}),
    Permission.MANAGE_CLOCKS: frozenset({Role.APPROVER, Role.ADMIN}),
    Permission.SEE_HEALTH: _EVERYBODY,
    Permission.TRY_WAYS: _WORKERS | {Role.ONCALL, Role.ADMIN},  # who is woken, and who sets the ways up
    Permission.MAKE_TOKEN: _EVERYBODY,
    Permission.SEE_OUTBOX: _WORKERS | {Role.ADMIN},  # of cases: none; of invitations: one's own, in the demo
    Permission.SEE_OWN_ACCOUNT: _EVERYBODY,
    Permission.CHOOSE_READERS: _WORKERS,  # of those who do not decide: the owner of the case
    Permission.MANAGE_TEAMS: frozenset({Role.ADMIN}),
    Permission.SEE_MASKED: _WORKERS,  # others see how many there are
    Permission.MAKE_BUNDLE: frozenset({Role.APPROVER, Role.AUDITOR}),  # it holds a part of the record
    Permission.BREAK_GLASS: frozenset({Role.APPROVER}),  # with a second approver, for an hour, told to all
}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: an account of a person of the organisation, or the app itself (id 0).

    ``person_id`` is shared by the accounts of one person; ``teams`` are the teams whose cases are within scope.
    ``only`` narrows what the roles allow, for who acts by a token; ``None``: nothing is taken away. ``session`` is the
    hash of the session or token it is done with. ``opened`` are restricted cases broken open to them for reading.
    """

    id: int
    name: str
    roles: frozenset[Role]
    person_id: int | None = None
    teams: frozenset[int] = frozenset()
    only: frozenset[Permission] | None = None
    session: str | None = None
    opened: frozenset[int] = frozenset()

    @property
    def person(self) -> int:
        """Return who it really is, whichever account: four eyes compare persons."""
        return self.person_id if self.person_id is not None else self.id


SYSTEM = Actor(0, "incident-app", frozenset())


def may(actor: Actor, permission: Permission) -> bool:
    """Tell whether any role of ``actor`` carries ``permission``, and no token takes it away."""
    return not PERMISSIONS[permission].isdisjoint(actor.roles) and (actor.only is None or permission in actor.only)


def rights(actor: Actor) -> frozenset[Permission]:
    """Return everything ``actor`` may."""
    return frozenset(permission for permission in Permission if may(actor, permission))


def require(actor: Actor, permission: Permission) -> None:
    """Raise :class:`Forbidden` unless ``actor`` may; the words name what is missing and who has it."""
    if may(actor, permission):
        return
    who = ", ".join(sorted(role.value for role in PERMISSIONS[permission])).replace("oncall", "on-call")
    what = permission.value.replace("_", " ")
    if not PERMISSIONS[permission].isdisjoint(actor.roles):
        raise Forbidden(f"This token may not do this ({what}). Its owner may: make a token that may, too.")
    raise Forbidden(f"You may not do this ({what}). It takes one of these roles: {who}. Ask somebody who holds one.")
