"""The scheduler: keeps its schedule in memory, and writes its own sign of life."""

import logging
import time
from datetime import timedelta
from typing import Any

from celery.beat import Scheduler
from sqlalchemy.exc import OperationalError

from incident_app.extensions import db
from incident_app.tasks import bound_app
from incident_app.wiring import now

PULSE_SECONDS = 10.0
log = logging.getLogger(__name__)


class PulseScheduler(Scheduler):
    """Starts with everything due at once: what a stopped scheduler missed must not wait for its next turn."""

    def setup_schedule(self) -> None:
        """Read the schedule and make each entry due."""
        super().setup_schedule()
        for entry in self.schedule.values():
            if entry.last_run_at is not None:
                entry.last_run_at -= timedelta(days=1)
        self.pulse_due = time.monotonic()

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Send what is due; now and then write that the scheduler lives. Returns the seconds to the next turn."""
        if time.monotonic() >= self.pulse_due:
            self.pulse_due = time.monotonic() + PULSE_SECONDS
            self.pulse()
        return float(super().tick(*args, **kwargs))

    def pulse(self) -> None:
        """Write the sign of life. A database that is away for a while does not stop the wake-ups."""
        from incident_app.services import alerts

        with bound_app().app_context():
            try:
                alerts.beat(db.session(), "scheduler", now=now())
            except OperationalError:
                log.warning("the scheduler could not write its sign of life: the database did not answer")
