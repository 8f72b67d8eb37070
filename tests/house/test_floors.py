"""The floors hold: arrows point down, and only those who may know a vendor do."""

from pathlib import Path

from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

TOP = Path(__file__).parents[2]


def test_every_import_respects_the_floors() -> None:
    assert lint_imports(config_filename=str(TOP / "pyproject.toml"), no_cache=True) == EXIT_STATUS_SUCCESS
