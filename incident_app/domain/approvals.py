"""What one person asked and an approver answers: what it is called, where it is answered, and when somebody is told."""

from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from incident_app.domain.accounts import Permission
from incident_app.domain.alerts import headline, is_critical, known_zone, moment, text

WAKES, SLEEPS = 7, 22
"""From this hour to that, where somebody is, they are told at once."""
HIDDEN = "something"


class What(StrEnum):
    """What waits. Those with a dot are the kinds of requests to a second person."""

    NOTICE = "notice"
    PUBLIC = "public_notice"
    FILING = "filing"
    LETTERS = "letters"
    UNTOLD_AUTHORITY = "decision_authority"
    UNTOLD_PEOPLE = "decision_people"
    SUBMISSION = "filing.submission"
    CLOSING = "case.closing"
    CLOSING_OVER = "case.closing_over"
    RESEND = "deliveries.resend"
    ERASE = "recipients.erase_early"
    LIFT = "hold.lift"


REQUESTS = tuple(one for one in What if "." in one)
AFTER_CLOSING = (What.ERASE, What.LIFT)
"""What is asked of a closed case too."""
NEEDS = {
    What.NOTICE: Permission.APPROVE_NOTICE, What.PUBLIC: Permission.APPROVE_NOTICE, What.FILING: Permission.APPROVE_FILING,
    What.LETTERS: Permission.EXPORT_RECIPIENTS, What.UNTOLD_AUTHORITY: Permission.DECIDE, What.UNTOLD_PEOPLE: Permission.DECIDE,
    What.SUBMISSION: Permission.MARK_SUBMITTED, What.CLOSING: Permission.CLOSE_CASE, What.CLOSING_OVER: Permission.CLOSE_CASE,
    What.RESEND: Permission.RESOLVE_UNCERTAIN, What.ERASE: Permission.ERASE_EARLY, What.LIFT: Permission.HOLD_CASE,
}
_THINGS = {
    What.NOTICE: "notice {}", What.PUBLIC: "public notice {}", What.FILING: "filing {}", What.LETTERS: "the file of letters of notice {}",
    What.UNTOLD_AUTHORITY: "the decision not to tell the authority", What.UNTOLD_PEOPLE: "the decision not to tell the people",
    What.SUBMISSION: "the receipt of filing {}", What.CLOSING: "closing the case",
    What.CLOSING_OVER: "closing the case over what is open", What.RESEND: "sending notice {} once more",
    What.ERASE: "erasing the contacts early", What.LIFT: "lifting the hold",
}
_PLACES = {
    What.NOTICE: "notices/{}/approval", What.PUBLIC: "public-notices/{}", What.FILING: "filings/{}",
    What.LETTERS: "notices/{}/delivery", What.UNTOLD_AUTHORITY: "assess#decide-authority",
    What.UNTOLD_PEOPLE: "assess#decide-people", What.SUBMISSION: "filings/{}", What.CLOSING: "close", What.CLOSING_OVER: "close",
    What.RESEND: "notices/{}/delivery", What.ERASE: "retention", What.LIFT: "retention",
}


def thing(what: What, number: int) -> str:
    """Return what waits, in words."""
    return _THINGS[what].format(number)


def path(what: What, ref: str, number: int) -> str:
    """Return where it is answered."""
    return f"/cases/{ref}/{_PLACES[what].format(number)}"


def waits_words(words: str, *, yours: bool = True) -> str:
    """Return that something waits for whoever reads it, or for an approver."""
    return f"{words} waits for {'your approval' if yours else 'an approver'}"


def is_quiet(zone: str, due_at: datetime | None, now: datetime) -> bool:
    """Tell whether somebody is left to sleep: it is night where they are, and the next deadline is not critical."""
    return not WAKES <= now.astimezone(ZoneInfo(known_zone(zone))).hour < SLEEPS and not is_critical(due_at, now)


def head(ref: str, words: str, *, drill: bool) -> str:
    """Return the first line of the message."""
    return headline(ref, "", waits_words(words), drill=drill)


def message(first: str, who: str, asked_at: datetime, due_at: datetime | None, zone: str, link: str) -> str:
    """Return the whole message; ``who`` asked, or nobody is named."""
    here = known_zone(zone)
    asked = f"{who} asked for it {moment(asked_at, here)}." if who else f"Asked for {moment(asked_at, here)}."
    due = f"The next deadline of the case: {moment(due_at, here)}." if due_at is not None else ""
    return text(first, [asked, due], link)
