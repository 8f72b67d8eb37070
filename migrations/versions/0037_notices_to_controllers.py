"""Notices to controllers whose data we process, and what they say of their arrival"""

import sqlalchemy as sa
from alembic import op

revision = '0037'
down_revision = '0036'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables forward."""
    # Plainly, not as a batch: triggers of other tables name these ones.
    op.add_column('recipient_lists', sa.Column('kind', sa.String(length=16), server_default='people', nullable=False))
    op.add_column('notices', sa.Column('kind', sa.String(length=16), server_default='people', nullable=False))
    op.add_column('notices', sa.Column('follows_id', sa.Integer(), nullable=True))
    op.add_column('notices', sa.Column('is_reminder', sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table(
        'controller_receipts',
        sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('case_id', sa.Integer(), nullable=False),
        sa.Column('notice_id', sa.Integer(), nullable=False),
        sa.Column('number', sa.Integer(), nullable=False),
        sa.Column('who', sa.LargeBinary(), nullable=False),
        sa.Column('code_hash', sa.String(length=64), nullable=False),
        sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('acknowledged_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('through_id', sa.Integer(), nullable=True),
        sa.Column('sealed', sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_controller_receipts_case_id_cases')),
        sa.ForeignKeyConstraint(['notice_id'], ['notices.id'], name=op.f('fk_controller_receipts_notice_id_notices')),
        sa.ForeignKeyConstraint(['through_id'], ['notices.id'], name=op.f('fk_controller_receipts_through_id_notices')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_controller_receipts')),
        sa.UniqueConstraint('code_hash', name=op.f('uq_controller_receipts_code_hash')),
        sa.UniqueConstraint('notice_id', 'number', name=op.f('uq_controller_receipts_notice_id_number')),
    )
    op.create_index('ix_controller_receipts_case_id', 'controller_receipts', ['case_id'], unique=False)


def downgrade() -> None:
    """Take them back."""
    op.drop_table('controller_receipts')
    op.drop_column('notices', 'is_reminder')
    op.drop_column('notices', 'follows_id')
    op.drop_column('notices', 'kind')
    op.drop_column('recipient_lists', 'kind')
