"""Notices to everybody, for people who cannot be reached"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0031'
down_revision = '0030'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables forward."""
    json = sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')
    op.create_table(
        'public_notices',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('public_id', sa.String(length=36), nullable=False),
        sa.Column('slug', sa.String(length=8), nullable=False),
        sa.Column('case_id', sa.Integer(), nullable=False),
        sa.Column('number', sa.Integer(), nullable=False),
        sa.Column('state', sa.String(length=32), nullable=False),
        sa.Column('state_reason', sa.Text(), nullable=False),
        sa.Column('first_day', sa.Date(), nullable=False),
        sa.Column('last_day', sa.Date(), nullable=False),
        sa.Column('author_id', sa.Integer(), nullable=True),
        sa.Column('editor_ids', json, nullable=False),
        sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('edited_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('version', sa.Integer(), nullable=False),
        sa.Column('approval_id', sa.Integer(), nullable=True),
        sa.Column('document_id', sa.Integer(), nullable=True),
        sa.Column('sealed', sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(['author_id'], ['users.id'], name=op.f('fk_public_notices_author_id_users')),
        sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_public_notices_case_id_cases')),
        sa.ForeignKeyConstraint(['document_id'], ['documents.id'], name=op.f('fk_public_notices_document_id_documents')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_public_notices')),
        sa.UniqueConstraint('case_id', 'number', name=op.f('uq_public_notices_case_id_number')),
        sa.UniqueConstraint('public_id', name=op.f('uq_public_notices_public_id')),
        sa.UniqueConstraint('slug', name=op.f('uq_public_notices_slug')),
    )
    op.create_index('ix_public_notices_case_id', 'public_notices', ['case_id'], unique=False)
    op.create_table(
        'public_approvals',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('public_notice_id', sa.Integer(), nullable=False),
        sa.Column('content_hash', sa.String(length=64), nullable=False),
        sa.Column('method', sa.String(length=32), nullable=False),
        sa.Column('by_id', sa.Integer(), nullable=False),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('voided_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('voided_reason', sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(['by_id'], ['users.id'], name=op.f('fk_public_approvals_by_id_users')),
        sa.ForeignKeyConstraint(['public_notice_id'], ['public_notices.id'],
                                name=op.f('fk_public_approvals_public_notice_id_public_notices')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_public_approvals')),
    )
    op.create_index('ix_public_approvals_public_notice_id', 'public_approvals', ['public_notice_id'], unique=False)


def downgrade() -> None:
    """Take them back."""
    op.drop_table('public_approvals')
    op.drop_table('public_notices')
