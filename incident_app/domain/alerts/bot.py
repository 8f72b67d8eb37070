"""The port of the on-call bot."""

from typing import Protocol, runtime_checkable

from incident_app.domain.ports import Outcome


@runtime_checkable
class StaffBot(Protocol):
    """What the on-call bot can do beyond sending alerts."""

    def edit(self, chat_id: str, message_id: str, text: str) -> Outcome:
        """Replace the words of a message and take its buttons away."""

    def answer_callback(self, callback_id: str, text: str) -> None:
        """Answer a tap with a short line."""

    def poll(self, offset: int, timeout: int) -> list[dict[str, object]]:
        """Wait up to ``timeout`` seconds for raw updates numbered ``offset`` and later."""

    def say(self, chat_id: str, text: str) -> Outcome:
        """Answer a command with plain text."""
