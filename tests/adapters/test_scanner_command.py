"""A command of this machine as scanner: what it says becomes a verdict, and so does whatever else it does (T-54)."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from incident_app.adapters.scanner_command import CommandScanner
from incident_app.domain.ports import Bad, Clean, NotScanned, VaultError

LOOKS = """
import sys
content = sys.stdin.buffer.read()
print("stream: Eicar-Test FOUND" if b"EICAR" in content else f"stream: OK {len(content)}")
print("-- SUMMARY --")
sys.exit(1 if b"EICAR" in content else 0)
"""


def scanner(program: str, *more: str, seconds: float = 60) -> CommandScanner:
    return CommandScanner([sys.executable, "-c", program, *more], seconds=seconds)


def test_t54_a_file_goes_in_piece_by_piece_and_what_is_found_is_named() -> None:
    assert scanner(LOOKS).scan([b"x" * 1_000_000, b"y" * 500_000]) == Clean()
    assert scanner(LOOKS).scan([b"before ", b"EI", b"CAR"]) == Bad("Eicar-Test")
    assert scanner("import sys; sys.stdin.read(); sys.exit(1)").scan([b"x"]) == Bad("something, and the scanner did not name it")
    assert scanner("import sys; print('Worm.A'); sys.exit(1)").scan([b"x" * 1_000_000] * 3) == Bad("Worm.A")


def test_t54_what_is_no_verdict_leaves_the_file_unscanned_and_it_is_asked_again(tmp_path: Path) -> None:
    found = [scanner("import sys; sys.exit(2)").scan([b"x"]), scanner("import os; os.abort()").scan([b"x"]),
             CommandScanner([str(tmp_path / "none")]).scan([b"x"])]

    assert found == [NotScanned("the scanner ended with status 2"), NotScanned("the scanner ended with status -6"),
                     NotScanned("the scanner cannot be started (FileNotFoundError)")]


@pytest.mark.parametrize("program", [
    "import time; time.sleep(600)",  # reads nothing
    "import sys, time; sys.stdin.buffer.read(); time.sleep(600)",  # never ends
    "import subprocess, sys; subprocess.run(['sleep', '600'])",  # leaves it to a child, which holds its output
])
def test_t54_a_scanner_that_does_not_end_is_ended_with_what_it_started(program: str) -> None:
    assert scanner(program, seconds=1).scan([b"x" * 1_000_000]) == NotScanned("the scanner took longer than 1 seconds")


def test_t54_a_scanner_that_talks_without_end_is_heard_and_little_of_it_is_kept() -> None:
    found = scanner("import sys\nfor _ in range(50): print('x' * 100_000)\nsys.stdin.buffer.read()\nsys.exit(1)").scan([b"x"])

    assert found == Bad("x" * 200)


def test_t54_it_sees_none_of_our_secrets_and_no_shell_reads_its_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given secrets in our environment, and words a shell would act on
    monkeypatch.setenv("VAULT_KEYS", "k1:secret")
    said = tmp_path / "said"
    program = f"import os, sys; open({str(said)!r}, 'w').write(repr((sorted(os.environ), sys.argv[1:], os.getcwd())))"

    scanner(program, "$(touch x)", "; touch y").scan([b"x"])

    names, words, folder = eval(said.read_text())  # noqa: S307 (written by ourselves a moment ago)
    assert "VAULT_KEYS" not in names
    assert set(names) <= {"PATH", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "HOME"}
    assert (words, folder) == (["$(touch x)", "; touch y"], "/")


def test_a_file_that_does_not_open_on_the_way_ends_the_scanner_too(tmp_path: Path) -> None:
    mark, pid = tmp_path / "pid", ""
    os.mkfifo(mark)
    program = f"import os, sys; open({str(mark)!r}, 'w').write(str(os.getpid())); sys.stdin.buffer.read(); sys.exit(0)"

    def broken() -> Iterator[bytes]:
        yield b"x"
        nonlocal pid
        pid = mark.read_text()  # it has started
        raise VaultError("it was changed")

    with pytest.raises(VaultError):
        scanner(program).scan(broken())
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid), 0)
