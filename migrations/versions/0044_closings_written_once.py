"""Closings of a case are written once, and called reopened once"""

from alembic import op

from incident_app.models import written_once

revision = '0044'
down_revision = '0043'
branch_labels = None
depends_on = None

CLOSINGS = [one for one in written_once.KEPT if one.reopened]


def upgrade() -> None:
    """Bring the tables forward."""
    for one in CLOSINGS:
        written_once.protect(op.get_bind(), one)


def downgrade() -> None:
    """Take them back."""
    written_once.unprotect(op.get_bind(), CLOSINGS)
