"""Anchors of the record, triggers for its head, the session of an entry; periods of retention and legal holds"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from incident_app.models.audit_triggers import protect_anchors, protect_head, protect_inserts, unprotect_later

revision = '0020'
down_revision = '0019'
branch_labels = None
depends_on = None

ACTIVE = sa.text('lifted_at IS NULL')


def upgrade() -> None:
    """Bring the tables forward."""
    # Plainly, not as a batch: a batch would make the table anew, without the triggers of the record.
    op.add_column('audit_entries', sa.Column('actor_session', sa.String(length=64), nullable=True))
    op.create_table(
        'audit_anchors',
        sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('seq', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('hash', sa.String(length=64), nullable=False),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('place', sa.String(length=16), nullable=False),
        sa.Column('taken', sa.Boolean(), nullable=True),
        sa.Column('words', sa.String(length=200), nullable=False),
        sa.Column('note_id', sa.String(length=36), nullable=True),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_anchors')),
    )
    op.create_index(op.f('ix_audit_anchors_seq'), 'audit_anchors', ['seq'], unique=False)
    op.create_index(op.f('ix_audit_anchors_place'), 'audit_anchors', ['place'], unique=False)
    op.create_table(
        'retention_periods',
        sa.Column('version', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('days', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
        sa.Column('reason', sa.Text(), nullable=False),
        sa.Column('by_id', sa.Integer(), nullable=False),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['by_id'], ['users.id'], name=op.f('fk_retention_periods_by_id_users')),
        sa.PrimaryKeyConstraint('version', name=op.f('pk_retention_periods')),
    )
    op.create_table(
        'legal_holds',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('case_id', sa.Integer(), nullable=False),
        sa.Column('reason', sa.Text(), nullable=False),
        sa.Column('set_by_id', sa.Integer(), nullable=False),
        sa.Column('set_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('lift_reason', sa.Text(), nullable=False),
        sa.Column('lifted_by_id', sa.Integer(), nullable=True),
        sa.Column('lifted_at', sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_legal_holds_case_id_cases')),
        sa.ForeignKeyConstraint(['set_by_id'], ['users.id'], name=op.f('fk_legal_holds_set_by_id_users')),
        sa.ForeignKeyConstraint(['lifted_by_id'], ['users.id'], name=op.f('fk_legal_holds_lifted_by_id_users')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_legal_holds')),
    )
    op.create_index(op.f('ix_legal_holds_case_id'), 'legal_holds', ['case_id'], unique=False)
    op.create_index('uq_legal_holds_active', 'legal_holds', ['case_id'], unique=True, postgresql_where=ACTIVE,
                    sqlite_where=ACTIVE)
    op.create_table(
        'evidence_destroyed',
        sa.Column('case_id', sa.Integer(), nullable=False),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('files', sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_evidence_destroyed_case_id_cases')),
        sa.PrimaryKeyConstraint('case_id', name=op.f('pk_evidence_destroyed')),
    )
    protect_inserts(op.get_bind())
    protect_head(op.get_bind())
    protect_anchors(op.get_bind())


def downgrade() -> None:
    """Take them back."""
    unprotect_later(op.get_bind())
    for table in ('evidence_destroyed', 'legal_holds', 'retention_periods', 'audit_anchors'):
        op.drop_table(table)
    op.drop_column('audit_entries', 'actor_session')
