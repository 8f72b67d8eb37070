"""How a number is written for the people of the house: ``9 998``, with thin spaces that do not break."""

THIN = "\u202f"


def grouped(number: int) -> str:
    """Return ``9 998``. What programs read has plain numbers; what affected people and authorities read, those of their
    language."""
    return f"{number:,}".replace(",", THIN)
