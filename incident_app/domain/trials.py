"""Whom messages may reach in a drill and while an installation is tried out: people with an account here, nobody else."""

A_DAY = 50  # messages in 24 hours while an installation is tried out
DRILL = "A drill writes only to people who have an account here"
TRIAL = "Trial mode writes only to people who have an account here"
FULL = f"Trial mode writes {A_DAY} messages a day, and no more"
KEPT_IN = frozenset({DRILL, TRIAL, FULL})
"""Reasons of ours, not of a provider: they say nothing about the channel or the text."""


def kept_to_team(mode: str, *, drill: bool) -> str:
    """Return why a message may go to nobody but the team, empty where it may go to everybody.

    Simulated channels lead nowhere, so a drill runs whole there.
    """
    if mode == "simulate":
        return ""
    return DRILL if drill else TRIAL if mode == "trial" else ""
