"""What is installed is pinned by hash, from whatever index the machine uses."""

import re
import tomllib
from pathlib import Path

import pytest

from tests.house.sources import TOP

LOCKS = ["requirements.lock", "requirements-dev.lock"]


def _pins(name: str) -> dict[str, str]:
    lines = (TOP / name).read_text().splitlines()
    pins = (line.split(" ")[0].partition("==") for line in lines)
    return {name: version for name, equal, version in pins if equal}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", re.split(r"[\[<>=;!~ ]", name)[0]).lower()


@pytest.mark.parametrize("name", LOCKS)
def test_every_package_is_pinned_with_its_hashes(name: str) -> None:
    blocks = re.split(r"\n(?=\S)", (TOP / name).read_text().strip())
    assert len(blocks) > 50
    assert not [block.splitlines()[0] for block in blocks if "==" not in block or "--hash=sha256:" not in block]


@pytest.mark.parametrize("name", [*LOCKS, "pyproject.toml", ".ci/run"])
def test_no_index_is_named(name: str) -> None:
    assert not re.findall(r"\S+://\S+|index-url|find-links|\bpypi\b", (TOP / name).read_text())


def test_the_locks_hold_all_the_project_asks_for() -> None:
    project = tomllib.loads((TOP / "pyproject.toml").read_text())["project"]
    wanted = {_normal(item) for item in [*project["dependencies"], *project["optional-dependencies"]["setup"]]}
    tools = {_normal(item) for item in project["optional-dependencies"]["dev"]}
    assert wanted <= set(_pins("requirements.lock"))
    extra = {_normal(item) for item in project["optional-dependencies"]["oidc"]}
    assert wanted | tools | extra <= set(_pins("requirements-dev.lock"))
    assert not extra & set(_pins("requirements.lock"))  # what everybody installs goes without it


def test_tools_run_beside_the_same_versions_the_app_runs_on() -> None:
    runtime, dev = _pins("requirements.lock"), _pins("requirements-dev.lock")
    assert {name: version for name, version in runtime.items() if dev.get(name) != version} == {}


def test_no_lock_of_another_tool_is_there() -> None:
    assert not [name for name in ("uv.lock", "poetry.lock", "Pipfile.lock") if Path(TOP / name).exists()]
