"""Receipts that came together wait together"""

import sqlalchemy as sa
from alembic import op

revision = '0035'
down_revision = '0034'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables forward."""
    op.create_table(
        'receipt_posts',
        sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('ids', sa.Text(), nullable=False),
        sa.Column('count', sa.Integer(), nullable=False),
        sa.Column('came_at', sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_receipt_posts')),
    )


def downgrade() -> None:
    """Take them back: what still waits is applied one by one."""
    waiting = sa.table('receipt_posts', sa.column('ids', sa.Text()))
    receipts = sa.table('receipts', sa.column('id', sa.BigInteger()), sa.column('applied_at', sa.DateTime(timezone=True)))
    for ids in op.get_bind().scalars(sa.select(waiting.c.ids)):
        op.execute(receipts.update().where(receipts.c.id.in_([int(one) for one in ids.split(',')])).values(applied_at=None))
    op.drop_table('receipt_posts')
