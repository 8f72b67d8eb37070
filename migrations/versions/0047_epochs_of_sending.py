"""A database that was put back is noticed before anything is sent

It counts on while something is sent, and what count it had come to is kept outside of it too. The first epoch begins here:
it also names the database, so that nobody takes a new one for an old one.
"""

import uuid

import sqlalchemy as sa
from alembic import op

revision = '0047'
down_revision = '0046'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables forward."""
    op.create_table(
        'sending_epochs',
        sa.Column('epoch', sa.String(length=36), nullable=False),
        sa.Column('begun_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('ticks', sa.BigInteger(), nullable=False),
        sa.Column('ticked_at', sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint('epoch', name=op.f('pk_sending_epochs')),
    )
    epochs = sa.table('sending_epochs', sa.column('epoch'), sa.column('begun_at'), sa.column('ticks'), sa.column('ticked_at'))
    op.execute(epochs.insert().values(
        epoch=str(uuid.uuid4()), begun_at=sa.func.current_timestamp(), ticks=0, ticked_at=sa.func.current_timestamp()))


def downgrade() -> None:
    """Take it back."""
    op.drop_table('sending_epochs')
