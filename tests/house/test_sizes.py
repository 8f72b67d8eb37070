"""Files and functions stay small enough to be read at once."""

from statistics import median

from tests.house.sources import files, functions, short

LONGEST_FILE = 400
LONGEST_FUNCTION = 40
MEDIAN_FILE = 150


def test_no_file_is_longer_than_400_lines() -> None:
    lengths = {short(path): len(path.read_text().splitlines()) for path in files("incident_app", "tests")}
    assert not {path: lines for path, lines in lengths.items() if lines > LONGEST_FILE}


def test_the_usual_file_is_short() -> None:
    lengths = [len(path.read_text().splitlines()) for path in files("incident_app")]
    assert median(lengths) <= MEDIAN_FILE


def test_no_function_is_longer_than_40_lines() -> None:
    too_long = {}
    for path in files("incident_app"):
        for function in functions(path):
            body = function.body[1:] if function.body and _is_docstring(function.body[0]) else function.body
            lines = (function.end_lineno or 0) - body[0].lineno + 1 if body else 0
            if lines > LONGEST_FUNCTION:
                too_long[f"{short(path)}:{function.name}"] = lines
    assert not too_long


def _is_docstring(node: object) -> bool:
    value = getattr(node, "value", None)
    return isinstance(getattr(value, "value", None), str)
