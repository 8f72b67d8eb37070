"""Outcomes are written without a look at each person's row, and leave room for what is said of them later"""

import sqlalchemy as sa
from alembic import op

from incident_app.models.people_kept import protect, unprotect

revision = '0034'
down_revision = '0033'
branch_labels = None
depends_on = None

KEYS = (('fk_deliveries_notice_id_notices', 'notices', 'notice_id'),
        ('fk_deliveries_recipient_id_recipients', 'recipients', 'recipient_id'))


def upgrade() -> None:
    """Bring the tables forward."""
    bind = op.get_bind()
    with op.batch_alter_table('deliveries', schema=None) as batch_op:
        for name, _, _ in KEYS:
            batch_op.drop_constraint(name, type_='foreignkey')
    if bind.dialect.name == 'postgresql':
        # Of pages written from now on a fifth stays free: a receipt changes its row there, and no index with it.
        op.execute(sa.text('ALTER TABLE deliveries SET (fillfactor = 80)'))
    protect(bind)


def downgrade() -> None:
    """Take the tables back."""
    bind = op.get_bind()
    unprotect(bind)
    if bind.dialect.name == 'postgresql':
        op.execute(sa.text('ALTER TABLE deliveries RESET (fillfactor)'))
    with op.batch_alter_table('deliveries', schema=None) as batch_op:
        for name, table, column in KEYS:
            batch_op.create_foreign_key(name, table, [column], ['id'])
