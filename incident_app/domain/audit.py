"""The chain: entry → canonical bytes → hash chained to the one before; anchors outside; how a chain is verified."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

GENESIS = "0" * 64
_ANCHOR = re.compile(r"(\d{1,15}):([0-9a-f]{8,64})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Link:
    """One entry as it is hashed. ``details`` is JSON without personal data of affected people.

    ``actor_session`` is the hash of the session it was done in, or ``None``.
    """

    seq: int
    at: datetime
    actor_id: int
    actor_name: str
    action: str
    case_id: int | None
    subject: str
    subject_id: str
    details: Mapping[str, object]
    actor_session: str | None = None


@dataclass(frozen=True, slots=True)
class Anchor:
    """What somebody outside was told: that entry ``seq`` had ``hash`` (whole, or its first 8 digits or more).

    ``at`` is ``None`` where it was given by hand.
    """

    seq: int
    hash: str
    at: datetime | None
    where: str

    @property
    def words(self) -> str:
        """Return which anchor this is."""
        when = f" of {self.at.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if self.at else ""
        return f"{self.where}{when}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """``complete`` up to ``seq`` with the head's ``hash``; otherwise ``broken_at`` is the first bad entry.

    ``anchor`` is the newest anchor that matches; ``anchors`` how many do.
    """

    seq: int
    hash: str
    broken_at: int | None = None
    words: str = ""
    anchor: Anchor | None = None
    anchors: int = 0

    @property
    def complete(self) -> bool:
        """Whether every link held, and every anchor matched."""
        return self.broken_at is None


def canonical(link: Link) -> bytes:
    """Return the one byte sequence an entry can have (sorted keys, UTC, microseconds).

    There are two forms. An entry without a session is written in the first, as every entry was before sessions were
    known: its bytes never change. One with a session says ``"form": 2`` and names it.
    """
    facts: dict[str, object] = {
        "seq": link.seq,
        "at": link.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "actor_id": link.actor_id,
        "actor_name": link.actor_name,
        "action": link.action,
        "case_id": link.case_id,
        "subject": link.subject,
        "subject_id": link.subject_id,
        "details": link.details,
    }
    if link.actor_session is not None:
        facts |= {"form": 2, "actor_session": link.actor_session}
    return json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def chained(prev: str, link: Link) -> str:
    """Return SHA-256 over the hash of the entry before and this entry's canonical bytes, in hex."""
    return hashlib.sha256(bytes.fromhex(prev) + canonical(link)).hexdigest()


def parse_anchor(words: str, where: str = "the anchor given by hand") -> Anchor:
    """Read ``SEQ:HASH`` as it stands in an email or at the foot of a PDF. Raises ``ValueError`` in words."""
    found = _ANCHOR.fullmatch(words.strip().lower().rstrip("…."))
    if found is None:
        raise ValueError("An anchor is the number of an entry, a colon and its hash, such as 4711:9f86d081884c7d65.")
    return Anchor(int(found[1]), found[2], None, where)


def line_of(seq: int, digest: str) -> str:
    """Return how a head is told to machines outside."""
    return f"audit {seq} {digest}"


class _Anchors:
    """The anchors by entry, and which of them have matched so far."""

    def __init__(self, anchors: Iterable[Anchor]) -> None:
        self.by_seq: dict[int, list[Anchor]] = {}
        for anchor in anchors:
            self.by_seq.setdefault(anchor.seq, []).append(anchor)
        self.newest: Anchor | None = None
        self.count = 0

    def contradicted(self, seq: int, digest: str) -> Anchor | None:
        """Return an anchor that says something else about this entry; count those that agree."""
        for anchor in self.by_seq.pop(seq, ()):
            if not digest.startswith(anchor.hash):
                return anchor
            self.newest, self.count = anchor, self.count + 1
        return None

    def beyond(self) -> Anchor | None:
        """Return the anchor of the latest entry that was not met."""
        return self.by_seq[max(self.by_seq)][0] if self.by_seq else None


def verify(
    chain: Iterable[tuple[Link, str, str]], head_seq: int, head_hash: str, anchors: Iterable[Anchor] = ()
) -> Verdict:
    """Walk ``(link, prev, hash)`` in order and name the first entry that does not fit, or the cut-off tail.

    A chain that was written anew with hashes that fit is found by an anchor: at the first anchored entry that differs.
    """
    known, prev, seq = _Anchors(anchors), GENESIS, 0
    for link, stored_prev, stored_hash in chain:
        words = _misfit(link, stored_prev, stored_hash, prev, seq)
        if words:
            return Verdict(seq, prev, seq + 1, words, known.newest, known.count)
        prev, seq = stored_hash, link.seq
        other = known.contradicted(seq, prev)
        if other is not None:
            return Verdict(seq, prev, seq, _rewritten(other, known.newest), known.newest, known.count)
    return _end(known, seq, prev, head_seq, head_hash)


def _misfit(link: Link, stored_prev: str, stored_hash: str, prev: str, seq: int) -> str:
    """Say why an entry does not follow entry ``seq``, or ""."""
    if link.seq > seq + 1:
        return f"Entry {seq + 1} is missing."
    if link.seq <= seq:
        return f"After entry {seq} stands entry {link.seq} once more: something was put in."
    if stored_prev != prev or stored_hash != chained(prev, link):
        return f"Entry {link.seq} was changed after it was written."
    return ""


def _rewritten(other: Anchor, matching: Anchor | None) -> str:
    found = f"Entry {other.seq} does not have the fingerprint that {other.words} names"
    if matching is not None and matching.seq == other.seq:
        return f"{found}, but the one that {matching.words} names: one of the two anchors is wrong."
    first = matching.seq + 1 if matching else 1
    where = f"somewhere between entry {first} and entry {other.seq}" if first < other.seq else f"at entry {other.seq}"
    sure = "" if other.at else " Was it typed as it was given? If so,"
    return f"{found}.{sure} {'the' if sure else 'The'} record was rewritten {where}."


def _end(known: _Anchors, seq: int, prev: str, head_seq: int, head_hash: str) -> Verdict:
    beyond = known.beyond()
    if beyond is not None and beyond.seq > seq:
        words = f"The chain ends at entry {seq}, but {beyond.words} knows entry {beyond.seq}: the tail was cut."
    elif beyond is not None:
        words = f"{beyond.words} names entry {beyond.seq}, which no chain has."
    elif head_seq > seq:
        words = f"The chain ends at entry {seq}, its head says {head_seq}: the tail was cut."
    elif (seq, prev) != (head_seq, head_hash):
        words = f"The chain ends at entry {seq}, its head says {head_seq}: the head was replaced."
    else:
        words = f"Complete up to entry {seq}."
        if known.newest is not None:
            anchor = known.newest
            words += f" {anchor.words[:1].upper()}{anchor.words[1:]} (entry {anchor.seq}) matches."
        return Verdict(seq, prev, None, words, known.newest, known.count)
    return Verdict(seq, prev, seq + 1, words, known.newest, known.count)
