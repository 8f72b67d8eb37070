"""A chain of entries shows what was done to it."""

from dataclasses import replace

from incident_app.domain.audit import GENESIS, Link, chained, verify
from tests.fakes import START

Chain = list[tuple[Link, str, str]]


def a_chain(length: int = 3) -> Chain:
    """Return entries one to ``length``, each chained to the one before."""
    chain: Chain = []
    prev = GENESIS
    for seq in range(1, length + 1):
        link = Link(seq, START, 7, "Ada Approver", "case.filed", 1, "case", "BR-2026-001", {"drill": False})
        chain.append((link, prev, chained(prev, link)))
        prev = chain[-1][2]
    return chain


def test_an_untouched_chain_is_complete() -> None:
    chain = a_chain()

    verdict = verify(chain, 3, chain[-1][2])

    assert (verdict.complete, verdict.words) == (True, "Complete up to entry 3.")
    assert verify([], 0, GENESIS).complete


def test_a_changed_entry_is_named_whether_its_words_or_its_hash_were_changed() -> None:
    chain = a_chain()
    link, prev, stored = chain[1]

    for changed in ((replace(link, actor_name="Nobody"), prev, stored), (link, GENESIS, stored), (link, prev, GENESIS)):
        verdict = verify([chain[0], changed, chain[2]], 3, chain[-1][2])
        assert (verdict.complete, verdict.broken_at) == (False, 2)
        assert verdict.words == "Entry 2 was changed after it was written."


def test_a_removed_entry_is_named() -> None:
    chain = a_chain()

    verdict = verify([chain[0], chain[2]], 3, chain[-1][2])

    assert (verdict.broken_at, verdict.words) == (2, "Entry 2 is missing.")


def test_a_tail_that_was_cut_off_is_seen_by_the_head() -> None:
    chain = a_chain()

    verdict = verify(chain[:2], 3, chain[-1][2])

    assert (verdict.broken_at, verdict.seq) == (3, 2)
    assert verdict.words == "The chain ends at entry 2, its head says 3: the tail was cut."
