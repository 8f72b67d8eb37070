"""Lists of actions and of running duties are read in the order of an index"""

import sqlalchemy as sa
from alembic import op

revision = '0043'
down_revision = '0042'
branch_labels = None
depends_on = None

RUNS = "state IN ('undecided', 'owed') AND recipient_type <> 'register'"
TO_DECIDE = "state = 'undecided' AND recipient_type <> 'register'"


def upgrade() -> None:
    """Bring the tables forward."""
    for name in ('check_due_at', 'review_due_at'):
        op.drop_index(f'ix_actions_{name}', table_name='actions')
        op.create_index(f'ix_actions_{name}', 'actions', [name, 'id'], unique=False)
    for name, columns, where in (('runs', ['due_at', 'id'], RUNS), ('to_decide', ['case_id'], TO_DECIDE)):
        op.create_index(f'ix_obligations_{name}', 'obligations', columns, unique=False,
                        postgresql_where=sa.text(where), sqlite_where=sa.text(where))


def downgrade() -> None:
    """Take them back."""
    for name in ('to_decide', 'runs'):
        op.drop_index(f'ix_obligations_{name}', table_name='obligations')
    for name in ('check_due_at', 'review_due_at'):
        op.drop_index(f'ix_actions_{name}', table_name='actions')
        op.create_index(f'ix_actions_{name}', 'actions', [name], unique=False)
