"""The words of a public notice: nobody is written to, so it promises no message and calls no data the reader's own."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from incident_app.domain.notices.controllers import ControllerWords
from incident_app.domain.notices.wording import Block, Wording

EVERYBODY = "everybody"
OF_A_MESSAGE = frozenset({"keep_message"})
"""Steps about the message one has got."""


@dataclass(frozen=True, slots=True)
class PublicWords:
    """What one language has for everybody beside the words for people. Whom it is for stands on the page, above the text."""

    subject: str
    data: str
    unknown: Mapping[str, str]
    contact: Mapping[str, str]


def for_everybody(wording: Wording, words: PublicWords, neutral: ControllerWords) -> Wording:
    """Return the words of a language as a page for everybody uses them: what happened is said as to controllers, without “your”."""
    library = wording.library
    steps = {name: {one: tuple(step for step in ids if step not in OF_A_MESSAGE) for one, ids in table.items()}
             for name, table in (("data", library.data), ("incident", library.incident))}
    return replace(
        wording, subject=words.subject, greeting="", data_list={**wording.data_list, "intro": words.data},
        nature={**wording.nature, **neutral.nature}, incident={**wording.incident, **neutral.incident},
        unknown={**wording.unknown, "read": neutral.unknown["read"], **words.unknown},
        contact={**wording.contact, **words.contact}, library=replace(library, data=steps["data"], incident=steps["incident"]),
        blocks={kind: Block(neutral.kinds[kind], block.consequence) for kind, block in wording.blocks.items()})
