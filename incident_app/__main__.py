"""``python3 -m incident_app …`` on a bare machine: install what is missing, then run. Standard library only.

``test`` installs the development tools too and runs the whole suite; anything else is the ``incident-app`` command.
Nothing outside the checkout is changed, except that as root on Debian the missing system packages are installed.
"""

from __future__ import annotations

import ctypes
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

OLDEST = (3, 11)
PDF_LIBRARIES = ("libpango-1.0.so.0", "libpangoft2-1.0.so.0", "libharfbuzz-subset.so.0")
PDF_PACKAGES = ("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0", "fonts-dejavu-core")
CA_BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")
# These would install into another place than our own folder, or other versions than the locked ones.
MISLEADING = (
    "PIP_CONSTRAINT", "PIP_PREFIX", "PIP_REQUIREMENT", "PIP_ROOT", "PIP_TARGET", "PIP_USER", "PYTHONHOME", "PYTHONPATH",
    "UV_CONSTRAINT", "UV_OVERRIDE", "UV_PYTHON", "UV_SYSTEM_PYTHON", "UV_TARGET", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__",
)


class CannotSetUp(Exception):
    """Something a person has to do first; says what."""


def say(words: str) -> None:
    """Tell the person who started us; stdout belongs to the command."""
    print(words, file=sys.stderr, flush=True)


# ------------------------------------------------------------------------------------------------------ what is there


def checkout_of(package: Path) -> Path | None:
    """Return the checkout that holds ``package``, or ``None`` where it is an installed wheel."""
    top = package.parent
    is_source = (top / "pyproject.toml").is_file() and (top / "requirements.lock").is_file()
    return top if is_source and not (package / "_data").is_dir() else None


def lock_of(top: Path, *, dev: bool) -> Path:
    """Return the file of locked versions: what the app runs on, or the tools as well."""
    return top / ("requirements-dev.lock" if dev else "requirements.lock")


def fingerprint(top: Path, *, dev: bool) -> str:
    """Return the hash of all an installation rests on: the lock, the Python, and where the checkout lies."""
    digest = hashlib.sha256(lock_of(top, dev=dev).read_bytes())
    digest.update(f"{sys.version_info[:3]} {top}".encode())
    return digest.hexdigest()


def installed(top: Path) -> dict[str, str]:
    """Return the fingerprints of what stands in ``.venv`` by kind (``runtime``, ``dev``); empty where nothing does."""
    try:
        stamp = json.loads((top / ".venv" / "incident-app.json").read_text())
    except (OSError, ValueError):
        return {}
    return {str(key): str(value) for key, value in stamp.items()} if isinstance(stamp, dict) else {}


def is_ready(top: Path, *, dev: bool) -> bool:
    """Tell whether nothing needs to be installed."""
    if not os.access(top / ".venv" / "bin" / "python", os.X_OK):
        return False
    stamp = installed(top)
    with_tools = stamp.get("dev") == fingerprint(top, dev=True)
    return with_tools or (not dev and stamp.get("runtime") == fingerprint(top, dev=False))


def missing_libraries() -> list[str]:
    """Return which of the libraries that PDF needs cannot be loaded."""
    missing = []
    for name in PDF_LIBRARIES if sys.platform.startswith("linux") else ():
        try:
            ctypes.CDLL(name)
        except OSError:
            missing.append(name)
    return missing


def only_block(lock: str, name: str) -> str:
    """Return the lines of a lock file that pin ``name``, with their hashes."""
    lines: list[str] = []
    for line in lock.splitlines():
        starts = not line.startswith((" ", "#")) and line.strip()
        if starts and lines:
            break
        if lines or (starts and line.split("==")[0].strip() == name):
            lines.append(line)
    return "\n".join(lines) + "\n"


def clean(environ: Mapping[str, str], top: Path) -> dict[str, str]:
    """Return the environment for installing: ours, without what would lead it elsewhere."""
    kept = {name: value for name, value in environ.items() if name not in MISLEADING}
    kept |= {"PIP_USER": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "UV_PYTHON_DOWNLOADS": "never",
             "VIRTUAL_ENV": str(top / ".venv")}
    if CA_BUNDLE.is_file():
        kept.setdefault("UV_SYSTEM_CERTS", "1")
    mirror = kept.get("PIP_INDEX_URL")
    if mirror and "UV_DEFAULT_INDEX" not in kept and "UV_INDEX_URL" not in kept:
        kept["UV_DEFAULT_INDEX"] = mirror
    if not os.access(kept.get("HOME", "/nonexistent"), os.W_OK):
        kept.setdefault("UV_CACHE_DIR", str(top / ".venv" / "cache"))
    return kept


# --------------------------------------------------------------------------------------------------------- installing


def run(command: Sequence[str], environ: Mapping[str, str]) -> bool:
    """Run quietly; show what it said only where it failed. Returns whether it worked."""
    done = subprocess.run(command, env=dict(environ), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          check=False)
    if done.returncode:
        say((done.stdout + done.stderr).strip()[-4000:])
    return done.returncode == 0


def apt_line(packages: Sequence[str]) -> str:
    """Return the line an ordinary user gives to install ``packages``."""
    return "sudo apt-get install -y --no-install-recommends " + " ".join(packages)


def apt(packages: Sequence[str]) -> bool:
    """Install Debian packages, where we are root and there is apt-get; returns whether that was done."""
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return False
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    say("Installing system packages: " + " ".join(packages))
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]
    return run(["apt-get", "update", "-qq"], environ) and run(install, environ)


def provide_pdf() -> None:
    """See to the libraries that PDF needs; without them everything else works."""
    if missing_libraries() and not (apt(PDF_PACKAGES) and not missing_libraries()):
        say("PDF is not possible yet: a system library is missing. Everything else works. To have it:\n  "
            + apt_line(PDF_PACKAGES))


def provide_venv(top: Path) -> None:
    """Make ``.venv`` with the Python that runs us. Raises :class:`CannotSetUp` with the line to type."""
    package = f"python3.{sys.version_info[1]}-venv"
    probe = [sys.executable, "-c", "import venv, ensurepip"]
    environ = clean(os.environ, top)
    if subprocess.run(probe, env=environ, capture_output=True, check=False).returncode and not apt([package]):
        raise CannotSetUp(f"Python cannot make a virtual environment yet. Install what is missing, then try again:\n"
                          f"  {apt_line([package])}")
    environ.pop("VIRTUAL_ENV")
    if not run([sys.executable, "-m", "venv", "--clear", str(top / ".venv")], environ):
        raise CannotSetUp(f"{top / '.venv'} could not be made; the lines above say why.")


def fits(top: Path) -> bool:
    """Tell whether ``.venv`` works and is of the Python that runs us."""
    probe = [str(top / ".venv" / "bin" / "python"), "-c", "import sys; print(sys.version_info[:2])"]
    try:
        done = subprocess.run(probe, env=clean(os.environ, top), capture_output=True, text=True, check=False)
    except OSError:
        return False
    return done.returncode == 0 and done.stdout.strip() == str(sys.version_info[:2])


def provide_packages(top: Path, *, dev: bool) -> None:
    """Install the locked packages: by uv, which is quick; by pip where uv does not get through."""
    environ = clean(os.environ, top)
    python = str(top / ".venv" / "bin" / "python")
    pip = [python, "-m", "pip", "install", "--quiet", "--require-hashes", "-r"]
    lock = lock_of(top, dev=dev)
    with tempfile.TemporaryDirectory() as folder:
        pinned = Path(folder) / "uv.txt"
        pinned.write_text(only_block(lock.read_text(), "uv"))
        uv = [python, "-m", "uv", "pip", "install", "--quiet", "--python", python, "--require-hashes", "-r", str(lock)]
        if run([*pip, str(pinned)], environ) and run(uv, environ):
            return
    say("uv did not get through; trying pip.")
    if not run([*pip, str(lock)], environ):
        raise CannotSetUp("The packages could not be installed; the lines above say why. Is a package index in reach?")


def connect(top: Path) -> None:
    """Make the checkout importable in ``.venv``, and give it the ``incident-app`` command."""
    packages = next((top / ".venv" / "lib").glob("python*/site-packages"))
    (packages / "incident_app_checkout.pth").write_text(f"{top}\n")
    command = top / ".venv" / "bin" / "incident-app"
    command.write_text(f'#!/bin/sh\nexec "{top}/.venv/bin/python" -m incident_app.cli "$@"\n')
    command.chmod(0o755)


def set_up(top: Path, *, dev: bool) -> None:
    """Install whatever is missing, once; a second start of ours waits for the first."""
    venv = top / ".venv"
    venv.mkdir(exist_ok=True)
    with (top / ".venv" / ".lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if is_ready(top, dev=dev):
            return
        say("Setting up in .venv: this happens once and takes up to a minute.")
        provide_pdf()
        before = installed(top)
        if not fits(top):
            provide_venv(top)
            before = {}
        tools = dev or "dev" in before
        (venv / "incident-app.json").unlink(missing_ok=True)
        provide_packages(top, dev=tools)
        connect(top)
        kinds = ("runtime", "dev") if tools else ("runtime",)
        stamp = {kind: fingerprint(top, dev=kind == "dev") for kind in kinds}
        (venv / "incident-app.json").write_text(json.dumps(stamp))


# ------------------------------------------------------------------------------------------------------------ starting


def newer_pythons() -> Iterator[str]:
    """Yield the Pythons on this machine that are new enough, the newest first."""
    for minor in range(16, OLDEST[1] - 1, -1):
        found = shutil.which(f"python3.{minor}")
        probe = [found, "-c", f"import sys; assert sys.version_info >= {OLDEST}"] if found else ["false"]
        if subprocess.run(probe, capture_output=True, check=False).returncode == 0:
            yield probe[0]


def command_line(top: Path, arguments: Sequence[str]) -> list[str]:
    """Return what is run in ``.venv`` for the arguments given."""
    python = str(top / ".venv" / "bin" / "python")
    if list(arguments[:1]) == ["test"]:
        return [python, "-m", "pytest", "-p", "tests.no_skips", "-n", "3", "--dist", "loadgroup", *arguments[1:]]
    return [python, "-m", "incident_app.cli", *(arguments or ["demo"])]


def surroundings(environ: Mapping[str, str], top: Path) -> dict[str, str]:
    """Return the environment of the command: that of ``.venv``. What was compiled is kept there where nowhere else is wished.

    Without that each start would compile our libraries anew, which takes longer than all else it does.
    """
    made = {name: value for name, value in environ.items() if name not in {"PYTHONHOME", "__PYVENV_LAUNCHER__"}}
    if made.pop("PYTHONDONTWRITEBYTECODE", ""):
        made.setdefault("PYTHONPYCACHEPREFIX", str(top / ".venv" / "pycache"))
    bin_folder = str(top / ".venv" / "bin")
    return made | {"VIRTUAL_ENV": str(top / ".venv"), "PATH": f"{bin_folder}{os.pathsep}{environ.get('PATH', os.defpath)}"}


def start(top: Path, arguments: Sequence[str]) -> NoReturn:
    """Become the command, in ``.venv``: signals and exit status are its own."""
    command = command_line(top, arguments)
    environ = surroundings(os.environ, top)
    if arguments[:1] == ["test"]:
        os.chdir(top)
    sys.stdout.flush()
    os.execve(command[0], command, environ)


def main() -> None:
    """Install what is missing, then run."""
    arguments = sys.argv[1:]
    if sys.version_info < OLDEST:
        for python in newer_pythons():
            os.execv(python, [python, "-m", "incident_app", *arguments])
        raise SystemExit("incident-app needs Python 3.11 or newer; this is " + sys.version.split()[0] + ".")
    package = Path(__file__).resolve().parent
    top = checkout_of(package)
    if top is None:
        from incident_app.cli import main as installed_command

        installed_command()
        return
    dev = arguments[:1] == ["test"]
    try:
        if not is_ready(top, dev=dev):
            set_up(top, dev=dev)
        elif missing_libraries() and (not arguments or arguments[0] in {"demo", "doctor", "serve", "test"}):
            say("PDF is not possible yet: a system library is missing. Everything else works. To have it:\n  "
                + apt_line(PDF_PACKAGES))
    except CannotSetUp as error:
        raise SystemExit(str(error)) from error
    start(top, arguments)


if __name__ == "__main__":
    main()
