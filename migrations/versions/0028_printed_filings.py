"""Printed filings are asked for, and made by a worker"""

import sqlalchemy as sa
from alembic import op

revision = '0028'
down_revision = '0027'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables forward."""
    op.create_table(
        'papers',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('public_id', sa.String(length=36), nullable=False),
        sa.Column('filing_id', sa.Integer(), nullable=False),
        sa.Column('version', sa.Integer(), nullable=False),
        sa.Column('draft', sa.Boolean(), nullable=False),
        sa.Column('content_hash', sa.String(length=64), nullable=False),
        sa.Column('state', sa.String(length=16), nullable=False),
        sa.Column('reason', sa.Text(), nullable=False),
        sa.Column('attempts', sa.Integer(), nullable=False),
        sa.Column('token', sa.String(length=36), nullable=True),
        sa.Column('lease_until', sa.DateTime(timezone=True), nullable=True),
        sa.Column('by_id', sa.Integer(), nullable=True),
        sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('made_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('data_key', sa.LargeBinary(), nullable=True),
        sa.Column('sealed', sa.LargeBinary(), nullable=True),
        sa.Column('document_id', sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(['by_id'], ['users.id'], name=op.f('fk_papers_by_id_users')),
        sa.ForeignKeyConstraint(['document_id'], ['documents.id'], name=op.f('fk_papers_document_id_documents')),
        sa.ForeignKeyConstraint(['filing_id'], ['filings.id'], name=op.f('fk_papers_filing_id_filings')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_papers')),
        sa.UniqueConstraint('filing_id', 'version', name=op.f('uq_papers_filing_id_version')),
        sa.UniqueConstraint('public_id', name=op.f('uq_papers_public_id')),
    )
    with op.batch_alter_table('papers', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_papers_state'), ['state'], unique=False)


def downgrade() -> None:
    """Take them back."""
    op.drop_table('papers')
