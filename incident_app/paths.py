"""Where our data folders lie: beside the package in a checkout, inside it in a wheel."""

from pathlib import Path

PACKAGE = Path(__file__).parent


def data_dir(name: str) -> Path:
    """Return the folder ``name`` (``templates``, ``migrations``, ``runbooks``), wherever this copy of us carries it."""
    packed = PACKAGE / "_data" / name
    return packed if packed.is_dir() else PACKAGE.parent / name


def checkout() -> Path | None:
    """Return the top folder of the checkout we run from, or ``None`` where we are an installed wheel."""
    top = PACKAGE.parent
    return top if (top / "pyproject.toml").is_file() and not (PACKAGE / "_data").is_dir() else None
