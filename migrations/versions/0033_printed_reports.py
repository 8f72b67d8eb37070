"""The register on paper is asked for, and made by a worker"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0033'
down_revision = '0032'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables forward."""
    op.create_table(
        'printed_reports',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('public_id', sa.String(length=36), nullable=False),
        sa.Column('asks', sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), 'postgresql'), nullable=False),
        sa.Column('by_id', sa.Integer(), nullable=False),
        sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('state', sa.String(length=16), nullable=False),
        sa.Column('reason', sa.Text(), nullable=False),
        sa.Column('attempts', sa.Integer(), nullable=False),
        sa.Column('token', sa.String(length=36), nullable=True),
        sa.Column('lease_until', sa.DateTime(timezone=True), nullable=True),
        sa.Column('all_count', sa.Integer(), nullable=False),
        sa.Column('done_count', sa.Integer(), nullable=False),
        sa.Column('made_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('name', sa.String(length=200), nullable=False),
        sa.Column('media_type', sa.String(length=100), nullable=False),
        sa.Column('data_key', sa.LargeBinary(), nullable=True),
        sa.Column('sealed', sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(['by_id'], ['users.id'], name=op.f('fk_printed_reports_by_id_users')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_printed_reports')),
        sa.UniqueConstraint('public_id', name=op.f('uq_printed_reports_public_id')),
    )
    with op.batch_alter_table('printed_reports', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_printed_reports_by_id'), ['by_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_printed_reports_state'), ['state'], unique=False)


def downgrade() -> None:
    """Take them back."""
    op.drop_table('printed_reports')
