"""Actions wait for others, are checked, looked at later, and keep what was done about them; alerts know whose they are"""

import sqlalchemy as sa
from alembic import op

revision = '0040'
down_revision = '0039'
branch_labels = None
depends_on = None

MOMENTS = ('free_at', 'check_due_at', 'checked_at', 'review_due_at', 'reopened_at')
PLAIN = (
    ('mandatory', sa.Boolean(), sa.false()), ('anchor', sa.String(length=16), ''), ('waiting', sa.Boolean(), sa.false()),
    ('review_days', sa.Integer(), '0'), ('works', sa.String(length=16), ''),
)


def upgrade() -> None:
    """Bring the tables forward. Nothing that was done before waits for a check or a review."""
    with op.batch_alter_table('actions', schema=None) as batch_op:
        for name in MOMENTS:
            batch_op.add_column(sa.Column(name, sa.DateTime(timezone=True), nullable=True))
        for name, kind, value in PLAIN:
            batch_op.add_column(sa.Column(name, kind, nullable=False, server_default=value))
        batch_op.add_column(sa.Column('due_hours', sa.Float(), nullable=True))
        batch_op.add_column(sa.Column('checked_by_id', sa.Integer(), nullable=True))
        batch_op.create_foreign_key(batch_op.f('fk_actions_checked_by_id_users'), 'users', ['checked_by_id'], ['id'])
        for name in ('owner_id', 'due_at', 'state'):
            batch_op.drop_index(batch_op.f(f'ix_actions_{name}'))
        batch_op.create_index('ix_actions_state_due_at', ['state', 'due_at', 'id'], unique=False)
        batch_op.create_index('ix_actions_owner_id_state_due_at', ['owner_id', 'state', 'due_at', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_actions_check_due_at'), ['check_due_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_actions_review_due_at'), ['review_due_at'], unique=False)
    with op.batch_alter_table('actions', schema=None) as batch_op:
        for name, kind, _ in PLAIN:
            batch_op.alter_column(name, existing_type=kind, existing_nullable=False, server_default=None)
    op.create_table(
        'action_waits',
        sa.Column('action_id', sa.Integer(), nullable=False),
        sa.Column('waits_for_id', sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(['action_id'], ['actions.id'], name=op.f('fk_action_waits_action_id_actions')),
        sa.ForeignKeyConstraint(['waits_for_id'], ['actions.id'], name=op.f('fk_action_waits_waits_for_id_actions')),
        sa.PrimaryKeyConstraint('action_id', 'waits_for_id', name=op.f('pk_action_waits')),
    )
    op.create_index('ix_action_waits_waits_for_id', 'action_waits', ['waits_for_id'], unique=False)
    _deeds()
    with op.batch_alter_table('alerts', schema=None) as batch_op:
        batch_op.add_column(sa.Column('owner_id', sa.Integer(), nullable=True))
        batch_op.create_foreign_key(batch_op.f('fk_alerts_owner_id_users'), 'users', ['owner_id'], ['id'])


def _deeds() -> None:
    op.create_table(
        'action_deeds',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('case_id', sa.Integer(), nullable=False),
        sa.Column('action_id', sa.Integer(), nullable=False),
        sa.Column('number', sa.Integer(), nullable=False),
        sa.Column('what', sa.String(length=16), nullable=False),
        sa.Column('outcome', sa.String(length=16), nullable=False),
        sa.Column('document_id', sa.Integer(), nullable=True),
        sa.Column('sha256', sa.String(length=64), nullable=False),
        sa.Column('by_id', sa.Integer(), nullable=True),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('sealed', sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(['action_id'], ['actions.id'], name=op.f('fk_action_deeds_action_id_actions')),
        sa.ForeignKeyConstraint(['by_id'], ['users.id'], name=op.f('fk_action_deeds_by_id_users')),
        sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_action_deeds_case_id_cases')),
        sa.ForeignKeyConstraint(['document_id'], ['documents.id'], name=op.f('fk_action_deeds_document_id_documents')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_action_deeds')),
        sa.UniqueConstraint('action_id', 'number', name=op.f('uq_action_deeds_action_id_number')),
    )
    op.create_index('ix_action_deeds_case_id', 'action_deeds', ['case_id'], unique=False)


def downgrade() -> None:
    """Take them back."""
    with op.batch_alter_table('alerts', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_alerts_owner_id_users'), type_='foreignkey')
        batch_op.drop_column('owner_id')
    op.drop_table('action_deeds')
    op.drop_table('action_waits')
    with op.batch_alter_table('actions', schema=None) as batch_op:
        for name in ('ix_actions_state_due_at', 'ix_actions_owner_id_state_due_at', 'ix_actions_check_due_at',
                     'ix_actions_review_due_at'):
            batch_op.drop_index(name)
        batch_op.drop_constraint(batch_op.f('fk_actions_checked_by_id_users'), type_='foreignkey')
        for name in (*MOMENTS, *(name for name, _, _ in PLAIN), 'due_hours', 'checked_by_id'):
            batch_op.drop_column(name)
        for name in ('owner_id', 'due_at', 'state'):
            batch_op.create_index(batch_op.f(f'ix_actions_{name}'), [name], unique=False)
