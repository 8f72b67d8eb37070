"""A notice names the day of the next one, people live in a part of a country, approvals of public notices never change"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from incident_app.models.approving import protect_public, unprotect_public
from incident_app.models.people_kept import protect, unprotect

revision = '0038'
down_revision = '0037'
branch_labels = None
depends_on = None
WITH_PLACES = ('recipients', 'delivery_tallies')


def _places(before: int, after: int) -> None:
    bind = op.get_bind()
    unprotect(bind)  # SQLite makes the tables anew, and would lose what guards them
    for table in WITH_PLACES:
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.alter_column('country', existing_type=sa.String(length=before), type_=sa.String(length=after),
                                  existing_nullable=False)
    protect(bind)


def upgrade() -> None:
    """Bring the tables forward."""
    op.add_column('recipient_lists', sa.Column(
        'spoken', sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), 'postgresql'), server_default='{}',
        nullable=False))
    op.add_column('organisations', sa.Column('covered_entity', sa.Boolean(), server_default=sa.false(), nullable=False))
    _places(2, 6)
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
    op.execute("UPDATE recipients SET country = substr(country, 1, 2) WHERE length(country) > 2")
    op.execute("DELETE FROM delivery_tallies WHERE length(country) > 2")  # the check of counters counts them anew
    _places(6, 2)
    op.drop_column('organisations', 'covered_entity')
    op.drop_column('recipient_lists', 'spoken')
