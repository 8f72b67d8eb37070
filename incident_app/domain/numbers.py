"""How a number is written for the people of the house: ``9 998``, with thin spaces that do not break."""

THIN = "\u202f"


def grouped(number: int) -> str:
    """Return ``9 998``. What programs read has plain numbers; what affected people and authorities read, those of their
    language."""
    return f"{number:,}".replace(",", THIN)


def people_words(count: int) -> str:
    """Return ``1 person``, ``9 998 people``."""
    return f"{grouped(count)} {'person' if count == 1 else 'people'}"
