"""What a scanner said of a file, and what follows. A scanner that is away blocks nothing: "not scanned" is said in words."""

from datetime import timedelta
from enum import StrEnum

from incident_app.domain.ports import Bad, NotScanned, ScanVerdict

LEASE = timedelta(minutes=30)
"""How long one look at one file may take, before another worker takes it up."""
SOONEST, LATEST = timedelta(minutes=10), timedelta(days=1)
OPENED_BY = "infected"
"""The password of every encrypted zip: the custom of the trade. It keeps a file from being opened or quarantined by accident, no more."""


class ScanState(StrEnum):
    """How far a file is with the scanner."""

    WAITING = "waiting"
    CLEAN = "clean"
    BAD = "bad"
    SKIPPED = "skipped"


def state_after(verdict: ScanVerdict) -> ScanState:
    """Return where a file stands after a look; one that was not scanned waits on, unless asking again is of no use."""
    if isinstance(verdict, NotScanned):
        return ScanState.WAITING if verdict.again else ScanState.SKIPPED
    return ScanState.BAD if isinstance(verdict, Bad) else ScanState.CLEAN


def ask_again_after(age: timedelta) -> timedelta:
    """Return when a scanner that was away is asked again about a file that came in ``age`` ago: ever more rarely."""
    return min(max(SOONEST, age / 2), LATEST)


def words_of(verdict: ScanVerdict) -> str:
    """Return what is kept of a verdict beside its state: the name of what was found, or why nothing was looked for."""
    if isinstance(verdict, NotScanned):
        return verdict.reason[:200]
    return verdict.name[:200] if isinstance(verdict, Bad) else ""


def said(state: str, words: str) -> str:
    """Return in words what is known of a file."""
    if state == ScanState.CLEAN.value:
        return "Scanned: nothing found"
    if state == ScanState.BAD.value:
        return f"Found harmful: {words}"
    return f"Not scanned: {words or 'no scanner has looked at it yet'}"
