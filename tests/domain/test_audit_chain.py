"""Whatever is done to a chain is found, at the entry where it was done; what hides inside it, an anchor finds."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident_app.domain.audit import (
    GENESIS,
    Anchor,
    Link,
    Verdict,
    canonical,
    chained,
    line_of,
    parse_anchor,
    verify,
)
from tests.domain.test_audit import Chain, a_chain
from tests.fakes import START

LENGTH = 12
WHOLE = a_chain(LENGTH)
POSITIONS = st.integers(0, LENGTH - 1)
CHANGES: dict[str, Callable[[Link], Link]] = {
    "at": lambda link: replace(link, at=link.at + timedelta(microseconds=1)),
    "actor_id": lambda link: replace(link, actor_id=link.actor_id + 1),
    "actor_name": lambda link: replace(link, actor_name=link.actor_name + " "),
    "action": lambda link: replace(link, action="case.closed"),
    "case_id": lambda link: replace(link, case_id=None),
    "subject": lambda link: replace(link, subject=""),
    "subject_id": lambda link: replace(link, subject_id="BR-2026-002"),
    "details": lambda link: replace(link, details={"drill": True}),
    "actor_session": lambda link: replace(link, actor_session="f" * 64),
}


def checked(chain: Chain, *anchors: Anchor, head: tuple[int, str] = (LENGTH, WHOLE[-1][2])) -> Verdict:
    """Verify against the head as it was."""
    return verify(chain, *head, anchors)


def written_anew(chain: Chain) -> Chain:
    """Return it with numbers and hashes that fit, as somebody does who can write everything."""
    fresh: Chain = []
    prev = GENESIS
    for number, (link, _, _) in enumerate(chain, 1):
        renumbered = replace(link, seq=number)
        fresh.append((renumbered, prev, chained(prev, renumbered)))
        prev = fresh[-1][2]
    return fresh


def anchored(seq: int) -> Anchor:
    """Return what an email said about an entry."""
    return Anchor(seq, WHOLE[seq - 1][2], START, "the anchor in the email")


@given(POSITIONS, st.sampled_from(sorted(CHANGES)))
def test_any_change_of_one_entry_is_found_at_that_entry(at: int, what: str) -> None:
    link, prev, digest = WHOLE[at]

    verdict = checked([*WHOLE[:at], (CHANGES[what](link), prev, digest), *WHOLE[at + 1 :]])

    assert (verdict.broken_at, verdict.words) == (at + 1, f"Entry {at + 1} was changed after it was written.")


@given(POSITIONS)
def test_a_removed_entry_is_found_where_it_was(at: int) -> None:
    verdict = checked([*WHOLE[:at], *WHOLE[at + 1 :]])

    assert verdict.broken_at == at + 1


@given(POSITIONS, POSITIONS)
def test_swapped_entries_are_found_at_the_first_of_them(one: int, other: int) -> None:
    swapped = list(WHOLE)
    swapped[one], swapped[other] = swapped[other], swapped[one]

    verdict = checked(swapped)

    assert verdict.broken_at == (min(one, other) + 1 if one != other else None)


@given(POSITIONS)
def test_an_entry_put_in_is_found_where_it_stands(at: int) -> None:
    verdict = checked([*WHOLE[: at + 1], WHOLE[at], *WHOLE[at + 1 :]])

    assert verdict.broken_at == at + 2
    assert "was put in" in verdict.words


@given(st.integers(1, LENGTH - 1), st.integers(1, LENGTH))
def test_a_tail_cut_together_with_the_head_is_found_by_an_anchor(left: int, anchor: int) -> None:
    cut = WHOLE[:left]

    verdict = checked(cut, anchored(anchor), head=(left, cut[-1][2]))

    assert verdict.complete == (anchor <= left)
    if anchor > left:
        assert verdict.broken_at == left + 1
        assert verdict.words.endswith("the tail was cut.")


@given(POSITIONS, st.integers(1, LENGTH))
def test_a_chain_written_anew_with_hashes_that_fit_is_found_by_an_anchor(at: int, anchor: int) -> None:
    changed = list(WHOLE)
    changed[at] = (CHANGES["details"](WHOLE[at][0]), "", "")
    fresh = written_anew(changed)
    before = anchored(max(1, at))

    verdict = checked(fresh, before, anchored(anchor), head=(LENGTH, fresh[-1][2]))

    # Every anchor before the change agrees, every one from there on does not.
    bad = [one for one in (before.seq, anchor) if one > at]
    assert verdict.broken_at == (min(bad) if bad else None)
    if bad:
        assert "record was rewritten" in verdict.words


def test_an_anchor_that_does_not_agree_is_said_in_words_of_what_to_do() -> None:
    by_hand = Anchor(9, "0" * 16, None, "the anchor given by hand")

    assert checked(WHOLE, by_hand).words == (
        "Entry 9 does not have the fingerprint that the anchor given by hand names. Was it typed as it was given? If so, the "
        "record was rewritten somewhere between entry 1 and entry 9.")
    assert checked(WHOLE, anchored(8), by_hand).words.endswith("If so, the record was rewritten at entry 9.")
    assert checked(WHOLE, anchored(9), by_hand).words == (
        "Entry 9 does not have the fingerprint that the anchor given by hand names, but the one that the anchor in the email "
        "of 2026-11-23 09:40 UTC names: one of the two anchors is wrong.")


def test_a_complete_chain_names_the_newest_anchor_that_matches() -> None:
    verdict = checked(WHOLE, anchored(3), anchored(9), Anchor(5, WHOLE[4][2][:16], None, "the anchor given by hand"))

    assert (verdict.words, verdict.anchors) == (
        "Complete up to entry 12. The anchor in the email of 2026-11-23 09:40 UTC (entry 9) matches.", 3)


def test_a_replaced_head_and_an_anchor_of_nothing_are_named() -> None:
    assert checked(WHOLE, head=(LENGTH, GENESIS)).words.endswith("the head was replaced.")
    assert checked(WHOLE, head=(LENGTH - 1, WHOLE[-2][2])).words.endswith("the head was replaced.")
    assert checked(WHOLE, Anchor(0, "ab" * 32, None, "the anchor given by hand")).words == (
        "the anchor given by hand names entry 0, which no chain has.")


def test_entries_without_a_session_keep_the_bytes_they_always_had() -> None:
    link = WHOLE[0][0]

    assert canonical(link) == (
        b'{"action":"case.filed","actor_id":7,"actor_name":"Ada Approver","at":"2026-11-23T09:40:00.000000Z","case_id":1,'
        b'"details":{"drill":false},"seq":1,"subject":"case","subject_id":"BR-2026-001"}')
    assert b'"form":2' in canonical(replace(link, actor_session="ab"))


def test_an_anchor_is_read_as_it_was_written_down() -> None:
    assert parse_anchor(f" 12:{WHOLE[-1][2][:16].upper()}… ").hash == WHOLE[-1][2][:16]
    assert line_of(12, "ab") == "audit 12 ab"
    for nonsense in ("", "12", "12:", "12:xyz", "x:abcdef01", "12:abc", "-1:abcdef0123", "١٢:abcdef0123"):
        with pytest.raises(ValueError, match="such as 4711"):
            parse_anchor(nonsense)
