"""Flags in the code tell of lines and branches exactly what coverage.py's tracer tells."""

import ast
import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from coverage import Coverage, CoverageData

from tests import counting
from tests.house.sources import TOP

SAMPLE = '''"""All that leads two ways."""
from __future__ import annotations

from contextlib import nullcontext


def wrapped(one):
    """A decorator."""
    return one


@wrapped
@wrapped
def kinds(what):
    match what:
        case int(number) if number > 3:
            return "many"
        case 1 | 2:
            answer = "few"
        case str():
            for letter in what:
                if letter == "x":
                    break
                elif letter == "y":
                    continue
                answer = letter
            else:
                answer = "whole"
    return locals().get("answer")


class Counter:
    """With a body of its own."""

    def __init__(self):
        self.left = 3

    async def tries(self, at):
        while self.left:
            self.left -= 1
            if (
                at == self.left
                and self.left
            ):
                return (
                    "found"
                )
        else:
            self.left = -1


def breaks(what):
    with nullcontext() as nothing, nullcontext():
        if what == 7:
            return what
    try:
        if what:
            raise what
    except KeyError:
        return "key"
    except (ValueError,
            TypeError):
        nothing = [
            one
            for one in "ab"
            if one == "b"
        ]
    else:
        if what is None:
            nothing = 1
    finally:
        if nothing:
            del nothing
    while True:
        if what:
            return None
        for _ in ():
            pass
        break


def never():
    if 0:
        return 1
    return [lambda: 3,
            4]
'''
CALLS: dict[str, Callable[[dict[str, Any]], object]] = {
    "nothing": lambda made: None,
    "numbers": lambda made: [made["kinds"](number) for number in (5, 1, 9.5)],
    "one number": lambda made: made["kinds"](3),
    "letters": lambda made: [made["kinds"](word) for word in ("axb", "yy")],
    "no letter": lambda made: made["kinds"](""),
    "found": lambda made: asyncio.run(made["Counter"]().tries(1)),
    "not found": lambda made: asyncio.run(made["Counter"]().tries(7)),
    "no error": lambda made: made["breaks"](None),
    "out of a with": lambda made: made["breaks"](7),
    "false": lambda made: made["breaks"](0),
    "caught": lambda made: made["breaks"](KeyError()),
    "of two kinds": lambda made: made["breaks"](TypeError()),
    "never": lambda made: made["never"](),
}
TOLD = ("executed_lines", "missing_lines", "executed_branches", "missing_branches", "summary")


def _told(measured: Coverage, path: Path) -> dict[str, Any]:
    out = path.with_suffix(".json")
    measured.json_report([str(path)], outfile=str(out))
    (found,) = json.loads(out.read_text())["files"].values()
    return {name: found[name] for name in TOLD}


def _by_tracer(path: Path, call: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    measured, made = Coverage(branch=True, data_file=None, include=[str(path)], config_file=False), dict[str, Any]()
    code = compile(path.read_text(), str(path), "exec")
    measured.start()
    exec(code, made)  # noqa: S102 (the sample above)
    call(made)
    measured.stop()
    return _told(measured, path)


def _by_flags(path: Path, call: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    flagging = counting.Flagging(path.read_text(), str(path))
    code = flagging.code(ast.parse(path.read_text()))
    flags = bytearray(len(flagging.table))
    made: dict[str, Any] = {counting.FLAGS: flags}
    exec(code, made)  # noqa: S102 (the sample above)
    call(made)
    data = CoverageData(basename=str(path.with_suffix(".data")))
    data.add_arcs({str(path): counting.passed(flags, flagging.table)})
    data.write()
    measured = Coverage(branch=True, data_file=str(path.with_suffix(".data")), config_file=False)
    measured.load()
    return _told(measured, path)


@pytest.mark.parametrize("name", CALLS)
def test_flags_tell_what_the_tracer_tells(tmp_path: Path, name: str) -> None:
    path = tmp_path / "sample.py"
    path.write_text(SAMPLE)

    assert _by_flags(path, CALLS[name]) == _by_tracer(path, CALLS[name])


def test_a_handler_that_was_asked_in_vain_is_not_counted(tmp_path: Path) -> None:
    # Stricter than the tracer, which counts the line of the question
    path = tmp_path / "sample.py"
    path.write_text(SAMPLE)

    def unheard(made: dict[str, Any]) -> None:
        with suppress(OSError):
            made["breaks"](OSError())

    ours, theirs = _by_flags(path, unheard), _by_tracer(path, unheard)

    assert set(ours["executed_lines"]) < set(theirs["executed_lines"])


def test_every_branch_of_the_app_can_be_told_apart() -> None:
    files = sorted((TOP / "incident_app").rglob("*.py"))

    flags = [len(counting.flagged(path)[1]) for path in files]

    assert len(files) > 300
    assert sum(flags) > 20_000


def test_a_branch_in_one_line_is_refused() -> None:
    with pytest.raises(counting.CannotCount, match="same line"):
        counting.Flagging("if a: b = 1\n", "x.py").code(ast.parse("if a: b = 1\n"))
