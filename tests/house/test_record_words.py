"""Every action that is recorded anywhere has words that a data protection officer understands."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from incident_app.domain.record import PROPOSED, WORDS, is_known
from tests.house.sources import files, short, tree

ACTION = re.compile(r"[a-z_]+\.[a-z_]+")
RECORDERS = {"record", "_record", "_write", "write_answers", "note_reading"}
# Actions whose verb is chosen elsewhere: where the verbs stand in the source.
VERBS = {
    "alert.": ["acknowledged", "taken"],
    "post.": ["asked", "broken", "confirmed", "corrected", "dropped", "fetched", "given", "handed", "printed", "refused", "taken", "unprinted"],
}


def _name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else call.func.id if isinstance(call.func, ast.Name) else ""


def _texts(node: ast.expr) -> Iterator[str]:
    """Yield what an argument can be."""
    match node:
        case ast.Constant(value=str(words)):
            yield words
        case ast.IfExp(body=one, orelse=other):
            yield from _texts(one)
            yield from _texts(other)
        case ast.JoinedStr(values=[ast.Constant(value=str(prefix)), *_]):
            yield from (prefix + verb for verb in VERBS[prefix])


def _arguments(call: ast.Call) -> list[ast.expr]:
    return [word.value for word in call.keywords if word.arg == "action"] or call.args


def _recorded(path: Path) -> Iterator[str]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call) and _name(node) in RECORDERS:
            for argument in _arguments(node):
                yield from (words for words in _texts(argument) if ACTION.fullmatch(words))


def _proposed(path: Path) -> Iterator[str]:
    constants = {
        target.id: node.value.value
        for node in ast.walk(tree(path)) if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call) and _name(node) == "put" and len(node.args) > 1:
            kind = node.args[1]
            yield str(kind.value if isinstance(kind, ast.Constant) else constants[ast.unparse(kind)])


def test_every_action_in_the_code_has_words() -> None:
    without = {f"{short(path)} {action}" for path in files("incident_app") for action in _recorded(path) if not is_known(action)}

    assert not without


def test_every_request_for_a_second_person_has_words() -> None:
    without = {kind for path in files("incident_app/services") for kind in _proposed(path)} - set(PROPOSED)

    assert not without


def test_the_search_finds_what_is_recorded() -> None:
    found = {action for path in files("incident_app") for action in _recorded(path)}

    assert len(found) > 80
    assert {"notice.paused", "post.given", "alert.taken", "rota.shift_added", "filing.edited"} <= found
    assert set(WORDS) - found == set()
