"""Rows sealed under a key of their own: unsaved texts, answers kept for a second press, printed filings, letters
and reports, requests about no case.

They live for hours or days; until then they need the outer keys that wrap them, and repeat what stands in cases.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from incident_app.domain.ports import Vault, VaultError
from incident_app.models.drafts import Draft, scope_of_draft
from incident_app.models.papers import Paper, scope_of_paper
from incident_app.models.posting import PostPart, scope_of_part
from incident_app.models.printed import PrintedReport, scope_of_report
from incident_app.models.proposals import Proposal
from incident_app.models.sealing import scope_of_texts
from incident_app.models.submissions import Submission, name_of_submission
from incident_app.services.unit import writing

TOGETHER = 200


@dataclass(frozen=True, slots=True)
class Own:
    """One table whose rows hold their key; ``columns`` are what ``scope`` tells what a row is bound to."""

    table: Any
    key: str
    columns: tuple[Any, ...]
    scope: Callable[[Any], str]


OWN = (
    Own(Draft, "data_key", (Draft.user_id, Draft.form, Draft.subject),
        lambda row: scope_of_draft(row.user_id, row.form, row.subject)),
    Own(Submission, "text_key", (Submission.user_id, Submission.key),
        lambda row: scope_of_texts("submissions", name_of_submission(row.user_id, row.key))),
    Own(Paper, "data_key", (Paper.public_id,), lambda row: scope_of_paper(row.public_id)),
    Own(PostPart, "data_key", (PostPart.public_id,), lambda row: scope_of_part(row.public_id)),
    Own(PrintedReport, "data_key", (PrintedReport.public_id,), lambda row: scope_of_report(row.public_id)),
    Own(Proposal, "text_key", (Proposal.public_id,), lambda row: scope_of_texts("proposals", row.public_id)),
)


@dataclass(slots=True)
class Owned:
    """How many rows were changed, and how many do not open and were left."""

    done: int = 0
    shut: int = 0


def rings(session: Session) -> Iterator[bytes]:
    """Yield every key that a row of its own holds."""
    for one in OWN:
        column = getattr(one.table, one.key)
        yield from session.scalars(select(column).where(column.is_not(None)))


def rewrap_own(session: Session, *, vault: Vault) -> Owned:
    """Wrap these keys by the first outer key, some rows a transaction."""
    def anew(row: Any, one: Own) -> dict[str, bytes] | None:
        del one
        return {"ring": vault.rewrap(row.ring)} if vault.wrapped_by(row.ring) != vault.loaded()[:1] else None

    return _each(session, anew)


def renew_own(session: Session, *, vault: Vault) -> Owned:
    """Give every such row a fresh key in front of its own, and seal it anew."""
    def anew(row: Any, one: Own) -> dict[str, bytes]:
        fresh = vault.renewed(row.ring)
        if not row.sealed:
            return {"ring": fresh}
        return {"ring": fresh, "sealed": vault.seal(fresh, vault.open(row.ring, row.sealed, one.scope(row)), one.scope(row))}

    return _each(session, anew)


def _each(session: Session, anew: Callable[[Any, Own], dict[str, bytes] | None]) -> Owned:
    result = Owned()
    for one in OWN:
        after = 0
        while True:
            with writing(session):
                rows = _some(session, one, after)
                for row in rows:
                    _change(session, one, row, anew, result)
            if not rows:
                break
            after = rows[-1].id
    return result


def _some(session: Session, one: Own, after: int) -> Sequence[Any]:
    ring = getattr(one.table, one.key)
    return session.execute(
        select(one.table.id, ring.label("ring"), one.table.sealed, *one.columns)
        .where(ring.is_not(None), one.table.id > after).order_by(one.table.id).limit(TOGETHER).with_for_update(of=one.table)
    ).all()


def _change(
    session: Session, one: Own, row: Any, anew: Callable[[Any, Own], dict[str, bytes] | None], result: Owned
) -> None:
    try:
        found = anew(row, one)
    except VaultError:
        result.shut += 1
        return
    if found is None:
        return
    values = {one.key: found["ring"]} | ({"sealed": found["sealed"]} if "sealed" in found else {})
    session.execute(update(one.table).where(one.table.id == row.id).values(values)
                    .execution_options(synchronize_session=False))
    result.done += 1
