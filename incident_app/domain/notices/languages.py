"""Which language a person is written to in, when there is no text in their own."""

from collections.abc import Collection, Mapping

STANDARD = "en"
ELSEWHERE = "ZZ"
"""In place of a part of a country: every part but those whose law asks for more (a code ISO 3166 leaves to its users)."""
NEAR: dict[str, tuple[str, ...]] = {
    "af": ("nl",), "an": ("es",), "ast": ("es",), "bar": ("de",), "br": ("fr",), "ca": ("es", "fr"), "co": ("fr",),
    "csb": ("pl",), "cy": ("en",), "eu": ("es", "fr"), "fur": ("it",), "fy": ("nl",), "ga": ("en",), "gd": ("en",),
    "gl": ("es", "pt"), "gsw": ("de",), "kab": ("fr", "ar"), "lb": ("fr", "de"), "li": ("nl",), "lmo": ("it",),
    "mwl": ("pt",), "nap": ("it",), "nds": ("de",), "oc": ("fr",), "rm": ("de",), "sc": ("it",), "scn": ("it",),
    "szl": ("pl",), "vec": ("it",), "zgh": ("fr", "ar"),
    **dict.fromkeys(("acm", "aeb", "afb", "ajp", "apc", "arb", "arq", "ars", "ary", "arz"), ("ar",)),
}
"""Languages of the schools where the first one is spoken, the nearest first: those its speakers read. Nobody's language is
taken for another one's because the two look alike: who reads Ukrainian gets no Russian text instead, nor the other way
round, and who reads Kurdish no Turkish one."""


def base(language: str) -> str:
    """Return ``pt`` for ``pt-BR`` and ``pt_PT``."""
    return language.strip().lower().replace("_", "-").split("-")[0]


def language_for(language: str, written: Collection[str], fallback: str, country: str = "") -> str:
    """Return the language this person is written to in: the first there is a text in of their own (with its region, then
    without), of one they read as well, the ``fallback`` of the organisation, and English; then the first ``written``.

    Where there is one for the people of their ``country``, as “en-US”, it is that one; for those of a part of one,
    “US-CA”, that of the part, or of the rest of the country: “en-US-ZZ”. Where nothing is written the answer is the fallback.
    """
    if language in written and not country:  # most people
        return language
    own = base(language)
    chain = (language, own, *NEAR.get(own, ()), fallback, base(fallback), STANDARD, *written)
    rest = f"{country.partition('-')[0]}-{ELSEWHERE}" if "-" in country else country
    return next((key for one in chain for key in (f"{one}-{country}", f"{one}-{rest}", one) if key in written), fallback)


def told_otherwise(counts: Mapping[str, int], written: Collection[str], fallback: str) -> dict[str, dict[str, int]]:
    """Return, by the language they are told in, how many people speak which other one, the most people first.

    ``counts`` are people by their own language, empty where none is known.
    """
    found: dict[str, dict[str, int]] = {}
    for own, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        told = language_for(own, written, fallback)
        if base(told) != base(own):
            found.setdefault(told, {})[own] = count
    return found
