"""Letters are printed here, and handed over to the post by a person's word"""

import sqlalchemy as sa
from alembic import op

revision = '0036'
down_revision = '0035'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables forward."""
    op.create_table(
        'post_parts',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('public_id', sa.String(length=36), nullable=False),
        sa.Column('export_id', sa.Integer(), nullable=False),
        sa.Column('number', sa.Integer(), nullable=False),
        sa.Column('first', sa.Integer(), nullable=False),
        sa.Column('last', sa.Integer(), nullable=False),
        sa.Column('letter_count', sa.Integer(), nullable=False),
        sa.Column('upto', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('data_key', sa.LargeBinary(), nullable=False),
        sa.Column('sealed', sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(['export_id'], ['post_exports.id'], name=op.f('fk_post_parts_export_id_post_exports')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_post_parts')),
        sa.UniqueConstraint('export_id', 'number', name=op.f('uq_post_parts_export_id_number')),
        sa.UniqueConstraint('public_id', name=op.f('uq_post_parts_public_id')),
    )
    with op.batch_alter_table('post_parts', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_post_parts_made_at'), ['made_at'], unique=False)
    with op.batch_alter_table('post_exports', schema=None) as batch_op:
        batch_op.add_column(sa.Column('form', sa.String(length=8), server_default='csv', nullable=False))
        batch_op.add_column(sa.Column('side', sa.String(length=8), server_default='left', nullable=False))
        batch_op.add_column(sa.Column('upto', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True))
        batch_op.add_column(sa.Column('done_count', sa.Integer(), server_default='0', nullable=False))
        batch_op.add_column(sa.Column('attempts', sa.Integer(), server_default='0', nullable=False))
        batch_op.add_column(sa.Column('token', sa.String(length=36), nullable=True))
        batch_op.add_column(sa.Column('lease_until', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('made_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('failure', sa.Text(), server_default='', nullable=False))
        batch_op.add_column(sa.Column('handed_on', sa.Date(), nullable=True))
        batch_op.add_column(sa.Column('handed_by_id', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('left_count', sa.Integer(), server_default='0', nullable=False))
        batch_op.create_foreign_key(batch_op.f('fk_post_exports_handed_by_id_users'), 'users', ['handed_by_id'], ['id'])


def downgrade() -> None:
    """Take them back."""
    with op.batch_alter_table('post_exports', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_post_exports_handed_by_id_users'), type_='foreignkey')
        for name in ('left_count', 'handed_by_id', 'handed_on', 'failure', 'made_at', 'lease_until', 'token', 'attempts',
                     'done_count', 'upto', 'side', 'form'):
            batch_op.drop_column(name)
    op.drop_table('post_parts')
