"""What runs when: one list, and every entry on it exists."""

from flask import Flask

from incident_app.extensions import celery
from incident_app.tasks import QUEUES, AppTask, bound_app
from incident_app.tasks.schedule import SCHEDULE, beat_schedule


def test_everything_on_the_schedule_is_a_task_that_runs_inside_the_app(app: Flask) -> None:
    celery.finalize()
    assert bound_app() is app
    assert not [entry.task for entry in SCHEDULE if not isinstance(celery.tasks.get(entry.task), AppTask)]


def test_every_entry_goes_to_a_queue_that_has_a_worker() -> None:
    assert {entry.queue for entry in SCHEDULE} == set(QUEUES)


def test_deadlines_and_sending_never_wait_for_each_other() -> None:
    queues = {entry.task: entry.queue for entry in SCHEDULE}
    assert queues["tasks.alerts.tick"] == "urgent"
    assert queues["tasks.deliveries.pump"] == "bulk"


def test_a_mail_server_that_hangs_holds_up_no_answer_of_an_on_call_person() -> None:
    queues = {entry.task: entry.queue for entry in SCHEDULE}
    assert queues["tasks.bot.poll"] == "bot"
    assert queues["tasks.bot.notes"] not in {"bot", "urgent"}


def test_a_wake_up_nobody_took_is_thrown_away_and_carries_nothing() -> None:
    for words in beat_schedule().values():
        assert words["options"]["expires"] >= 5
        assert not {"args", "kwargs"} & set(words)


def test_no_task_is_retried_or_delayed_by_the_queue(app: Flask) -> None:
    assert celery.conf.task_acks_late
    assert celery.conf.task_reject_on_worker_lost
    assert celery.conf.task_ignore_result
    assert celery.conf.worker_prefetch_multiplier == 1
    assert not [name for name, task in celery.tasks.items() if getattr(task, "autoretry_for", None)]
