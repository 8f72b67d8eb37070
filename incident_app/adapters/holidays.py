"""Working days, by country and region, from the ``holidays`` package (public holidays only)."""

from datetime import date
from threading import Lock
from typing import TYPE_CHECKING

from incident_app.domain.refusals import Refused

if TYPE_CHECKING:
    from holidays import HolidayBase


class HolidayCalendar:
    """The Calendar port. Weekends are the country's own; optional holidays count as working days, which is the safe side."""

    def __init__(self) -> None:
        """Know no country yet: the package is large and loads a country at a time."""
        self._known: dict[tuple[str, str | None], HolidayBase] = {}
        self._lock = Lock()

    def is_working_day(self, country: str, subdivision: str | None, day: date) -> bool:
        """Tell whether ``day`` is neither weekend nor public holiday there.

        ``subdivision`` may be ``BE`` or ``DE-BE``. Raises ``Refused`` for a place nobody keeps a calendar for.
        """
        region = subdivision.removeprefix(f"{country}-") if subdivision else None
        with self._lock:  # the package fills a year in on first sight, and marks it known before it is filled
            return bool(self._of(country, region).is_working_day(day))

    def _of(self, country: str, region: str | None) -> "HolidayBase":
        from holidays import country_holidays, list_supported_countries  # late: the package is large

        if (country, region) not in self._known:
            places = list_supported_countries(include_aliases=False)
            if country not in places:
                words = f"There is no calendar of working days for the country “{country}”."
                raise Refused("The working days are not known.", {"country": words})
            if region is not None and region not in places[country]:
                words = f"There is no calendar of working days for “{region}” in {country}."
                raise Refused("The working days are not known.", {"subdivision": words})
            self._known[country, region] = country_holidays(country, subdiv=region)
        return self._known[country, region]
