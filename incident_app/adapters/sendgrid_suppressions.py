"""What SendGrid lists as addresses it would drop."""

from collections.abc import Iterator


class SendGridSuppressions:
    """Asks SendGrid for its block lists."""

    def __init__(self, api_key: str, base_url: str) -> None:
        """Remember whom to ask."""
        self.api_key, self.base_url = api_key, base_url

    def listed(self) -> Iterator[tuple[str, str]]:
        """Yield address and kind. Raises ``ConnectionError`` in words."""
        raise ConnectionError("SendGrid's block list cannot be read yet.")
