"""The forms on a page, as a browser would send them."""

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass(slots=True)
class PageForm:
    """One form: where it goes, and what stands in it."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    files: set[str] = field(default_factory=set)
    guessed: bool = False
    """Nobody sees it as things stand: what it takes is a guess."""


class _Reader(HTMLParser):
    """Reads forms off a page; buttons count as fields, with their value."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.page = page
        self.forms: list[PageForm] = []
        self.actions: list[str] = []
        self.select = self.area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name = given.get("name", "")
        if tag == "form":
            self.forms.append(PageForm(given.get("action") or self.page, given.get("method", "get").upper()))
        if tag == "button" and "formaction" in given and self.forms:
            self.actions.append(given["formaction"])
        if not self.forms:
            return
        here = self.forms[-1]
        if tag == "input" and given.get("type") == "file":
            here.files.add(name)
        elif tag in {"input", "button"} and name:
            if given.get("type") not in {"radio", "checkbox"} or "checked" in given or name not in here.fields:
                here.fields[name] = given.get("value", "")
        elif tag == "select" and name:
            self.select = name
            here.fields.setdefault(name, "")
        elif tag == "option" and self.select and ("selected" in given or not here.fields[self.select]):
            here.fields[self.select] = given.get("value", "")
        elif tag == "textarea" and name:
            self.area = name
            here.fields[name] = ""

    def handle_data(self, data: str) -> None:
        if self.area:
            self.forms[-1].fields[self.area] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self.select = ""
        if tag == "textarea":
            self.area = ""


def forms_on(page: str, html: str) -> list[PageForm]:
    """Return every form of the page at this address, once more for each button that sends it elsewhere."""
    reader = _Reader(page)
    reader.feed(html)
    return reader.forms
