"""Whatever people are called and whatever was written: no file we write is run by a spreadsheet."""

import csv
import io
from pathlib import Path

import pytest

from tests.builders import ports_for_tests
from tests.fakes import FakeClock
from tests.house.full_house import FullHouse

FORMULAS = ("=1+1", "+1+1", "-1+1", "@SUM(1)", "\t=1", "=cmd|' /C calc'!A0", '=HYPERLINK("http://evil.example")', "＝1+1")


@pytest.fixture
def house(tmp_path: Path) -> FullHouse:
    """A house with everything in it."""
    clock = FakeClock()
    return FullHouse(tmp_path, ports_for_tests(clock), clock)


def test_no_cell_of_any_file_is_a_formula(house: FullHouse) -> None:
    # Given a case, an action and a list that are full of formulas
    for words in FORMULAS:
        breach = {"title": words.strip(), "aware_at": house.clock.now().isoformat(), "zone": "Europe/Berlin", "aware_source": words,
                  "summary": words, "gap_reason": words}
        assert house.first("POST", "/cases", breach)[0] == 201
    rows = [{"name": words, "email": f"person{number}@example.org", "country": words, "language": words}
            for number, words in enumerate(FORMULAS)]
    assert house.first("POST", f"/cases/{house.ref}/lists/rows", {"name": "=1.csv", "rows": rows})[0] == 201
    listed = house.first("GET", f"/cases/{house.ref}/lists")[1]["lists"]
    assert isinstance(listed, list)
    last = max(one["id"] for one in listed)

    # When every file that a spreadsheet opens is taken
    taken = {}
    for path in ("/register.csv", "/api/v1/register.csv", f"/cases/{house.ref}/notices/2/delivery/outcomes.csv",
                 f"/cases/{house.ref}/people/{last}/problems.csv"):
        headers = {"Authorization": f"Bearer {house.token}"} if path.startswith("/api/") else {}
        answer = house.browser.get(path, headers=headers)
        assert (answer.status_code, answer.mimetype) == (200, "text/csv"), path
        taken[path] = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    house.close()

    # Then they hold the words, and no cell begins one
    begins = [(path, cell) for path, lines in taken.items() for line in lines for cell in line
              if cell.lstrip(" ")[:1] in {"=", "+", "-", "@", "\t", "\r", "＝"}]
    assert begins == []
    assert any("1+1" in cell for line in taken["/register.csv"] for cell in line)
