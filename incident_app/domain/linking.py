"""Which chat may get somebody's alerts, and what its owner is told when that changes (``threats.md`` T-70, T-97, T-106)."""

from dataclasses import dataclass
from datetime import timedelta

CODE_LIVES = timedelta(minutes=10)
LONGEST_CHAT_ID = 16
LONGEST_NAME = 64
MOST_TRIES = 6
REPEAT_AFTER = timedelta(seconds=20)
LEASE = timedelta(seconds=60)
TEST_WORDS = "This is a test from incident-app. Alerts reach you here."
TEST_SUBJECT = "Test: alerts reach you here"
NOT_YOU = "Was it not you? Tell an administrator at once, and sign out everywhere."
CHANGED_SUBJECT = "The way your alerts take was changed"


@dataclass(frozen=True, slots=True)
class Chat:
    """A chat as Telegram names it: ``kind`` is private, group, supergroup or channel."""

    id: str
    kind: str
    first_name: str = ""
    username: str = ""

    @property
    def is_private(self) -> bool:
        """Tell whether it is one person's own: a positive number of at most 52 bits."""
        digits = self.id.isascii() and self.id.isdigit() and len(self.id) <= LONGEST_CHAT_ID
        return self.kind == "private" and digits and 0 < int(self.id) < 2**52

    @property
    def label(self) -> str:
        """Return what a person knows it by: “Ana (@ana)”. Written by a stranger: printable signs only, and not many."""
        name, handle = _plain(self.first_name), _plain(self.username)
        if not handle:
            return name or "without a name"
        return f"{name} (@{handle})" if name else f"@{handle}"


def _plain(text: str) -> str:
    return " ".join("".join(sign for sign in text if sign.isprintable()).split())[:LONGEST_NAME].strip()


def moved_words(name: str) -> str:
    """Return what the chat before hears when another one takes its place."""
    return f"Alerts for the account of {name} now go to another chat. {NOT_YOU}"


def mail_words(label: str, *, linked: bool) -> str:
    """Return what the email says about a chat that was linked or unlinked."""
    if linked:
        return f"Alerts for your account now go to the Telegram chat “{label}”. {NOT_YOU}"
    return f"Alerts for your account no longer go to the Telegram chat “{label}”; they come by email. {NOT_YOU}"


def linked_words(name: str) -> str:
    """Return what the chat hears when it is linked."""
    return f"Linked to {name}. Alerts reach you here from now on. /help shows what you can ask. Not yours? Say /unlink."


def unlinked_words(name: str) -> str:
    """Return what the chat hears when it is unlinked."""
    return f"Alerts for the account of {name} no longer come here. {NOT_YOU}"
