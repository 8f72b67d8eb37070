"""A wheel carries everything it needs, and runs outside the checkout."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.house.sources import TOP

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("wheel")]

RUN = """
import pathlib, sys
import incident_app
from incident_app.paths import PACKAGE, checkout, data_dir
target = pathlib.Path(sys.argv[1])
assert PACKAGE.is_relative_to(target), PACKAGE
assert checkout() is None
assert data_dir("templates").is_relative_to(target)

from incident_app.starting import make_app, prepare, settings, standing
app = make_app(settings())
prepare(app)
at, newest = standing(app)
assert at == newest is not None
client = app.test_client()
assert client.get("/healthz").text == "ok\\n"
page = client.get("/sign-in")
assert page.status_code == 200 and "<main" in page.text, page.text[:300]
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this checkout."""
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(build, cwd=TOP, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return next(folder.glob("*.whl"))


def _tracked(folder: str, *ends: str) -> set[str]:
    return {
        str(path.relative_to(TOP)) for path in (TOP / folder).rglob("*")
        if path.is_file() and path.suffix in ends and "__pycache__" not in path.parts
    }


def test_the_wheel_carries_templates_migrations_runbooks_law_and_static_files(wheel: Path) -> None:
    inside = set(zipfile.ZipFile(wheel).namelist())
    packed = (
        _tracked("templates", ".html", ".txt", ".css") | _tracked("migrations", ".py", ".mako", ".ini")
        | _tracked("runbooks", ".md")
    )
    own = _tracked("incident_app", ".py", ".toml", ".css", ".js", ".svg", ".png", ".ico", ".po")
    assert packed
    assert not {f"incident_app/_data/{path}" for path in packed} - inside
    assert not own - inside
    assert not [name for name in inside if "__pycache__" in name or name.startswith("tests/")]


def test_the_installed_wheel_runs_outside_the_checkout(wheel: Path, tmp_path: Path) -> None:
    target = tmp_path / "site"
    install = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--no-deps", "--offline", "--no-index",
               "--python", sys.executable, "--target", str(target), str(wheel)]
    done = subprocess.run(install, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr

    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("COV", "PYTEST"))},
        "PYTHONPATH": str(target), "INSTANCE_DIR": str(tmp_path / "instance"),
    }
    ran = subprocess.run([sys.executable, "-c", RUN, str(target)], cwd=tmp_path, env=environ, capture_output=True,
                         text=True, check=False)
    assert ran.returncode == 0, ran.stderr
