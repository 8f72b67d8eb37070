"""Spreadsheets of strangers: opened apart from us, in limits, as somebody would have typed them."""

import io
import sys
import zipfile
from datetime import date, datetime, time, timedelta

import openpyxl
import pytest

from incident_app.adapters.sheet_child import read, text_of
from incident_app.adapters.sheets import MOST_ENTRIES, SheetFiles
from incident_app.domain.refusals import Refused


def a_zip(*parts: tuple[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts:
            made.writestr(name, content)
    return file.getvalue()


def a_book(*rows: tuple[object, ...]) -> bytes:
    book = openpyxl.Workbook()
    filled = book.create_sheet("people")
    for row in rows:
        filled.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def test_the_sheet_that_holds_rows_is_read_in_pieces() -> None:
    content = a_book(("email", "id"), ("ä@example.org", 700000001), (None, True))

    rows = list(SheetFiles().rows([content[:100], content[100:]]))

    assert rows == [(1, ["email", "id"]), (2, ["ä@example.org", "700000001"]), (3, ["", "true"])]
    assert list(SheetFiles().rows([content], 1)) == rows[:1]
    assert list(SheetFiles().rows([a_book()])) == []


def test_people_on_a_second_sheet_are_not_forgotten_in_silence() -> None:
    # Given people on one sheet a month, an empty sheet between them, and a chart
    book = openpyxl.Workbook()
    for name in ("January", "notes", "February"):
        book.create_sheet(name)
    book["January"].append(("email",))
    book["January"].append(("ann@example.org",))
    book["February"].append(("ben@example.org",))
    book.create_chartsheet("Chart")
    file = io.BytesIO()
    book.save(file)

    for most in (None, 5):
        with pytest.raises(Refused, match="Several sheets") as refused:
            list(SheetFiles().rows([file.getvalue()], most))
        assert refused.value.problems["file"].startswith("Filled: “January”, “February”. Put everybody on one sheet")

    # And without the second one it is read
    del book["February"]
    file = io.BytesIO()
    book.save(file)
    assert [cells for _, cells in SheetFiles().rows([file.getvalue()])] == [["email"], ["ann@example.org"]]


def test_of_very_many_sheets_the_first_are_named() -> None:
    book = openpyxl.Workbook()
    for number in range(9):
        book.create_sheet(f"s{number}").append(("x",))
    file = io.BytesIO()
    book.save(file)

    with pytest.raises(Refused) as refused:
        list(SheetFiles().rows([file.getvalue()]))
    assert "“s4” …." in refused.value.problems["file"]


def test_who_looks_at_some_rows_only_leaves_no_child_behind() -> None:
    rows = SheetFiles().rows([a_book(*[(f"person{number}@example.org",) for number in range(5000)])])

    assert next(rows) == (1, ["person0@example.org"])
    rows.close()  # type: ignore[attr-defined]  # it is a generator


@pytest.mark.parametrize("content", [
    b"PK\x03\x04 no zip", a_zip(("hello.txt", b"no workbook")),
    a_zip(("xl/workbook.xml", b"x" * 200 * 1024 * 1024)),
    a_zip(*((f"{number}", b"") for number in range(MOST_ENTRIES + 1))),
])
def test_what_is_damaged_or_a_bomb_is_refused_in_words(content: bytes) -> None:
    with pytest.raises(Refused, match=r"damaged|too large unpacked") as refused:
        list(SheetFiles().rows([content]))
    assert "CSV UTF-8" in refused.value.problems["file"]


def test_a_protected_part_is_refused() -> None:
    content = bytearray(a_zip(("a", b"secret")))
    content[content.index(b"PK\x01\x02") + 8] |= 1

    with pytest.raises(Refused, match="protected"):
        list(SheetFiles().rows([bytes(content)]))


def test_a_child_that_dies_is_a_refusal() -> None:
    files = SheetFiles([sys.executable, "-c", "raise SystemExit(1)"])

    with pytest.raises(Refused, match="damaged"):
        list(files.rows([a_book(("email",))]))


@pytest.mark.parametrize(("cell", "text"), [
    (7.0, "7"), (2.5, "2.5"), (1e300, "1e+300"), (True, "true"), (False, "false"), ("x", "x"), ("", ""),
    (date(2026, 1, 2), "2026-01-02"), (datetime(2026, 1, 2, 3), "2026-01-02T03:00:00"), (time(1, 2), "01:02:00"),
    (timedelta(hours=1), "1:00:00"),
])
def test_a_cell_is_what_somebody_typed(cell: object, text: str) -> None:
    assert text_of(cell) == text


def test_rows_are_written_as_json_lines() -> None:
    out = io.StringIO()

    read(io.BytesIO(a_book()), out, 0)
    assert not out.getvalue()
    read(io.BytesIO(a_book(("a", 1))), out, 0)

    assert out.getvalue() == '[1, ["a", "1"]]\n'
