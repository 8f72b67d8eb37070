"""How easily one identifier tells who somebody is (ENISA 2013, Annex 2). Of several, take what the set reaches: at least
the highest of them."""

from decimal import Decimal

_NEGLIGIBLE, _LIMITED, _SIGNIFICANT, _MAXIMUM = Decimal("0.25"), Decimal("0.5"), Decimal("0.75"), Decimal(1)

IDENTIFIERS: dict[str, dict[Decimal, str]] = {
    "full_name": {
        _NEGLIGIBLE: "shared by many in the whole country", _LIMITED: "shared by few in the country",
        _SIGNIFICANT: "shared by few in a small town", _MAXIMUM: "with birth date and email or address",
    },
    "id_number": {
        _NEGLIGIBLE: "the number alone, no reference at hand",
        _SIGNIFICANT: "tells more, such as the birth date, and is linked to other data",
        _MAXIMUM: "with the reference at hand (name, picture)",
    },
    "phone_or_home_address": {
        _NEGLIGIBLE: "not in a public register", _LIMITED: "not in a register, but of a small town",
        _MAXIMUM: "in a public register, or a caller service names its holder",
    },
    "email": {
        _NEGLIGIBLE: "tells nothing and is not the main address online",
        _SIGNIFICANT: "tells nothing but is the main address online",
        _MAXIMUM: "tells the name and is the main address online",
    },
    "picture": {
        _NEGLIGIBLE: "unclear, such as distant CCTV", _LIMITED: "unclear, with hints at the place",
        _SIGNIFICANT: "clear, nothing else known", _MAXIMUM: "clear and linked to an address or a membership",
    },
    "code_alias_initials": {
        _NEGLIGIBLE: "not linkable without the reference; a Telegram number or a wallet address alone",
        _SIGNIFICANT: "shows part of a name and is linked to an email; a public @name used elsewhere",
        _MAXIMUM: "shows the full name, or the reference is at hand",
    },
}
