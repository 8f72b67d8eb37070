"""An encrypted zip, made while the file in it comes: nothing is held, nothing lies on the disk."""

import io
from collections.abc import Iterable, Iterator
from datetime import datetime

MODE = 0o100600  # a plain file, its owner's alone, not to be run
UNIX = 3
QUICK = 1  # how hard to press: evidence of hundreds of megabytes leaves while somebody waits


class _Passed(io.RawIOBase):
    """What is written here is taken away at once."""

    def __init__(self) -> None:
        super().__init__()
        self._held = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, words: bytes) -> int:  # type: ignore[override]  # the zip writes bytes
        self._held += words
        return len(words)

    def taken(self) -> bytes:
        words = bytes(self._held)
        self._held.clear()
        return words


class AesZip:
    """The LockedZip port: WinZip's AES-256, which 7-Zip, WinZip and most others open."""

    def pack(self, name: str, at: datetime, pieces: Iterable[bytes], password: str) -> Iterator[bytes]:
        """Yield a zip with this one file in it, encrypted, while its pieces come."""
        import pyzipper  # late: a worker which sends does without

        passed = _Passed()
        with pyzipper.AESZipFile(passed, "w", compression=pyzipper.ZIP_DEFLATED, encryption=pyzipper.WZ_AES,
                                 compresslevel=QUICK) as packed:
            packed.setpassword(password.encode())
            inside = packed.zipinfo_cls(name, at.timetuple()[:6])
            inside.compress_type, inside.create_system, inside.external_attr = pyzipper.ZIP_DEFLATED, UNIX, MODE << 16
            with packed.open(inside, "w", force_zip64=True) as file:
                for piece in pieces:
                    file.write(piece)
                    yield passed.taken()
        yield passed.taken()
