"""Stopping a notice is one thing, withdrawing its text another

Until now every notice that was stopped for good was shown to whoever asked by its code as one not to act on. Those stay so:
nobody was asked then whether the text was right, what people were told is not turned round without anybody looking, and the
answer sends them to somebody who knows. On the page of the delivery each can be called right after all.
"""

import sqlalchemy as sa
from alembic import op

revision = '0046'
down_revision = '0045'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables forward."""
    # Plainly, not as a batch: triggers of other tables name this one.
    op.add_column('notices', sa.Column('text_withdrawn', sa.Boolean(), server_default=sa.false(), nullable=False))
    notices = sa.table('notices', sa.column('state', sa.String()), sa.column('text_withdrawn', sa.Boolean()))
    op.execute(notices.update().where(notices.c.state == 'cancelled').values(text_withdrawn=sa.true()))


def downgrade() -> None:
    """Take them back."""
    op.drop_column('notices', 'text_withdrawn')
