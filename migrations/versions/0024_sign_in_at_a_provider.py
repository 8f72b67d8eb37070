"""Which person at the organisation's provider is connected to which account"""

import sqlalchemy as sa
from alembic import op

revision = '0024'
down_revision = '0023'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables forward."""
    op.create_table(
        'provider_links',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('user_id', sa.Integer(), nullable=False),
        sa.Column('issuer', sa.String(length=255), nullable=False),
        sa.Column('subject', sa.String(length=255), nullable=False),
        sa.Column('linked_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_provider_links_user_id_users')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_provider_links')),
        sa.UniqueConstraint('issuer', 'subject', name=op.f('uq_provider_links_issuer_subject')),
        sa.UniqueConstraint('user_id', 'issuer', name=op.f('uq_provider_links_user_id_issuer')),
    )


def downgrade() -> None:
    """Take them back."""
    op.drop_table('provider_links')
