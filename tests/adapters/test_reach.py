"""Where somebody else names a host, no machine of this network is spoken to (T-101)."""

import asyncio
import socket

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from incident_app.adapters.reach import Looking, OutOfReach, Reach

INSIDE = (
    "127.0.0.1", "127.8.9.1", "10.0.0.1", "172.16.3.4", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
    "255.255.255.255", "240.0.0.1", "192.0.2.7", "198.18.0.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1",
    "::ffff:127.0.0.1", "::ffff:10.1.2.3", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:4136:e378:8000:63bf:80ff:fffe",
    "no address",
)


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_of_this_network_is_out_of_reach_in_every_spelling(address: str) -> None:
    assert not Reach().allows(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1", "::ffff:93.184.216.34", "64:ff9b::5db8:d822"])
def test_public_addresses_are_in_reach(address: str) -> None:
    assert Reach().allows(address)


def test_a_network_that_is_named_is_in_reach_and_no_other() -> None:
    reach = Reach.of(("10.1.0.0/16", "fd00:1::/64"))
    assert [reach.allows(one) for one in ("10.1.2.3", "::ffff:10.1.2.3", "fd00:1::9", "10.2.0.1", "127.0.0.1")] == [
        True, True, True, False, False]
    with pytest.raises(ValueError, match="host bits"):
        Reach.of(("10.1.0.1/16",))


@pytest.mark.parametrize(("scheme", "host"), [("http", "id.example.org"), ("file", ""), ("https", "127.0.0.1"), ("https", "::1")])
def test_what_is_not_https_or_a_number_inside_is_refused_before_anything_is_asked(scheme: str, host: str) -> None:
    with pytest.raises(OutOfReach):
        Reach().check(scheme, host)
    Reach().check("https", "id.example.org")
    Reach.of(("127.0.0.0/8",), plain=True).check("http", "127.0.0.1")


class Names(AbstractResolver):
    """Answers each time with the next of its lists, as a name server of somebody else may."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers, self.closed = list(answers), False

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET) -> list[ResolveResult]:
        return [ResolveResult(hostname=host, host=one, port=port, family=family, proto=0, flags=0) for one in self.answers.pop(0)]

    async def close(self) -> None:
        self.closed = True


def test_a_name_that_leads_inside_with_one_of_its_addresses_is_refused() -> None:
    names = Names(["93.184.216.34"], ["93.184.216.34", "10.0.0.1"], ["::1"])
    looking = Looking(Reach(), names)

    assert [one["host"] for one in asyncio.run(looking.resolve("id.example.org", 443))] == ["93.184.216.34"]
    for _ in range(2):
        with pytest.raises(OutOfReach):
            asyncio.run(looking.resolve("id.example.org", 443))
    asyncio.run(looking.close())
    assert names.closed
