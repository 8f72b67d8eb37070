"""Whose data are sensitive, so that some channels can be kept from carrying them"""

import sqlalchemy as sa
from alembic import op

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables forward. Of people who are there already nothing is known: they count as their case does."""
    with op.batch_alter_table('recipients', schema=None) as batch_op:
        batch_op.add_column(sa.Column('sensitive', sa.Boolean(), nullable=True))


def downgrade() -> None:
    """Take it back."""
    with op.batch_alter_table('recipients', schema=None) as batch_op:
        batch_op.drop_column('sensitive')
