"""Days and moments as each person's country writes them, in its own time: CLDR's formats, by Babel.

A day stays the day of the case, wherever somebody reads it: it is the day told to the authority. A moment is told in the
time of the person's country where that has one main zone, otherwise in that of the case; the zone is named either way.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.core import UnknownLocaleError, get_global
from babel.dates import format_date, format_time

from incident_app.domain.notices import TIMES, Facts, Text, base, isolated, offset_words, spoken_date
from incident_app.services.notices.supervising import authority_in, named_in
from incident_app.services.notices.wordings import wording

MAIN = {
    "AR": "America/Argentina/Buenos_Aires", "CL": "America/Santiago", "CN": "Asia/Shanghai", "CY": "Asia/Nicosia",
    "DE": "Europe/Berlin", "EC": "America/Guayaquil", "ES": "Europe/Madrid", "MY": "Asia/Kuala_Lumpur",
    "NZ": "Pacific/Auckland", "PS": "Asia/Gaza", "PT": "Europe/Lisbon", "UA": "Europe/Kyiv", "UZ": "Asia/Tashkent",
}
"""The main zone of countries that have others for islands, for a small part, or under a second name."""
NONE = timedelta(0)
PLAIN_FIRST = frozenset({"PT", "AO", "MZ", "CV", "GW", "ST", "TL", "MO"})
"""Countries that write “1 de dezembro” where others of the language say “1º”; CLDR writes a plain number for all of them."""
_ONE = re.compile(r"^1(?!\d)")
BY_THE_CLOCK = frozenset({"en", "ar"})
"""Languages whose sentence takes a time with AM and PM, where a country writes it so."""


def zone_of(country: str) -> str | None:
    """Return the one main zone of a country; ``None`` where it has several, or is not known."""
    zones = get_global("territory_zones").get(country, ())
    return MAIN.get(country, zones[0] if len(zones) == 1 else None)


def uses_times(texts: Iterable[Text]) -> bool:
    """Tell whether any of these texts says a day or a moment that depends on who reads it."""
    return any(f"(({name}))" in part for text in texts for part in (text.subject, text.body) for name in TIMES)


def times_of(facts: Facts, language: str, country: str = "") -> Mapping[str, str]:
    """Return the fields of ``TIMES`` for somebody in ``country`` who reads ``language`` (“de”, “en-US”)."""
    return _times(facts.aware_on, facts.occurred_on, facts.contained_at, facts.zone, facts.authority, language, country)


def day_in(on: date, language: str, country: str) -> str:
    """Return a day as somebody in ``country`` who reads ``language`` writes it."""
    return _day(on, language, _locale(base(language), country))


@lru_cache(maxsize=4096)
def _times(aware_on: str, occurred_on: str, contained_at: str, zone: str, authority: str, language: str, country: str
           ) -> Mapping[str, str]:
    locale = _locale(base(language), country)

    def day(text: str) -> str:
        return _day(date.fromisoformat(text), language, locale) if text else ""

    return {"aware_on": day(aware_on), "occurred_on": day(occurred_on),
            "contained_at": _moment(contained_at, zone, language, country, locale) if contained_at else "",
            "authority": isolated(named_in(authority_in(country) or authority, language), language)}


def _locale(language: str, country: str) -> Locale | None:
    try:
        return Locale(language, country) if country else None
    except UnknownLocaleError:
        return None


def _day(on: date, language: str, locale: Locale | None) -> str:
    if locale is None:
        return spoken_date(on, wording(language))
    said = format_date(on, "long", locale=locale).replace("\u202f", "\u00a0")
    first = wording(language).formats.first
    plain = on.day > 1 or not first or locale.territory in PLAIN_FIRST
    return said if plain else _ONE.sub(first, said, count=1)


def _moment(text: str, zone: str, language: str, country: str, locale: Locale | None) -> str:
    formats, known = wording(language).formats, locale or Locale(base(language))
    at = datetime.fromisoformat(text).astimezone(ZoneInfo(zone_of(country) or zone))
    time = formats.time.format(hour=at.hour, minute=at.minute)
    if locale and locale.language in BY_THE_CLOCK and "a" in str(locale.time_formats["short"].pattern):
        time = format_time(at, "short", locale=locale, tzinfo=at.tzinfo).replace("\u202f", "\u00a0")
    return formats.moment.format(date=_day(at.date(), language, locale), time=time, zone=_zone_name(at, known))


def _zone_name(at: datetime, locale: Locale) -> str:
    """Return what a language calls the time of a zone, summer time told apart; “UTC+3” where it has no name for it."""
    zone, metas = str(at.tzinfo), get_global("meta_zones")
    older = (old for old, new in get_global("zone_aliases").items() if new == zone)
    meta = next((metas[one] for one in (zone, *older) if one in metas), "")
    kind = "daylight" if at.utcoffset() != min(at.replace(month=month, day=1).utcoffset() or NONE for month in (1, 7)) else "standard"
    named = (table.get(one, {}).get("long", {}).get(kind) for table, one in ((locale.time_zones, zone), (locale.meta_zones, meta)))
    return next((name for name in named if name), offset_words(at))
