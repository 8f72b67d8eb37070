"""Trial mode is ended by two administrators, and turned on again by one

It is a row of the database, read before every batch of messages: an end, and where it stands no more, since when.
"""

import sqlalchemy as sa
from alembic import op

revision = '0048'
down_revision = '0047'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables forward."""
    op.create_table(
        'trial_ends',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('asked_by_id', sa.Integer(), nullable=False),
        sa.Column('agreed_by_id', sa.Integer(), nullable=False),
        sa.Column('ended_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('resumed_by_id', sa.Integer(), nullable=True),
        sa.Column('resumed_at', sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(['asked_by_id'], ['users.id'], name=op.f('fk_trial_ends_asked_by_id_users')),
        sa.ForeignKeyConstraint(['agreed_by_id'], ['users.id'], name=op.f('fk_trial_ends_agreed_by_id_users')),
        sa.ForeignKeyConstraint(['resumed_by_id'], ['users.id'], name=op.f('fk_trial_ends_resumed_by_id_users')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_trial_ends')),
    )


def downgrade() -> None:
    """Take it back."""
    op.drop_table('trial_ends')
