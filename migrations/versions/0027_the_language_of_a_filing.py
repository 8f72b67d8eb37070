"""The language a filing is printed in"""

import sqlalchemy as sa
from alembic import op

revision = '0027'
down_revision = '0026'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables forward."""
    with op.batch_alter_table('filings', schema=None) as batch_op:
        batch_op.add_column(sa.Column('language', sa.String(length=8), nullable=False, server_default='en'))
    with op.batch_alter_table('filings', schema=None) as batch_op:
        batch_op.alter_column('language', server_default=None)


def downgrade() -> None:
    """Take them back."""
    with op.batch_alter_table('filings', schema=None) as batch_op:
        batch_op.drop_column('language')
