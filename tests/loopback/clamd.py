"""A clamd on this machine, as far as INSTREAM goes: it knows one harmful sign, takes so much and no more, and can fail.

``with Clamd() as clamd:`` gives ``clamd.url``; ``clamd.heard`` has the length of every file it was sent whole.
"""

import socketserver
import struct
import threading
from types import TracebackType
from typing import Self

SIGN = b"harmful-for-the-test"
FOUND = "Test.Signature-1"


class Clamd:
    """The daemon. ``most``: bytes of one stream; ``says`` is answered instead of a verdict, ``mute`` hangs up unanswered."""

    def __init__(self, *, most: int = 25 * 1024 * 1024, says: str = "", mute: bool = False) -> None:
        """Take a free port."""
        self.heard: list[int] = []
        self.most, self.says, self.mute = most, says, mute
        owner = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                words = owner.listen(self)
                if words:
                    self.wfile.write(words.encode() + b"\0")

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self.url = f"tcp://127.0.0.1:{self._server.server_address[1]}"

    def listen(self, handler: socketserver.StreamRequestHandler) -> str:
        """Hear one stream; return what to answer."""
        if self.mute:
            return ""
        if handler.rfile.read(10) != b"zINSTREAM\0":
            return "UNKNOWN COMMAND"
        content = b""
        while length := struct.unpack("!I", handler.rfile.read(4))[0]:
            if len(content) + length > self.most:
                handler.rfile.read(length)
                return "INSTREAM size limit exceeded. ERROR"
            content += handler.rfile.read(length)
        self.heard.append(len(content))
        return self.says or (f"stream: {FOUND} FOUND" if SIGN in content else "stream: OK")

    def __enter__(self) -> Self:
        """Start."""
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)
