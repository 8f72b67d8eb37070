"""Uploads on their way to becoming a list; contacts found by blind index, and erased"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')
BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    """Bring the tables forward."""
    with op.batch_alter_table('recipient_lists', schema=None) as batch_op:
        batch_op.add_column(sa.Column('erased_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('index_key', sa.LargeBinary(), nullable=True))

    with op.batch_alter_table('recipients', schema=None) as batch_op:
        batch_op.add_column(sa.Column('email_blind', sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column('telegram_blind', sa.LargeBinary(), nullable=True))
        batch_op.create_index('ix_recipients_email_blind', ['list_id', 'email_blind'], unique=False)
        batch_op.create_index('ix_recipients_telegram_blind', ['list_id', 'telegram_blind'], unique=False)

    op.create_table(
        'uploads',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('public_id', sa.String(length=36), nullable=False),
        sa.Column('case_id', sa.Integer(), nullable=False),
        sa.Column('name', sa.String(length=255), nullable=False),
        sa.Column('kind', sa.String(length=8), nullable=False),
        sa.Column('encoding', sa.String(length=32), nullable=False),
        sa.Column('telling_piece', sa.Integer(), nullable=False),
        sa.Column('mapping', JSON, nullable=True),
        sa.Column('state', sa.String(length=16), nullable=False),
        sa.Column('reason', sa.Text(), nullable=False),
        sa.Column('problems', JSON, nullable=False),
        sa.Column('pieces', sa.Integer(), nullable=False),
        sa.Column('size', BIG, nullable=False),
        sa.Column('digest', sa.String(length=64), nullable=False),
        sa.Column('piece_count', sa.Integer(), nullable=False),
        sa.Column('line_count', sa.Integer(), nullable=False),
        sa.Column('attempts', sa.Integer(), nullable=False),
        sa.Column('token', sa.String(length=36), nullable=True),
        sa.Column('lease_until', sa.DateTime(timezone=True), nullable=True),
        sa.Column('list_id', sa.Integer(), nullable=True),
        sa.Column('by_id', sa.Integer(), nullable=True),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['by_id'], ['users.id'], name=op.f('fk_uploads_by_id_users')),
        sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_uploads_case_id_cases')),
        sa.ForeignKeyConstraint(
            ['list_id'], ['recipient_lists.id'], name=op.f('fk_uploads_list_id_recipient_lists'), ondelete='SET NULL'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_uploads')),
        sa.UniqueConstraint('public_id', name=op.f('uq_uploads_public_id')),
    )
    with op.batch_alter_table('uploads', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_uploads_case_id'), ['case_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_uploads_state'), ['state'], unique=False)

    op.create_table(
        'upload_pieces',
        sa.Column('id', BIG, nullable=False),
        sa.Column('upload_id', sa.Integer(), nullable=False),
        sa.Column('number', sa.Integer(), nullable=False),
        sa.Column('digest', sa.String(length=64), nullable=False),
        sa.Column('sealed', sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(['upload_id'], ['uploads.id'], name=op.f('fk_upload_pieces_upload_id_uploads')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_upload_pieces')),
        sa.UniqueConstraint('upload_id', 'number', name=op.f('uq_upload_pieces_upload_id_number')),
    )


def downgrade() -> None:
    """Take them back."""
    op.drop_table('upload_pieces')
    op.drop_table('uploads')
    with op.batch_alter_table('recipients', schema=None) as batch_op:
        batch_op.drop_index('ix_recipients_telegram_blind')
        batch_op.drop_index('ix_recipients_email_blind')
        batch_op.drop_column('telegram_blind')
        batch_op.drop_column('email_blind')

    with op.batch_alter_table('recipient_lists', schema=None) as batch_op:
        batch_op.drop_column('index_key')
        batch_op.drop_column('erased_at')
