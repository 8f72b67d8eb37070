"""Lessons, deeds, words and signatures of reviews and versions of the profile are written once"""

from alembic import op

from incident_app.models import written_once

revision = '0042'
down_revision = '0041'
branch_labels = None
depends_on = None

THESE = ('case_lessons', 'action_deeds', 'review_words', 'review_signatures', 'profile_versions')
"""Closings came later."""


def upgrade() -> None:
    """Bring the tables forward."""
    for one in written_once.KEPT:
        if one.table in THESE:
            written_once.protect(op.get_bind(), one)


def downgrade() -> None:
    """Take them back."""
    written_once.unprotect(op.get_bind(), [one for one in written_once.KEPT if one.table in THESE])
