"""What both ways of sending email ask of a message before it leaves."""

from collections.abc import Iterable

from incident_app.domain.ports import Message, Rejected


def one_line(text: str) -> bool:
    """Tell whether ``text`` can stand in a header: no control character, so nothing can follow it there."""
    return text.isprintable()


def refusal(message: Message) -> Rejected | None:
    """Return why this message must not leave: a header that is not one line, or an address that is not one address."""
    if not one_line(message.subject):
        return Rejected("The subject is not one line.", permanent=True)
    local, at, domain = message.address.rpartition("@")
    fits = local and at and domain and one_line(message.address) and not any(c in message.address for c in " ,;<>\"()")
    return None if fits else Rejected("This is not one email address.", permanent=True)


def chunks(items: Iterable[int], size: int) -> list[list[int]]:
    """Cut into lists of at most ``size``."""
    every = list(items)
    return [every[start : start + size] for start in range(0, len(every), size)]
