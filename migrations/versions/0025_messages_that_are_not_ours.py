"""What a provider says of messages that are not ours is found at once"""

import sqlalchemy as sa
from alembic import op

revision = '0025'
down_revision = '0024'
branch_labels = None
depends_on = None

UNKNOWN = sa.text("kind = 'unknown'")


def upgrade() -> None:
    """Bring the tables forward."""
    with op.batch_alter_table('receipts', schema=None) as batch_op:
        batch_op.create_index('ix_receipts_unknown', ['applied_at'], unique=False, postgresql_where=UNKNOWN, sqlite_where=UNKNOWN)


def downgrade() -> None:
    """Take them back."""
    with op.batch_alter_table('receipts', schema=None) as batch_op:
        batch_op.drop_index('ix_receipts_unknown', postgresql_where=UNKNOWN, sqlite_where=UNKNOWN)
