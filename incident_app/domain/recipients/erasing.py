"""When contacts must be gone."""

from collections.abc import Collection
from datetime import datetime, timedelta

AFTER_THE_END = timedelta(days=90)
AT_MOST = timedelta(days=365)
UNUSED_UPLOAD = timedelta(hours=24)


def erase_at(
    closed_at: datetime | None, uploaded_at: datetime, finished: Collection[datetime | None], *,
    after_the_end: timedelta = AFTER_THE_END, at_most: timedelta = AT_MOST,
) -> datetime | None:
    """Return when the contacts of a case are erased; ``None`` while a notice is still under way to them.

    ``after_the_end`` (by default 90 days) after the case was closed or the last notice finished, whichever is later; at most ``at_most`` (one year) after the
    newest list came. ``finished`` holds the end of each launched notice, ``None`` for one that has not ended.
    GDPR Art. 5(1)(e): no longer than is necessary for the purpose.
    """
    ends = [end for end in finished if end is not None]
    if len(ends) < len(finished):
        return None
    latest = uploaded_at + at_most
    return latest if closed_at is None else min(latest, max([closed_at, *ends]) + after_the_end)
