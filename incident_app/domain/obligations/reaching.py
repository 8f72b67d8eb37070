"""Did the notices of a case tell those whom a law wants told? What speaks against it, in words; nothing where nothing does."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from incident_app.domain.cases import Count
from incident_app.domain.numbers import grouped, people_words
from incident_app.domain.regimes import CaseFacts, Link, Regime, lives_in

BY_HAND = "Mark this as done when everybody was told."
STAYS = "The duty stays open until everybody was told."
_WITH_ARTICLE = frozenset({"AE", "GB", "NL", "PH", "US"})
Named = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Reached:
    """What the notices with these ``numbers`` did together. ``held``: people in their lists, each once, without those who
    were stopped; ``accepted``: of how many a provider took the message; ``listed`` and ``by_place``: how many live where
    (``""`` where the list does not say), in the lists and of those accepted. ``planned``: the last one is not sent yet.
    ``at_least``: of ``held`` and ``accepted`` only that it is so many is sure, since many stand in several long lists."""

    numbers: tuple[int, ...]
    held: int
    accepted: int
    listed: Mapping[str, int]
    by_place: Mapping[str, int]
    planned: bool = False
    at_least: bool = False

    @property
    def words(self) -> str:
        """Return ``Notice 1 reached 994 of 1 001 people in its list``."""
        sure = "at least " if self.at_least else ""
        if self.planned:
            return f"{self._names(self.numbers)} {'hold' if self._many else 'holds'} {sure}{people_words(self.held)}"
        reached = f"{sure}{grouped(self.accepted)} {'people' if sure else f'of {people_words(self.held)}'}"
        return f"{self._names(self.numbers)} reached {reached} in {self.lists}"

    @property
    def _many(self) -> bool:
        return len(self.numbers) > 1

    @property
    def lists(self) -> str:
        """Return ``its list``, or ``their lists`` of several notices."""
        return "their lists" if self._many else "its list"

    @staticmethod
    def _names(numbers: tuple[int, ...]) -> str:
        *some, last = map(str, numbers)
        return f"Notices {', '.join(some)} and {last}" if some else f"Notice {last}"


def against(regime: Regime | None, facts: CaseFacts, reached: Reached, name_of: Named = str) -> tuple[str, ...]:
    """Return what speaks against calling the people told whom ``regime`` protects, a sentence each.

    Of them at least one must have been reached, and the lists together hold at least as many as the case says are
    concerned; an unknown number says nothing against it. ``name_of`` says a country in words.
    """
    places = () if regime is None else _place_words(regime, facts, reached, name_of)
    return (*too_few(facts.people, reached), *places)


def too_few(people: Count, reached: Reached) -> tuple[str, ...]:
    """Return that fewer were reached, or held by the lists, than the ``people`` concerned; nothing where it is so."""
    concerned = people.low
    if not (reached.accepted or reached.planned):
        return (f"{reached.words}.",)
    if concerned is not None and reached.held < concerned:
        return (f"{reached.words}; the case says {people.words()} are concerned.",)
    return ()


def lowered(reached: Reached, said: Count, now: Count) -> str:
    """Return that the notices told everybody only by the number as it stands now, and not by the one that was ``said`` before."""
    return f"{reached.words}; the number of people concerned was {said.words()}, and is {now.words()} now."


def left_out(people: int) -> str:
    """Return that a stop left out so many ``people`` of a list."""
    return f"A stop left out {people_words(people)}."


def _place_words(regime: Regime, facts: CaseFacts, reached: Reached, name_of: Named) -> tuple[str, ...]:
    if any(count and protects(regime, facts, place) for place, count in reached.by_place.items()):
        return ()
    where = _where(regime, name_of)
    if any(count and protects(regime, facts, place) for place, count in reached.listed.items()):
        return (f"Nobody in {reached.lists} who lives {where} was reached.",)
    silent = reached.listed.get("", 0)
    unsaid = f" Of {people_words(silent)} it says no country." if silent else ""
    return (f"Nobody in {reached.lists} lives {where}.{unsaid}",)


def protects(regime: Regime, facts: CaseFacts, place: str) -> bool:
    """Tell whether a law protects somebody of a list who lives in ``place``, which is empty where nobody says.

    The law of the controller's home protects whoever is concerned, so people without a country count for it, and others
    too where the case names nobody at home. A part of a country that nobody names counts where the case names none either.
    """
    said = [lives_in(one, regime) for one in facts.people_countries]
    at_home = Link.HOME in regime.links and lives_in(facts.home, regime) is not False
    if not place:
        return at_home or (bool(said) and all(one is not False for one in said))
    found = lives_in(place, regime)
    if found is None:
        return True not in said
    return found or (at_home and not _named(said))


def _named(said: Iterable[bool | None]) -> bool:
    return any(one is not False for one in said)


def _where(regime: Regime, name_of: Named) -> str:
    if len(regime.countries) > 1:
        return f"where the {regime.name} applies"
    (code,) = regime.countries
    name = regime.jurisdiction.rpartition(" - ")[2] if "-" in code else name_of(code)
    return f"in the {name}" if code in _WITH_ARTICLE else f"in {name}"
