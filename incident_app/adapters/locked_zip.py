"""An encrypted zip, made while the file in it comes: nothing is held, nothing lies on the disk."""

import zlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from stream_zip import ZIP_32, stream_zip

MODE = 0o100600  # a plain file, its owner's alone, not to be run
QUICK = 1  # how hard to press: evidence of hundreds of megabytes leaves while somebody waits


def _press() -> Any:
    return zlib.compressobj(wbits=-zlib.MAX_WBITS, level=QUICK)


class AesZip:
    """The LockedZip port: WinZip's AES-256 (AE-2), which 7-Zip, WinZip and most others open."""

    def pack(self, name: str, at: datetime, pieces: Iterable[bytes], password: str) -> Iterator[bytes]:
        """Yield a zip with this one file in it, encrypted, while its pieces come."""
        yield from stream_zip(((name, at, MODE, ZIP_32, pieces),), get_compressobj=_press, password=password)
