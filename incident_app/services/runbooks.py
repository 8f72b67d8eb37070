"""The checklists by kind of breach, as choices and as pages."""

from collections.abc import Mapping, Sequence

from incident_app.domain.refusals import NotFound
from incident_app.domain.remediation import Runbook

OTHER = "other"


def kinds(runbooks: Mapping[str, Runbook]) -> Sequence[tuple[str, str]]:
    """Return (id, title) of every kind of breach, by title, the catch-all last."""
    known = sorted(runbooks.values(), key=lambda book: (book.kind == OTHER, book.title))
    return [(book.kind, book.title) for book in known]


def find(runbooks: Mapping[str, Runbook], kind: str) -> Runbook:
    """Return one checklist. Raises ``NotFound``."""
    if kind not in runbooks:
        raise NotFound("There is no runbook of that name.")
    return runbooks[kind]
