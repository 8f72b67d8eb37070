"""Ladders of one's own, when a duty is looked at next, when a ladder begins again, digests"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')


def upgrade() -> None:
    """Bring the tables forward; every duty is looked at once."""
    op.create_table(
        'ladders',
        sa.Column('kind', sa.String(length=16), nullable=False),
        sa.Column('body', JSON, nullable=False),
        sa.Column('version', sa.Integer(), nullable=False),
        sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('changed_by_id', sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(['changed_by_id'], ['users.id'], name=op.f('fk_ladders_changed_by_id_users')),
        sa.PrimaryKeyConstraint('kind', name=op.f('pk_ladders')),
    )
    with op.batch_alter_table('obligations', schema=None) as batch_op:
        batch_op.add_column(sa.Column('look_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index('ix_obligations_look_at', ['look_at'], unique=False,
                              postgresql_where=sa.text('look_at IS NOT NULL'))
    with op.batch_alter_table('alerts', schema=None) as batch_op:
        batch_op.add_column(sa.Column('repeat_at', sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table('alert_sends', schema=None) as batch_op:
        batch_op.add_column(sa.Column('digest_id', sa.Integer(), nullable=True))
        batch_op.create_index(batch_op.f('ix_alert_sends_digest_id'), ['digest_id'], unique=False)
        batch_op.create_foreign_key(
            batch_op.f('fk_alert_sends_digest_id_alert_sends'), 'alert_sends', ['digest_id'], ['id'])
    op.execute('UPDATE obligations SET look_at = raised_at')
    op.execute("UPDATE alerts SET repeat_at = raised_at WHERE state = 'raised' AND only_for_id IS NULL")


def downgrade() -> None:
    """Take them back."""
    with op.batch_alter_table('alert_sends', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_alert_sends_digest_id_alert_sends'), type_='foreignkey')
        batch_op.drop_index(batch_op.f('ix_alert_sends_digest_id'))
        batch_op.drop_column('digest_id')
    with op.batch_alter_table('alerts', schema=None) as batch_op:
        batch_op.drop_column('repeat_at')
    with op.batch_alter_table('obligations', schema=None) as batch_op:
        batch_op.drop_index('ix_obligations_look_at')
        batch_op.drop_column('look_at')
    op.drop_table('ladders')
