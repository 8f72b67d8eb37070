"""Prints reports: our own templates over escaped content, as a tagged PDF/A-3a that also declares PDF/UA-1.

A child process prints, with limits and without network (``print_child.py``); it starts at first use: the app starts, and
everything but printing works, where Pango is missing. Conformance was checked with pikepdf, never by veraPDF: claim no certificate.
"""

import base64
import re
import sys
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from incident_app.adapters.letters import blocks
from incident_app.adapters.press import Press
from incident_app.domain.notices import END, direction, pieces
from incident_app.domain.numbers import grouped
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
# Marks that turn the direction of the text after them: printed as what they are, so that nothing reads other than it is.
_TURNS = {code: f"[U+{code:04X}]" for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))}

# A word that no line holds may be broken at every so many letters: laying it out whole takes the square of its length.
_BREAK_AT = 80
_ENDLESS = re.compile(r"\S{120,}")


class WeasyPrinter:
    """The PdfWriter port. ``template_dir`` is the folder that holds ``reports/``; ``press`` is the process that prints."""

    def __init__(self, template_dir: Path, press: Press | None = None) -> None:
        """Prepare the environment: escaping everywhere, and a name that is missing is an error."""
        self._environment = Environment(
            loader=FileSystemLoader([template_dir / "reports", template_dir / "letters"]), autoescape=True, undefined=StrictUndefined,
            trim_blocks=True, lstrip_blocks=True, finalize=_unturned,
        )
        self._environment.filters |= {"moment": moment, "thousands": thousands, "side": side, "unbroken": unbroken}
        self._style = template_dir / "reports" / "report.css"
        self._paper = template_dir / "letters" / "paper.css"
        self._press = press or Press()

    def available(self) -> str | None:
        """Return ``None`` where printing works, otherwise the words that say exactly what to install."""
        if not self._press.ready():
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
        return self._press.print({
            "htmls": [html], "css": self._style.read_text(), "created_at": created_at.isoformat(),
            "attachments": [{
                "name": item.name, "description": item.description, "media_type": item.media_type,
                "content": base64.b64encode(item.content).decode()} for item in attachments],
        })


    def letters(self, template: str, contents: Sequence[Mapping[str, Any]], *, title: str, created_at: datetime) -> bytes:
        """Return one PDF of many letters, each with pages of its own, laid out by ``templates/letters/<template>``.

        A letter knows its ``contents``, and the ``blocks`` of its ``body``. Raises ``Refused`` as :meth:`write` does.
        """
        missing = self.available()
        if missing is not None:
            raise Refused(missing)
        layout = self._environment.get_template(template)
        htmls = [layout.render({
            **one, "direction": direction(one["language"]), "title": title, "created_at": created_at,
            "blocks": blocks(one["body"], one["headings"]),
        }) for one in contents]
        if sum(map(len, htmls)) > MOST_CHARACTERS:
            raise Refused("These letters are too long to be printed at once.")
        return self._press.print({
            "htmls": htmls, "css": self._paper.read_text(), "created_at": created_at.isoformat(), "attachments": []})


def unbroken(line: str, whole: Sequence[str] = ()) -> Markup:
    """Return a line in which nothing of ``whole`` is broken, and only what we isolated ourselves turns its direction."""
    for value in whole:
        line = line.replace(value, value.replace(" ", "\u00a0").replace("-", "\u2060-\u2060"))
    return Markup("".join(side + _plain(words) + END * bool(side) for words, side in pieces(line)))  # noqa: S704 (escaped by _plain)


def _plain(words: str) -> str:
    return str(escape(str(_unturned(words))))


def _unturned(value: object) -> object:
    if not isinstance(value, str) or isinstance(value, Markup):  # what a macro of ours made went through here before
        return value
    return _ENDLESS.sub(_breakable, value.translate(_TURNS))


def _breakable(found: re.Match[str]) -> str:
    letters = found[0]
    return "\u200b".join(letters[place : place + _BREAK_AT] for place in range(0, len(letters), _BREAK_AT))


def side(value: str) -> str:
    """Return ``rtl`` for a text whose first letter is of a right-to-left script, else ``ltr``."""
    kinds = (unicodedata.bidirectional(letter) for letter in value)
    return "rtl" if next((kind for kind in kinds if kind in {"L", "R", "AL"}), "L") != "L" else "ltr"


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
    return grouped(value)
