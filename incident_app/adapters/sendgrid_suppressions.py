"""Whom SendGrid will not write to: its lists of bounces, blocks, spam reports, invalid addresses and unsubscribes."""

import json
from collections.abc import Iterator
from typing import Any

from sendgrid import SendGridAPIClient

from incident_app.adapters.transport import Answer, AnswerLost, Http, Loop, NotSent

PAGE = 500
LISTS = {
    "bounces": "bounce", "blocks": "block", "spam_reports": "spam_report", "invalid_emails": "invalid",
    "unsubscribes": "unsubscribed",
}
"""SendGrid's names of the lists, and the kind each stands for."""


class SendGridSuppressions:
    """The Suppressions port. Times are seconds, for each page."""

    def __init__(self, api_key: str, base_url: str = "https://api.sendgrid.com", connect_timeout: float = 3,
                 total: float = 15) -> None:
        """Connect to nothing yet."""
        self._url = f"{base_url.rstrip('/')}/v3/suppression"
        self._headers = dict(SendGridAPIClient(api_key, host=base_url.rstrip("/")).client.request_headers)
        self._loop = Loop("sendgrid-suppressions")
        self._http = Http(connect_timeout, total, connections=1)

    def listed(self) -> Iterator[tuple[str, str]]:
        """Yield each address with its kind, list by list, page by page.

        Raises ``ConnectionError``, in words, where SendGrid cannot be asked.
        """
        for name, kind in LISTS.items():
            offset, before = 0, b""
            # Until a page is empty: one that is short may only mean that SendGrid's pages are smaller than we asked.
            while page := self._page(answer := self._ask(f"{self._url}/{name}?limit={PAGE}&offset={offset}")):
                if answer.content == before:
                    raise ConnectionError("SendGrid shows the same page again and again.")
                offset, before = offset + len(page), answer.content
                yield from ((address, kind) for address in page)

    def close(self) -> None:
        """Close the connection and end the thread."""
        self._loop.run(self._http.close())
        self._loop.stop()

    def _ask(self, url: str) -> Answer:
        try:
            answer = self._loop.run(self._http.get(url, headers=self._headers))
        except NotSent as error:
            raise ConnectionError(f"SendGrid cannot be reached ({error}).") from None
        except AnswerLost:
            raise ConnectionError("SendGrid's answer was lost or did not come in time.") from None
        match answer.status:
            case 200:
                return answer
            case 401:
                raise ConnectionError("SendGrid does not accept the key.")
            case 403:
                raise ConnectionError("SendGrid's key may not read the suppressed addresses.")
            case 429:
                raise ConnectionError("SendGrid asks us to slow down.")
            case status:
                raise ConnectionError(f"SendGrid answered {status}.")

    @staticmethod
    def _page(answer: Answer) -> list[str]:
        try:
            parsed: Any = json.loads(answer.content)
        except ValueError:
            parsed = None
        if not isinstance(parsed, list):
            raise ConnectionError("SendGrid's answer cannot be read.")
        addresses = [entry.get("email") if isinstance(entry, dict) else None for entry in parsed]
        if not all(isinstance(address, str) for address in addresses):
            raise ConnectionError("SendGrid's answer cannot be read.")
        return [str(address) for address in addresses]
