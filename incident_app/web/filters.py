"""How moments, spans and numbers are written: absolute with zone, never negative, digits grouped by thin spaces."""

import re
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from babel import Locale
from flask import Flask
from markupsafe import Markup

from incident_app.domain import notices
from incident_app.domain.numbers import THIN, grouped
from incident_app.services import citing

NONE = "–"
Written = Callable[[datetime | None], str]


def moment(at: datetime | None, zone: str = "UTC") -> str:
    """Return ``Tue 24 Nov 2026 09:40 CET``; a dash where there is none."""
    if at is None:
        return NONE
    local = at.astimezone(ZoneInfo(zone))
    return f"{local:%a} {local.day} {local:%b %Y %H:%M %Z}"


def short(at: datetime | None, zone: str = "UTC") -> str:
    """Return ``Tue 24 Nov 09:40 CET``: for places where the year is plain."""
    if at is None:
        return NONE
    local = at.astimezone(ZoneInfo(zone))
    return f"{local:%a} {local.day} {local:%b %H:%M %Z}"


def day(at: datetime | None, zone: str = "UTC") -> str:
    """Return ``Tue 24 Nov``, with the zone's own idea of which day it is."""
    if at is None:
        return NONE
    local = at.astimezone(ZoneInfo(zone))
    return f"{local:%a} {local.day} {local:%b}"


def hour(at: datetime | None, zone: str = "UTC") -> str:
    """Return ``09:40``."""
    return NONE if at is None else f"{at.astimezone(ZoneInfo(zone)):%H:%M}"


def second(at: datetime | None, zone: str = "UTC") -> str:
    """Return ``09:40:05``: of what is read again every few seconds."""
    return NONE if at is None else f"{at.astimezone(ZoneInfo(zone)):%H:%M:%S}"


def hour_on(at: datetime | None, zone: str, now: datetime) -> str:
    """Return ``09:40``; on another day than today ``Tue 24 Nov 09:40``: an hour alone reads as one of today."""
    if at is None or at.astimezone(ZoneInfo(zone)).date() == now.astimezone(ZoneInfo(zone)).date():
        return hour(at, zone)
    return f"{day(at, zone)} {hour(at, zone)}"


def full_date(on: date | None) -> str:
    """Return ``24 Nov 2026``; of a moment, its date as it is written."""
    return NONE if on is None else f"{on.day} {on:%b %Y}"


def span(time: timedelta) -> str:
    """Return ``11 h 24 min``, ``4 d 4 h`` from four days on, ``2 min`` below an hour."""
    minutes = int(abs(time).total_seconds()) // 60
    days, rest = divmod(minutes, 24 * 60)
    if days >= 4:
        return f"{days} d {rest // 60} h"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def lasts(time: timedelta) -> str:
    """Return how long a shift is: ``7 d``, ``48 h``, ``5 h 27 min``. Nothing ticks there, so nothing needs its zero."""
    return re.sub(r" 0 (?:h|min)$", "", span(time))


def thousands(number: int | str) -> str:
    """Return ``9 998`` with thin spaces; words are left as they are."""
    if isinstance(number, str):
        return number
    return grouped(number)


def up_to(number: int, most: int) -> str:
    """Return the number, or ``200+`` where it is above what is counted."""
    return thousands(number) if number <= most else f"{thousands(most)}+"


def percent(part: float, whole: float = 1.0, digits: int = 0) -> str:
    """Return ``62 %``. Less than all is never rounded up to ``100 %``, more than nothing never down to ``0 %``."""
    if whole <= 0:
        return NONE
    value = 100 * part / whole
    least = 10.0**-digits
    if 0 < value < least:
        value = least
    elif 100 - least < value < 100:
        value = 100 - least
    return f"{value:.{digits}f}{THIN}%"


def plural(count: int, one: str, many: str = "") -> str:
    """Return ``1 case``, ``2 cases``."""
    return f"{thousands(count)} {one if count == 1 else many or one + 's'}"


def initials(name: str) -> str:
    """Return two letters for a round badge: ``Ada Approver`` → ``AA``."""
    words = name.split()
    return ("".join(word[0] for word in words[:2]) if len(words) > 1 else name.strip()[:2]).upper()


def country(code: str, language: str = "en") -> str:
    """Return the name of a country for its ISO code: ``ES`` → ``Spain``, ``US-CA`` → ``United States (CA)``.

    A code nobody knows stays as it is.
    """
    own, _, part = code.strip().upper().partition("-")
    name: str | None = Locale(language).territories.get(own)
    if name is None:
        return code
    return f"{name} ({part})" if part else name


def countries(codes: Iterable[str], language: str = "en") -> str:
    """Return ``Spain, Germany, France`` for ISO codes, in the order given, by their names in ``language``."""
    return ", ".join(country(code, language) for code in codes)


def language(code: str) -> str:
    """Return the name of a language for its code: ``es`` → ``Spanish``; a code nobody knows stays as it is."""
    name: str | None = Locale("en").languages.get(code.strip().lower())
    return name or code


def unbroken(text: str) -> str:
    """Return a text in which the digits of a telephone number stay on one line."""
    return re.sub(r"(?<=\d) (?=\d)", "\u00a0", text)


def squeeze(markup: Markup) -> Markup:
    """Return the same markup without its indentation: a list of fifty rows weighs half. Not for ``<pre>`` or text fields."""
    return Markup(re.sub(r"\s*\n\s*", "\n", markup))  # noqa: S704 (it was markup before; only white space is taken away)


class Article(Protocol):
    """What a duty, a rule of law or a row of either says of where it is written."""

    regime: str
    provision: str


def cited(duty: Article) -> str:
    """Return law and article of a duty as they are cited: ``EU-GDPR Art 33(1)``, ``Civ. Code 1798.82(a)``."""
    return citing.cited(duty.regime, duty.provision, getattr(duty, "recipient_type", ""))


def article(duty: Article) -> str:
    """Return the article of a duty, with its source where the name of its law does not say it."""
    return citing.article(duty.regime, duty.provision, getattr(duty, "recipient_type", ""))


FILTERS = {
    "cited": cited, "article": article,
    "moment": moment, "short": short, "day": day, "hour": hour, "hour_on": hour_on, "second": second, "full_date": full_date, "span": span, "lasts": lasts,
    "thousands": thousands, "up_to": up_to, "percent": percent, "plural": plural, "initials": initials, "squeeze": squeeze,
    "country": country, "countries": countries, "language": language, "direction": notices.direction,
    "unbroken": unbroken,
}


def register(app: Flask) -> None:
    """Give the templates these filters."""
    app.jinja_env.filters.update(FILTERS)
