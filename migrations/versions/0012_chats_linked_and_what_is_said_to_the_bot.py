"""Chats linked in two steps, notes to staff, and what is said to the on-call bot"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')


def upgrade() -> None:
    """Bring the tables forward; codes that were made before are worth ten minutes and are made again."""
    op.drop_table('link_codes')
    op.create_table(
        'chat_links',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('user_id', sa.Integer(), nullable=False),
        sa.Column('digest', sa.String(length=64), nullable=False),
        sa.Column('browser_digest', sa.String(length=64), nullable=False),
        sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('chat_id', sa.String(length=32), nullable=False),
        sa.Column('chat_name', sa.String(length=160), nullable=False),
        sa.Column('claimed_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('confirmed_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_chat_links_user_id_users')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_chat_links')),
        sa.UniqueConstraint('digest', name=op.f('uq_chat_links_digest')),
    )
    op.create_table(
        'staff_notes',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('public_id', sa.String(length=36), nullable=False),
        sa.Column('user_id', sa.Integer(), nullable=False),
        sa.Column('kind', sa.String(length=16), nullable=False),
        sa.Column('channel', sa.String(length=20), nullable=False),
        sa.Column('address', sa.String(length=320), nullable=False),
        sa.Column('subject', sa.String(length=200), nullable=False),
        sa.Column('text', sa.Text(), nullable=False),
        sa.Column('state', sa.String(length=16), nullable=False),
        sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('claim', sa.String(length=36), nullable=True),
        sa.Column('lease_until', sa.DateTime(timezone=True), nullable=True),
        sa.Column('tries', sa.Integer(), nullable=False),
        sa.Column('accepted_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('reason', sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_staff_notes_user_id_users')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_staff_notes')),
        sa.UniqueConstraint('public_id', name=op.f('uq_staff_notes_public_id')),
    )
    op.create_table(
        'bot_updates',
        sa.Column('update_id', sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column('raw', JSON, nullable=False),
        sa.Column('stranger', sa.Boolean(), nullable=False),
        sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('lease_until', sa.DateTime(timezone=True), nullable=True),
        sa.Column('tries', sa.Integer(), nullable=False),
        sa.Column('done_at', sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint('update_id', name=op.f('pk_bot_updates')),
    )
    op.create_table(
        'bot_strangers',
        sa.Column('digest', sa.String(length=64), nullable=False),
        sa.Column('told_at', sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint('digest', name=op.f('pk_bot_strangers')),
    )
    op.create_table(
        'bot_turns',
        sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('holder', sa.String(length=120), nullable=False),
        sa.Column('held_until', sa.DateTime(timezone=True), nullable=True),
        sa.Column('position', sa.BigInteger(), nullable=False),
        sa.Column('position_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('trouble', sa.String(length=16), nullable=False),
        sa.Column('trouble_since', sa.DateTime(timezone=True), nullable=True),
        sa.Column('commands', sa.String(length=64), nullable=False),
        sa.Column('commands_at', sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_bot_turns')),
    )
    for table, column in INDEXED:
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.create_index(batch_op.f(f'ix_{table}_{column}'), [column], unique=False)


INDEXED = (
    ('chat_links', 'user_id'), ('staff_notes', 'user_id'), ('staff_notes', 'state'), ('bot_updates', 'seen_at'),
    ('bot_updates', 'done_at'), ('bot_strangers', 'told_at'),
)


def downgrade() -> None:
    """Take them back."""
    for table in ('bot_turns', 'bot_strangers', 'bot_updates', 'staff_notes', 'chat_links'):
        op.drop_table(table)
    op.create_table(
        'link_codes',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('user_id', sa.Integer(), nullable=False),
        sa.Column('digest', sa.String(length=64), nullable=False),
        sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_link_codes_user_id_users')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_link_codes')),
        sa.UniqueConstraint('digest', name=op.f('uq_link_codes_digest')),
    )
