"""Who is told: the party a rule names, the lead authority, or every authority concerned."""

from incident_app.domain.regimes import Applicable, CaseFacts, Law, Regime, Rule, within


def place_of(regime: Regime, facts: CaseFacts) -> tuple[str, str | None, str]:
    """Return the country, its part and the zone whose working days and midnights count."""
    at_home = any(within(facts.home, region) is not False for region in regime.countries)
    if at_home:
        return facts.home_country, facts.subdivision, facts.zone
    country, _, part = regime.countries[0].partition("-")
    return country, part or None, regime.zone or facts.zone


def recipients(rule: Rule, found: Applicable, law: Law, facts: CaseFacts) -> list[tuple[str, str]]:
    """Return each party to be told with the reason why it is that one (EDPB 9/2022, para 73)."""
    if not rule.supervisory:
        return [(rule.recipient, "")]
    regime = found.regime
    if not regime.one_stop_shop:
        country, _, part = regime.countries[0].partition("-")
        country, part = (country, part) if len(regime.countries) == 1 else (place_of(regime, facts)[0], "")
        return [(_named(law, country, part or None) or rule.recipient, "")]
    home = facts.home_country
    if home in regime.countries and facts.eu_establishment:
        because = f" Lead authority of {home}, where the main establishment is."
        return [(_named(law, home, facts.subdivision) or rule.recipient, because)]
    countries = {place.partition("-")[0] for place in facts.people_countries}
    people = [code for code in found.countries if code.partition("-")[0] in countries]
    if not people:
        return [(rule.recipient, " No establishment, so every authority where affected people live; "
                                 "their countries are not known yet.")]
    because = " No establishment, so the authority of every country where affected people live."
    named = [_named(law, *_parts(code)) or f"authority of {code}" for code in people]
    return [(name, because) for name in dict.fromkeys(named)]


def _parts(place: str) -> tuple[str, str | None]:
    country, _, part = place.partition("-")
    return country, part or None


def _named(law: Law, country: str, subdivision: str | None) -> str | None:
    found = law.authority(country, subdivision)
    return found.short_name if found else None
