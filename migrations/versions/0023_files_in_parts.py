"""Files in sealed parts, and what a scanner said of each"""

import sqlalchemy as sa
from alembic import op

revision = '0023'
down_revision = '0022'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    """Bring the tables forward. Files put in before stay in their rows; a scanner, once set up, looks at them too."""
    op.create_table(
        'incoming_files',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('public_id', sa.String(length=36), nullable=False),
        sa.Column('case_id', sa.Integer(), nullable=False),
        sa.Column('kind', sa.String(length=32), nullable=False),
        sa.Column('name', sa.String(length=255), nullable=False),
        sa.Column('media_type', sa.String(length=120), nullable=False),
        sa.Column('size', BIG, nullable=False),
        sa.Column('received', BIG, nullable=False),
        sa.Column('parts', sa.Integer(), nullable=False),
        sa.Column('state', sa.String(length=16), nullable=False),
        sa.Column('by_id', sa.Integer(), nullable=True),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['by_id'], ['users.id'], name=op.f('fk_incoming_files_by_id_users')),
        sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_incoming_files_case_id_cases')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_incoming_files')),
        sa.UniqueConstraint('public_id', name=op.f('uq_incoming_files_public_id')),
    )
    with op.batch_alter_table('incoming_files', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_incoming_files_case_id'), ['case_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_incoming_files_state'), ['state'], unique=False)
    op.create_table(
        'file_parts',
        sa.Column('id', BIG, nullable=False),
        sa.Column('incoming_id', sa.Integer(), nullable=False),
        sa.Column('number', sa.Integer(), nullable=False),
        sa.Column('digest', sa.String(length=64), nullable=False),
        sa.Column('sealed', sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(['incoming_id'], ['incoming_files.id'],
                                name=op.f('fk_file_parts_incoming_id_incoming_files')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_file_parts')),
        sa.UniqueConstraint('incoming_id', 'number', name=op.f('uq_file_parts_incoming_id_number')),
    )
    with op.batch_alter_table('documents', schema=None) as batch_op:
        batch_op.alter_column('size', existing_type=sa.Integer(), type_=BIG, existing_nullable=False)
        batch_op.add_column(sa.Column('incoming_id', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('scan', sa.String(length=16), nullable=False, server_default='waiting'))
        batch_op.add_column(sa.Column('scan_words', sa.String(length=200), nullable=False, server_default=''))
        batch_op.add_column(sa.Column('scan_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('scan_after', sa.DateTime(timezone=True), nullable=True))
        batch_op.create_unique_constraint(batch_op.f('uq_documents_incoming_id'), ['incoming_id'])
        batch_op.create_foreign_key(batch_op.f('fk_documents_incoming_id_incoming_files'), 'incoming_files',
                                    ['incoming_id'], ['id'])


def downgrade() -> None:
    """Take them back. Files kept in parts cannot be opened by the version before."""
    with op.batch_alter_table('documents', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_documents_incoming_id_incoming_files'), type_='foreignkey')
        batch_op.drop_constraint(batch_op.f('uq_documents_incoming_id'), type_='unique')
        for name in ('scan_after', 'scan_at', 'scan_words', 'scan', 'incoming_id'):
            batch_op.drop_column(name)
        batch_op.alter_column('size', existing_type=BIG, type_=sa.Integer(), existing_nullable=False)
    op.drop_table('file_parts')
    op.drop_table('incoming_files')
