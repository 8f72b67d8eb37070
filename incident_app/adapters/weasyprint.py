"""Prints reports: our own templates over escaped content, as a tagged PDF/A-3a that also declares PDF/UA-1.

Nothing is fetched but the two bundled font files. The library is imported at first use: the app starts, and everything
but printing works, where Pango is missing. Conformance was checked with pikepdf, never by veraPDF: claim no certificate.
"""

import hashlib
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from importlib import import_module
from pathlib import Path
from threading import Lock
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from incident_app.adapters.letters import direction
from incident_app.domain.ports import Attachment
from incident_app.domain.refusals import Refused

MOST_CHARACTERS = 3_000_000
"""Of HTML: some 200 pages, half a minute. Longer lists belong into an attachment."""

_PAGE_OF = {"de": ("Seite", "von"), "en": ("Page", "of"), "es": ("Página", "de"), "fr": ("Page", "sur"),
            "it": ("Pagina", "di"), "nl": ("Pagina", "van"), "pl": ("Strona", "z"), "pt": ("Página", "de"),
            "ru": ("Страница", "из")}
_INSTALL = {
    "linux": "On Debian or Ubuntu: sudo apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
             " fonts-dejavu-core. On Fedora: sudo dnf install pango. On Alpine: sudo apk add pango font-dejavu.",
    "darwin": "On macOS: brew install pango.",
    "win32": "On Windows: install MSYS2, then in its shell: pacman -S mingw-w64-x86_64-pango.",
}
_UA = b"""<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/">
<pdfuaid:part>1</pdfuaid:part></rdf:Description>
<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
 xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>PDF/UA Universal Accessibility Schema</pdfaSchema:schema>
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix><pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">
<pdfaProperty:name>part</pdfaProperty:name><pdfaProperty:valueType>Integer</pdfaProperty:valueType>
<pdfaProperty:category>internal</pdfaProperty:category>
<pdfaProperty:description>Indicates, which part of ISO 14289 standard is followed</pdfaProperty:description>
</rdf:li></rdf:Seq></pdfaSchema:property></rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>
"""


class WeasyPrinter:
    """The PdfWriter port. ``template_dir`` is the folder that holds ``reports/``; ``load`` imports a module by name."""

    def __init__(self, template_dir: Path, load: Callable[[str], Any] = import_module) -> None:
        """Prepare the environment: escaping everywhere, and a name that is missing is an error."""
        self._environment = Environment(
            loader=FileSystemLoader(template_dir / "reports"), autoescape=True, undefined=StrictUndefined,
            trim_blocks=True, lstrip_blocks=True,
        )
        self._environment.filters |= {"moment": moment, "thousands": thousands}
        self._style = template_dir / "reports" / "report.css"
        self._load = load
        self._lock = Lock()  # Pango's font maps are not made for two threads at once

    def available(self) -> str | None:
        """Return ``None`` where printing works, otherwise the words that say exactly what to install."""
        try:
            self._load("weasyprint")
        except (ImportError, OSError):
            words = _INSTALL.get(sys.platform, "See WeasyPrint's documentation for your system.")
            return f"PDFs cannot be printed: the Pango library is missing. {words} Then start the app again."
        return None

    def write(self, template: str, content: Mapping[str, object], *, language: str, title: str,
              created_at: datetime, attachments: Sequence[Attachment] = ()) -> bytes:
        """Return the PDF of ``templates/reports/<template>`` filled with ``content``: the same bytes for the same input.

        Templates extend ``_base.html``; besides ``content`` they know ``language``, ``direction``, ``title`` and
        ``created_at``. Raises ``Refused`` where printing is not possible, or the report is too long.
        """
        missing = self.available()
        if missing is not None:
            raise Refused(missing)
        page, of = _PAGE_OF.get(language.lower().split("-")[0], _PAGE_OF["en"])
        html = self._environment.get_template(template).render({
            "drill": False, "organisation": "", **content, "language": language, "direction": direction(language),
            "title": title, "created_at": created_at, "page_word": page, "of_word": of,
        })
        if len(html) > MOST_CHARACTERS:
            raise Refused("The report is too long to be printed; put long lists into an attachment.")
        with self._lock, _dated(created_at):
            return self._print(html, created_at, attachments)

    def _print(self, html: str, created_at: datetime, attachments: Sequence[Attachment]) -> bytes:
        weasyprint = self._load("weasyprint")
        fonts = _font_files()
        fetcher = _only(fonts, weasyprint)
        known = self._load("weasyprint.text.fonts").FontConfiguration()
        style = weasyprint.CSS(
            string=_font_faces(fonts) + self._style.read_text(), font_config=known, url_fetcher=fetcher)
        files = [
            weasyprint.Attachment(
                string=item.content, name=item.name, description=item.description, relationship="Data",
                created=created_at, modified=created_at, url_fetcher=fetcher)
            for item in attachments
        ]
        identity = hashlib.sha256(html.encode() + b"".join(item.content for item in attachments)).digest()[:16]
        pdf: bytes = weasyprint.HTML(string=html, url_fetcher=fetcher).write_pdf(
            stylesheets=[style], font_config=known, attachments=files, pdf_variant="pdf/a-3a", pdf_tags=True,
            pdf_identifier=identity, finisher=_finisher(self._load("pydyf"), attachments),
        )
        return pdf


def moment(value: datetime, zone: str = "UTC") -> str:
    """Return ``Tue 24 Nov 2026 09:40 CET`` for an aware time."""
    there = value.astimezone(ZoneInfo(zone))
    name = there.tzname() or ""
    if not name.isalpha():
        name = f"UTC{name}"
    days, months = "Mon Tue Wed Thu Fri Sat Sun", "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"
    return (f"{days.split()[there.weekday()]} {there.day} {months.split()[there.month - 1]} {there.year}"
            f" {there:%H:%M} {name}")


def thousands(value: int) -> str:
    """Return ``9 998`` with a thin space that does not break."""
    return f"{value:,}".replace(",", "\u202f")


@contextmanager
def _dated(moment_of_report: datetime) -> Iterator[None]:
    """Let fontTools, which dates the subsets it makes, take the report's time: it can be told in this way only."""
    before = os.environ.get("SOURCE_DATE_EPOCH")
    os.environ["SOURCE_DATE_EPOCH"] = str(int(moment_of_report.timestamp()))
    try:
        yield
    finally:
        del os.environ["SOURCE_DATE_EPOCH"]
        if before is not None:
            os.environ["SOURCE_DATE_EPOCH"] = before


def _font_files() -> dict[str, Path]:
    import fontpkg_noto_sans

    folder = Path(fontpkg_noto_sans.ROOT) / "files"
    found = {path.name: path.resolve() for path in sorted(folder.glob("*.ttf"))}
    return {("italic" if "Italic" in name else "normal"): path for name, path in found.items()}


def _font_faces(fonts: Mapping[str, Path]) -> str:
    return "".join(
        f"@font-face {{ font-family: 'Noto Sans'; font-style: {style};"
        f" src: url('{path.as_uri()}'); }}\n"
        for style, path in fonts.items()
    )


def _only(fonts: Mapping[str, Path], weasyprint: Any) -> Any:
    """Return a fetcher that knows these files, by their whole address, and refuses everything else."""
    allowed = frozenset(path.as_uri() for path in fonts.values())

    class OnlyOurFonts(weasyprint.URLFetcher):  # type: ignore[misc]  # the class is known at run time only
        def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> Any:
            if url not in allowed:
                raise ValueError("reports fetch nothing")
            return super().fetch(url, headers)

    return OnlyOurFonts(allowed_protocols={"file"}, allow_redirects=False)


def _finisher(pydyf: Any, attachments: Sequence[Attachment]) -> Callable[[Any, Any], None]:
    """Return what WeasyPrint leaves to do: table heads say what they head, and the file says it is PDF/UA."""
    types = {item.name: item.media_type for item in attachments}

    def finish(_document: Any, pdf: Any) -> None:
        def at(reference: Any) -> Any:
            text = reference if isinstance(reference, bytes | str) else reference.decode()
            return pdf.objects[int(text.split()[0])]

        for each in pdf.objects:
            if isinstance(each, dict) and each.get("S") == "/TH":
                group = at(at(each["P"])["P"]).get("S")
                each.setdefault("A", pydyf.Dictionary({"O": "/Table"}))["Scope"] = (
                    "/Column" if group == "/THead" else "/Row")
            if isinstance(each, dict) and each.get("Type") == "/Filespec":
                name = each["UF"].string if "UF" in each else ""
                if name in types:
                    at(each["EF"]["F"]).extra["Subtype"] = f"/{types[name].replace('/', '#2f')}"
            if isinstance(each, pydyf.Stream) and each.extra.get("Type") == "/Metadata":
                packet = each.stream[0]
                end = packet.index(b"</rdf:RDF>")
                each.stream[0] = packet[:end] + _UA + packet[end:]

    return finish
