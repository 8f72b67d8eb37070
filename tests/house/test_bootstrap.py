"""``python3 -m incident_app`` on a bare machine: what it decides, and what it refuses."""

import json
import sys
from pathlib import Path

import pytest

from incident_app import __main__ as bootstrap
from tests.house.sources import TOP, tree


def a_checkout(top: Path) -> Path:
    (top / "incident_app").mkdir()
    (top / "pyproject.toml").write_text("")
    (top / "requirements.lock").write_text("flask==3\n")
    (top / "requirements-dev.lock").write_text("flask==3\npytest==9\n")
    return top


def a_venv(top: Path, **stamp: str) -> None:
    python = top / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    (top / ".venv" / "incident-app.json").write_text(json.dumps(stamp))


def test_it_needs_nothing_but_the_standard_library() -> None:
    import ast

    names = set()
    for node in ast.walk(tree(TOP / "incident_app" / "__main__.py")):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            names.add((node.module or "").split(".")[0])
    assert names - {"incident_app"} <= sys.stdlib_module_names


def test_a_checkout_is_told_from_an_installed_wheel(tmp_path: Path) -> None:
    top = a_checkout(tmp_path)
    assert bootstrap.checkout_of(top / "incident_app") == top

    (top / "incident_app" / "_data").mkdir()
    assert bootstrap.checkout_of(top / "incident_app") is None


def test_nothing_is_installed_twice(tmp_path: Path) -> None:
    top = a_checkout(tmp_path)
    assert not bootstrap.is_ready(top, dev=False)

    a_venv(top, runtime=bootstrap.fingerprint(top, dev=False))
    assert bootstrap.is_ready(top, dev=False)
    assert not bootstrap.is_ready(top, dev=True)


def test_the_tools_hold_what_the_app_runs_on(tmp_path: Path) -> None:
    top = a_checkout(tmp_path)
    a_venv(top, dev=bootstrap.fingerprint(top, dev=True))
    assert bootstrap.is_ready(top, dev=False)
    assert bootstrap.is_ready(top, dev=True)


def test_another_lock_asks_for_a_new_set_up(tmp_path: Path) -> None:
    top = a_checkout(tmp_path)
    a_venv(top, runtime=bootstrap.fingerprint(top, dev=False))
    (top / "requirements.lock").write_text("flask==4\n")
    assert not bootstrap.is_ready(top, dev=False)


@pytest.mark.parametrize("content", ["", "[]", "{"])
def test_a_broken_stamp_asks_for_a_new_set_up(tmp_path: Path, content: str) -> None:
    top = a_checkout(tmp_path)
    a_venv(top)
    (top / ".venv" / "incident-app.json").write_text(content)
    assert not bootstrap.is_ready(top, dev=False)


def test_an_environment_that_leads_elsewhere_is_left_out(tmp_path: Path) -> None:
    odd = {
        "VIRTUAL_ENV": "/elsewhere", "PIP_TARGET": "/elsewhere", "PIP_USER": "1", "PYTHONPATH": "/elsewhere",
        "UV_SYSTEM_PYTHON": "1", "PIP_FIND_LINKS": "/gone", "HOME": str(tmp_path),
    }
    kept = bootstrap.clean(odd, tmp_path)
    assert kept["VIRTUAL_ENV"] == str(tmp_path / ".venv")
    assert kept["PIP_USER"] == "0"
    assert kept["UV_PYTHON_DOWNLOADS"] == "never"
    assert not {"PIP_TARGET", "PYTHONPATH", "UV_SYSTEM_PYTHON"} & set(kept)
    assert kept["HOME"] == str(tmp_path)
    assert "UV_CACHE_DIR" not in kept


def test_without_a_home_the_cache_stays_in_the_checkout(tmp_path: Path) -> None:
    kept = bootstrap.clean({"HOME": str(tmp_path / "gone")}, tmp_path)
    assert kept["UV_CACHE_DIR"] == str(tmp_path / ".venv" / "cache")


def test_a_mirror_given_to_pip_serves_uv_too(tmp_path: Path) -> None:
    kept = bootstrap.clean({"PIP_INDEX_URL": "mirror/simple"}, tmp_path)
    assert kept["UV_DEFAULT_INDEX"] == "mirror/simple"

    own = bootstrap.clean({"PIP_INDEX_URL": "mirror/simple", "UV_DEFAULT_INDEX": "own/simple"}, tmp_path)
    assert own["UV_DEFAULT_INDEX"] == "own/simple"


def test_only_the_installer_is_taken_out_of_the_lock() -> None:
    lock = "flask==3 \\\n    --hash=sha256:1\nuv==0.13 \\\n    --hash=sha256:2 \\\n    --hash=sha256:3\nvine==5 \\\n    --hash=sha256:4\n"
    assert bootstrap.only_block(lock, "uv") == "uv==0.13 \\\n    --hash=sha256:2 \\\n    --hash=sha256:3\n"
    assert bootstrap.only_block((TOP / "requirements.lock").read_text(), "uv").startswith("uv==")


def test_without_words_it_is_the_demo(tmp_path: Path) -> None:
    assert bootstrap.command_line(tmp_path, [])[1:] == ["-m", "incident_app.cli", "demo"]
    assert bootstrap.command_line(tmp_path, ["law", "deadlines"])[1:] == ["-m", "incident_app.cli", "law", "deadlines"]
    assert bootstrap.command_line(tmp_path, ["test", "-x"])[1:3] == ["-m", "pytest"]
    assert bootstrap.command_line(tmp_path, ["test", "-x"])[-1] == "-x"


def test_what_is_compiled_is_kept_in_the_venv_where_it_may_stand_nowhere_else(tmp_path: Path) -> None:
    kept = str(tmp_path / ".venv" / "pycache")
    wished = {"PYTHONDONTWRITEBYTECODE": "1", "PATH": "/bin"}

    assert bootstrap.surroundings(wished, tmp_path).get("PYTHONPYCACHEPREFIX") == kept
    assert "PYTHONDONTWRITEBYTECODE" not in bootstrap.surroundings(wished, tmp_path)
    assert bootstrap.surroundings({**wished, "PYTHONPYCACHEPREFIX": "/x"}, tmp_path)["PYTHONPYCACHEPREFIX"] == "/x"
    assert "PYTHONPYCACHEPREFIX" not in bootstrap.surroundings({"PATH": "/bin"}, tmp_path)


def test_the_line_for_an_ordinary_user_can_be_typed_as_it_is() -> None:
    assert bootstrap.apt_line(["python3.11-venv"]) == (
        "sudo apt-get install -y --no-install-recommends python3.11-venv"
    )


def test_the_checkout_becomes_importable_and_gets_its_command(tmp_path: Path) -> None:
    top = a_checkout(tmp_path)
    (top / ".venv" / "lib" / "python3.11" / "site-packages").mkdir(parents=True)
    (top / ".venv" / "bin").mkdir()
    bootstrap.connect(top)
    command = top / ".venv" / "bin" / "incident-app"
    assert "-m incident_app.cli" in command.read_text()
    assert command.stat().st_mode & 0o111
    assert next((top / ".venv").rglob("*.pth")).read_text() == f"{top}\n"
