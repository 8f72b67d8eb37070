"""Who of a list stands on the mail provider's block list"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')
BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    """Bring the tables forward."""
    op.create_table(
        'suppression_checks',
        sa.Column('list_id', sa.Integer(), nullable=False),
        sa.Column('state', sa.String(length=16), nullable=False),
        sa.Column('reason', sa.Text(), nullable=False),
        sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('token', sa.String(length=36), nullable=True),
        sa.Column('lease_until', sa.DateTime(timezone=True), nullable=True),
        sa.Column('attempts', sa.Integer(), nullable=False),
        sa.Column('generation', sa.Integer(), nullable=False),
        sa.Column('counts', JSON, nullable=False),
        sa.Column('checked_at', sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ['list_id'], ['recipient_lists.id'], name=op.f('fk_suppression_checks_list_id_recipient_lists')),
        sa.PrimaryKeyConstraint('list_id', name=op.f('pk_suppression_checks')),
    )
    with op.batch_alter_table('suppression_checks', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_suppression_checks_state'), ['state'], unique=False)
    op.create_table(
        'suppressed',
        sa.Column('id', BIG, nullable=False),
        sa.Column('list_id', sa.Integer(), nullable=False),
        sa.Column('generation', sa.Integer(), nullable=False),
        sa.Column('number', sa.Integer(), nullable=False),
        sa.Column('kind', sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(['list_id'], ['recipient_lists.id'], name=op.f('fk_suppressed_list_id_recipient_lists')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_suppressed')),
    )
    with op.batch_alter_table('suppressed', schema=None) as batch_op:
        batch_op.create_index('ux_suppressed', ['list_id', 'generation', 'number'], unique=True)


def downgrade() -> None:
    """Take them back."""
    op.drop_table('suppressed')
    op.drop_table('suppression_checks')
