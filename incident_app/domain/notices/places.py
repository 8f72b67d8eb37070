"""Countries that ask for more in a letter to people there: headings and a title of their own, parts, and the check of them.

A text for the people of one country is kept beside those of its language, as “en-US”.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from incident_app.domain.notices.lint import Finding, Weight, base, plain
from incident_app.domain.notices.rendering import Text
from incident_app.domain.notices.wording import Part, Wording, is_heading

STANDARD = "en"


@dataclass(frozen=True, slots=True)
class PlacePart:
    """One thing the law there asks for. ``text`` and ``signs`` by language; only for ``kinds`` of data, where it names any.

    ``only``: what the organisation must have said of itself (``covered_entity``: HIPAA), empty where it binds anybody.
    What stands in square brackets in a ``text`` is for a person to fill in: the check holds the notice until then.
    """

    id: str
    into: Part
    article: str
    required: bool
    asks: str
    text: Mapping[str, str]
    signs: Mapping[str, tuple[str, ...]]
    kinds: frozenset[str] = frozenset()
    only: str = ""

    def applies(self, kinds: Collection[str], roles: Collection[str] = ()) -> bool:
        """Whether it is asked for where ``kinds`` of data are affected, of an organisation in these ``roles``."""
        return (not self.kinds or bool(self.kinds & set(kinds))) and (not self.only or self.only in roles)


@dataclass(frozen=True, slots=True)
class Place:
    """One country, or a part of one: ``title`` and ``headings`` by language, where its law fixes them.

    ``strictest`` names the parts whose law is followed for everybody there of whom nobody knows in which part they live.
    """

    country: str
    name: str
    source: str
    parts: tuple[PlacePart, ...]
    title: Mapping[str, str]
    headings: Mapping[str, Mapping[Part, str]]
    strictest: str = ""

    def asks(self, kinds: Collection[str], roles: Collection[str] = ()) -> bool:
        """Whether a text for these people differs from that of their language at all."""
        return bool(self.title or self.headings) or any(part.applies(kinds, roles) for part in self.parts)


def localised(wording: Wording, place: Place) -> Wording:
    """Return the words of a language for the people of a country."""
    own = place.headings.get(wording.language, wording.headings)
    return replace(wording, language=f"{wording.language}-{place.country}", label=f"{wording.label}, {place.name}",
                   headings=own)


def _in(words: Mapping[str, str], language: str) -> str:
    return words.get(language, words.get(STANDARD, ""))


def for_place(text: Text, wording: Wording, place: Place, kinds: Collection[str], roles: Collection[str] = ()) -> Text:
    """Return a text of a language as the people of a country read it: their title and headings, and the parts added."""
    own = localised(wording, place).headings
    more: dict[Part, list[str]] = {}
    for part in place.parts:
        if part.applies(kinds, roles) and not _said(part, wording.language, text.body):
            more.setdefault(part.into, []).append(_in(part.text, wording.language))
    blocks: list[tuple[Part | None, list[str]]] = [(None, [])]
    for line in text.body.splitlines():
        heading = is_heading(line, wording.headings)
        if heading is None:
            blocks[-1][1].append(line)
        else:
            blocks.append((heading, [own[heading]]))
    body = "\n\n".join(_closed(lines, more.get(part, []) if part else []) for part, lines in blocks)
    title = place.title.get(wording.language, "")
    return Text(f"{title}. {text.subject}" if title else text.subject, body.strip())


def _said(part: PlacePart, language: str, body: str) -> bool:
    """Whether a field that the part is about stands in the text already: one sentence with it is enough."""
    return any("((" in sign and sign in body for sign in part.signs.get(language, part.signs[STANDARD]))


def _closed(lines: list[str], more: list[str]) -> str:
    return "\n".join([*"\n".join(lines).rstrip().splitlines(), *more])


def place_findings(
    text: Text, language: str, place: Place, kinds: Collection[str], roles: Collection[str] = ()
) -> Iterator[Finding]:
    """Find what the law of a country asks for and a text to its people does not say."""
    own = base(language)
    title = place.title.get(own, "")
    if title and plain(title) not in plain(text.subject):
        yield Finding(f"place_title_{place.country}", Weight.BLOCK,
                      f"People in {place.name} read this ({place.source}): the subject must begin with “{title}”.")
    headings = place.headings.get(own, {})
    lost = [words for part, words in headings.items() if not any(
        is_heading(line, {part: words}) for line in text.body.splitlines())]
    if lost:
        yield Finding(f"place_headings_{place.country}", Weight.BLOCK, f"People in {place.name} read this ({place.source}): "
                      f"the headings are fixed there. Missing: {', '.join(f'“{one}”' for one in lost)}.")
    whole = plain(f"{text.subject}\n{text.body}")
    for part in place.parts:
        signs = part.signs.get(own, part.signs[STANDARD])
        if part.applies(kinds, roles) and not any(plain(sign) in whole for sign in signs):
            yield Finding(f"place_{part.id}_{place.country}", Weight.BLOCK if part.required else Weight.LOOK,
                          f"People in {place.name} read this ({part.article}): {part.asks}.")
