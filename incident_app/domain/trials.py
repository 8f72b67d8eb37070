"""Trying an installation out: whom messages may reach then and in a drill, how long a list may be, and how it ends."""

from datetime import datetime, timedelta

from incident_app.domain.alerts import moment

SIMULATE, ON, LIVE = "simulate", "trial", "live"
"""How an installation sends: not at all; to the team alone; to everybody."""
A_DAY = 50  # messages in 24 hours while an installation is tried out
LONGEST_LIST = 50  # people of a list that is taken over while an installation is tried out
NEW_DAYS = 7
NEW_FOR = timedelta(days=NEW_DAYS)
"""So long whoever was made an administrator counts, for ending trial mode, with the one who did that."""
DRILL = "A drill writes only to people who have an account here"
TRIAL = "Trial mode writes only to people who have an account here"
FULL = f"Trial mode writes {A_DAY} messages a day, and no more"
KEPT_IN = frozenset({DRILL, TRIAL, FULL})
"""Reasons of ours, not of a provider: they say nothing about the channel or the text."""

PAGE = "/trial-mode"
TOO_LONG = f"Trial mode takes lists of at most {LONGEST_LIST} people, and this one names more. Nothing was taken over."
HOW_IT_ENDS = f"One administrator asks to end trial mode and a second one agrees, under Health, Trial mode ({PAGE}). Then send the list again."
SUBJECT = "Trial mode"
_STILL_ON = {
    "": "", DRILL: "A drill stays with the team, so trying again reaches none of them.",
    TRIAL: "Trial mode is on, so trying again reaches none of them. Two administrators end it under Health, Trial mode.",
}
_WORDS = {
    SIMULATE: "simulated: nothing leaves this machine",
    ON: f"trial: real messages, only to people who have an account here, at most {A_DAY} a day",
    LIVE: "live: real messages, to everybody a notice is for",
}


def kept_to_team(mode: str, *, drill: bool) -> str:
    """Return why a message may go to nobody but the team, empty where it may go to everybody.

    Simulated channels lead nowhere, so a drill runs whole there.
    """
    if mode == SIMULATE:
        return ""
    return DRILL if drill else TRIAL if mode == ON else ""


def longest_list(mode: str) -> int | None:
    """Return how many people a list may name, ``None`` where there is no limit."""
    return LONGEST_LIST if mode == ON else None


def why_kept(cause: str, mode: str, *, drill: bool) -> str:
    """Return why people who were kept in for this ``cause`` would be kept in again now, and what ends that; else ``""``."""
    return _STILL_ON[kept_to_team(mode, drill=drill)] if cause in {DRILL, TRIAL} else ""


def team_words(within: int | None, total: int, whom: str) -> str:
    """Return who of ``total`` (``whom``: people, controllers) gets a message while only the team does: ``within`` have an
    account, ``None`` where nobody can tell."""
    if within is None:
        return f"Whoever of the {total} {whom} has an account here gets it, nobody else."
    if not within:
        return f"None of the {total} {whom} has an account here: nobody gets it."
    return f"{within} of the {total} {whom} {'has' if within == 1 else 'have'} an account here: only they get it."


def words(mode: str) -> str:
    """Return how an installation sends, in words."""
    return _WORDS[mode]


def ended_words(first: str, second: str, at: datetime, zone: str) -> str:
    """Return who ended trial mode together, and when, as clocks stand in ``zone``."""
    return f"trial mode was ended by {first} and {second} on {moment(at, zone)}"


def asked_note(who: str, link: str) -> str:
    """Return what the other administrators hear when one asks to end trial mode."""
    return (f"{who} asks to end trial mode. From then on notices go out to everybody they are for, not to the team alone. "
            f"A second administrator agrees or refuses, within a day.\n{link}")


def refused_note(who: str, link: str) -> str:
    """Return what who asked hears when somebody refused."""
    return f"{who} refused to end trial mode. It stays on. Why stands there:\n{link}"


def over_note(first: str, second: str, link: str) -> str:
    """Return what administrators and approvers hear when trial mode was ended."""
    return (f"Trial mode is over: {first} asked for it and {second} agreed. From now on notices go out to everybody they are "
            f"for. Any administrator turns trial mode on again at once.\n{link}")


def on_again_note(why: str, link: str) -> str:
    """Return what the same people hear when it was turned on again."""
    return f"Trial mode is on again: {why}. From now on messages go to people who have an account here, and nobody else.\n{link}"
