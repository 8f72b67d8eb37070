"""Every saved text of a notice is kept"""

import sqlalchemy as sa
from alembic import op

revision = '0029'
down_revision = '0028'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables forward."""
    op.create_table(
        'notice_texts',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('case_id', sa.Integer(), nullable=False),
        sa.Column('notice_id', sa.Integer(), nullable=False),
        sa.Column('language', sa.String(length=8), nullable=False),
        sa.Column('number', sa.Integer(), nullable=False),
        sa.Column('by_id', sa.Integer(), nullable=True),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('sealed', sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(['by_id'], ['users.id'], name=op.f('fk_notice_texts_by_id_users')),
        sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_notice_texts_case_id_cases')),
        sa.ForeignKeyConstraint(['notice_id'], ['notices.id'], name=op.f('fk_notice_texts_notice_id_notices')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_notice_texts')),
        sa.UniqueConstraint('notice_id', 'language', 'number', name=op.f('uq_notice_texts_notice_id_language_number')),
    )
    with op.batch_alter_table('notice_texts', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_notice_texts_case_id'), ['case_id'], unique=False)


def downgrade() -> None:
    """Take them back."""
    op.drop_table('notice_texts')
