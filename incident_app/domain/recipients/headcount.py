"""How many people a list names at least, counted while it is read: a list that is too long is refused before it is read whole."""

from dataclasses import dataclass, field

from incident_app.domain.recipients.sifting import Person
from incident_app.domain.refusals import Refused
from incident_app.domain.trials import HOW_IT_ENDS, TOO_LONG


@dataclass(slots=True)
class Headcount:
    """Counts people up to ``most`` (``None``: nobody is counted); holds no more than a few of them in memory.

    Rows may turn out to be one person, but never two Telegram ids, two addresses without one, or two doors: a Telegram
    id keeps one address, so that each can take in one row that has nothing but an address.
    """

    most: int | None = None
    _chats: set[str] = field(default_factory=set)
    _mailboxes: set[str] = field(default_factory=set)
    _doors: set[str] = field(default_factory=set)

    def see(self, person: Person) -> None:
        """Count a row. Raises ``Refused`` as soon as there are certainly too many people."""
        if self.most is None:
            return
        if person.telegram:
            self._chats.add(person.telegram)
        elif person.email:
            self._mailboxes.add(person.email.casefold())
        else:
            self._doors.add(person.key)
        self.check(max(len(self._chats), len(self._mailboxes)) + len(self._doors))

    def check(self, people_count: int) -> None:
        """Raise ``Refused`` where a list names so many people that it is too long."""
        if self.most is not None and people_count > self.most:
            raise Refused(TOO_LONG, {"trial_mode": HOW_IT_ENDS})
