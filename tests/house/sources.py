"""Our own Python files, read once."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

TOP = Path(__file__).parents[2]


@cache
def files(*folders: str) -> tuple[Path, ...]:
    """Return every Python file of ours below these folders."""
    return tuple(sorted(path for folder in folders for path in (TOP / folder).rglob("*.py")))


@cache
def tree(path: Path) -> ast.Module:
    """Return the file's syntax tree."""
    return ast.parse(path.read_text(), filename=str(path))


def short(path: Path) -> str:
    """Return the path as a person would say it."""
    return str(path.relative_to(TOP))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield every function of the file."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node
