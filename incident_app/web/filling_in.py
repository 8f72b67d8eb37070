"""Fill a form of a page in again with what was sent by it, whatever page it is: text of HTML in, text of HTML out."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser
from urllib.parse import urlsplit

NEVER = frozenset({"csrf_token", "once", "draft_of", "next", "back"})
"""These are of the page, not typed."""
NO_TEXT = frozenset({"hidden", "submit", "button", "image", "reset", "file", "password"})
TICKED = frozenset({"checkbox", "radio"})
Attributes = dict[str, str | None]


@dataclass(slots=True)
class _Control:
    """One input, textarea or select: where its start tag lies, and for the last two what is between the tags."""

    tag: str
    attributes: Attributes
    start: int
    end: int
    shut: list[tuple[int, int]]
    close: int = 0
    options: list["_Option"] = field(default_factory=list)

    @property
    def kind(self) -> str:
        return (self.attributes.get("type") or "text").lower() if self.tag == "input" else self.tag


@dataclass(slots=True)
class _Option:
    attributes: Attributes
    start: int
    end: int
    text: str = ""

    @property
    def value(self) -> str:
        said = self.attributes.get("value")
        return " ".join(self.text.split()) if said is None else said


@dataclass(slots=True)
class _Form:
    paths: set[str]
    after: int
    name: str
    shut: list[tuple[int, int]]
    controls: list[_Control] = field(default_factory=list)


class _Reader(HTMLParser):
    """Find the forms of a page that post, their controls, and the closed ``<details>`` around them."""

    def __init__(self, page: str, own_path: str) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[_Form] = []
        self._own, self._form, self._details = own_path, False, list[tuple[int, int, bool]]()
        self._control: _Control | None = None
        self._option: _Option | None = None
        self._lines = [0]
        for line in page.split("\n"):
            self._lines.append(self._lines[-1] + len(line) + 1)
        self.feed(page)

    def _here(self) -> int:
        line, column = self.getpos()
        return self._lines[line - 1] + column

    def _path(self, address: str | None) -> str:
        return urlsplit(address).path if address else self._own

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        start, said = self._here(), dict(attrs)
        end = start + len(self.get_starttag_text() or "")
        if tag == "details":
            self._details.append((start, end, "open" in said))
        elif tag == "form" and (said.get("method") or "").lower() == "post":
            self.forms.append(_Form({self._path(said.get("action"))}, end, said.get("id") or "", self._shut()))
            self._form = True
        elif tag in {"input", "textarea", "select", "button"} and (form := self._form_of(said.get("form"))) is not None:
            self._take_in(form, _Control(tag, said, start, end, self._shut()))
        elif tag == "option" and self._control is not None:
            self._option = _Option(said, start, end)
            self._control.options.append(self._option)

    def _shut(self) -> list[tuple[int, int]]:
        return [(start, end) for start, end, is_open in self._details if not is_open]

    def _form_of(self, name: str | None) -> _Form | None:
        """Return the form a control belongs to: the one it names, the one around it, or none that posts."""
        if name:
            return next((form for form in self.forms if form.name == name), None)
        return self.forms[-1] if self._form else None

    def _take_in(self, form: _Form, control: _Control) -> None:
        if control.tag != "button":
            form.controls.append(control)
            self._control = control
        elif control.attributes.get("formaction"):
            form.paths.add(self._path(control.attributes["formaction"]))

    def handle_endtag(self, tag: str) -> None:
        if tag == "details" and self._details:
            self._details.pop()
        elif tag == "form":
            self._form, self._control = False, None
        elif self._control is not None and tag == self._control.tag:
            self._control.close, self._control = self._here(), None
        elif tag == "option":
            self._option = None

    def handle_data(self, data: str) -> None:
        if self._option is not None:
            self._option.text += data


Edits = list[tuple[int, int, str]]


def _tag(page: str, start: int, end: int, but: str, more: str) -> tuple[int, int, str]:
    """Write a start tag again, without the attribute ``but`` and with ``more``."""
    reader, name = _Attributes(), page[start + 1:end].split(None, 1)[0].rstrip("/>")
    reader.feed(page[start:end])
    kept = "".join(f" {key}" if value is None else f' {key}="{escape(value)}"' for key, value in reader.found if key != but)
    return start, end, f"<{name}{kept}{more}>"


class _Attributes(HTMLParser):
    found: list[tuple[str, str | None]]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 (as HTMLParser asks)
        self.found = attrs


class _Values:
    """What was sent: each text once, in its order."""

    def __init__(self, values: Sequence[tuple[str, str]]) -> None:
        self.of: dict[str, list[str]] = defaultdict(list)
        for name, text in values:
            self.of[name].append(text)
        self._left = {name: list(texts) for name, texts in self.of.items()}

    def typed(self, one: _Control) -> bool:
        """Return whether somebody wrote or chose something there."""
        return one.kind != "hidden" and any(text.strip() for text in self.of.get(one.attributes.get("name") or "", ()))

    def next(self, name: str) -> str | None:
        return self._left[name].pop(0) if self._left.get(name) else None


def _write(page: str, one: _Control, values: _Values) -> Edits:
    name = one.attributes.get("name") or ""
    if name in NEVER or not name or "disabled" in one.attributes:
        return []
    if one.kind in TICKED:
        ticked = (one.attributes.get("value") or "on") in values.of.get(name, ())
        return [_tag(page, one.start, one.end, "checked", " checked" if ticked else "")]
    if one.tag == "select":
        chosen = values.of.get(name, ())
        if not any(option.value in chosen for option in one.options):
            return []
        return [_tag(page, option.start, option.end, "selected", " selected" if option.value in chosen else "")
                for option in one.options]
    if one.kind in NO_TEXT - {"hidden"} or (text := values.next(name)) is None:
        return []
    if one.tag == "textarea":
        return [(one.end, one.close, f"\n{escape(text)}")]
    return [_tag(page, one.start, one.end, "value", f' value="{escape(text)}"')]


def _fits(form: _Form, values: _Values) -> int:
    """Tell how well a form is the one that was sent: by what its hidden fields say, where several post to one address."""
    hidden = [one.attributes for one in form.controls if one.kind == "hidden" and one.attributes.get("name") not in NEVER]
    return sum(1 if (one.get("value") or "") in values.of.get(one.get("name") or "", ()) else -1 for one in hidden)


def fill_in(page: str, own_path: str, path: str, sent: Sequence[tuple[str, str]], note: str) -> str | None:
    """Return the page (read at ``own_path``) with its form that posts to ``path`` filled in, ``note`` (HTML) at its top.

    What the page hides goes along as it was sent: so a version is the one that was looked at while typing. ``None``
    where the page has no such form, or nothing in it can be typed.
    """
    values = _Values(sent)
    forms = [form for form in _Reader(page, own_path).forms
             if path in form.paths and any(one.kind not in NO_TEXT for one in form.controls)]
    if not forms:
        return None
    form = max(forms, key=lambda one: _fits(one, values))
    edits: Edits = [(form.after, form.after, note)]
    around = [one for control in form.controls if values.typed(control) for one in control.shut]
    edits += [_tag(page, start, end, "open", " open") for start, end in {*form.shut, *around}]
    for control in form.controls:
        edits += _write(page, control, values)
    for start, end, text in sorted(edits, reverse=True):
        page = page[:start] + text + page[end:]
    return page
