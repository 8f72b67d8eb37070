"""Codes of countries (ISO 3166-1 alpha-2) and of their parts (ISO 3166-2): which there are, and how they are also written."""

import re

COUNTRIES = frozenset(
    ["AD", "AE", "AF", "AG", "AI", "AL", "AM", "AO", "AQ", "AR", "AS", "AT", "AU", "AW", "AX", "AZ", "BA", "BB", "BD", "BE", "BF", "BG", "BH", "BI", "BJ", "BL", "BM", "BN", "BO", "BQ", "BR", "BS", "BT", "BV", "BW", "BY", "BZ", "CA", "CC", "CD", "CF", "CG", "CH", "CI", "CK", "CL", "CM", "CN", "CO", "CR", "CU", "CV", "CW", "CX", "CY", "CZ", "DE", "DJ", "DK", "DM", "DO", "DZ", "EC", "EE", "EG", "EH", "ER", "ES", "ET", "FI", "FJ", "FK", "FM", "FO", "FR", "GA", "GB", "GD", "GE", "GF", "GG", "GH", "GI", "GL", "GM", "GN", "GP", "GQ", "GR", "GS", "GT", "GU", "GW", "GY", "HK", "HM", "HN", "HR", "HT", "HU", "ID", "IE", "IL", "IM", "IN", "IO", "IQ", "IR", "IS", "IT", "JE", "JM", "JO", "JP", "KE", "KG", "KH", "KI", "KM", "KN", "KP", "KR", "KW", "KY", "KZ", "LA", "LB", "LC", "LI", "LK", "LR", "LS", "LT", "LU", "LV", "LY", "MA", "MC", "MD", "ME", "MF", "MG", "MH", "MK", "ML", "MM", "MN", "MO", "MP", "MQ", "MR", "MS", "MT", "MU", "MV", "MW", "MX", "MY", "MZ", "NA", "NC", "NE", "NF", "NG", "NI", "NL", "NO", "NP", "NR", "NU", "NZ", "OM", "PA", "PE", "PF", "PG", "PH", "PK", "PL", "PM", "PN", "PR", "PS", "PT", "PW", "PY", "QA", "RE", "RO", "RS", "RU", "RW", "SA", "SB", "SC", "SD", "SE", "SG", "SH", "SI", "SJ", "SK", "SL", "SM", "SN", "SO", "SR", "SS", "ST", "SV", "SX", "SY", "SZ", "TC", "TD", "TF", "TG", "TH", "TJ", "TK", "TL", "TM", "TN", "TO", "TR", "TT", "TV", "TW", "TZ", "UA", "UG", "UM", "US", "UY", "UZ", "VA", "VC", "VE", "VG", "VI", "VN", "VU", "WF", "WS", "XK", "YE", "YT", "ZA", "ZM", "ZW"])
"""Every country of the standard, and Kosovo, which has a code by agreement."""
_ALSO = {"UK": "GB", "EL": "GR"}
"""As people, and the institutions of the EU, write them too."""
_PLACE = re.compile(r"([A-Z]{2})(?:-[A-Z0-9]{1,3})?", re.ASCII)
_PART = re.compile(r"[A-Z0-9]{1,3}", re.ASCII)


def read_place(code: str) -> str:
    """Return the code the law knows a place by: ``GB`` for ``UK``, ``GB-ENG`` for ``UK-ENG``; any other as it is."""
    country, dash, part = code.partition("-")
    return f"{_ALSO.get(country, country)}{dash}{part}"


def is_country(code: str) -> bool:
    """Tell whether there is such a country."""
    return code in COUNTRIES


def is_place(code: str) -> bool:
    """Tell whether this is a country, or written like a part of one that there is."""
    found = _PLACE.fullmatch(code)
    return found is not None and is_country(found[1])


def is_part(code: str) -> bool:
    """Tell whether this is written like the part of a country, without it: ``BE`` for Berlin."""
    return _PART.fullmatch(code) is not None
