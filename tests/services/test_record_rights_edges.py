"""What the doctor says of the role we run as, on either database."""

import pytest
from sqlalchemy.orm import Session

from incident_app.services import record_rights


@pytest.mark.counted
def test_sqlite_has_no_roles_and_a_role_that_owns_the_record_is_told_so(session: Session) -> None:
    # Given the database of the tests, whose tables on PostgreSQL belong to the role that made them
    found = record_rights.look(session)

    # Then SQLite is well as it is, and PostgreSQL is pointed to the runbook
    if session.get_bind().dialect.name == "sqlite":
        assert found == record_rights.Rights(True, "SQLite has no roles: triggers and anchors alone guard the record")
    else:
        assert not found.ok
        assert found.words.endswith(record_rights.RUNBOOK)
