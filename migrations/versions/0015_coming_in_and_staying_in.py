"""Coming in and staying in: sessions, tries, second factors, ways back"""

import sqlalchemy as sa
from alembic import op

revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None

TABLES = ('user_sessions', 'recovery_codes', 'password_links')


def _moment(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    """Bring the tables forward."""
    op.create_table(
        'user_sessions',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('user_id', sa.Integer(), nullable=False),
        sa.Column('digest', sa.String(length=64), nullable=False),
        sa.Column('way', sa.String(length=20), nullable=False),
        sa.Column('is_half', sa.Boolean(), nullable=False),
        sa.Column('ip', sa.String(length=64), nullable=False),
        sa.Column('place', sa.String(length=64), nullable=False),
        sa.Column('agent', sa.String(length=60), nullable=False),
        _moment('made_at'), _moment('used_at'), _moment('proved_at', nullable=True), _moment('ended_at', nullable=True),
        sa.Column('ended_why', sa.String(length=60), nullable=False),
        sa.Column('pending', sa.Text(), nullable=True),
        _moment('pending_at', nullable=True),
        sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_user_sessions_user_id_users')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_user_sessions')),
        sa.UniqueConstraint('digest', name=op.f('uq_user_sessions_digest')),
    )
    op.create_table(
        'sign_in_tries',
        sa.Column('scope', sa.String(length=20), nullable=False),
        sa.Column('key', sa.String(length=64), nullable=False),
        sa.Column('count', sa.Integer(), nullable=False),
        _moment('since'), _moment('locked_until', nullable=True),
        sa.Column('strikes', sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint('scope', 'key', name=op.f('pk_sign_in_tries')),
    )
    op.create_table(
        'recovery_codes',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('user_id', sa.Integer(), nullable=False),
        sa.Column('sealed', sa.Text(), nullable=False),
        _moment('made_at'), _moment('used_at', nullable=True),
        sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_recovery_codes_user_id_users')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_recovery_codes')),
    )
    op.create_table(
        'password_links',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('user_id', sa.Integer(), nullable=False),
        sa.Column('digest', sa.String(length=64), nullable=False),
        _moment('made_at'), _moment('expires_at'), _moment('used_at', nullable=True),
        sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_password_links_user_id_users')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_password_links')),
        sa.UniqueConstraint('digest', name=op.f('uq_password_links_digest')),
    )
    op.create_table(
        'resets_asked',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('sealed', sa.Text(), nullable=False),
        _moment('asked_at'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_resets_asked')),
    )
    op.create_table(
        'spent_challenges',
        sa.Column('digest', sa.String(length=64), nullable=False),
        _moment('spent_at'),
        sa.PrimaryKeyConstraint('digest', name=op.f('pk_spent_challenges')),
    )
    for table in TABLES:
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.create_index(batch_op.f(f'ix_{table}_user_id'), ['user_id'], unique=False)
    for table, column in (('user_sessions', 'ended_at'), ('sign_in_tries', 'since'), ('spent_challenges', 'spent_at')):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.create_index(batch_op.f(f'ix_{table}_{column}'), [column], unique=False)
    with op.batch_alter_table('users', schema=None) as batch_op:
        batch_op.add_column(sa.Column('is_demo', sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column('totp_step', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('totp_mark', sa.String(length=64), nullable=True))
    # Made before accounts carried the mark themselves: everybody in a demo's database is of the demo.
    op.execute("UPDATE users SET is_demo = (SELECT COALESCE(MAX(CASE WHEN is_demo THEN 1 ELSE 0 END), 0) FROM organisations) = 1")


def downgrade() -> None:
    """Take them back."""
    with op.batch_alter_table('users', schema=None) as batch_op:
        batch_op.drop_column('totp_mark')
        batch_op.drop_column('totp_step')
        batch_op.drop_column('is_demo')
    for table in ('spent_challenges', 'resets_asked', 'password_links', 'recovery_codes', 'sign_in_tries', 'user_sessions'):
        op.drop_table(table)
