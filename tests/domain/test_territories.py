"""Codes of countries and of their parts: what there is none of is refused, what people write too is read."""

import pytest
from babel import Locale

from incident_app.domain.recipients.cells import clean_country, clean_region
from incident_app.domain.territories import COUNTRIES, is_country, is_part, is_place, read_place

NO_COUNTRIES = {"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"}
"""What CLDR names beside countries: islands and cities of others, unions, what is unknown, what stands for tests."""


def test_every_country_there_is_is_known_and_nothing_else() -> None:
    known = {code for code in map(str, Locale("en").territories) if len(code) == 2 and code.isalpha()}

    assert known - NO_COUNTRIES == COUNTRIES


def test_a_place_is_a_country_or_a_part_of_one() -> None:
    assert all(map(is_place, ("DE", "US-CA", "CA-QC", "GB-ENG", "XK")))
    assert not any(map(is_place, ("de", "DEU", "DE-", "DE-BAYERN", "", "D E", "XX", "XX-CA", "UK", "EL", "ZZ", "EU")))
    assert (is_country("GB"), is_country("GB-ENG")) == (True, False)
    assert (is_part("BE"), is_part("CALIF"), is_part("")) == (True, False, False)


def test_what_people_write_for_two_countries_is_read_as_the_law_has_them() -> None:
    assert [read_place(code) for code in ("UK", "EL", "UK-ENG", "DE", "US-CA", "XX", "")] == [
        "GB", "GR", "GB-ENG", "DE", "US-CA", "XX", ""]


def test_a_list_of_people_names_countries_there_are() -> None:
    assert [clean_country(code) for code in ("ru", " ", "uk", "EL")] == ["RU", "", "GB", "GR"]
    assert [clean_region(code) for code in ("ca", "us-ca", "UK-ENG", "")] == ["CA", "US-CA", "GB-ENG", ""]
    with pytest.raises(ValueError, match="there is no XX"):
        clean_country("xx")
    with pytest.raises(ValueError, match="there is no ZZ"):
        clean_region("ZZ-CA")
