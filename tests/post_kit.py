"""People some of whom can only be told by letter, and a printer of letters."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from incident_app.domain.refusals import Refused
from tests.fakes import FakePdf

Letter = Mapping[str, object]

POSTAL = (
    b"name,email,language,street,postcode,city\n"
    b"Ann,ann@example.org,en,,,\n"
    b"=Bob,,de,Example street 1,10115,Berlin\n"
    b"Cleo,,en,Example street 2,10115,Berlin\n"
)


def many(count: int) -> bytes:
    """Return a list of ``count`` people who have a postal address only."""
    lines = ["name,language,street,postcode,city", *(f"Person {n},de,Example street {n},10115,Berlin" for n in range(1, count + 1))]
    return "\n".join(lines).encode()


class Printer(FakePdf):
    """Keeps what it was given to print; ``then`` happens while it prints."""

    def __init__(self, then: Refused | None = None) -> None:
        """Nothing yet."""
        super().__init__()
        self.told: list[Sequence[Letter]] = []
        self.then = then

    def letters(self, template: str, contents: Sequence[Letter], *, title: str, created_at: datetime) -> bytes:
        """Print them, or refuse."""
        self.told.append(contents)
        if self.then is not None:
            raise self.then
        return super().letters(template, contents, title=title, created_at=created_at)
