"""The only list of what runs when."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing the clock starts: which task, how often (seconds), by way of which queue."""

    name: str
    task: str
    every: float
    queue: str


SCHEDULE = (
    Entry("raise and send the alerts that are due", "tasks.alerts.tick", 1, "urgent"),
    Entry("bring the duties in line with the law and what was sent", "tasks.obligations.follow", 30, "urgent"),
    Entry("wake the owners of overdue actions", "tasks.remediation.wake", 60, "urgent"),
    Entry("wake who waits for controllers that stay silent", "tasks.controllers.wake", 300, "urgent"),
    Entry("tell approvers what waits for them", "tasks.approvals.tell", 15, "urgent"),
    Entry("hear what on-call people answer", "tasks.bot.poll", 3, "bot"),
    Entry("send notes to our own people", "tasks.bot.notes", 5, "receipts"),
    Entry("see whether the on-call bot is ours alone, and heard", "tasks.bot.check", 300, "bot"),
    Entry("send what is due", "tasks.deliveries.pump", 2, "bulk"),
    Entry("apply what providers said", "tasks.deliveries.receipts", 2, "receipts"),
    Entry("take up what a dead worker left behind", "tasks.deliveries.sweep", 15, "bulk"),
    Entry("compare the counters of notices with their rows", "tasks.deliveries.check", 6 * 3600, "documents"),
    Entry("remind of messages that people were promised", "tasks.deliveries.promised", 900, "documents"),
    Entry("read the lists of people that were uploaded", "tasks.recipients.read", 2, "documents"),
    Entry("print the filings that were asked for", "tasks.papers.make", 2, "documents"),
    Entry("throw away printed drafts after a day", "tasks.papers.forget", 3600, "documents"),
    Entry("erase contacts whose time has come", "tasks.recipients.clear", 3600, "documents"),
    Entry("forget unsaved texts and sent forms nobody comes back to", "tasks.unsaved.forget", 3600, "documents"),
    Entry("forget chats and notes of no use any more", "tasks.bot.forget", 3600, "documents"),
    Entry("tell owners of API tokens that end soon", "tasks.people.tell", 3600, "documents"),
    Entry("ask the mail provider whom it would drop", "tasks.recipients.check", 5, "documents"),
    Entry("tell the head of the record to somebody outside", "tasks.record.anchor", 300, "documents"),
    Entry("tell the auditors about the week", "tasks.record.weekly", 3600, "documents"),
    Entry("destroy what nobody may keep any longer", "tasks.retention.clear", 3600, "documents"),
    Entry("let the scanner look at files", "tasks.scanning.scan", 15, "documents"),
    Entry("throw away files that never came in whole", "tasks.scanning.clear", 3600, "documents"),
    Entry("sign of life: urgent", "tasks.heartbeats.urgent", 10, "urgent"),
    Entry("sign of life: bot", "tasks.heartbeats.bot", 10, "bot"),
    Entry("sign of life: receipts", "tasks.heartbeats.receipts", 10, "receipts"),
    Entry("sign of life: documents", "tasks.heartbeats.documents", 10, "documents"),
    Entry("look at every sign of life", "tasks.heartbeats.look", 60, "urgent"),
    Entry("sign of life: bulk", "tasks.heartbeats.bulk", 10, "bulk"),
)


def beat_schedule() -> dict[str, dict[str, Any]]:
    """Return the schedule in Celery's words.

    A wake-up nobody took before the next one is thrown away: the rows are the truth, a heap of wake-ups helps nobody.
    """
    return {
        entry.name: {
            "task": entry.task,
            "schedule": timedelta(seconds=entry.every),
            "options": {"queue": entry.queue, "expires": max(entry.every, 5)},
        }
        for entry in SCHEDULE
    }
