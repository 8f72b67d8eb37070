"""Every notice has a code by which anybody sees that a message is from us"""

import secrets

import sqlalchemy as sa
from alembic import op

from incident_app.domain.notices import new_code

revision = '0030'
down_revision = '0029'
branch_labels = None
depends_on = None

NOTICES = sa.table('notices', sa.column('id', sa.Integer()), sa.column('code', sa.String(8)))


def upgrade() -> None:
    """Bring the tables forward. What was sent before says nothing of its code, but may be drafted on."""
    op.add_column('notices', sa.Column('code', sa.String(length=8), nullable=True))
    connection = op.get_bind()
    for one in connection.scalars(sa.select(NOTICES.c.id)).all():
        connection.execute(sa.update(NOTICES).where(NOTICES.c.id == one).values(code=new_code(secrets.choice)))
    op.create_index('ix_notices_code', 'notices', ['code'], unique=True)


def downgrade() -> None:
    """Take them back."""
    op.drop_index('ix_notices_code', 'notices')
    op.drop_column('notices', 'code')
