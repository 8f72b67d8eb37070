"""The command that verifies the record."""

from typing import TYPE_CHECKING

import click

from incident_app import starting
from incident_app.domain.audit import Anchor, parse_anchor
from incident_app.domain.refusals import NotFound

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def _anchor(_context: click.Context, _parameter: click.Parameter, given: tuple[str, ...]) -> list[Anchor]:
    try:
        return [parse_anchor(one) for one in given]
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


@click.command()
@click.option("--anchor", "anchors", multiple=True, callback=_anchor, metavar="SEQ:HASH",
              help="An anchor out of an email, a PDF or the monitor's log; can be given more than once.")
@click.option("--deliveries", multiple=True, metavar="REF/NUMBER",
              help="Hold the deliveries of a notice against the record too, such as BR-2026-001/1.")
def verify(*, anchors: list[Anchor], deliveries: tuple[str, ...]) -> None:
    """Verify the record from its first entry, against every anchor; exit status 1 where it is not complete."""
    from incident_app.extensions import db
    from incident_app.services import anchoring
    from incident_app.wiring import KEY

    with starting.opened_existing() as app, app.app_context():
        verdict = anchoring.verify(db.session(), app.extensions[KEY].anchor_log, anchors)
        ledgers = [_ledger(db.session(), one) for one in deliveries]
    if not verdict.complete:
        click.echo(f"The record is broken at entry {verdict.broken_at}: {verdict.words}")
    else:
        click.echo(f"{verdict.words} Head: {verdict.hash}")
    for name, ok, words in ledgers:
        click.echo(f"{'ok' if ok else 'NOT'}  {name}: {words}")
    if not verdict.complete or not all(ok for _, ok, _ in ledgers):
        raise SystemExit(1)


def _ledger(session: "Session", name: str) -> tuple[str, bool, str]:
    from incident_app.models.cases import by_ref
    from incident_app.services import deliveries, notices

    ref, _, number = name.partition("/")
    try:
        case = by_ref(session, ref)  # whoever is at the console sees every case
        notice = notices.find(session, case.id if case else 0, int(number) if number.isdecimal() else 0)
    except NotFound as missing:
        return name, False, missing.reason
    found = deliveries.verify_ledger(session, notice)
    return name, found.complete, found.words
