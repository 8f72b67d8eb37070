"""How moments, spans and numbers are written: absolute with zone, never negative, digits grouped by thin spaces."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from flask import Flask

THIN = "\u202f"


def moment(at: datetime | None, zone: str = "UTC") -> str:
    """Return ``Tue 24 Nov 2026 09:40 CET``; a dash where there is none."""
    if at is None:
        return "–"
    local = at.astimezone(ZoneInfo(zone))
    return f"{local:%a} {local.day} {local:%b %Y %H:%M %Z}"


def span(time: timedelta) -> str:
    """Return ``11 h 24 min``, ``3 d 4 h`` beyond four days, ``2 min`` below an hour."""
    minutes = int(abs(time).total_seconds()) // 60
    days, rest = divmod(minutes, 24 * 60)
    if days >= 4:
        return f"{days} d {rest // 60} h"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def thousands(number: int) -> str:
    """Return ``9 998`` with thin spaces."""
    return f"{number:,}".replace(",", THIN)


def register(app: Flask) -> None:
    """Give the templates these filters."""
    app.jinja_env.filters.update(moment=moment, span=span, thousands=thousands)
