"""What a mail provider's block list says of an address, in words, and whether a legal notice may pass it."""

from collections.abc import Mapping

from incident_app.domain.numbers import grouped

# The worst first: what an address stands for when it stands on several lists.
SHORT = {
    "invalid": "without a mailbox", "bounce": "bounced before", "spam_report": "reported spam before",
    "block": "blocked before", "unsubscribed": "unsubscribed",
}
WORDS = {
    "invalid": "The mail provider drops it: the address does not exist",
    "bounce": "The mail provider drops it: the mailbox sent earlier mail back",
    "spam_report": "The mail provider drops it: somebody there reported earlier mail as spam",
    "block": "The mail provider drops it: the receiving mail server refused earlier mail",
    "unsubscribed": "The mail provider drops it: somebody there unsubscribed from earlier mail",
}
# A person's wish, or a passing refusal: the law's duty to tell them goes before it. A mailbox that is not there stays so.
PASSABLE = frozenset({"unsubscribed", "block", "spam_report"})
NO_PASSING = ", and a bypass does not bring a mailbox back"


def known(kind: str) -> str:
    """Return the kind if we know it; what we do not know counts as a passing block."""
    return kind if kind in SHORT else "block"


def worse(one: str, other: str) -> str:
    """Return which of two kinds says more against an address."""
    order = list(SHORT)
    return min(known(one), known(other), key=order.index)


def stops(kind: str, *, bypass: bool) -> bool:
    """Tell whether an email to such an address would not go out, by a notice that does or does not pass the list."""
    return not (bypass and known(kind) in PASSABLE)


def words_for(kind: str, *, bypass: bool = False) -> str:
    """Return why no email goes to an address on the list."""
    return WORDS[known(kind)] + (NO_PASSING if bypass else "")


def summary(counts: Mapping[str, int], *, bypass: bool = False) -> str:
    """Return in one sentence how many addresses would be dropped, and why; of a bypass, what it changes."""
    parts = {kind: counts.get(kind, 0) for kind in SHORT if stops(kind, bypass=bypass) and counts.get(kind)}
    passed = sum(counts.values()) - sum(parts.values())
    also = f" {grouped(passed)} more stand on the list and are written to all the same." if passed else ""
    if not parts:
        return "No address would be dropped by the mail provider." + also
    total = sum(parts.values())
    named = ", ".join(f"{grouped(count)} {SHORT[kind]}" for kind, count in parts.items())
    return f"{grouped(total)} {'address' if total == 1 else 'addresses'} would be dropped by the mail provider: {named}.{also}"
