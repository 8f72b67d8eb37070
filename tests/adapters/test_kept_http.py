"""Posts over kept connections, against a server that plays any trick."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from incident_app.adapters.kept_http import KeptHttp
from incident_app.adapters.transport import Answer, AnswerLost, NotSent
from tests.loopback.certificates import write_certificate

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def run(script: Script, use: Callable[[KeptHttp, str], Awaitable[None]], *, certificate: Path | None = None,
        connections: int = 4) -> int:
    """Serve by ``script``, let ``use`` post; return how many connections were made."""
    made = 0

    async def all_of_it() -> None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal made
            made += 1
            try:
                await script(reader, writer)
            except (OSError, asyncio.IncompleteReadError):
                return
            finally:
                writer.close()

        tls = trust = None
        if certificate is not None:
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            tls.load_cert_chain(certificate)
            trust = ssl.create_default_context(cafile=str(certificate))
            trust.check_hostname = False
        server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
        port = server.sockets[0].getsockname()[1]
        http = KeptHttp(1, 5, connections, {"User-Agent": "test"}, trust)
        await use(http, f"{'https' if tls else 'http'}://127.0.0.1:{port}/path?a=%20b")
        await http.close()
        server.close()

    asyncio.run(all_of_it())
    return made


async def one_request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    return head + await reader.readexactly(int(head.split(b"Content-Length: ")[1].split(b"\r\n")[0]))


def answering(*answers: bytes) -> Script:
    """Answer requests with these, in order, and hang up."""
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in answers:
            await one_request(reader)
            writer.write(answer)

    return script


def test_a_connection_is_used_again_and_the_request_is_whole() -> None:
    seen: list[bytes] = []

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            seen.append(await one_request(reader))
            writer.write(OK[:20])
            await writer.drain()
            writer.write(OK[20:])

    async def use(http: KeptHttp, url: str) -> None:
        for _ in range(3):
            assert (await http.post(url, data=b"{}")).content == b"ok"

    assert run(script, use) == 1
    assert len(seen) == 3
    head = seen[0].split(b"\r\n")
    assert head[0] == b"POST /path?a=%20b HTTP/1.1"
    assert head[1].startswith(b"Host: 127.0.0.1:")
    assert head[2:] == [b"User-Agent: test", b"Content-Length: 2", b"", b"{}"]


@pytest.mark.parametrize("answer", [
    b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", OK.replace(b"OK\r\n", b"OK\r\nConnection: close\r\n"),
    OK + b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\n\r\nok",
])
def test_a_connection_that_is_not_to_be_kept_is_not_used_again(answer: bytes) -> None:
    async def use(http: KeptHttp, url: str) -> None:
        for _ in range(2):
            assert (await http.post(url, data=b"")).content == b"ok"

    assert run(answering(answer), use) == 2


def test_words_nobody_asked_for_are_never_taken_for_an_answer() -> None:
    answered, sent = asyncio.Event(), asyncio.Event()

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await one_request(reader)
        writer.write(OK)
        await answered.wait()
        if not sent.is_set():
            writer.write(OK.replace(b"ok", b"no"))
            await writer.drain()
            sent.set()
        await reader.read()

    async def use(http: KeptHttp, url: str) -> None:
        await http.post(url, data=b"")
        answered.set()
        await sent.wait()
        for _ in range(5):
            await asyncio.sleep(0)
        assert (await http.post(url, data=b"")).content == b"ok"

    assert run(script, use) == 2


@pytest.mark.parametrize(("answer", "words"), [
    (b"", "lost"), (OK[:-1], "lost"), (b"hello\r\n\r\n", "cannot be read"),
    (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 9_000_000, "cannot be read"),
])
def test_an_answer_that_does_not_come_whole_is_lost_and_not_asked_for_again(answer: bytes, words: str) -> None:
    async def use(http: KeptHttp, url: str) -> None:
        with pytest.raises(AnswerLost, match=words):
            await http.post(url, data=b"")

    assert run(answering(answer), use) == 1


def test_an_answer_that_takes_too_long_is_lost_even_after_a_quick_one() -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await one_request(reader)
        writer.write(OK)
        await reader.read()

    async def use(http: KeptHttp, url: str) -> None:
        await http.post(url, data=b"", total=0.05)
        with pytest.raises(AnswerLost) as caught:
            await http.post(url, data=b"", total=0.2)
        assert isinstance(caught.value.__cause__, TimeoutError)
        await http.post(url, data=b"")  # a longer patience first, then a shorter one
        with pytest.raises(AnswerLost, match="in time"):
            await http.post(url, data=b"", total=0.05)

    assert run(script, use) == 2


def test_a_request_that_is_given_up_takes_its_connection_along() -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if b"wait" in await one_request(reader):
            await reader.read()
        writer.write(OK)

    async def use(http: KeptHttp, url: str) -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(http.post(url, data=b"wait"), 0.05)
        assert (await http.post(url, data=b"go")).content == b"ok"

    assert run(script, use) == 2


def test_no_more_connections_are_opened_than_allowed() -> None:
    async def use(http: KeptHttp, url: str) -> None:
        answers = await asyncio.gather(*(http.post(url, data=b"") for _ in range(12)))
        assert answers == [Answer(200, {"content-length": "2"}, b"ok")] * 12

    assert run(answering(*[OK] * 12), use, connections=3) == 3


def test_another_loop_opens_connections_of_its_own() -> None:
    http = KeptHttp(1, 5, 1, {})

    async def use(_: KeptHttp, url: str) -> None:
        await http.post(url, data=b"")
        await http.post(url, data=b"")

    assert [run(answering(OK, OK, OK), use) for _ in range(2)] == [1, 1]
    asyncio.run(http.close())  # not the loop they belong to: nothing to be done there


def test_what_is_encrypted_is_checked(tmp_path: Path) -> None:
    certificate = write_certificate(tmp_path)

    async def use(http: KeptHttp, url: str) -> None:
        assert (await http.post(url, data=b"")).content == b"ok"
        with pytest.raises(NotSent, match="SSLCertVerificationError"):
            await KeptHttp(1, 5, 1, {}).post(url, data=b"")

    run(answering(OK), use, certificate=certificate)


def test_connections_opened_ahead_are_used_and_one_that_cannot_be_opened_is_nobodys_trouble() -> None:
    async def use(http: KeptHttp, url: str) -> None:
        await http.open_ahead(url, 3)
        await http.open_ahead(url, 2)  # there are enough
        await asyncio.gather(*(http.post(url, data=b"x") for _ in range(3)))
        await http.open_ahead("http://127.0.0.1:1/", 4)

    assert run(answering(OK, OK), use) == 3
