"""What a provider posts is kept whole until it is applied, and one index serves both questions about receipts"""

import sqlalchemy as sa
from alembic import op

revision = '0045'
down_revision = '0044'
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
APART = '\x1f'
RECEIPTS = sa.table('receipts', *map(sa.column, (
    'id', 'provider', 'event_key', 'delivery_public_id', 'kind', 'reason', 'at', 'came_at', 'due_at', 'applied_at')))
LISTS = ('keys', 'deliveries', 'kinds', 'reasons', 'ats')


def upgrade() -> None:
    """Bring the tables forward: receipts of posts that wait are applied one by one."""
    waiting = sa.table('receipt_posts', sa.column('ids'))
    for ids in op.get_bind().scalars(sa.select(waiting.c.ids)).all():
        op.execute(RECEIPTS.update().where(RECEIPTS.c.id.in_([int(one) for one in ids.split(',')])).values(applied_at=None))
    op.drop_table('receipt_posts')
    op.create_table(
        'receipt_posts',
        sa.Column('id', BIG_ID, nullable=False),
        sa.Column('provider', sa.String(length=32), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in LISTS),
        sa.Column('count', sa.Integer(), nullable=False),
        sa.Column('came_at', sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_receipt_posts')),
    )
    with op.batch_alter_table('receipts', schema=None) as batch_op:
        batch_op.create_unique_constraint(batch_op.f('uq_receipts_delivery_public_id_event_key'), ['delivery_public_id', 'event_key'])
        batch_op.drop_index(batch_op.f('ix_receipts_delivery_public_id'))
        batch_op.drop_constraint(batch_op.f('uq_receipts_event_key'), type_='unique')


def downgrade() -> None:
    """Take them back: what still waits is written as receipts to apply one by one."""
    bind = op.get_bind()
    with op.batch_alter_table('receipts', schema=None) as batch_op:
        batch_op.create_unique_constraint(batch_op.f('uq_receipts_event_key'), ['event_key'])
        batch_op.create_index(batch_op.f('ix_receipts_delivery_public_id'), ['delivery_public_id'], unique=False)
        batch_op.drop_constraint(batch_op.f('uq_receipts_delivery_public_id_event_key'), type_='unique')
    posts = sa.table('receipt_posts', *map(sa.column, ('provider', *LISTS)), sa.column('came_at', sa.DateTime(timezone=True)))
    for post in bind.execute(sa.select(posts)).all():
        _write(bind, post)
    op.drop_table('receipt_posts')
    op.create_table(
        'receipt_posts',
        sa.Column('id', BIG_ID, nullable=False),
        sa.Column('ids', sa.Text(), nullable=False),
        sa.Column('count', sa.Integer(), nullable=False),
        sa.Column('came_at', sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_receipt_posts')),
    )


def _write(bind: sa.Connection, post: sa.Row[tuple[object, ...]]) -> None:
    """Write the events of a post that are not known yet. There are posts on PostgreSQL only."""
    lists = [str(getattr(post, name)).split(APART) for name in LISTS]
    bind.execute(sa.text(
        'INSERT INTO receipts (provider, event_key, delivery_public_id, kind, reason, at, came_at, due_at)'
        ' VALUES (:provider, :key, :delivery, :kind, :reason, to_timestamp(:at), :came_at, :came_at)'
        ' ON CONFLICT (event_key) DO NOTHING',
    ), [{'provider': post.provider, 'came_at': post.came_at, 'key': key, 'delivery': delivery, 'kind': kind, 'reason': reason,
         'at': float(at)} for key, delivery, kind, reason, at in zip(*lists, strict=True)])
