"""The review of a case: it writes itself from the record, people add judgement, two sign it."""

from incident_app.services.review.gathering import facts
from incident_app.services.review.signing import Look, look, save, settle, sign, standing_of, why_not

__all__ = ["Look", "facts", "look", "save", "settle", "sign", "standing_of", "why_not"]
