"""The rota: whom a shift covers, what counts where two overlap, and the addresses of the calendar feed"""

import sqlalchemy as sa
from alembic import op

revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables forward. Until now the shift with the higher id counted."""
    with op.batch_alter_table('shifts', schema=None) as batch_op:
        batch_op.add_column(sa.Column('rank', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('covers_id', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('version', sa.Integer(), nullable=False, server_default='1'))
        batch_op.add_column(sa.Column('changed_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.create_foreign_key(batch_op.f('fk_shifts_covers_id_users'), 'users', ['covers_id'], ['id'])
    op.execute('UPDATE shifts SET rank = id, changed_at = made_at')
    with op.batch_alter_table('shifts', schema=None) as batch_op:
        batch_op.alter_column('rank', existing_type=sa.Integer(), nullable=False)
        batch_op.alter_column('version', existing_type=sa.Integer(), existing_nullable=False, server_default=None)
        batch_op.alter_column('changed_at', existing_type=sa.DateTime(timezone=True), nullable=False)
    op.create_table(
        'calendar_links',
        sa.Column('user_id', sa.Integer(), nullable=False),
        sa.Column('digest', sa.String(length=64), nullable=False),
        sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('last_used_at', sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_calendar_links_user_id_users')),
        sa.PrimaryKeyConstraint('user_id', name=op.f('pk_calendar_links')),
        sa.UniqueConstraint('digest', name=op.f('uq_calendar_links_digest')),
    )


def downgrade() -> None:
    """Take them back."""
    op.drop_table('calendar_links')
    with op.batch_alter_table('shifts', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_shifts_covers_id_users'), type_='foreignkey')
        batch_op.drop_column('changed_at')
        batch_op.drop_column('version')
        batch_op.drop_column('covers_id')
        batch_op.drop_column('rank')
