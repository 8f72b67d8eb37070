"""The house laws that can be read off the source."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.house.sources import TOP, files, short, tree

CLOCK = "incident_app/adapters/system_clock.py"
READS_THE_CLOCK = {
    "datetime.now", "datetime.utcnow", "datetime.today", "date.today", "datetime.datetime.now",
    "datetime.datetime.utcnow", "datetime.date.today", "time.time", "time.time_ns", "func.now", "sa.func.now",
}
BROAD = {"Exception", "BaseException"}


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def _calls(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            yield _dotted(node.func), node.lineno


def test_only_the_system_clock_reads_the_clock() -> None:
    found = [
        f"{short(path)}:{line} {name}"
        for path in files("incident_app", "tests") if short(path) != CLOCK
        for name, line in _calls(path) if name in READS_THE_CLOCK
    ]
    assert not found


def test_no_except_catches_everything() -> None:
    found = []
    for path in files("incident_app", "tests"):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.ExceptHandler):
                kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
                if any(kind is None or _dotted(kind) in BROAD for kind in kinds):
                    found.append(f"{short(path)}:{node.lineno}")
    assert not found


def test_nothing_is_patched_in_a_test() -> None:
    banned = {"monkeypatch.setattr", "monkeypatch.setitem", "mocker.patch", "patch", "patch.object", "mock.patch"}
    found = [
        f"{short(path)}:{line} {name}" for path in files("tests") for name, line in _calls(path) if name in banned
    ]
    assert not found


def test_no_test_sleeps() -> None:
    found = [f"{short(path)}:{line}" for path in files("tests") for name, line in _calls(path) if name == "time.sleep"]
    assert not found


def test_every_exception_to_a_rule_names_its_code_and_its_reason() -> None:
    good = re.compile(r"#\s*(noqa: [A-Z]+\d+(, ?[A-Z]+\d+)*|type: ignore\[[a-z-]+(, ?[a-z-]+)*\])\s*(#|\(|–|-|:)?\s*\S+")
    mark = re.compile(r"#\s*(noqa|type:\s*ignore)")
    found = [
        f"{short(path)}:{number}"
        for path in files("incident_app", "tests") if path != Path(__file__)
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if mark.search(line) and not good.search(line)
    ]
    assert not found


def test_the_package_itself_imports_nothing() -> None:
    assert [type(node) for node in tree(TOP / "incident_app" / "__init__.py").body] == [ast.Expr]


def test_no_law_is_named_in_a_condition() -> None:
    """The law is data: a rule never asks which regime it is working for."""
    regimes = re.compile(r"""(==|!=|\bin\b)\s*[\(\[{]?\s*["'](EU-GDPR|UK-GDPR|RU-|BR-|US-|CA-)""")
    found = [
        f"{short(path)}:{number}"
        for path in files("incident_app")
        for number, line in enumerate(path.read_text().splitlines(), 1) if regimes.search(line)
    ]
    assert not found
