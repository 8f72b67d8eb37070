"""A notice may name the day of the next one; approvals of public notices only ever come in, and are voided once"""

import sqlalchemy as sa
from alembic import op

from incident_app.models.approving import protect_public, unprotect_public

revision = '0034'
down_revision = '0033'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables forward."""
    op.add_column('notices', sa.Column('again_by', sa.Date(), nullable=True))
    live = sa.text('voided_at IS NULL')
    op.create_index('ix_public_approvals_live', 'public_approvals', ['public_notice_id'], unique=True, sqlite_where=live,
                    postgresql_where=live)
    protect_public(op.get_bind())


def downgrade() -> None:
    """Take them back."""
    unprotect_public(op.get_bind())
    op.drop_index('ix_public_approvals_live', table_name='public_approvals')
    op.drop_column('notices', 'again_by')
