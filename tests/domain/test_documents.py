"""A name that is safe to show and to save, whatever it was."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident_app.domain.documents import LARGEST, LONGEST_NAME, problems, safe_name, scope_of


@pytest.mark.parametrize(
    ("given_", "safe"),
    [
        ("../../etc/passwd", "passwd"), ("C:\\temp\\log.txt", "log.txt"), (".htaccess", "htaccess"), ("", "file"),
        ("a\u202egnp.exe", "agnp.exe"), ("a\r\nSet-Cookie: x", "aSet-Cookie: x"), ('say "hi"; now.txt', "say 'hi', now.txt"),
        ("x" * 200 + ".pdf", "x" * 116 + ".pdf"), ("...", "file"),
    ],
)
def test_names_are_made_safe(given_: str, safe: str) -> None:
    assert safe_name(given_) == safe


@given(st.text())
def test_no_name_leaves_its_folder_or_breaks_a_header(name: str) -> None:
    safe = safe_name(name)

    assert 0 < len(safe) <= LONGEST_NAME
    assert not any(unicodedata.category(char).startswith("C") for char in safe)
    assert "/" not in safe
    assert "\\" not in safe
    assert not safe.startswith(".")


def test_what_is_wrong_with_an_upload_is_said_by_field() -> None:
    assert problems("proof", b"x") == {}
    assert problems("odd", b"") == {"kind": "Choose evidence or proof.", "file": "The file is empty."}
    assert problems("pdf", bytes(LARGEST + 1)) == {"file": "The file is larger than 25 MB."}
    assert scope_of("id") == "documents|id"
