"""How a file is cut on its way in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident_app.domain.incoming import LARGEST_FILE, PART, cut, parts_of, problems, scope_of_part
from incident_app.domain.refusals import Refused


@given(st.lists(st.integers(0, 3 * PART // 2), max_size=3), st.booleans())
def test_whole_parts_and_the_end_are_kept_and_nothing_else(lengths: list[int], whole: bool) -> None:
    size = sum(lengths)
    pieces = [bytes([number]) * length for number, length in enumerate(lengths)]

    parts = list(cut(pieces, size if whole else size + 1))

    sent, kept = b"".join(pieces), b"".join(parts)
    assert sent.startswith(kept)
    assert {len(one) for one in parts[:-1]} <= {PART}
    assert len(kept) == (size if whole else size // PART * PART)
    assert not whole or len(parts) == parts_of(size)


def test_more_than_was_announced_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        list(cut([b"12345", b"6"], 5))

    assert "At most 0 bytes" in refused.value.problems["file"]


def test_what_may_not_begin_is_told_by_field() -> None:
    assert problems("evidence", 1) == problems("proof", LARGEST_FILE) == {}
    assert set(problems("pdf", 0)) == {"kind", "file"}
    assert "2\u202f048 MB" in problems("evidence", LARGEST_FILE + 1)["file"]


def test_every_place_in_every_file_is_another_scope() -> None:
    assert len({scope_of_part("a", 1), scope_of_part("a", 2), scope_of_part("b", 1)}) == 3
