"""The law in all its axes"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables forward."""
    op.create_table('house_clocks',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('recipient', sa.String(length=200), nullable=False),
    sa.Column('anchor', sa.String(length=60), nullable=False),
    sa.Column('value', sa.Integer(), nullable=False),
    sa.Column('unit', sa.String(length=32), nullable=False),
    sa.Column('source', sa.String(length=120), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('made_by_id', sa.Integer(), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_by_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['ended_by_id'], ['users.id'], name=op.f('fk_house_clocks_ended_by_id_users')),
    sa.ForeignKeyConstraint(['made_by_id'], ['users.id'], name=op.f('fk_house_clocks_made_by_id_users')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_house_clocks'))
    )
    op.create_table('case_moments',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('anchor', sa.String(length=60), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('by_id', sa.Integer(), nullable=True),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['by_id'], ['users.id'], name=op.f('fk_case_moments_by_id_users')),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_case_moments_case_id_cases')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_case_moments'))
    )
    with op.batch_alter_table('case_moments', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_case_moments_case_id'), ['case_id'], unique=False)

    with op.batch_alter_table('cases', schema=None) as batch_op:
        batch_op.add_column(sa.Column('controllers', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False, server_default='[]'))
        batch_op.add_column(sa.Column('law_version', sa.String(length=60), nullable=False, server_default=''))
        batch_op.create_index(batch_op.f('ix_cases_law_version'), ['law_version'], unique=False)

    with op.batch_alter_table('obligations', schema=None) as batch_op:
        batch_op.add_column(sa.Column('controller', sa.String(length=200), nullable=False, server_default=''))
        batch_op.add_column(sa.Column('threshold_id', sa.String(length=32), nullable=False, server_default='risk'))
        batch_op.add_column(sa.Column('always', sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column('note', sa.Text(), nullable=False, server_default=''))
        batch_op.add_column(sa.Column('target_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('raised_by_id', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('superseded_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('superseded_by_id', sa.Integer(), nullable=True))
        batch_op.create_foreign_key(batch_op.f('fk_obligations_superseded_by_id_users'), 'users', ['superseded_by_id'], ['id'])
        batch_op.create_foreign_key(batch_op.f('fk_obligations_raised_by_id_users'), 'users', ['raised_by_id'], ['id'])

    with op.batch_alter_table('organisations', schema=None) as batch_op:
        batch_op.add_column(sa.Column('sectors', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=True))

    op.execute("UPDATE obligations SET confidence = CASE WHEN confidence = 'memory' THEN 'check' ELSE 'verified' END")
    op.execute("UPDATE obligations SET threshold_id = 'still_missing' WHERE anchor = 'initial_sent'")
    op.execute("UPDATE obligations SET threshold_id = 'always' WHERE recipient_type IN ('register', 'controller')")


def downgrade() -> None:
    """Take it back."""
    with op.batch_alter_table('organisations', schema=None) as batch_op:
        batch_op.drop_column('sectors')

    with op.batch_alter_table('obligations', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_obligations_raised_by_id_users'), type_='foreignkey')
        batch_op.drop_constraint(batch_op.f('fk_obligations_superseded_by_id_users'), type_='foreignkey')
        batch_op.drop_column('superseded_by_id')
        batch_op.drop_column('superseded_at')
        batch_op.drop_column('raised_by_id')
        batch_op.drop_column('target_at')
        batch_op.drop_column('note')
        batch_op.drop_column('always')
        batch_op.drop_column('threshold_id')
        batch_op.drop_column('controller')

    with op.batch_alter_table('cases', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_cases_law_version'))
        batch_op.drop_column('law_version')
        batch_op.drop_column('controllers')

    with op.batch_alter_table('case_moments', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_case_moments_case_id'))

    op.drop_table('case_moments')
    op.drop_table('house_clocks')
