"""Work the clock starts. Read the time, call a service. ``schedule.py`` is the only list of what runs when."""

import pkgutil
from importlib import import_module
from typing import TYPE_CHECKING, Any

from celery import Celery, Task
from celery.signals import worker_process_init
from flask import Flask

from incident_app.extensions import celery as bare
from incident_app.extensions import db

if TYPE_CHECKING:
    from incident_app.settings import Settings

EMBEDDED_BROKER = "memory://localhost/"
QUEUES = ("urgent", "bot", "bulk", "receipts", "documents")
VISIBILITY_SECONDS = 300

_bound: dict[str, Flask] = {}


class AppTask(Task):  # type: ignore[type-arg]  # generic only in the stubs
    """A task that runs inside the app it was bound to, with a database session of its own."""

    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run in an app context; its end gives the session back."""
        with bound_app().app_context():
            return self.run(*args, **kwargs)


# Before any task module is read: tasks take their base from here.
bare.task_cls = AppTask  # type: ignore[assignment]  # the stubs know only its name as a string


def bound_app() -> Flask:
    """Return the app the tasks run in. Raises ``RuntimeError`` before :func:`configure_celery`."""
    if "app" not in _bound:
        raise RuntimeError("no app is bound to the tasks: call configure_celery first")
    return _bound["app"]


def configure_celery(app: Flask, celery: Celery, settings: "Settings") -> None:
    """Bind the queue to the app. A message is only a wake-up: it carries nothing, and may be lost or come twice."""
    from incident_app.tasks import schedule

    _bound["app"] = app
    for module in pkgutil.iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")
    celery.finalize()
    for name in [name for name in celery.tasks if name.startswith("celery.")]:
        celery.tasks.unregister(name)  # the queue's own: nobody here sends them, whoever does is not one of us
    celery.conf.update(
        result_expires=None,
        broker_url=settings.redis_url or EMBEDDED_BROKER,
        broker_connection_retry_on_startup=True,
        broker_transport_options=(
            {"polling_interval": 0.05} if settings.embedded else {"visibility_timeout": VISIBILITY_SECONDS}
        ),
        accept_content=["json"],
        task_serializer="json",
        task_ignore_result=True,
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_default_queue="bulk",
        task_routes={entry.task: {"queue": entry.queue} for entry in schedule.SCHEDULE},
        worker_prefetch_multiplier=1,
        worker_cancel_long_running_tasks_on_connection_loss=True,
        worker_hijack_root_logger=False,
        worker_enable_remote_control=False,
        enable_utc=True,
        timezone="UTC",
        beat_schedule=schedule.beat_schedule(),
        beat_max_loop_interval=1,
    )


@worker_process_init.connect
def after_fork(**_facts: object) -> None:
    """Leave the parent's database connections to the parent: shared ones mix up answers."""
    with bound_app().app_context():
        for engine in db.engines.values():
            engine.dispose(close=False)
