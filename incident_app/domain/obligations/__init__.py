"""Regimes + facts → who must be told, by when, and why; and why somebody need not be."""

from incident_app.domain.obligations.duty import Duty, NotOwed
from incident_app.domain.obligations.judging import Judged, arising, duties_of, judge

__all__ = ["Duty", "Judged", "NotOwed", "arising", "duties_of", "judge"]
