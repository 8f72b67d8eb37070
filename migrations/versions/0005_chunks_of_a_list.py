"""Lists sealed part by part; a notice is sent in chunks, a delivery is written once with its outcome"""

import hashlib
import json
from itertools import groupby

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')
BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
APART = sa.text("is_current AND state <> 'accepted'")
WAITING = sa.text("state = 'waiting'")
HELD = sa.text("state IN ('claimed', 'sending')")
NEW = sa.text('applied_at IS NULL')
PART = 1000
TALLY = """
INSERT INTO delivery_tallies (notice_id, channel, language, country, state, cause, count)
SELECT d.notice_id, d.channel, r.language, r.country,
       CASE WHEN d.state IN ('queued', 'claimed', 'sending', 'retry_wait') THEN 'waiting' ELSE d.state END,
       CASE WHEN d.state IN ('queued', 'claimed', 'sending', 'retry_wait') THEN '' ELSE d.cause END, count(*)
FROM deliveries d JOIN recipients r ON r.id = d.recipient_id WHERE d.is_current GROUP BY 1, 2, 3, 4, 5, 6
"""
DELIVERED = """
INSERT INTO delivery_tallies (notice_id, channel, language, country, state, cause, count)
SELECT notice_id, channel, '', '', receipt, '', count(*) FROM deliveries WHERE receipt <> '' GROUP BY 1, 2, 5
"""


def upgrade() -> None:
    """Bring the tables forward."""
    op.create_table(
        'list_parts',
        sa.Column('list_id', sa.Integer(), nullable=False),
        sa.Column('first', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('last', sa.Integer(), nullable=False),
        sa.Column('digest', sa.String(length=64), nullable=False),
        sa.Column('reach', JSON, nullable=False),
        sa.ForeignKeyConstraint(['list_id'], ['recipient_lists.id'], ondelete='CASCADE',
                                name=op.f('fk_list_parts_list_id_recipient_lists')),
        sa.PrimaryKeyConstraint('list_id', 'first', name=op.f('pk_list_parts')),
    )
    op.create_table(
        'delivery_chunks',
        sa.Column('id', BIG, nullable=False),
        sa.Column('notice_id', sa.Integer(), nullable=False),
        sa.Column('channel', sa.String(length=16), nullable=False),
        sa.Column('first', sa.Integer(), nullable=False),
        sa.Column('last', sa.Integer(), nullable=False),
        sa.Column('done_to', sa.Integer(), nullable=False),
        sa.Column('people_count', sa.Integer(), nullable=False),
        sa.Column('digest', sa.String(length=64), nullable=False),
        sa.Column('secret', sa.LargeBinary(), nullable=False),
        sa.Column('state', sa.String(length=16), nullable=False),
        sa.Column('sending', JSON, nullable=False),
        sa.Column('sending_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('claim_token', sa.String(length=36), nullable=True),
        sa.Column('claimed_by', sa.String(length=120), nullable=True),
        sa.Column('lease_until', sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(['notice_id'], ['notices.id'], name=op.f('fk_delivery_chunks_notice_id_notices')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_delivery_chunks')),
    )
    with op.batch_alter_table('delivery_chunks', schema=None) as batch_op:
        batch_op.create_index('ix_delivery_chunks_waiting', ['notice_id', 'channel', 'due_at', 'first'], unique=False,
                              postgresql_where=WAITING, sqlite_where=WAITING)
        batch_op.create_index('ix_delivery_chunks_held', ['lease_until'], unique=False, postgresql_where=HELD,
                              sqlite_where=HELD)
    op.create_table(
        'delivery_tallies',
        sa.Column('notice_id', sa.Integer(), nullable=False),
        sa.Column('channel', sa.String(length=16), nullable=False),
        sa.Column('language', sa.String(length=8), nullable=False),
        sa.Column('country', sa.String(length=2), nullable=False),
        sa.Column('state', sa.String(length=16), nullable=False),
        sa.Column('cause', sa.String(length=120), nullable=False),
        sa.Column('count', BIG, nullable=False),
        sa.ForeignKeyConstraint(['notice_id'], ['notices.id'], name=op.f('fk_delivery_tallies_notice_id_notices')),
        sa.PrimaryKeyConstraint('notice_id', 'channel', 'language', 'country', 'state', 'cause',
                                name=op.f('pk_delivery_tallies')),
    )
    op.create_table(
        'delivery_pulses',
        sa.Column('notice_id', sa.Integer(), nullable=False),
        sa.Column('minute', sa.DateTime(timezone=True), nullable=False),
        sa.Column('count', sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(['notice_id'], ['notices.id'], name=op.f('fk_delivery_pulses_notice_id_notices')),
        sa.PrimaryKeyConstraint('notice_id', 'minute', name=op.f('pk_delivery_pulses')),
    )
    with op.batch_alter_table('notices', schema=None) as batch_op:
        batch_op.add_column(sa.Column('proof_due_at', sa.DateTime(timezone=True), nullable=True))
        for name in ('cut_to', 'stopped_to', 'resent_count'):
            batch_op.add_column(sa.Column(name, sa.Integer(), nullable=False, server_default='0'))
    with op.batch_alter_table('deliveries', schema=None) as batch_op:
        batch_op.add_column(sa.Column('number', sa.Integer(), nullable=False, server_default='0'))
        batch_op.add_column(sa.Column('cause', sa.String(length=120), nullable=False, server_default=''))
        batch_op.alter_column('next_attempt_at', existing_type=sa.DateTime(timezone=True), nullable=True)
        batch_op.create_index('ix_deliveries_told_apart', ['notice_id', 'state', 'number'], unique=False,
                              postgresql_where=APART, sqlite_where=APART)
    with op.batch_alter_table('receipts', schema=None) as batch_op:
        batch_op.add_column(sa.Column('due_at', sa.DateTime(timezone=True), nullable=True))
    _carry_over(op.get_bind())
    with op.batch_alter_table('receipts', schema=None) as batch_op:
        batch_op.alter_column('due_at', existing_type=sa.DateTime(timezone=True), nullable=False)
        batch_op.create_index('ix_receipts_new', ['due_at', 'id'], unique=False, postgresql_where=NEW, sqlite_where=NEW)
    with op.batch_alter_table('notices', schema=None) as batch_op:
        for name in ('cut_to', 'stopped_to', 'resent_count'):
            batch_op.alter_column(name, existing_type=sa.Integer(), server_default=None)
    with op.batch_alter_table('deliveries', schema=None) as batch_op:
        batch_op.alter_column('number', existing_type=sa.Integer(), server_default=None)
        # What nearly every row holds the table gives itself: it need not travel a million times.
        batch_op.alter_column('round', existing_type=sa.Integer(), server_default='1')
        batch_op.alter_column('is_current', existing_type=sa.Boolean(), server_default=sa.true())
        batch_op.alter_column('reason', existing_type=sa.Text(), server_default='')
        batch_op.alter_column('receipt', existing_type=sa.String(length=16), server_default='')
        batch_op.alter_column('receipt_rank', existing_type=sa.Integer(), server_default='0')


def _carry_over(connection: sa.Connection) -> None:
    """Bring what was sent, and what was approved, into the new shape: everybody of those notices has a row already."""
    run = connection.execute
    run(sa.text("UPDATE receipts SET due_at = came_at"))
    run(sa.text("UPDATE deliveries SET number = (SELECT number FROM recipients r WHERE r.id = deliveries.recipient_id)"))
    run(sa.text("UPDATE deliveries SET cause = substr(reason, 1, 120)"))
    run(sa.text("UPDATE notices SET cut_to = coalesce(list_count, 0), stopped_to = coalesce(list_count, 0),"
                " resent_count = (SELECT count(*) FROM deliveries d WHERE d.notice_id = notices.id AND d.state = 'resent')"
                " WHERE launched_at IS NOT NULL"))
    run(sa.text(TALLY))
    run(sa.text(DELIVERED))
    for list_id in run(sa.text("SELECT id FROM recipient_lists ORDER BY id")).scalars().all():
        before, after = _before(connection, list_id), _sealed(connection, list_id)
        facts = {"id": list_id, "before": before, "after": after}
        run(sa.text("UPDATE recipient_lists SET digest = :after WHERE id = :id"), facts)
        run(sa.text("UPDATE approvals SET list_digest = :after WHERE list_digest = :before AND notice_id IN"
                    " (SELECT id FROM notices WHERE list_id = :id AND launched_at IS NULL)"), facts)
        run(sa.text("UPDATE notices SET list_digest = :after WHERE list_digest = :before AND list_id = :id"
                    " AND launched_at IS NULL"), facts)


def _before(connection: sa.Connection, list_id: int) -> str:
    """Return the digest as it was taken until now: an approval that holds it bound exactly these people."""
    whole = hashlib.sha256()
    rows = connection.execute(sa.text("SELECT blind FROM recipients WHERE list_id = :id ORDER BY blind"), {"id": list_id},
                              execution_options={"yield_per": 5000})
    for (blind,) in rows:
        whole.update(bytes(blind))
    return whole.hexdigest()


def _sealed(connection: sa.Connection, list_id: int) -> str:
    whole, parts = hashlib.sha256(), []
    rows = connection.execute(
        sa.text("SELECT number, blind, has_telegram, has_email FROM recipients WHERE list_id = :id ORDER BY number"),
        {"id": list_id}, execution_options={"yield_per": 5000})
    for place, people in groupby(rows, key=lambda row: (row[0] - 1) // PART):
        digest, last, reach = hashlib.sha256(), 0, dict[str, int]()
        for number, blind, telegram, email in people:
            digest.update(number.to_bytes(8, "big") + bytes(blind))
            ways, last = str(int(bool(telegram)) + 2 * int(bool(email))), number
            reach[ways] = reach.get(ways, 0) + 1
        parts.append({"list": list_id, "first": place * PART + 1, "last": last, "digest": digest.hexdigest(),
                      "reach": json.dumps(reach)})
        whole.update(f"{place * PART + 1}-{last}:{digest.hexdigest()}\n".encode())
    if parts:
        reach_type = "CAST(:reach AS JSONB)" if connection.dialect.name == "postgresql" else ":reach"
        connection.execute(sa.text("INSERT INTO list_parts (list_id, first, last, digest, reach) VALUES"
                                   f" (:list, :first, :last, :digest, {reach_type})"), parts)
    return whole.hexdigest()


def downgrade() -> None:
    """Take them back. A notice that is being sent in chunks cannot go back: whoever has no row yet would be lost."""
    open_chunks = op.get_bind().execute(sa.text("SELECT count(*) FROM delivery_chunks WHERE state <> 'done'")).scalar()
    if open_chunks:
        raise RuntimeError("A notice is being sent. Let it end, or stop it for good, before going back.")
    with op.batch_alter_table('receipts', schema=None) as batch_op:
        batch_op.drop_index('ix_receipts_new', postgresql_where=NEW, sqlite_where=NEW)
        batch_op.drop_column('due_at')
    op.execute("UPDATE deliveries SET next_attempt_at = coalesce(result_at, sending_at, '1970-01-01')"
               " WHERE next_attempt_at IS NULL")
    with op.batch_alter_table('deliveries', schema=None) as batch_op:
        batch_op.drop_index('ix_deliveries_told_apart', postgresql_where=APART, sqlite_where=APART)
        batch_op.alter_column('next_attempt_at', existing_type=sa.DateTime(timezone=True), nullable=False)
        batch_op.drop_column('cause')
        batch_op.drop_column('number')
    with op.batch_alter_table('notices', schema=None) as batch_op:
        for name in ('resent_count', 'stopped_to', 'cut_to', 'proof_due_at'):
            batch_op.drop_column(name)
    for name in ('delivery_pulses', 'delivery_tallies', 'delivery_chunks', 'list_parts'):
        op.drop_table(name)
