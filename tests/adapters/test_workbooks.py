"""Spreadsheets as they are read back by another library."""

import io
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from openpyxl import load_workbook

from incident_app.adapters.workbooks import LONGEST_CELL, Xlsx

AT = datetime(2026, 11, 24, 9, 40, tzinfo=UTC)


def test_every_cell_is_text_and_no_link_or_formula_is_made_of_it() -> None:
    # Given words a spreadsheet takes for something else, and a row after the other
    words = ["=1+1", "https://example.org", "007", "2026-11-24", "\x0bodd", "x" * 40_000, ""]

    def rows() -> Iterator[Sequence[str]]:
        yield words
        yield ["second", *words[1:]]

    # When they are written
    packed = Xlsx().write("Register", [f"Column {number}" for number in range(7)], rows(), created_at=AT)

    # Then they come back as text
    book = load_workbook(io.BytesIO(packed))
    sheet = book["Register"]
    assert [cell.value for cell in sheet[2]][:4] == words[:4]
    assert {cell.data_type for cell in sheet[2]} <= {"s", "n"}, "an empty cell is a number without one"
    assert sheet["A2"].data_type == "s"
    assert sheet["A3"].value == "second"
    assert len(sheet["F2"].value) == LONGEST_CELL
    assert sheet["F2"].value.endswith("the CSV file has all of it)")
    assert sheet._hyperlinks == []
    assert (sheet.freeze_panes, sheet.auto_filter.ref, book.properties.title) == ("B2", "A1:G3", "Register")
    assert book.properties.created == AT.replace(tzinfo=None)


def test_without_rows_there_is_the_head_alone() -> None:
    sheet = load_workbook(io.BytesIO(Xlsx().write("Register", ["One"], [], created_at=AT))).active

    assert [[cell.value for cell in row] for row in sheet.rows] == [["One"]]
