"""Printed letters as real PDFs: every language, the fullest and the barest, read back as a person would."""

import io
import subprocess
import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pikepdf
import pytest

from incident_app.adapters.press import Press
from incident_app.adapters.weasyprint import MOST_CHARACTERS, WeasyPrinter, unbroken
from incident_app.domain import notices as rules
from incident_app.domain.notices import Facts, Reader, Text, compose
from incident_app.domain.refusals import Refused
from incident_app.paths import data_dir
from incident_app.services.notices import languages, wording
from incident_app.services.notices.times import day_in
from tests.house.test_letters import NOTHING, SHARED, barest, fullest
from tests.printing import PRINTER

CREATED = datetime(2026, 11, 24, 9, 40, tzinfo=UTC)
KINDS = ("health", "contact", "location")


@pytest.fixture
def printer(press: Press) -> WeasyPrinter:
    return PRINTER


def letter(language: str, number: int, facts: Facts, *, full: bool, side: str = "left", drill: bool = False) -> Mapping[str, object]:
    """Return what a service tells the layout."""
    words, facts = wording(language), replace(facts, code="KMTR4X7P", drill=drill)
    made = rules.render(Text(*compose((fullest if full else barest)(*KINDS), words)), facts, Reader(f"Ann {number}", KINDS), words)
    return {
        "language": language, "label": f"P-{number:05}", "side": side, "sender": "Assistant Bot GmbH",
        "sender_lines": ("Example street 9",) if full else (), "address": (f"Ann {number}", f"Example street {number}", "10115 Berlin"),
        "date": day_in(date(2026, 11, 24), language, ""), "subject": made.subject, "body": made.body,
        "headings": tuple(words.headings.values()), "said": words.paper, "drill": words.drill if drill else "",
        "reference": facts.case_ref, "code": rules.spoken(facts.code), "whole": rules.whole_values(facts),
    }


def read(pdf: bytes, folder: Path) -> list[str]:
    """Return the words of each page as pdftotext reads them, without marks of direction and in one form of letters."""
    path = folder / "letters.pdf"
    path.write_bytes(pdf)
    text = subprocess.run(["pdftotext", "-enc", "UTF-8", str(path), "-"], check=True, capture_output=True).stdout.decode()
    plain = "".join(sign for sign in unicodedata.normalize("NFKC", text) if unicodedata.category(sign) != "Cf")
    return [" ".join(page.split()) for page in plain.split("\f")][:-1]


def plain(text: str) -> str:
    """Return words as :func:`read` would."""
    return " ".join("".join(sign for sign in unicodedata.normalize("NFKC", text) if unicodedata.category(sign) != "Cf").split())


def test_each_letter_has_its_own_pages_language_and_address(printer: WeasyPrinter, tmp_path: Path) -> None:
    # Given a letter in every language, the fullest; and the barest after it
    told = [one for number, language in enumerate(languages()) for one in (
        letter(language, 2 * number + 1, SHARED, full=True), letter(language, 2 * number + 2, NOTHING, full=False, side="right"))]

    # When they are printed as one PDF
    pdf = printer.letters("paper.html", told, title="BR-2026-001, letters of notice 1", created_at=CREATED)
    pages = read(pdf, tmp_path)

    # Then each begins with its own first page, says how many it has, and holds nobody else's name or address
    at = 0
    for one in told:
        language, label = str(one["language"]), str(one["label"])
        mine = [page for page in pages[at : at + 4] if label in page]
        at += len(mine)
        said = wording(language).paper
        own = "".join(mine)
        for number in range(1, len(mine) + 1):
            count = f"{said['page']} {number} {said['of']} {len(mine)}"
            assert plain(count).replace(" ", "") in mine[number - 1].replace(" ", ""), (language, count, mine[number - 1][-200:])
        assert f"Example street {int(label[2:])} 10115 Berlin" in own, (language, own)
        assert own.count("KMTR-4X7P") >= 1, language
        assert str(one["reference"]) in own
        if language != "ar":  # its letters are read back joined in other ways
            for words in (one["date"], one["subject"], wording(language).contact["will"].split("((")[0]):
                assert plain(str(words)) in own, (language, words, own)
        else:
            assert "+49 30 555" in own or one["side"] == "right"
    assert at == len(pages)
    assert pages[0].index("Ann 1") < len(pages[0]) / 3
    assert "Ann 2 " not in pages[0]


def test_a_drill_is_marked_on_every_page_in_the_language_of_the_letter(printer: WeasyPrinter, tmp_path: Path) -> None:
    for language in ("de", "fr", "ru"):
        told = letter(language, 1, SHARED, full=True, drill=True)
        pages = read(printer.letters("paper.html", [told], title="x", created_at=CREATED), tmp_path)
        assert len(pages) >= 2
        assert all(plain(wording(language).drill) in page for page in pages)
        assert all("Drill" not in page for page in pages)


def test_the_same_letters_are_the_same_bytes_tagged_and_dated(printer: WeasyPrinter) -> None:
    told = [letter("en", 1, SHARED, full=True), letter("ar", 2, SHARED, full=True)]

    first, second = (printer.letters("paper.html", told, title="Letters", created_at=CREATED) for _ in range(2))

    assert first == second
    with pikepdf.open(io.BytesIO(first)) as pdf:
        assert pdf.Root.MarkInfo.Marked


def test_what_is_copied_is_not_broken_and_what_people_wrote_turns_nothing() -> None:
    made = unbroken("Call +49 30-5 now <b>\u202eevil", ("+49 30-5",))

    assert made == "Call +49\u00a030\u2060-\u20605 now &lt;b&gt;[U+202E]evil"
    assert unbroken("\u2068<Ann>\u2069 and \u2066lone") == "\u2068&lt;Ann&gt;\u2069 and [U+2066]lone"


def test_letters_that_cannot_be_printed_say_why(printer: WeasyPrinter) -> None:
    long = {**letter("en", 1, SHARED, full=True), "body": "word " * (MOST_CHARACTERS // 4)}
    with pytest.raises(Refused, match="too long"):
        printer.letters("paper.html", [long], title="x", created_at=CREATED)

    class Bare(Press):
        """Cannot print."""

        def ready(self) -> bool:
            return False

    with pytest.raises(Refused, match="Pango"):
        WeasyPrinter(data_dir("templates"), Bare()).letters("paper.html", [], title="x", created_at=CREATED)
