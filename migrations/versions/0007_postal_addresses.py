"""Who has a postal address"""

import sqlalchemy as sa
from alembic import op

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables forward. Nobody who is there already has one."""
    with op.batch_alter_table('recipients', schema=None) as batch_op:
        batch_op.add_column(sa.Column('has_post', sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table('recipient_lists', schema=None) as batch_op:
        batch_op.add_column(sa.Column('post_count', sa.Integer(), nullable=False, server_default='0'))


def downgrade() -> None:
    """Take it back."""
    with op.batch_alter_table('recipient_lists', schema=None) as batch_op:
        batch_op.drop_column('post_count')
    with op.batch_alter_table('recipients', schema=None) as batch_op:
        batch_op.drop_column('has_post')
