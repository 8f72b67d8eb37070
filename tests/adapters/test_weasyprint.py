"""Reports on paper: readable by people, by machines and by the blind, and closed to everything outside."""

import io
import logging
import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pikepdf
import pypdf
import pytest

from incident_app.adapters.press import Press
from incident_app.adapters.weasyprint import WeasyPrinter, moment, side, thousands
from incident_app.domain.ports import Attachment, PdfWriter
from incident_app.domain.refusals import Refused
from incident_app.paths import data_dir

CREATED = datetime(2026, 11, 23, 9, 40, tzinfo=UTC)
PAGE = """{% extends "_base.html" %}
{% block kicker %}Article 33{% endblock %}
{% block content %}
<h2>Facts</h2><dl class="facts"><dt>What</dt><dd>{{ what }}</dd></dl>
<table><thead><tr><th>Name</th><th class="number">People</th></tr></thead>
<tbody><tr><th>Kim</th><td>{{ 9998|thousands }}</td></tr></tbody></table>
<p>{{ created_at|moment("Europe/Berlin") }}</p><p class="break">Second page</p>
{% endblock %}"""
CASE = Attachment("case.json", b'{"case": 1}', "application/json", "The same as data")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of our layout with a report of the test's own."""
    reports = tmp_path / "reports"
    reports.mkdir()
    for name in ("_base.html", "report.css"):
        (reports / name).write_text((data_dir("templates") / "reports" / name).read_text())
    (reports / "test.html").write_text(PAGE)
    return tmp_path


@pytest.fixture
def printer(folder: Path, press: Press) -> WeasyPrinter:
    return WeasyPrinter(folder, press)


@pytest.fixture
def complaints() -> Iterator[list[str]]:
    """What WeasyPrint complained about."""
    heard: list[str] = []

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            heard.append(record.getMessage())

    ear = Ear(logging.WARNING)
    logging.getLogger("weasyprint").addHandler(ear)
    yield heard
    logging.getLogger("weasyprint").removeHandler(ear)


def print_it(printer: PdfWriter, *, language: str = "en", attachments: tuple[Attachment, ...] = (), **content: object) -> bytes:
    return printer.write("test.html", {"what": "A lost laptop", "organisation": "Acme", **content}, language=language,
                         title="Notification", created_at=CREATED, attachments=attachments)


def text_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)


def test_a_report_holds_its_words_and_counts_its_pages(printer: WeasyPrinter, complaints: list[str]) -> None:
    pdf = print_it(printer)

    text = text_of(pdf)
    for words in ("Article 33", "Notification", "A lost laptop", "Mon 23 Nov 2026 10:40 CET", "Page 1 of 2", "Page 2 of 2"):
        assert words in text
    assert "DRILL" not in text
    assert complaints == []


def test_a_report_declares_what_it_is_and_is_tagged(printer: WeasyPrinter) -> None:
    with pikepdf.open(io.BytesIO(print_it(printer, language="de"))) as pdf:
        metadata = pdf.open_metadata()
        assert (metadata.pdfa_status, metadata.get("pdfuaid:part")) == ("3A", "1")
        assert metadata["dc:title"] == "Notification"
        assert str(pdf.Root.Lang) == "de"
        assert pdf.Root.MarkInfo.Marked
        scopes = sorted(str(each.A.Scope) for each in pdf.objects
                        if isinstance(each, pikepdf.Dictionary) and each.get("/S") == "/TH")
        assert scopes == ["/Column", "/Column", "/Row"]
        assert pdf.check_pdf_syntax() == []


def test_the_data_goes_along_as_a_file(printer: WeasyPrinter) -> None:
    with pikepdf.open(io.BytesIO(print_it(printer, attachments=(CASE,)))) as pdf:
        assert list(pdf.attachments) == ["case.json"]
        file = pdf.attachments["case.json"]
        assert file.get_file().read_bytes() == b'{"case": 1}'
        assert file.get_file().mime_type == "application/json"
        assert file.description == "The same as data"


def test_the_same_report_is_the_same_file(printer: WeasyPrinter) -> None:
    first = print_it(printer, attachments=(CASE,))
    assert print_it(printer, attachments=(CASE,)) == first
    assert print_it(printer, what="Another") != print_it(printer)


def test_printing_leaves_the_environment_as_it_was(printer: WeasyPrinter) -> None:
    name = "SOURCE_DATE_EPOCH"
    before = os.environ.pop(name, None)
    print_it(printer)
    assert name not in os.environ
    os.environ[name] = "1"
    print_it(printer)
    assert os.environ.pop(name) == "1"
    if before is not None:
        os.environ[name] = before


def test_a_drill_cannot_be_taken_for_the_real_thing(printer: WeasyPrinter) -> None:
    for page in pypdf.PdfReader(io.BytesIO(print_it(printer, drill=True))).pages:
        assert page.extract_text().count("DRILL") >= 2


@pytest.mark.parametrize(("language", "words"), [("de", "Seite 1 von 2"), ("ru", "Страница 1 из 2"), ("xx", "Page 1 of 2")])
def test_the_foot_speaks_the_language_of_the_report(printer: WeasyPrinter, language: str, words: str) -> None:
    assert words in text_of(print_it(printer, language=language))


@pytest.mark.parametrize("hostile", [
    "<img src=http://127.0.0.1:6379>", "<img src=file:///etc/passwd>", "<style>@import url(http://127.0.0.1)</style>",
    "<link rel=attachment href=file:///etc/passwd>", "<script>app.alert(1)</script>", "{{ 7*7 }}",
    "<a href=javascript:alert(1)>x</a>", "<div style='position:fixed'>" * 50,
])
def test_what_users_wrote_is_printed_and_never_obeyed(
    printer: WeasyPrinter, complaints: list[str], hostile: str
) -> None:
    pdf = print_it(printer, what=hostile)

    shown = "".join(text_of(pdf).split())
    assert "".join(hostile[:60].split()) in shown
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        for each in opened.objects:
            if isinstance(each, pikepdf.Dictionary):
                assert each.get("/S") not in {"/JavaScript", "/Launch", "/URI"}
                assert each.get("/Type") != "/EmbeddedFile"
    assert complaints == []


@pytest.mark.parametrize("address", [
    "http://127.0.0.1:9/x.png", "file:///etc/passwd", "data:image/png;base64,AAAA", "ftp://127.0.0.1/x",
    "{fonts}/../../fontpkg_noto_sans/metadata.json", "{fonts}/%2e%2e/metadata.json", "relative.png",
])
def test_even_our_own_template_can_fetch_nothing(folder: Path, printer: WeasyPrinter, complaints: list[str], address: str) -> None:
    import fontpkg_noto_sans

    address = address.format(fonts=(Path(fontpkg_noto_sans.ROOT) / "files").as_uri())
    (folder / "reports" / "test.html").write_text(
        f'{{% extends "_base.html" %}}{{% block content %}}<img alt="x" src="{address}">{{% endblock %}}')

    print_it(printer)

    assert complaints
    assert all("fetch nothing" in words or "Relative URI" in words for words in complaints)


def test_a_report_that_is_far_too_long_is_refused(printer: WeasyPrinter) -> None:
    with pytest.raises(Refused, match="too long"):
        print_it(printer, what="x" * 3_000_001)


def test_without_pango_it_says_what_to_install_and_nothing_breaks(folder: Path) -> None:
    # Given a machine on which the child cannot load the library
    says = """import struct, sys
words = b'{"ready": false}'
sys.stdout.buffer.write(struct.pack(">Q", len(words)) + words)"""
    printer = WeasyPrinter(folder, Press([sys.executable, "-c", says]))

    words = printer.available()
    assert words is not None
    assert "Pango" in words
    assert "sudo apt-get install libpango-1.0-0 libpangoft2-1.0-0" in words
    with pytest.raises(Refused, match="apt-get"):
        print_it(printer)


def test_times_are_shown_with_their_zone() -> None:
    assert moment(CREATED) == "Mon 23 Nov 2026 09:40 UTC"
    assert moment(CREATED, "Europe/Moscow") == "Mon 23 Nov 2026 12:40 MSK"
    assert moment(CREATED, "America/Sao_Paulo") == "Mon 23 Nov 2026 06:40 UTC-03"
    assert thousands(1234567) == "1\u202f234\u202f567"


def test_a_text_runs_the_way_of_its_first_letter() -> None:
    assert [side(text) for text in ("12 people", "120 אנשים", "(تسربت) a", "…", "")] == ["ltr", "rtl", "rtl", "ltr", "ltr"]
