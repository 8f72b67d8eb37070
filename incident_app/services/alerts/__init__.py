"""Alerts: raise what is due, page people step by step, take their answers, and show all of it."""

from incident_app.services.alerts.about import end_about, raise_once
from incident_app.services.alerts.answers import acknowledge, escalate, send_demo, take
from incident_app.services.alerts.evaluate import (
    Pass,
    cancel_for_case,
    cancel_for_obligation,
    raise_about,
    raise_due,
)
from incident_app.services.alerts.marks import Mark, NextPage, last_answer, marks, next_page
from incident_app.services.alerts.overview import (
    AlertPage,
    LadderStep,
    beat,
    deadlines,
    find,
    heartbeats,
    ladder,
    open_cases,
    open_count,
    overview,
    recent,
    running,
)
from incident_app.services.alerts.sending import refresh_messages, send_due

__all__ = [
    "AlertPage",
    "LadderStep",
    "Mark",
    "NextPage",
    "Pass",
    "acknowledge",
    "beat",
    "cancel_for_case",
    "cancel_for_obligation",
    "deadlines",
    "end_about",
    "escalate",
    "find",
    "heartbeats",
    "ladder",
    "last_answer",
    "marks",
    "next_page",
    "open_cases",
    "open_count",
    "overview",
    "raise_about",
    "raise_due",
    "raise_once",
    "recent",
    "refresh_messages",
    "running",
    "send_demo",
    "send_due",
    "take",
]
