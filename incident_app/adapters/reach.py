"""Which addresses may be spoken to where somebody else names the host: no machine of this network unless the settings say so.

A name is resolved once for each connection, every address it has is looked at, and the connection goes to what was
looked at: a name that answers differently a moment later leads nowhere else (DNS rebinding).
"""

import socket
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

_NAT64 = IPv6Network("64:ff9b::/96")


class OutOfReach(OSError):
    """An address that must not be spoken to."""


@dataclass(frozen=True, slots=True)
class Reach:
    """Public addresses, and those in ``nets``; of the latter also by plain HTTP where ``plain`` says so."""

    nets: tuple[IPv4Network | IPv6Network, ...] = ()
    plain: bool = False

    @classmethod
    def of(cls, nets: Iterable[str], *, plain: bool = False) -> "Reach":
        """Read networks as ``10.1.0.0/16``. Raises ``ValueError`` for what is none."""
        return cls(tuple(ip_network(one) for one in nets), plain)

    def allows(self, host: str) -> bool:
        """Whether an address in numbers may be spoken to."""
        try:
            found = _inner(ip_address(host.partition("%")[0]))
        except ValueError:
            return False
        if any(found.version == net.version and found in net for net in self.nets):
            return True
        return found.is_global and not found.is_multicast and not found.is_reserved

    def check(self, scheme: str, host: str) -> None:
        """Raise ``OutOfReach`` for an address in numbers that may not be spoken to, and for plain HTTP."""
        if scheme != "https" and not (scheme == "http" and self.plain):
            raise OutOfReach("not https")
        try:
            ip_address(host)
        except ValueError:
            return  # a name: the resolver looks at what it leads to
        if not self.allows(host):
            raise OutOfReach("an address of this network")


def _inner(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Return the IPv4 address an IPv6 one stands for, or itself."""
    if isinstance(address, IPv6Address):
        if address in _NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
        return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else address)
    return address


class Looking(AbstractResolver):
    """Resolves names, and refuses one that leads to any address out of reach."""

    def __init__(self, reach: Reach, inner: AbstractResolver | None = None) -> None:
        """``inner`` asks; by default this machine's own resolver."""
        self._reach, self._inner = reach, inner or ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return where a name leads. Raises ``OutOfReach`` where one of its addresses is not to be spoken to."""
        found = await self._inner.resolve(host, port, family)
        if not all(self._reach.allows(one["host"]) for one in found):
            raise OutOfReach("its name leads to an address of this network")
        return found

    async def close(self) -> None:
        """Close what asks."""
        await self._inner.close()
