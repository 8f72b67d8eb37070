"""What makes a copy one of ours, and of a version this one can take: asked before it takes the place of anything."""

from collections.abc import Collection, Sequence

from incident_app.paths import data_dir

VERSIONS = "alembic_version"
CORE = (VERSIONS, "audit_entries", "audit_head", "cases", "deliveries", "notices", "organisations", "recipients", "users")
"""Tables of every version there has been."""
FORMER = frozenset({"link_codes"})
"""Tables earlier versions had and this one has not."""
NOT_OURS = "is not a copy of our database, or not a whole one: {}"
NOT_STATED = "it does not say which version it is of"
UNKNOWN = "its version {} is none of ours"
LACKING = "it lacks {}"
LATER = "is a copy of a later version ({}): install that version first"


class BackupError(Exception):
    """The copy was not made, is not one of ours, or may not take the place of what is there."""


def versions() -> list[str]:
    """Return every version of the tables this one knows, such as ``0007``, the newest last."""
    return sorted(path.name[:4] for path in data_dir("migrations").glob("versions/[0-9]*.py"))


def tables() -> frozenset[str]:
    """Return the names of all tables of this version. Late: the models take half a second to read in."""
    import incident_app.models  # noqa: F401 (fills the list of tables)
    from incident_app.extensions import Base

    return frozenset({VERSIONS, *Base.metadata.tables})


def refusal(stated: Sequence[str], there: Collection[str]) -> str | None:
    """Say why what states these versions and holds these tables is not taken; ``None`` where it is.

    What PostgreSQL is asked before it seals a restore (``postgresql.SEAL``) is the same, in its language.
    """
    known = versions()
    if len(stated) != 1:
        return NOT_OURS.format(NOT_STATED)
    at = stated[0]
    if at not in known:
        later = len(at) == len(known[-1]) and at.isdecimal() and at > known[-1]
        return LATER.format(at) if later else NOT_OURS.format(UNKNOWN.format(at))
    lacking = lacks(there, tables() if at == known[-1] else CORE)
    return NOT_OURS.format(LACKING.format(lacking)) if lacking else None


def lacks(there: Collection[str], needed: Collection[str]) -> str:
    """Name the tables that are needed and not there, the first five and how many more; empty where nothing is lacking."""
    names = sorted(set(needed) - set(there))
    more = [f"{len(names) - 5} more"] if len(names) > 5 else []
    return ", ".join(names[:5] + more)
