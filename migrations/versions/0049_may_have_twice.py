"""Whoever may have got a message twice is listed by an index of their own, and counted as a person

Two lost answers of one person counted as two. Rows of this kind are few: the index is small, and sending does not pay for it.
"""

import sqlalchemy as sa
from alembic import op

revision = '0049'
down_revision = '0048'
branch_labels = None
depends_on = None

RESENT = "state = 'resent'"
PEOPLE = (
    "UPDATE notices SET resent_count = (SELECT count(DISTINCT recipient_id) FROM deliveries"
    " WHERE deliveries.notice_id = notices.id AND deliveries.state = 'resent') WHERE resent_count > 0")


def upgrade() -> None:
    """Bring the tables forward."""
    op.create_index('ix_deliveries_twice', 'deliveries', ['notice_id', 'number', 'recipient_id'], unique=False,
                    postgresql_where=sa.text(RESENT), sqlite_where=sa.text(RESENT))
    op.execute(sa.text(PEOPLE))


def downgrade() -> None:
    """Take it back; people stay people."""
    op.drop_index('ix_deliveries_twice', table_name='deliveries')
