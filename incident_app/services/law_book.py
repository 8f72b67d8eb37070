"""The law as loaded, to be looked things up in: by words, by place."""

from collections.abc import Callable, Iterable

from incident_app.domain.regimes import Authority, Law, Regime

Named = Callable[[str], str]


def regimes_found(law: Law, text: str, name_of: Named = str) -> list[Regime]:
    """Return the regimes that hold every word of ``text``, by jurisdiction; all for an empty one.

    ``name_of`` says a place in words, so that ``Germany`` finds what applies in ``DE``.
    """
    found = [one for one in law.regimes if _holds(_said(one, name_of), text)]
    return sorted(found, key=lambda one: (one.jurisdiction, one.name))


def _said(regime: Regime, name_of: Named) -> Iterable[str]:
    yield from (regime.id, regime.name, regime.instrument, regime.jurisdiction)
    for place in regime.countries:
        yield from (place, name_of(place))
    for rule in regime.rules:
        yield from (rule.provision, rule.citation, rule.recipient, rule.threshold_words, rule.note)


def authorities_found(law: Law, text: str, name_of: Named = str) -> list[Authority]:
    """Return the authorities that hold every word of ``text``, by the name of their place; all for an empty one."""
    found = [one for one in law.authorities if _holds(
        (one.id, one.name, one.short_name, one.country, name_of(one.country), one.subdivision or "", one.watch_for), text)]
    return sorted(found, key=lambda one: (name_of(one.country), one.subdivision is not None, one.name))


def _holds(said: Iterable[str], text: str) -> bool:
    whole = "\n".join(said).casefold()
    return all(word in whole for word in text.casefold().split())
