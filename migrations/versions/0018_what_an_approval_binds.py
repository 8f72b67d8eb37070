"""An approval binds sender and layout too, and the database refuses what must not be approved, changed or deleted"""

import sqlalchemy as sa
from alembic import op
from incident_app.models.approving import protect, unprotect
from sqlalchemy.dialects import postgresql

revision = '0018'
down_revision = '0017'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables forward."""
    json = sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')
    with op.batch_alter_table('approvals', schema=None) as batch_op:
        batch_op.add_column(sa.Column('envelope', json, nullable=False, server_default='{}'))
        batch_op.add_column(sa.Column('method', sa.String(length=32), nullable=False, server_default=''))
        batch_op.create_index('ix_approvals_live', ['notice_id'], unique=True,
                              sqlite_where=sa.text('voided_at IS NULL'), postgresql_where=sa.text('voided_at IS NULL'))
    with op.batch_alter_table('recipient_lists', schema=None) as batch_op:
        batch_op.add_column(sa.Column('domains', json, nullable=False, server_default='[]'))
        batch_op.add_column(sa.Column('crowded', json, nullable=False, server_default='{}'))
        batch_op.add_column(sa.Column('crowd_reason', sa.Text(), nullable=False, server_default=''))
        batch_op.add_column(sa.Column('crowd_by_id', sa.Integer(), nullable=True))
        batch_op.create_foreign_key(batch_op.f('fk_recipient_lists_crowd_by_id_users'), 'users', ['crowd_by_id'], ['id'])
    op.create_index('ix_audit_entries_actor_id', 'audit_entries', ['actor_id', 'action', 'seq'], unique=False)
    protect(op.get_bind())


def downgrade() -> None:
    """Take them back."""
    unprotect(op.get_bind())
    op.drop_index('ix_audit_entries_actor_id', 'audit_entries')
    with op.batch_alter_table('recipient_lists', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_recipient_lists_crowd_by_id_users'), type_='foreignkey')
        for name in ('crowd_by_id', 'crowd_reason', 'crowded', 'domains'):
            batch_op.drop_column(name)
    with op.batch_alter_table('approvals', schema=None) as batch_op:
        batch_op.drop_index('ix_approvals_live')
        batch_op.drop_column('method')
        batch_op.drop_column('envelope')
