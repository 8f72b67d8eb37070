"""Spreadsheets (XLSX) as files: rows go to a temporary file as they come, every cell is text, nothing is run."""

import io
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

LONGEST_CELL = 32_767
"""Characters: the format allows no more."""
CUT = " … (cut: the CSV file has all of it)"
WIDTHS = (12, 60)


class Xlsx:
    """The Workbooks port."""

    def write(self, title: str, head: Sequence[str], rows: Iterable[Sequence[str]], *, created_at: datetime) -> bytes:
        """Return a workbook of one sheet; memory holds one row of it at a time, and the packed file at the end."""
        import xlsxwriter  # late: 12 MB that a worker which sends does without

        out = io.BytesIO()
        options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        with xlsxwriter.Workbook(out, options) as book:
            book.set_properties({"title": title, "created": created_at.astimezone(UTC).replace(tzinfo=None)})
            sheet, bold = book.add_worksheet(title), book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
            plain = book.add_format({"text_wrap": True, "valign": "top"})
            for number, words in enumerate(head):
                sheet.set_column(number, number, min(max(len(words) + 2, WIDTHS[0]), WIDTHS[1]))
                sheet.write_string(0, number, words, bold)
            sheet.freeze_panes(1, 1)
            last = 0
            for last, row in enumerate(rows, 1):
                for number, words in enumerate(row):
                    sheet.write_string(last, number, _fitting(words), plain)
            sheet.autofilter(0, 0, last, len(head) - 1)
        return out.getvalue()


def _fitting(words: str) -> str:
    return words if len(words) <= LONGEST_CELL else words[: LONGEST_CELL - len(CUT)] + CUT
