"""What a file of a case may be: its kinds, its size, and a name that is safe to show and to save."""

import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath

from incident_app.domain.numbers import grouped

LARGEST = 25 * 1024 * 1024
LONGEST_NAME = 120
UNNAMED = "file"


class DocumentKind(StrEnum):
    """Why a file is kept."""

    PROOF = "proof"
    EVIDENCE = "evidence"
    PDF = "pdf"


@dataclass(frozen=True, slots=True)
class Room:
    """How many bytes of files one case may hold, and one person may have put into all of them."""

    case: int = 2 * 1024**3
    person: int = 10 * 1024**3

    def problems(self, size: int, in_case: int, of_person: int) -> dict[str, str]:
        """Return why a file of ``size`` bytes does not fit beside what is there, in words."""
        if in_case + size > self.case:
            return {"file": f"The files of this case would be more than {_megabytes(self.case)}. Ask an administrator "
                            "where larger files are kept."}
        if of_person + size > self.person:
            return {"file": f"You have put in {_megabytes(of_person)} already; {_megabytes(self.person)} is the most for one "
                            "person."}
        return {}


def _megabytes(size: int) -> str:
    return f"{grouped(size // 1024**2)} MB"


def safe_name(name: str) -> str:
    """Return a display name without folders, control or direction characters, at most 120 characters long."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    plain = "".join(char for char in unicodedata.normalize("NFC", last) if unicodedata.category(char)[0] != "C")
    plain = " ".join(plain.replace('"', "'").replace(";", ",").split()).lstrip(". ")
    if not plain:
        return UNNAMED
    suffix = PurePosixPath(plain).suffix[:20]
    return plain if len(plain) <= LONGEST_NAME else plain[: LONGEST_NAME - len(suffix)] + suffix


def problems(kind: str, content: bytes, *, named: bool = True) -> dict[str, str]:
    """Return what is wrong with an upload, by field. ``named``: a file was chosen at all."""
    found = {}
    if kind not in set(DocumentKind):
        found["kind"] = "Choose evidence or proof."
    if not content:
        found["file"] = "The file is empty." if named else "Choose a file."
    elif len(content) > LARGEST:
        found["file"] = f"The file is larger than {LARGEST // 1024 // 1024} MB."
    return found


def scope_of(public_id: str) -> str:
    """Return what a sealed file is bound to, so that it cannot be moved to another row."""
    return f"documents|{public_id}"
