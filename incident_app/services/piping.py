"""Files that are handed out while they are made."""


class Pipe:
    """Where a ZIP is written to, and handed out from, a chunk at a time."""

    def __init__(self) -> None:
        """Nothing yet."""
        self._written = bytearray()

    def write(self, content: bytes) -> int:
        """Hold what was written until it is taken."""
        self._written += content
        return len(content)

    def flush(self) -> None:
        """Nothing is kept back."""

    def taken(self) -> bytes:
        """Return what was written since."""
        content = bytes(self._written)
        self._written.clear()
        return content
