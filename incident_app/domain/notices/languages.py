"""Which language a person is written to in, when there is no text in their own."""

from collections.abc import Sequence

STANDARD = "en"
NEXT: dict[str, str] = {
    **dict.fromkeys(("ca", "gl", "eu", "ast", "an"), "es"), "mwl": "pt",
    **dict.fromkeys(("oc", "br", "co"), "fr"), **dict.fromkeys(("sc", "scn", "fur", "lmo", "vec", "nap", "lij", "pms"), "it"),
    **dict.fromkeys(("lb", "gsw", "nds", "bar"), "de"), **dict.fromkeys(("fy", "li", "af"), "nl"),
    **dict.fromkeys(("csb", "szl"), "pl"),
    **dict.fromkeys(("arb", "arz", "ary", "arq", "aeb", "apc", "ajp", "acm", "afb", "ars"), "ar"),
}
"""The language that practically everybody who speaks the first one has read since school. Nobody's language is taken for
another one's because the two look alike: who reads Ukrainian gets no Russian text instead, nor the other way round."""


def base(language: str) -> str:
    """Return ``pt`` for ``pt-BR`` and ``pt_PT``."""
    return language.strip().lower().replace("_", "-").split("-")[0]


def language_for(language: str, written: Sequence[str], fallback: str) -> str:
    """Return the language this person is written to in: the first there is a text in of their own (with its region, then
    without), the one they read as well, the ``fallback`` of the organisation, and English; then the first ``written``.

    Where nothing is written the answer is the fallback.
    """
    if language in written:  # most people
        return language
    own = base(language)
    chain = (own, NEXT.get(own, ""), fallback, base(fallback), STANDARD, *written)
    return next((one for one in chain if one in written), fallback)
