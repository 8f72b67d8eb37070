"""Every closing of a case is kept, and its review: words in versions, signatures"""

import sqlalchemy as sa
from alembic import op

revision = '0034_review'
down_revision = '0033'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables forward."""
    op.create_table(
        'case_closings',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('case_id', sa.Integer(), nullable=False),
        sa.Column('number', sa.Integer(), nullable=False),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('by_id', sa.Integer(), nullable=True),
        sa.Column('asked_by_id', sa.Integer(), nullable=True),
        sa.Column('state_before', sa.String(length=32), nullable=False),
        sa.Column('over_count', sa.Integer(), nullable=False),
        sa.Column('gaps_hash', sa.String(length=64), nullable=False),
        sa.Column('review_hash', sa.String(length=64), nullable=False),
        sa.Column('reopened_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('reopened_by_id', sa.Integer(), nullable=True),
        sa.Column('sealed', sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_case_closings_case_id_cases')),
        sa.ForeignKeyConstraint(['by_id'], ['users.id'], name=op.f('fk_case_closings_by_id_users')),
        sa.ForeignKeyConstraint(['asked_by_id'], ['users.id'], name=op.f('fk_case_closings_asked_by_id_users')),
        sa.ForeignKeyConstraint(['reopened_by_id'], ['users.id'], name=op.f('fk_case_closings_reopened_by_id_users')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_case_closings')),
        sa.UniqueConstraint('case_id', 'number', name=op.f('uq_case_closings_case_id_number')),
    )
    op.create_table(
        'review_words',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('case_id', sa.Integer(), nullable=False),
        sa.Column('number', sa.Integer(), nullable=False),
        sa.Column('by_id', sa.Integer(), nullable=True),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('sealed', sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_review_words_case_id_cases')),
        sa.ForeignKeyConstraint(['by_id'], ['users.id'], name=op.f('fk_review_words_by_id_users')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_review_words')),
        sa.UniqueConstraint('case_id', 'number', name=op.f('uq_review_words_case_id_number')),
    )
    op.create_table(
        'review_signatures',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('case_id', sa.Integer(), nullable=False),
        sa.Column('words_number', sa.Integer(), nullable=False),
        sa.Column('content_hash', sa.String(length=64), nullable=False),
        sa.Column('by_id', sa.Integer(), nullable=True),
        sa.Column('person', sa.Integer(), nullable=False),
        sa.Column('decides', sa.Boolean(), nullable=False),
        sa.Column('method', sa.String(length=32), nullable=False),
        sa.Column('state_before', sa.String(length=32), nullable=False),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('voided_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('voided_why', sa.String(length=200), nullable=False),
        sa.Column('sealed', sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_review_signatures_case_id_cases')),
        sa.ForeignKeyConstraint(['by_id'], ['users.id'], name=op.f('fk_review_signatures_by_id_users')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_review_signatures')),
    )
    for table in ('case_closings', 'review_words', 'review_signatures'):
        op.create_index(op.f(f'ix_{table}_case_id'), table, ['case_id'], unique=False)


def downgrade() -> None:
    """Take them back."""
    for table in ('review_signatures', 'review_words', 'case_closings'):
        op.drop_table(table)
