"""Files have a key of their own; rows sealed anew; files erased"""

import sqlalchemy as sa
from alembic import op

revision = '0019'
down_revision = '0018'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables forward. Files put in before stay under the case's key until they are sealed anew."""
    with op.batch_alter_table('cases', schema=None) as batch_op:
        batch_op.add_column(sa.Column('file_key', sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column('rekey_at', sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table('documents', schema=None) as batch_op:
        batch_op.add_column(sa.Column('erased_at', sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Take them back. Files sealed under a key of their own cannot be opened by the version before."""
    with op.batch_alter_table('documents', schema=None) as batch_op:
        batch_op.drop_column('erased_at')
    with op.batch_alter_table('cases', schema=None) as batch_op:
        batch_op.drop_column('rekey_at')
        batch_op.drop_column('file_key')
