"""What our processes log: one JSON object in ASCII a line, whatever somebody put into a name or a user agent."""

import json
import logging
import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any


class JsonLines(logging.Formatter):
    """One record, one line: no carriage return, escape sequence or quote in a message can begin another or hide one."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as JSON; a traceback is a field of it."""
        facts: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(), "logger": record.name, "message": record.getMessage(),
        }
        if record.exc_info:
            facts["traceback"] = self.formatException(record.exc_info)
        return json.dumps(facts, ensure_ascii=True)


def set_up(environ: Mapping[str, str] | None = None) -> None:
    """Let everything this process logs go to standard error in this form, from ``LOG_LEVEL`` (info) on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    level = (os.environ if environ is None else environ).get("LOG_LEVEL", "info").upper()
    logging.basicConfig(level=level, handlers=[handler], force=True)


def for_gunicorn(level: str) -> dict[str, Any]:
    """Return the set-up of gunicorn's own loggers in the same form, from ``level`` on."""
    return {
        "version": 1, "disable_existing_loggers": False,
        "formatters": {"json": {"()": JsonLines}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stderr"}},
        "root": {"level": level.upper(), "handlers": ["stderr"]},
        "loggers": {
            "gunicorn.error": {"level": level.upper(), "handlers": ["stderr"], "propagate": False},
            "gunicorn.access": {"level": level.upper(), "handlers": ["stderr"], "propagate": False},
        },
    }


def for_celery() -> None:
    """Let worker and scheduler log in this form too, instead of in Celery's own."""
    from celery.signals import setup_logging

    setup_logging.connect(_instead, weak=False)


def _instead(**_facts: object) -> None:
    set_up()
