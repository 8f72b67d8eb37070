"""What the entries of the record mean, in words; which of them are about security and not about a case."""

from collections.abc import Mapping
from typing import Any

from incident_app.domain.numbers import grouped

WORDS: dict[str, str] = {
    "account.added": "An account was made",
    "account.link_made": "A one-time sign-in link was made",
    "account.parted": "An account was found to be a person of its own",
    "account.proved": "Somebody proved afresh who they are",
    "account.same_person": "Two accounts were found to be one person's",
    "account.signed_in": "Signed in",
    "account.signed_out": "Signed out",
    "action.added": "A thing to do was added",
    "action.changed": "A thing to do was changed",
    "action.check_refused": "A thing to do was sent back by who checked it, and is open again",
    "action.checked": "A thing to do was checked by a second person",
    "action.done": "A thing to do was done",
    "action.freed": "A thing to do waits for nothing any more",
    "action.loaded": "A checklist was loaded into the case",
    "action.not_needed": "A thing to do was found not to be needed",
    "action.redated": "Things to do are due at another time, as the moment they count from was changed",
    "action.reviewed": "Somebody looked whether what was done works",
    "alert.ack_expired": "An acknowledgement ran out; people are woken again",
    "alert.ack_extended": "An acknowledgement was extended",
    "alert.acknowledged": "An alert was acknowledged",
    "alert.ended": "An alert ended",
    "alert.escalated": "An alert was handed up to the next person",
    "alert.raised": "An alert was raised",
    "alert.taken": "An alert was taken over",
    "approval.told": "An approver was told that something waits for them",
    "case.awareness_changed": "The moment of awareness was moved",
    "case.closed": "The case was closed",
    "case.edited": "Facts of the case were changed",
    "case.filed": "A breach was logged",
    "case.glass_broken": "A restricted case was opened to somebody for one hour, for reading",
    "case.moment_recorded": "A moment of the case was recorded",
    "case.noted": "A note was added",
    "case.reopened": "The case was opened again",
    "case.readers_chosen": "Who sees the case was changed",
    "case.system_dropped": "A system was taken away from the case",
    "case.system_picked": "A system was picked for the case, which filled in what nobody had typed",
    "case.texts_erased": "What was written in the case was destroyed, as its time had come",
    "clock.added": "A clock of the house was added",
    "clock.ended": "A clock of the house was ended",
    "controllers.acknowledged": "A controller said that a notice arrived",
    "controllers.exported": "The receipts of controllers were exported, without addresses",
    "controllers.imported": "A list of controllers was taken over",
    "database.restored": "The database was put back from a backup; what was being sent is paused",
    "deliveries.digest": "The outcomes of up to 10 000 messages were bound to the record",
    "deliveries.exported": "The outcomes of a notice were exported, without contacts",
    "deliveries.tried_again": "Messages that had failed are tried again",
    "deliveries.uncertain_decided": "It was decided what happens with uncertain messages",
    "digest.written": "The auditors were told about the week",
    "document.added": "A file was put in",
    "document.read": "A file was opened",
    "document.verified": "A file was compared with its hash",
    "document.scanned": "The scanner looked at a file",
    "document.discarded": "A file that had not come in whole was thrown away",
    "documents.erased": "The files people had put into the case were destroyed, as their time had come",
    "filing.approval_asked": "Approval of a filing was asked for",
    "filing.approved": "A filing was approved",
    "filing.drafted": "A filing was drafted",
    "filing.edited": "A filing was edited",
    "filing.not_printed": "A filing could not be printed",
    "filing.sent_back": "A filing was sent back",
    "filing.submitted": "A filing was marked as submitted",
    "filing.taken_from_case": "Answers of a filing were taken from the case",
    "health.tried": "A channel to staff was tried",
    "hold.lifted": "A legal hold was lifted",
    "hold.set": "A legal hold was set",
    "keys.renewal_begun": "Sealing a case anew under fresh keys began",
    "keys.renewed": "A case was sealed anew under fresh keys",
    "keys.rewrapped": "Keys of cases were wrapped by another outer key",
    "ladder.changed": "A ladder of alerts was changed",
    "lessons.written": "Cause and lessons of the case were written down",
    "linking.channel_tested": "A channel to oneself was tested",
    "linking.chat_claimed": "A Telegram chat asked to be linked",
    "linking.chat_refused": "A Telegram chat was refused",
    "linking.code_made": "A code to link Telegram was made",
    "linking.telegram_linked": "Telegram was linked",
    "linking.telegram_unlinked": "Telegram was unlinked",
    "notice.approval_asked": "Approval of a notice was asked for",
    "notice.approved": "A notice was approved",
    "notice.cancelled": "A notice was stopped for good",
    "notice.counters_repaired": "The counters of a notice were put right",
    "notice.drafted": "A notice was drafted",
    "notice.edited": "A notice was edited",
    "notice.finished": "A notice is finished: everybody has an outcome",
    "notice.held": "A notice was held by the app",
    "notice.launched": "A notice was started",
    "notice.paused": "A notice was paused",
    "notice.proved": "The outcomes of a whole notice were bound to the record as proof",
    "notice.reopened": "A notice goes on after its end",
    "notice.resumed": "A notice was resumed",
    "notice.sent_back": "A notice was sent back",
    "notice.text_upheld": "The text of a notice that had been withdrawn was called right after all",
    "notice.text_withdrawn": "The text of a notice was withdrawn: people are told not to act on it, and nobody is sent it any more",
    "notice.waiver_withdrawn": "A waiver of the check of a text was taken back, with a reason",
    "notice.waived": "A finding of the check of a text was called right as it is, with a reason",
    "notice.tested": "Somebody sent a test of a notice to themselves",
    "obligation.arisen": "Duties to tell somebody arose",
    "obligation.discharged": "A duty was discharged",
    "obligation.excused": "A duty was found not to be owed",
    "obligation.owed": "A duty was found to be owed",
    "obligation.reopened": "A duty that was done is owed again",
    "obligation.stays_done": "A duty was found to stay done though its public notice was taken away",
    "obligation.still_owed": "A duty to tell somebody stays open after a notice",
    "oidc.connected": "A sign-in at the organisation's provider was connected to an account",
    "oidc.disconnected": "A sign-in at the organisation's provider was disconnected from an account",
    "organisation.changed": "The details of the organisation were changed",
    "organisation.sectors_set": "What the organisation is was answered",
    "organisation.system_added": "A system was entered into the organisation's profile",
    "organisation.system_changed": "A system of the organisation's profile was changed",
    "organisation.system_retired": "A system of the organisation's profile is offered no more",
    "organisation.system_used_again": "A system of the organisation's profile is offered again",
    "organisation.set_up": "The organisation was set up",
    "password.set": "A password was set",
    "people.accepted": "An invitation was accepted",
    "people.changed": "An account was changed",
    "people.disabled": "An account was disabled",
    "people.enabled": "An account was enabled",
    "people.invited": "Somebody was invited",
    "people.invited_again": "Somebody was invited again",
    "people.roles_changed": "The roles of an account were changed",
    "post.asked": "A file of letters was asked for",
    "post.broken": "Taking a file of letters broke off",
    "post.confirmed": "A file of letters was confirmed by a second person",
    "post.corrected": "Letters said to be handed over were not posted after all",
    "post.dropped": "Printed letters were not posted, and thrown away",
    "post.fetched": "Printed letters were taken, with addresses",
    "post.given": "A file of letters was given out, with addresses",
    "post.handed": "Printed letters were handed over to the post",
    "post.printed": "Letters were printed",
    "post.refused": "A file of letters was sent back",
    "post.taken": "A file of letters began to be taken",
    "post.unprinted": "Letters could not be printed",
    "public.approval_asked": "Approval of a public notice was asked for",
    "public.approved": "A public notice was approved: everybody can read it on its days",
    "public.drafted": "A public notice was drafted",
    "public.edited": "A public notice was edited",
    "public.sent_back": "A public notice was sent back",
    "public.withdrawn": "A public notice was withdrawn",
    "recipients.asked": "It was asked whether an address had been written to",
    "recipients.check_asked": "A comparison with the provider's block list was asked for",
    "recipients.checked": "A list was compared with the provider's block list",
    "recipients.crowd_accepted": "It was said why many addresses of a list end in one mailbox",
    "recipients.deleted": "A list of people was deleted",
    "recipients.discarded": "An upload of people was thrown away",
    "recipients.erased": "The contacts of the case were erased",
    "recipients.imported": "A list of people was taken over",
    "recipients.listed": "A list of people was looked through, masked",
    "recipients.opened": "The contact of one person was opened",
    "recipients.refused": "A file with people was refused",
    "recipients.uploaded": "A file with people was uploaded",
    "record.exported": "The record was exported",
    "recovery_code.made": "Recovery codes were made",
    "recovery_code.used": "A recovery code was used",
    "register.exported": "The register was exported",
    "register.view_changed": "A view of the register was changed",
    "register.view_removed": "A view of the register was removed",
    "register.view_saved": "A view of the register was saved",
    "bundle.made": "An evidence bundle was made",
    "report.printed": "A report was printed",
    "reset.asked": "A new password was asked for",
    "reset.sent": "A link for a new password was sent",
    "retention.lowered": "A period of retention was shortened",
    "risk.assessed": "The severity was scored",
    "review.signed": "The review was signed",
    "review.written": "Words were added to the review",
    "risk.confirmed": "A decision not to tell was confirmed by a second person",
    "risk.decided": "It was decided who is told",
    "risk.sent_back": "A decision not to tell was sent back",
    "rota.calendar_link_made": "A calendar link was made",
    "rota.calendar_link_revoked": "A calendar link was revoked",
    "rota.handed_over": "A shift was handed over",
    "rota.rotation_saved": "A rotation was saved",
    "rota.shift_added": "A shift was added",
    "rota.shift_changed": "A shift was changed",
    "rota.shift_covered": "A shift was covered by somebody else",
    "rota.shift_removed": "A shift was removed",
    "sessions.ended": "Sessions were ended",
    "signin.failed": "A sign-in failed",
    "signin.locked": "Signing in was locked for a while",
    "team.changed": "A team was changed",
    "team.made": "A team was made",
    "token.made": "An API token was made",
    "token.revoked": "An API token was revoked",
}
"""One sentence for each action; a house test finds every action in the code."""

PROPOSED: dict[str, str] = {
    "case.break_glass": "reading a restricted case for one hour",
    "case.closing": "closing a case",
    "case.closing_over": "closing a case although something is open",
    "deliveries.resend": "sending uncertain messages once more",
    "filing.submission": "recording that an authority got a filing",
    "hold.lift": "lifting a legal hold",
    "people.make_approver": "making somebody an approver",
    "people.part": "counting an account as a person of its own again",
    "recipients.erase_early": "erasing contacts before their time",
}
"""What takes two people; each has five actions: asked, agreed, refused, withdrawn, voided."""

_STEPS = {
    "asked": "A second person was asked for: {}", "agreed": "A second person agreed: {}",
    "refused": "A second person refused: {}", "withdrawn": "The request was withdrawn: {}",
    "voided": "The request fell, for what it was about had changed: {}",
}

SECURITY = frozenset({
    "account", "clock", "database", "digest", "health", "key", "keys", "ladder", "limit", "linking", "mfa",
    "oidc", "organisation", "passkey", "password", "people", "record", "recovery_code", "reset", "retention", "role",
    "rota", "security", "session", "sessions", "settings", "signin", "team", "token", "vault", "webhook",
})
"""The doors an administrator may read about: sign-ins, accounts, keys, settings. Nothing of what is in a case."""


def door_of(action: str) -> str:
    """Return what an action is about."""
    return action.partition(".")[0]


def is_known(action: str) -> bool:
    """Whether there are words for it."""
    kind, _, step = action.rpartition(".")
    return action in WORDS or (kind in PROPOSED and step in _STEPS)


def words_of(action: str) -> str:
    """Return what happened, in words; an action of an older version without words says its own name."""
    kind, _, step = action.rpartition(".")
    if action in WORDS:
        return WORDS[action]
    if step in _STEPS and kind in PROPOSED:
        return _STEPS[step].format(PROPOSED[kind])
    return action.replace(".", ": ").replace("_", " ").capitalize()


_SAID = (("organisation", "{}"), ("reason", "{}"), ("words", "{}"), ("name", "{}"), ("title", "{}"), ("files", "{} files"), ("people", "{} people"),
         ("rows", "{} rows"), ("lists", "{} lists"), ("digest", "digest {:.16}…"), ("sha256", "SHA-256 {:.16}…"), ("seal", "seal {:.16}…"),
         ("hash", "{:.16}…"), ("before", "before {}"), ("was", "before: {}"), ("title_before", "it was called “{}”"),
         ("proof_before", "proof asked before: {}"), ("after", "after {}"), ("person", "{}"), ("level", "level {}"),
         ("se", "SE {}"), ("channel", "{}"), ("roles", "{}"), ("from", "from {}"), ("to", "to {}"))


def detail_of(details: Mapping[str, Any], action: str = "") -> str:
    """Return what an entry adds: its reason, counts and hashes, in one line."""
    if action == "people.changed":
        return _account_changes(details)
    if action == "alert.raised" and details.get("threshold"):
        return _threshold(details)
    of_list = {"people": "{} on its list"} if door_of(action) == "notice" else {}  # of people or of controllers
    return " · ".join(of_list.get(name, form).format(_plain(details[name])) for name, form in _SAID
                      if details.get(name) and (name == "was" or not isinstance(details[name], dict)))


def _threshold(details: Mapping[str, Any]) -> str:
    """Return the name of a threshold, the time left being another by now, and those that went by without a warning."""
    over = [f"“{name}”" for name in details.get("passed_over") or []]
    return f"threshold {details.get('words') or details['threshold']}" + (f" · passed over: {', '.join(over)}" if over else "")


def _account_changes(details: Mapping[str, Any]) -> str:
    """Return what is other than before, and nothing of what is not: “name, before: Ola Oncall · roles: oncall → responder”."""
    was, before, after = details.get("was") or {}, details.get("before") or [], details.get("after") or []
    found = [f"{_FIELDS.get(name, name)}{f', before: {was[name]}' if name in was else ''}" for name in details.get("fields") or []]
    if before != after:
        found.append(f"roles: {_plain(before) or 'none'} → {_plain(after) or 'none'}")
    if details.get("asked"):
        found.append("to be an approver waits for a second person")
    return " · ".join(found) or "nothing was other than before"


_FIELDS = {"zone": "time zone"}
_ACCOUNTS = {"people": "{}", "user": "{}", "with": "with {}", "from": "from {}"}
_OF_ACCOUNTS = frozenset({"account", "rota"})
"""The doors whose entries name accounts by their number in their details too."""


def whom_of(
    action: str, about: tuple[str, str], by: int, details: Mapping[str, Any], names: Mapping[int, str]
) -> tuple[str, dict[str, Any]]:
    """Return whose accounts an entry is about, as pages show them, and the details that are left to say.

    ``about``: the kind and the number of what was acted on; ``by``: the account that acted, which stands beside it anyway.
    """
    found, rest = list[str](), dict(details)
    if about[0] == "user" and about[1].isdecimal() and int(about[1]) != by:
        found.append(_name(int(about[1]), names))
    if door_of(action) in _OF_ACCOUNTS:
        rest.pop("person", None)  # which of two accounts their person is counted by
        for key, form in _ACCOUNTS.items():
            given = rest.get(key)
            ids: list[Any] = given if isinstance(given, list) else [given]
            if ids and all(isinstance(one, int) for one in ids):
                found.append(form.format(", ".join(_name(one, names) for one in ids)))
                del rest[key]
    return " · ".join(found), rest


def _name(number: int, names: Mapping[int, str]) -> str:
    return names.get(number, f"account {number}")


def was_words(was: Mapping[str, Any]) -> str:
    """Return what stood there before: “kind remedy, mandatory yes”."""
    plain = {True: "yes", False: "no", None: "not known"}
    return ", ".join(f"{name.replace('_', ' ')} {_plain(plain.get(value, value) if not isinstance(value, list) else value)}"
                     for name, value in was.items())


def _plain(value: object) -> str:
    if isinstance(value, dict):
        return was_words(value)
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    return f"{grouped(value)}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
