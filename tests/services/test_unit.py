"""The unit of work: what rests on a read rests on what is there now."""

from sqlalchemy import select
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from incident_app.models.organisation import Organisation
from incident_app.services.unit import writing


def test_what_was_read_before_is_read_afresh_inside(engine: Engine, session: Session) -> None:
    # Given somebody who keeps what they read in a unit that is over, and somebody else who changes it
    with writing(session):
        kept = session.scalars(select(Organisation).with_for_update()).one()
    with Session(engine) as other, writing(other):
        other.scalars(select(Organisation)).one().name = "Changed meanwhile"

    # When the first begins the next unit
    with writing(session):
        found = session.scalars(select(Organisation).with_for_update()).one()

        # Then they see the change, in what they kept too
        assert found is kept
        assert found.name == "Changed meanwhile"
