"""The chain: entry → canonical bytes → hash chained to the one before; and how a chain is verified."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class Link:
    """One entry as it is hashed. ``details`` is JSON without personal data of affected people."""

    seq: int
    at: datetime
    actor_id: int
    actor_name: str
    action: str
    case_id: int | None
    subject: str
    subject_id: str
    details: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Verdict:
    """``complete`` up to ``seq`` with the head's ``hash``; otherwise ``broken_at`` is the first bad entry."""

    seq: int
    hash: str
    broken_at: int | None = None
    words: str = ""

    @property
    def complete(self) -> bool:
        """Whether every link held."""
        return self.broken_at is None


def canonical(link: Link) -> bytes:
    """Return the one byte sequence an entry can have (sorted keys, UTC, microseconds)."""
    facts = {
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
    return json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def chained(prev: str, link: Link) -> str:
    """Return SHA-256 over the hash of the entry before and this entry's canonical bytes, in hex."""
    return hashlib.sha256(bytes.fromhex(prev) + canonical(link)).hexdigest()


def verify(chain: Iterable[tuple[Link, str, str]], head_seq: int, head_hash: str) -> Verdict:
    """Walk ``(link, prev, hash)`` in order and name the first entry that does not fit, or the cut-off tail."""
    prev, seq = GENESIS, 0
    for link, stored_prev, stored_hash in chain:
        if link.seq != seq + 1:
            return Verdict(seq, prev, seq + 1, f"Entry {seq + 1} is missing.")
        if stored_prev != prev or stored_hash != chained(prev, link):
            return Verdict(seq, prev, link.seq, f"Entry {link.seq} was changed after it was written.")
        prev, seq = stored_hash, link.seq
    if (seq, prev) != (head_seq, head_hash):
        return Verdict(seq, prev, seq + 1, f"The chain ends at entry {seq}, its head says {head_seq}: the tail was cut.")
    return Verdict(seq, prev, None, f"Complete up to entry {seq}.")
