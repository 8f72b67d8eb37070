"""Steps that tests of duties share."""

from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor
from incident_app.domain.regimes import Law, Regime
from incident_app.models.cases import Case
from incident_app.models.obligations import Obligation, every_version, of_case
from incident_app.models.organisation import Organisation
from incident_app.services import cases
from tests.builders import a_case, the_law, the_world
from tests.fakes import START


def duty_of(session: Session, case: Case, provision: str, *, recipient: str | None = None) -> Obligation:
    """Return the living duty of this article."""
    found = [one for one in session.scalars(of_case(case.id))
             if one.provision == provision and recipient in (None, one.recipient)]
    assert len(found) == 1, [(one.provision, one.recipient) for one in found]
    return found[0]


def versions_of(session: Session, case: Case, provision: str) -> list[Obligation]:
    """Return every version of the duty of this article, the oldest first."""
    return [one for one in session.scalars(every_version(case.id)) if one.provision == provision]


def in_sector(session: Session, *sectors: str) -> None:
    """Say what the organisation is."""
    session.scalars(select(Organisation)).one().sectors = list(sectors)
    session.commit()


def change(session: Session, case: Case, by: Actor, **facts: object) -> Case:
    """Change facts of a case."""
    known = replace(cases.facts_of(case), **facts)  # type: ignore[arg-type]  # the facts are named by the test
    return cases.edit(session, case.id, known, version=case.version, by=by, now=START, world=the_world())


def law_with(change_of: dict[str, Regime]) -> Law:
    """Return the law with these regimes in place of those of the same id, under another version."""
    law = the_law()
    return replace(law, regimes=tuple(change_of.get(one.id, one) for one in law.regimes), version="another-law")


__all__ = ["a_case", "change", "duty_of", "in_sector", "law_with", "versions_of"]
