"""Counts the lines and branches that tests pass: each statement, and each side of a branch, sets a flag of its own.

What there is to count, and the reports, are coverage.py's. Only its tracer is not used: Python tells a tracer of every
line of every library, which took longer than the tests themselves; from Python 3.12 on coverage.py has a cheap way of its
own (``sys.monitoring``), and this file can go when 3.11 does. ``COUNT_LINES=1 pytest …`` leaves ``.coverage.…``
files for ``coverage combine``.
"""

import ast
import hashlib
import importlib.machinery
import importlib.util
import marshal
import os
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from pathlib import Path
from types import CodeType, ModuleType

from coverage import CoverageData
from coverage.parser import PythonParser

Arc = tuple[int, int]
TOP = Path(__file__).resolve().parents[1]
PACKAGE = TOP / "incident_app"
FLAGS = "__counted__"

_tables: dict[str, list[list[Arc]]] = {}  # what each flag of a file stands for
_flags: dict[str, bytearray] = {}
_imported: dict[str, bytes] = {}  # the flags as they were when the module was just imported


class CannotCount(Exception):
    """A branch whose sides cannot be told apart, such as ``if a: b`` in one line."""


class Flagging:
    """Puts flags into the syntax tree of one file. ``(n, n)`` stands for line n, ``(n, m)`` for the way from n to m."""

    def __init__(self, source: str, path: str) -> None:
        """Ask coverage.py for the lines and the ways between them."""
        parser = PythonParser(text=source, filename=path)
        parser.parse_source()
        self.path, self.first_line, self.lines = path, parser.first_line, parser.statements
        self.exits: dict[int, set[int]] = defaultdict(set)
        for start, end in parser.arcs():
            self.exits[start].add(end)
        self.table: list[list[Arc]] = []

    def code(self, tree: ast.Module) -> CodeType:
        """Compile the tree with its flags."""
        tree.body = self._flagged(tree.body)
        return compile(ast.fix_missing_locations(tree), self.path, "exec")

    def _flag(self, arcs: Iterable[Arc], at: ast.AST) -> list[ast.stmt]:
        wanted = list(arcs)
        if not wanted:
            return []
        self.table.append(wanted)
        made = ast.parse(f"{FLAGS}[{len(self.table) - 1}] = 1").body
        for node in ast.walk(made[0]):
            ast.copy_location(node, at)
        return made

    def _within(self, first: int, last: int) -> list[Arc]:
        return [(line, line) for line in range(first, last + 1) if line in self.lines]

    def _flagged(self, body: list[ast.stmt]) -> list[ast.stmt]:
        made: list[ast.stmt] = []
        for statement in body:
            mark = self._flag(self._within(start_of(statement), head_of(statement)), statement)
            is_future = isinstance(statement, ast.ImportFrom) and statement.module == "__future__"
            self._inside(statement)
            made += [statement, *mark] if is_future else [*mark, statement]
        return made

    def _inside(self, node: ast.stmt) -> None:
        match node:
            case ast.If() | ast.For() | ast.AsyncFor() | ast.While():
                self._branch(node)
            case ast.Match():
                self._match(node)
            case ast.Try() | ast.TryStar():
                self._try(node)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() | ast.With() | ast.AsyncWith():
                node.body = self._flagged(node.body)
            case _:
                pass

    def _sides(self, line: int, body: Sequence[ast.stmt]) -> tuple[list[Arc], list[Arc]]:
        """Return the way from a line into what it guards, and the way past it."""
        first, last = start_of(body[0]), body[-1].end_lineno or 0
        if first == line:
            raise CannotCount(f"{self.path}:{line}: what is guarded stands in the same line")
        into = {end for end in self.exits[line] if first <= end <= last}
        past = self.exits[line] - into
        if len(into) > 1 or len(past) > 1:
            raise CannotCount(f"{self.path}:{line}: leads to {sorted(self.exits[line])}")
        return [(line, end) for end in into], [(line, end) for end in past]

    def _branch(self, node: ast.If | ast.For | ast.AsyncFor | ast.While) -> None:
        into, past = self._sides(self.first_line(node.lineno), node.body)
        node.body = self._flag(into, node.body[0]) + self._flagged(node.body)
        node.orelse = self._flag(past, node) + self._flagged(node.orelse)

    def _match(self, node: ast.Match) -> None:
        before, way, past = self.first_line(node.lineno), list[Arc](), list[Arc]()
        for case in node.cases:
            line = self.first_line(case.pattern.lineno)
            way += [(before, line), (line, line)]
            into, past = self._sides(line, case.body)
            case.body = self._flag(way + into, case.body[0]) + self._flagged(case.body)
            before = line
        if not is_open(node.cases[-1]):
            node.cases.append(ast.match_case(ast.MatchAs(), None, self._flag(way + past, node)))

    def _try(self, node: ast.Try | ast.TryStar) -> None:
        seen: list[Arc] = []
        for handler in node.handlers:
            seen += self._within(handler.lineno, max(handler.lineno, start_of(handler.body[0]) - 1))
            handler.body = self._flag(seen, handler.body[0]) + self._flagged(handler.body)
        node.body, node.orelse, node.finalbody = map(self._flagged, (node.body, node.orelse, node.finalbody))


def start_of(node: ast.stmt) -> int:
    """Return the first line of a statement, its decorators included."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(one.lineno for one in decorators)])


def head_of(node: ast.stmt) -> int:
    """Return the last line of a statement without what stands below it."""
    if isinstance(node, ast.Match):
        return max(node.lineno, node.cases[0].pattern.lineno - 1)
    body = getattr(node, "body", None)
    return max(node.lineno, start_of(body[0]) - 1) if body else node.end_lineno or node.lineno


def is_open(case: ast.match_case) -> bool:
    """Whether a case takes whatever comes."""
    return case.guard is None and isinstance(case.pattern, ast.MatchAs) and case.pattern.pattern is None


# ---------------------------------------------------------------------------------------- as modules are read


def flagged(path: Path) -> tuple[CodeType, list[list[Arc]]]:
    """Return a file's code with flags, and what they stand for; kept beside what Python compiles."""
    source = path.read_bytes()
    state = hashlib.sha256(source + Path(__file__).read_bytes()).hexdigest()
    kept = Path(importlib.util.cache_from_source(path, optimization="counted"))
    if kept.exists():
        was, code, table = marshal.loads(kept.read_bytes())  # noqa: S302 (we wrote it, as Python writes what it compiles)
        if was == state:
            return code, table
    flagging = Flagging(source.decode(), str(path))
    made = flagging.code(ast.parse(source))
    kept.parent.mkdir(parents=True, exist_ok=True)
    written = kept.with_suffix(f".{os.getpid()}")
    written.write_bytes(marshal.dumps((state, made, flagging.table)))
    written.replace(kept)
    return made, flagging.table


class Loader(importlib.machinery.SourceFileLoader):
    """Runs a module with its flags."""

    def exec_module(self, module: ModuleType) -> None:
        """Run it."""
        code, table = flagged(Path(self.path))
        _tables[self.path] = table
        flags = _flags.setdefault(self.path, bytearray(len(table)))
        setattr(module, FLAGS, flags)
        exec(code, module.__dict__)  # noqa: S102 (as every import does)
        _imported[self.path] = bytes(flags)


class Finder(MetaPathFinder):
    """Finds the modules of the app, and nothing else."""

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> importlib.machinery.ModuleSpec | None:
        """Find one as Python does, and have it run with flags."""
        if fullname.partition(".")[0] != PACKAGE.name or fullname.endswith(".__main__"):
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.origin and spec.origin.endswith(".py") and Path(spec.origin).is_relative_to(PACKAGE):
            spec.loader = Loader(fullname, spec.origin)
        return spec


def begin() -> None:
    """Count what is imported from now on, where this is wished and tests are run: not in what they start."""
    if os.environ.get("COUNT_LINES") and "_pytest.config" in sys.modules:
        sys.meta_path.insert(0, Finder())


@contextmanager
def paused() -> Iterator[None]:
    """Count nothing that runs meanwhile but the importing of modules, which happens only once."""
    before = {path: bytes(flags) for path, flags in _flags.items()}
    try:
        yield
    finally:
        for path, flags in _flags.items():
            flags[:] = before.get(path) or _imported.get(path) or bytes(len(flags))


def passed(flags: bytearray, table: list[list[Arc]]) -> set[Arc]:
    """Return what was passed. Who leaves by a ``finally`` does not come to the line behind it: its own flag must stand too."""
    known = {start for arcs in table for start, end in arcs if start == end}
    made = {arc for flag, arcs in zip(flags, table, strict=True) if flag for arc in arcs}
    return {(start, end) for start, end in made if end not in known or (end, end) in made}


def save() -> None:
    """Write what was counted, files that nobody imported among it, in a file of this process."""
    if not _flags:
        return
    data = CoverageData(basename=str(TOP / ".coverage"), suffix=f"counted.{os.getpid()}")
    data.add_arcs({path: passed(flags, _tables[path]) for path, flags in _flags.items()})
    data.touch_files([str(path) for path in PACKAGE.rglob("*.py") if path.name != "__main__.py"])
    data.write()
