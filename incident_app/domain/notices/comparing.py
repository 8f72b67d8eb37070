"""What differs between two versions of a text, sentence by sentence."""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

from incident_app.domain.notices.rendering import Text

_END = re.compile(r"(?<=[.!?…؟])\s+|\n+")


@dataclass(frozen=True, slots=True)
class Difference:
    """Sentences that stood in one place: ``removed`` before, ``added`` after; either may be empty."""

    removed: tuple[str, ...]
    added: tuple[str, ...]


def _sentences(text: Text) -> list[str]:
    return [sentence for sentence in [text.subject, *_END.split(text.body)] if sentence.strip()]


def differences(before: Text, after: Text) -> tuple[Difference, ...]:
    """Return what differs, from the subject down; nothing where the words are the same."""
    old, new = _sentences(before), _sentences(after)
    changes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return tuple(Difference(tuple(old[a:b]), tuple(new[c:d])) for kind, a, b, c, d in changes if kind != "equal")
