"""A real Redis for the tests, where its program exists."""

import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

MISSING = "Redis is not on this machine (Debian: sudo apt-get install redis-server)"


def program() -> str | None:
    """Return where Redis's server program is."""
    return shutil.which("redis-server")


@contextmanager
def redis_server(kept_in: Path | None = None) -> Iterator[str | None]:
    """Run a Redis of our own on a free port of this machine; yield its address, or ``None`` without the program.

    ``kept_in``: it writes everything to files in that folder, its log too.
    """
    server = program()
    if server is None:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="ia-redis-") as own:
        folder = str(kept_in or own)
        with closing(socket.create_server(("127.0.0.1", 0))) as free:
            port = free.getsockname()[1]
        process = subprocess.Popen(
            [server, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly",
             "yes" if kept_in else "no", "--dir", folder],
            stdout=subprocess.PIPE, text=True,
        )
        try:
            assert process.stdout is not None
            for line in process.stdout:
                if "ready to accept connections" in line.lower():
                    break
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            process.terminate()
            process.wait(10)
            if process.stdout is not None:
                process.stdout.close()
