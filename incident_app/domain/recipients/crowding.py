"""Many addresses that end in one mailbox, and the domains most addresses are at: what a second person should see.

A list with ten thousand addresses of one mailbox would bury its owner; a list with a whole domain may be the wrong list.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from incident_app.domain.numbers import grouped

TAGGED_AT_MOST = 2
"""Addresses with a tag of one mailbox that pass unasked; with the plain one that makes three."""

SHOWN = 10
FEWEST = 3  # people at a domain that is named: a domain of one's own names its owner
_KEPT = 10_000
DOTS_DO_NOT_COUNT = {"gmail.com": "gmail.com", "googlemail.com": "gmail.com"}


def mailbox_base(email: str) -> str:
    """Return whose mailbox an address leads to: without a tag behind a plus, and without dots where they do not count."""
    local, _, domain = email.strip().lower().rpartition("@")
    local = local.partition("+")[0] or local
    if domain in DOTS_DO_NOT_COUNT:
        local, domain = local.replace(".", ""), DOTS_DO_NOT_COUNT[domain]
    return f"{local}@{domain}"


@dataclass(slots=True)
class Crowds:
    """Counts addresses as they are read; memory is bounded, whatever the list."""

    _domains: Counter[str] = field(default_factory=Counter)
    _tagged: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, address: str) -> None:
        """Count one address."""
        plain = address.lower()
        self._domains[plain.rpartition("@")[2]] += 1
        if len(self._domains) > 2 * _KEPT:
            self._domains = Counter(dict(self._domains.most_common(_KEPT)))
        base = mailbox_base(plain)
        if base != plain:
            self._tagged.setdefault(base, Counter())[plain] += 1

    def remove(self, address: str) -> None:
        """Take one address back: its line was joined to another. A domain too rare to be counted stays uncounted."""
        plain = address.lower()
        base = mailbox_base(plain)
        told = [(self._domains, plain.rpartition("@")[2])] + ([(self._tagged.setdefault(base, Counter()), plain)] if base != plain else [])
        for counter, name in told:
            counter[name] -= 1
            if counter[name] <= 0:
                del counter[name]

    def domains(self) -> list[tuple[str, int]]:
        """Return the domains with most people; those with fewer than three are not named."""
        return [(name, count) for name, count in self._domains.most_common(SHOWN) if count >= FEWEST]

    def crowded(self) -> dict[str, int]:
        """Return how many mailboxes more addresses end in than pass unasked, and how many addresses; empty for none."""
        sizes = [len(found) for found in self._tagged.values() if len(found) > TAGGED_AT_MOST]
        return {"mailboxes": len(sizes), "people": sum(sizes)} if sizes else {}


def crowd_words(crowded: dict[str, int]) -> str:
    """Return in words what is crowded."""
    boxes = "one mailbox" if crowded["mailboxes"] == 1 else f"{grouped(crowded['mailboxes'])} mailboxes"
    return (f"{grouped(crowded['people'])} addresses of the list end in {boxes}: the same person would be written to again and "
            "again.")


def at_domain(domains: Sequence[Sequence[object]], address: str) -> int:
    """Return how many of the people counted are at the domain of this address of ours."""
    ours = address.lower().rpartition("@")[2]
    return next((int(str(count)) for name, count in domains if name == ours), 0)
