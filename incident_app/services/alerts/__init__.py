"""Alerts: raise what is due, page people step by step, take their answers, and show all of it."""

from incident_app.services.alerts.about import end_about, raise_once
from incident_app.services.alerts.answers import acknowledge, acknowledge_all, escalate, send_demo, take
from incident_app.services.alerts.by_mail import MailPage, by_mail
from incident_app.services.alerts.ending import cancel_for_case, cancel_for_obligation
from incident_app.services.alerts.evaluate import Pass, raise_due
from incident_app.services.alerts.ladders import LadderPage, LadderStep
from incident_app.services.alerts.ladders import page as ladder
from incident_app.services.alerts.ladders import pages as every_ladder
from incident_app.services.alerts.ladders import preview as preview_ladder
from incident_app.services.alerts.ladders import reset as reset_ladder
from incident_app.services.alerts.ladders import save as save_ladder
from incident_app.services.alerts.lines import Line, lines
from incident_app.services.alerts.marks import Mark, NextPage, last_answer, marks, next_page
from incident_app.services.alerts.messages import refresh_messages
from incident_app.services.alerts.overview import (
    AlertPage,
    beat,
    deadlines,
    find,
    handings,
    heartbeats,
    open_cases,
    open_count,
    overview,
    recent,
    running,
)
from incident_app.services.alerts.sending import send_due
from incident_app.services.alerts.waking import raise_about

__all__ = [
    "AlertPage",
    "LadderPage",
    "LadderStep",
    "Line",
    "MailPage",
    "Mark",
    "NextPage",
    "Pass",
    "acknowledge",
    "acknowledge_all",
    "beat",
    "by_mail",
    "cancel_for_case",
    "cancel_for_obligation",
    "deadlines",
    "end_about",
    "escalate",
    "every_ladder",
    "find",
    "handings",
    "heartbeats",
    "ladder",
    "last_answer",
    "lines",
    "marks",
    "next_page",
    "open_cases",
    "open_count",
    "overview",
    "preview_ladder",
    "raise_about",
    "raise_due",
    "raise_once",
    "recent",
    "refresh_messages",
    "reset_ladder",
    "running",
    "save_ladder",
    "send_demo",
    "send_due",
    "take",
]
