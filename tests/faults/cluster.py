"""A PostgreSQL cluster of a test's own, to be torn down in the middle of everything and started again."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests import databases


class Cluster:
    """A cluster on a socket in a folder of its own. Unlike that of the other tests it is never somebody else's."""

    def __init__(self, binaries: Path, home: Path) -> None:
        """Make it and start it."""
        self._binaries, self._home = binaries, home
        self.base = f"postgresql+psycopg://postgres@/{{name}}?host={home}"
        self._run("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
        self.start()

    def start(self) -> None:
        """Start it and wait until it answers; what a crash left half done is put in order first."""
        options = f"-c listen_addresses= -c unix_socket_directories={self._home} -c max_connections=60 -c fsync=off"
        self._run("pg_ctl", "-w", "-s", "-o", options, "-l", str(self._home / "log"), "start")

    def crash(self) -> None:
        """Stop it at once: every session is lost, nothing is tidied up."""
        self._run("pg_ctl", "-w", "-s", "-m", "immediate", "stop")

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._binaries / program), "-D", str(self._home / "data"), *arguments]
        subprocess.run(databases._as_server(command), check=True, stdout=subprocess.DEVNULL)


@contextmanager
def a_cluster() -> Iterator[Cluster | None]:
    """Run a cluster while the block lasts; ``None`` without PostgreSQL's programs."""
    binaries = databases.programs()
    if binaries is None:
        yield None
        return
    home = Path(tempfile.mkdtemp(prefix="ia-pg-own-"))
    if os.geteuid() == 0:
        server = pwd.getpwnam("postgres")
        os.chown(home, server.pw_uid, server.pw_gid)
    try:
        made = Cluster(binaries, home)
        yield made
        made.crash()
    finally:
        shutil.rmtree(home, ignore_errors=True)
