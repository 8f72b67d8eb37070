"""The press: a warm child process that prints one report at a time, ended when it takes too long and started anew."""

import base64
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from incident_app.adapters.print_child import TOO_LONG, put, take
from incident_app.domain.refusals import Refused

LOG = logging.getLogger("weasyprint")
PATIENCE = 90.0
"""Seconds on the wall: a busy machine gives 30 seconds of a processor no faster."""
_LONG = "The report is too long to be printed; put long lists into an attachment."
_FAILED = "The report could not be printed within its limits of time and memory. Nothing else is affected."
COMMAND = (sys.executable, "-m", "incident_app.adapters.print_child")


class Press:
    """Prints in another process. One for each process of ours, one report at a time."""

    def __init__(self, command: Sequence[str] = COMMAND, patience: float = PATIENCE) -> None:
        """Start nothing yet."""
        self._command, self._patience = list(command), patience
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._owner = 0

    def ready(self) -> bool:
        """Tell whether printing works here; starts the child where it does not run."""
        with self._lock:
            return self._warm() is not None

    def print(self, job: Mapping[str, Any]) -> bytes:
        """Return the PDF. Raises ``Refused`` in words where the limits were reached."""
        with self._lock:
            child = self._warm()
            made = self._asked(child, job) if child is not None else None
            if made is None:
                self._end()
        for words in (made or {}).get("heard", ()):
            LOG.warning("%s", words)
        if made is None or "pdf" not in made:
            raise Refused(_LONG if made and made["status"] == TOO_LONG else _FAILED)
        return base64.b64decode(made["pdf"])

    def _warm(self) -> "subprocess.Popen[bytes] | None":
        """Return the running child; ``None`` where it cannot print. One that a fork of ours left behind is its parent's."""
        if self._child is not None and self._owner == os.getpid() and self._child.poll() is None:
            return self._child
        # A group of its own: when it must go, what it forked goes along.
        child = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                 start_new_session=True)
        self._child, self._owner = child, os.getpid()
        said = take(child.stdout)
        if said is None or not said["ready"]:
            self._end()
            return None
        return child

    def _asked(self, child: "subprocess.Popen[bytes]", job: Mapping[str, Any]) -> dict[str, Any] | None:
        alarm = threading.Timer(self._patience, _kill, [child])
        alarm.start()
        try:
            put(child.stdin, job)
            return take(child.stdout)
        except BrokenPipeError:
            return None
        finally:
            alarm.cancel()

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        _kill(child)
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except BrokenPipeError:
                    continue
        child.wait()


def _kill(child: "subprocess.Popen[bytes]") -> None:
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
