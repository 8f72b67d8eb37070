"""What our processes log cannot be forged: whatever stands in a name or an address, it stays one line and one field."""

import json
import logging
import logging.config
import subprocess
import sys

import pytest

from incident_app.log_lines import JsonLines, for_celery, for_gunicorn
from tests.house.sources import TOP

HOSTILE = [
    "x\r\n{\"level\": \"info\", \"message\": \"Ada approved\"}", "\x1b[2K\x1b[1A gone", "\"}, {\"message\": \"y", "a\x00b", "\x85next",
    "\u2028line", "\u202egnp.exe", "plain name",
]


def line_of(message: str, *arguments: object, **more: object) -> str:
    record = logging.LogRecord("incident_app.web", logging.WARNING, "x.py", 1, message, arguments, None)
    record.__dict__.update(more)
    return JsonLines().format(record)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_name_cannot_begin_another_line_or_hide_one(hostile: str) -> None:
    line = line_of("signed in: %s", hostile)

    assert len(line.splitlines()) == 1
    assert all(32 <= ord(sign) < 127 for sign in line)
    assert json.loads(line)["message"] == f"signed in: {hostile}"
    assert json.loads(line)["level"] == "warning"


def test_a_traceback_is_a_field_of_its_line() -> None:
    try:
        raise ValueError("a\nb")
    except ValueError:
        line = line_of("failed", exc_info=sys.exc_info())

    assert len(line.splitlines()) == 1
    assert json.loads(line)["traceback"].endswith("ValueError: a\nb")


REAL = """
import logging, sys
from incident_app import log_lines
{set_up}
logging.getLogger({logger!r}).error("user agent: %s", {hostile!r})
"""
SET_UPS = {
    "the watchdog": ("log_lines.set_up()", "incident_app.watching"),
    "the server": ("import logging.config; logging.config.dictConfig(log_lines.for_gunicorn('warning'))", "gunicorn.error"),
    "the server's app": ("import logging.config; logging.config.dictConfig(log_lines.for_gunicorn('warning'))", "incident_app"),
    "the worker": ("log_lines.for_celery(); from incident_app.extensions import celery; celery.log.setup('INFO')", "celery.worker"),
}


@pytest.mark.parametrize("who", sorted(SET_UPS))
def test_the_real_set_up_of_every_process_writes_such_lines(who: str) -> None:
    set_up, logger = SET_UPS[who]
    code = REAL.format(set_up=set_up, logger=logger, hostile=HOSTILE[0] + HOSTILE[1])

    done = subprocess.run([sys.executable, "-c", code], cwd=TOP, capture_output=True, text=True, check=True)

    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert [(line["level"], line["logger"]) for line in lines] == [("error", logger)]
    assert lines[0]["message"] == f"user agent: {HOSTILE[0]}{HOSTILE[1]}"


def test_gunicorn_is_given_the_same_form() -> None:
    assert for_gunicorn("info")["root"]["level"] == "INFO"
    assert for_celery.__doc__
