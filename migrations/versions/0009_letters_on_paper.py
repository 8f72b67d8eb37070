"""Letters on paper: who asked for the file, who confirmed it, who took it"""

import sqlalchemy as sa
from alembic import op

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables forward."""
    op.create_table(
        'post_exports',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('notice_id', sa.Integer(), nullable=False),
        sa.Column('number', sa.Integer(), nullable=False),
        sa.Column('state', sa.String(length=16), nullable=False),
        sa.Column('reason', sa.Text(), nullable=False),
        sa.Column('asked_by_id', sa.Integer(), nullable=True),
        sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('answered_by_id', sa.Integer(), nullable=True),
        sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('answer_reason', sa.Text(), nullable=False),
        sa.Column('open_until', sa.DateTime(timezone=True), nullable=True),
        sa.Column('taken_by_id', sa.Integer(), nullable=True),
        sa.Column('taken_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('people_count', sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(['answered_by_id'], ['users.id'], name=op.f('fk_post_exports_answered_by_id_users')),
        sa.ForeignKeyConstraint(['asked_by_id'], ['users.id'], name=op.f('fk_post_exports_asked_by_id_users')),
        sa.ForeignKeyConstraint(['notice_id'], ['notices.id'], name=op.f('fk_post_exports_notice_id_notices')),
        sa.ForeignKeyConstraint(['taken_by_id'], ['users.id'], name=op.f('fk_post_exports_taken_by_id_users')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_post_exports')),
        sa.UniqueConstraint('notice_id', 'number', name=op.f('uq_post_exports_notice_id_number')),
    )


def downgrade() -> None:
    """Take them back."""
    op.drop_table('post_exports')
