"""Cause and lessons, the organisation's systems with every version of the profile, and what cases share"""

import unicodedata

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0039'
down_revision = '0038'
branch_labels = None
depends_on = None

OWN = ('controllers', 'contacts', 'establishments')


def _json() -> sa.types.TypeEngine:
    return sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), 'postgresql')


def upgrade() -> None:
    """Bring the tables forward; what old cases say of their processors is found from now on."""
    op.create_table(
        'case_lessons',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('case_id', sa.Integer(), nullable=False),
        sa.Column('number', sa.Integer(), nullable=False),
        sa.Column('cause', sa.String(length=60), nullable=False),
        sa.Column('factors', _json(), nullable=False),
        sa.Column('by_id', sa.Integer(), nullable=True),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('sealed', sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(['by_id'], ['users.id'], name=op.f('fk_case_lessons_by_id_users')),
        sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_case_lessons_case_id_cases')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_case_lessons')),
        sa.UniqueConstraint('case_id', 'number', name=op.f('uq_case_lessons_case_id_number')),
    )
    op.create_table(
        'systems',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('name', sa.String(length=120), nullable=False),
        sa.Column('facts', _json(), nullable=False),
        sa.Column('version', sa.Integer(), nullable=False),
        sa.Column('retired_at', sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_systems')),
    )
    op.create_table(
        'profile_versions',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('subject', sa.String(length=20), nullable=False),
        sa.Column('subject_id', sa.Integer(), nullable=False),
        sa.Column('number', sa.Integer(), nullable=False),
        sa.Column('before', _json(), nullable=True),
        sa.Column('after', _json(), nullable=False),
        sa.Column('by_id', sa.Integer(), nullable=True),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['by_id'], ['users.id'], name=op.f('fk_profile_versions_by_id_users')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_profile_versions')),
        sa.UniqueConstraint('subject', 'subject_id', 'number', name=op.f('uq_profile_versions_subject_subject_id_number')),
    )
    op.create_table(
        'case_systems',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('case_id', sa.Integer(), nullable=False),
        sa.Column('system_id', sa.Integer(), nullable=False),
        sa.Column('system_version', sa.Integer(), nullable=False),
        sa.Column('filled', _json(), nullable=False),
        sa.Column('by_id', sa.Integer(), nullable=True),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['by_id'], ['users.id'], name=op.f('fk_case_systems_by_id_users')),
        sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_case_systems_case_id_cases')),
        sa.ForeignKeyConstraint(['system_id'], ['systems.id'], name=op.f('fk_case_systems_system_id_systems')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_case_systems')),
        sa.UniqueConstraint('case_id', 'system_id', name=op.f('uq_case_systems_case_id_system_id')),
    )
    with op.batch_alter_table('case_systems', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_case_systems_system_id'), ['system_id'], unique=False)
    _traits()
    with op.batch_alter_table('organisations', schema=None) as batch_op:
        for name in OWN:
            batch_op.add_column(sa.Column(name, _json(), nullable=False, server_default='[]'))


def _traits() -> None:
    made = op.create_table(
        'case_traits',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('case_id', sa.Integer(), nullable=False),
        sa.Column('kind', sa.String(length=20), nullable=False),
        sa.Column('value', sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_case_traits_case_id_cases')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_case_traits')),
        sa.UniqueConstraint('kind', 'value', 'case_id', name=op.f('uq_case_traits_kind_value_case_id')),
    )
    with op.batch_alter_table('case_traits', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_case_traits_case_id'), ['case_id'], unique=False)
    cases = sa.table('cases', sa.column('id', sa.Integer()), sa.column('processors', _json()))
    rows = op.get_bind().execute(sa.select(cases.c.id, cases.c.processors)).all()
    found = {(case_id, _folded(name)) for case_id, names in rows for name in names or [] if _folded(name)}
    if found:
        op.bulk_insert(made, [{'case_id': case_id, 'kind': 'processor', 'value': name} for case_id, name in sorted(found)])


def _folded(name: str) -> str:
    """Return a name as ``domain/similar.py`` compared it when this was written."""
    return ' '.join(unicodedata.normalize('NFKC', name).casefold().split())[:120]


def downgrade() -> None:
    """Take them back."""
    with op.batch_alter_table('organisations', schema=None) as batch_op:
        for name in reversed(OWN):
            batch_op.drop_column(name)
    for name in ('case_traits', 'case_systems', 'profile_versions', 'systems', 'case_lessons'):
        op.drop_table(name)
