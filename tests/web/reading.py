"""Read a form off a page as a browser would send it."""

from html.parser import HTMLParser

from werkzeug.datastructures import MultiDict

Pairs = list[tuple[str, str]]


class _Forms(HTMLParser):
    """Every form of a page: its attributes, and what it would send untouched."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[dict[str, str], Pairs]] = []
        self.writing: tuple[str, list[str]] | None = None
        self.select: str = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append((said, []))
        elif self.forms and tag == "input" and said.get("type") not in {"submit", "button", "file"}:
            if said.get("type") not in {"radio", "checkbox"} or "checked" in said:
                self._send(said.get("name", ""), said.get("value", ""))
        elif self.forms and tag == "textarea":
            self.writing = (said.get("name", ""), [])
        elif tag == "select":
            self.select = said.get("name", "")
        elif tag == "option" and self.select and "selected" in said:
            self._send(self.select, said.get("value", ""))

    def _send(self, name: str, value: str) -> None:
        if name:
            self.forms[-1][1].append((name, value))

    def handle_data(self, data: str) -> None:
        if self.writing is not None:
            self.writing[1].append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self.writing is not None:
            self._send(self.writing[0], "".join(self.writing[1]).removeprefix("\r\n").removeprefix("\n"))
            self.writing = None
        elif tag == "select":
            self.select = ""


def form_of(page: str, name: str, **typed: str) -> MultiDict[str, str]:
    """Return what the form with an input ``name`` would send, with ``typed`` written into it (``_`` for ``-``)."""
    reader = _Forms()
    reader.feed(page)
    found = next(pairs for _, pairs in reader.forms if name in dict(pairs))
    sent: MultiDict[str, str] = MultiDict(found)
    for field, value in typed.items():
        sent[field] = value
    return sent
