"""Signs of health: since when each thing is as it is, and the weekly self-tests"""

import sqlalchemy as sa
from alembic import op

revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables forward."""
    op.create_table(
        'health_states',
        sa.Column('name', sa.String(length=60), nullable=False),
        sa.Column('ok', sa.Boolean(), nullable=False),
        sa.Column('words', sa.Text(), nullable=False),
        sa.Column('since', sa.DateTime(timezone=True), nullable=False),
        sa.Column('looked_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('alert_id', sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(['alert_id'], ['alerts.id'], name=op.f('fk_health_states_alert_id_alerts')),
        sa.PrimaryKeyConstraint('name', name=op.f('pk_health_states')),
    )
    op.create_table(
        'self_tests',
        sa.Column('week', sa.String(length=8), nullable=False),
        sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('raised_at', sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint('week', name=op.f('pk_self_tests')),
    )


def downgrade() -> None:
    """Take them back."""
    op.drop_table('self_tests')
    op.drop_table('health_states')
