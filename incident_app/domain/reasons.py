"""How much a reason has to say that changes what people were told, or that somebody else has to act on.

What has to be quick at night (pausing, stopping) takes a few words, or one.
"""

from incident_app.domain.refusals import Refused
from incident_app.domain.second_person import SHORTEST_REASON


def weighty(reason: str, refusal: str, ask: str) -> str:
    """Return the reason, trimmed. Raises ``Refused`` (``refusal``) where it is too short to say anything: ``ask`` is what is
    to be said, as in “Say why”."""
    words = reason.strip()
    if len(words) < SHORTEST_REASON:
        raise Refused(refusal, {"reason": f"{ask}, in at least {SHORTEST_REASON} characters: it is recorded, and others go by it."})
    return words
