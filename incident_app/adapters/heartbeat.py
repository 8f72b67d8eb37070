"""The ping to a monitor outside, of the kind that minds when the pings stop (Healthchecks, Uptime Kuma, Cronitor, …).

All of them take a GET; one that does not says so (405) and is asked by POST. Words go as the body of a POST. The address is the secret: it is never in
words, logs or errors.
"""

import asyncio

from incident_app.adapters.transport import Answer, AnswerLost, Http, Loop, NotSent

SECONDS = 10.0
_HEADERS = {"User-Agent": "incident-app"}


class HttpMonitor:
    """The Monitor port. ``url`` is pinged as it is, never with "/fail"; ``total`` seconds until it must have answered."""

    def __init__(self, url: str, total: float = SECONDS) -> None:
        """Connect to nothing yet."""
        self._url, self._total = url, total
        self._loop = Loop("monitor")

    def ping(self, words: str = "") -> str:
        """Tell it that all is well, with ``words`` for it to keep; return "" where it took that, else why not."""
        try:
            answer = self._loop.run(asyncio.wait_for(self._ask(words.encode()), self._total))
        except NotSent as error:
            return f"it cannot be reached ({error})"
        except (AnswerLost, TimeoutError):
            return "it did not answer in time, or its answer was lost"
        return "" if 200 <= answer.status < 300 else f"it answered {answer.status}"

    async def _ask(self, body: bytes) -> Answer:
        http = Http(connect=self._total, total=self._total, connections=1)
        try:
            if body:
                return await http.post(self._url, data=body, headers={**_HEADERS, "Content-Type": "text/plain"})
            answer = await http.get(self._url, headers=_HEADERS)
            if answer.status == 405:
                answer = await http.post(self._url, data=b"", headers=_HEADERS)
            return answer
        finally:
            await http.close()
