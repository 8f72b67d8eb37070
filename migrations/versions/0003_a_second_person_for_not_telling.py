"""A second person for not telling"""

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables forward."""
    op.create_table('confirmations',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('decision_id', sa.Integer(), nullable=False),
    sa.Column('confirmed', sa.Boolean(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('by_id', sa.Integer(), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['by_id'], ['users.id'], name=op.f('fk_confirmations_by_id_users')),
    sa.ForeignKeyConstraint(['decision_id'], ['decisions.id'], name=op.f('fk_confirmations_decision_id_decisions')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_confirmations')),
    sa.UniqueConstraint('decision_id', name=op.f('uq_confirmations_decision_id'))
    )
    with op.batch_alter_table('decisions', schema=None) as batch_op:
        batch_op.add_column(sa.Column('needs_second', sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column('exemption', sa.String(length=32), nullable=False, server_default=''))
        batch_op.add_column(sa.Column('proof', sa.Text(), nullable=False, server_default=''))
        batch_op.add_column(sa.Column('proof_document_id', sa.Integer(), nullable=True))
        batch_op.create_foreign_key(batch_op.f('fk_decisions_proof_document_id_documents'), 'documents', ['proof_document_id'], ['id'])


def downgrade() -> None:
    """Take it back."""
    with op.batch_alter_table('decisions', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_decisions_proof_document_id_documents'), type_='foreignkey')
        batch_op.drop_column('proof_document_id')
        batch_op.drop_column('proof')
        batch_op.drop_column('exemption')
        batch_op.drop_column('needs_second')

    op.drop_table('confirmations')
