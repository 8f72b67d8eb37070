"""The encrypted zip: what goes in comes out, and it is made while the file comes."""

import io
from collections.abc import Iterator

import pytest
import pyzipper

from incident_app.adapters.locked_zip import AesZip
from tests.fakes import START


def test_a_file_comes_out_of_the_zip_as_it_went_in_and_only_with_the_password() -> None:
    content = [bytes(range(256)) * 1000, b"", b"the end"]

    packed = io.BytesIO(b"".join(AesZip().pack("nöte.txt", START, content, "infected")))

    with pyzipper.AESZipFile(packed) as opened:
        (inside,) = opened.infolist()
        assert (inside.filename, inside.file_size) == ("nöte.txt", sum(map(len, content)))
        assert inside.wz_aes_strength == 3  # 256 bits
        with pytest.raises(RuntimeError, match="password"):
            opened.read(inside)
        assert opened.read(inside, pwd=b"infected") == b"".join(content)


def test_it_is_packed_while_the_file_comes() -> None:
    taken: list[int] = []

    def pieces() -> Iterator[bytes]:
        for number in range(50):
            taken.append(number)
            yield number.to_bytes(1, "big") * 100 + bytes(range(256)) * 400

    packed = AesZip().pack("x", START, pieces(), "infected")
    while not next(packed):
        pass

    assert len(taken) < 50
