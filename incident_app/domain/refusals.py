"""How a rule or a use case says no, in words for the person who asked."""


class Refused(Exception):
    """The request cannot be carried out; ``reason`` says why, ``problems`` maps a field's name to words about it."""

    def __init__(self, reason: str, problems: dict[str, str] | None = None) -> None:
        """Keep the words apart from the fields they belong to."""
        super().__init__(reason)
        self.reason = reason
        self.problems: dict[str, str] = problems or {}


class Conflict(Refused):
    """Somebody was faster, or it has been done already."""


class Stale(Conflict):
    """The record is no longer the version that was read. ``both`` is what the entrance found out for the answer:
    the text as it is now and one's own, field by field, the version, by whom and when."""

    def __init__(self, reason: str) -> None:
        """Both texts are laid beside it where the request came in."""
        super().__init__(reason)
        self.both: dict[str, object] = {}


class NotFound(Refused):
    """There is no such thing, or it is not within the asker's scope: the answer is the same."""


class Forbidden(Refused):
    """This person may not do this."""
