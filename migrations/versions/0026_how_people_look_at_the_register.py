"""How people look at the register: chosen columns, saved views, and an index for what is due next"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0026'
down_revision = '0025'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables forward."""
    op.create_table(
        'register_columns',
        sa.Column('user_id', sa.Integer(), nullable=False),
        sa.Column('names', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
        sa.Column('chosen_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_register_columns_user_id_users')),
        sa.PrimaryKeyConstraint('user_id', name=op.f('pk_register_columns')),
    )
    op.create_table(
        'register_views',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('public_id', sa.String(length=36), nullable=False),
        sa.Column('owner_id', sa.Integer(), nullable=False),
        sa.Column('name', sa.String(length=80), nullable=False),
        sa.Column('pill', sa.String(length=16), nullable=False),
        sa.Column('wanted', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
        sa.Column('columns', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
        sa.Column('shared', sa.Boolean(), nullable=False),
        sa.Column('changed_by_id', sa.Integer(), nullable=False),
        sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('version', sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(['owner_id'], ['users.id'], name=op.f('fk_register_views_owner_id_users')),
        sa.ForeignKeyConstraint(['changed_by_id'], ['users.id'], name=op.f('fk_register_views_changed_by_id_users')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_register_views')),
        sa.UniqueConstraint('public_id', name=op.f('uq_register_views_public_id')),
    )
    with op.batch_alter_table('register_views', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_register_views_owner_id'), ['owner_id'], unique=False)
    with op.batch_alter_table('obligations', schema=None) as batch_op:
        batch_op.create_index('ix_obligations_open', ['case_id', 'state', 'recipient_type', 'due_at'], unique=False)


def downgrade() -> None:
    """Take them back."""
    with op.batch_alter_table('obligations', schema=None) as batch_op:
        batch_op.drop_index('ix_obligations_open')
    op.drop_table('register_views')
    op.drop_table('register_columns')
