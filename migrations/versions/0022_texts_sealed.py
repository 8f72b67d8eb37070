"""What is written in a case is sealed under a key of its texts"""

from collections.abc import Callable, Iterable
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from incident_app.domain.ports import Vault, VaultError
from incident_app.models import notes_kept
from incident_app.models.base import UTC
from incident_app.models.cases import name_of_awareness, name_of_moment, name_of_note
from incident_app.models.sealing import packed, scope_of_texts, unpacked
from incident_app.models.submissions import name_of_submission
from incident_app.wiring import ports

revision = '0022'
down_revision = '0021'
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')
TEXT = sa.Text()
AT_ONCE = 500
TEXTS: dict[str, dict[str, Any]] = {
    'cases': dict.fromkeys(('summary', 'aware_source', 'gap_reason', 'close_reason', 'cause', 'consequences',
                            'measures_taken', 'measures_planned', 'measures_before'), TEXT),
    'case_notes': {'text': TEXT},
    'awareness_versions': {'source': TEXT, 'reason': TEXT},
    'case_moments': {'reason': TEXT},
    'filings': {'answers': JSON, 'before': JSON},
    'notices': {'texts': JSON, 'facts': JSON},
    'submissions': {'answer': JSON},
}
"""The columns that are sealed together, by table."""
NAMED: dict[str, tuple[dict[str, Any], Callable[[Any], str]]] = {
    'cases': ({'ref': sa.String()}, lambda row: row.ref),
    'case_notes': ({'by_id': sa.Integer(), 'at': UTC()}, lambda row: name_of_note(row.case_id, row.by_id, row.at)),
    'awareness_versions': ({'number': sa.Integer()}, lambda row: name_of_awareness(row.case_id, row.number)),
    'case_moments': ({'anchor': sa.String(), 'by_id': sa.Integer(), 'recorded_at': UTC()},
                     lambda row: name_of_moment(row.case_id, row.anchor, row.by_id, row.recorded_at)),
    'filings': ({'public_id': sa.String()}, lambda row: row.public_id),
    'notices': ({'public_id': sa.String()}, lambda row: row.public_id),
    'submissions': ({'user_id': sa.Integer(), 'key': sa.String()}, lambda row: name_of_submission(row.user_id, row.key)),
}
"""What the texts of a row are bound to, and the columns that say it."""
MAY_BE_NULL = {('filings', 'before'), ('submissions', 'answer')}
HOLDERS = ('cases', 'submissions')
"""Tables whose rows hold a key of their own."""
CASES = sa.table('cases', sa.column('id', sa.Integer()), sa.column('text_key', sa.LargeBinary()),
                 sa.column('data_key', sa.LargeBinary()), sa.column('file_key', sa.LargeBinary()))


def _question(name: str) -> tuple[sa.TableClause, sa.Select[Any]]:
    """Return a table as it stands between the two forms, and the question for its rows with the key of their case."""
    own = {'text_key': sa.LargeBinary()} if name in HOLDERS else {'case_id': sa.Integer()}
    columns = {'id': sa.Integer(), **own, **NAMED[name][0], **TEXTS[name], 'sealed': sa.LargeBinary()}
    table = sa.table(name, *(sa.column(column, kind) for column, kind in columns.items()))
    if name in HOLDERS:
        return table, sa.select(table)
    return table, sa.select(table, CASES.c.text_key).join_from(table, CASES, CASES.c.id == table.c.case_id)


def _each(name: str, change: Callable[[bytes, str, Any], dict[str, Any]]) -> None:
    """Change every row of a table, some hundreds at a time; ``change`` takes the key, what it is bound to, and the row."""
    bind, last = op.get_bind(), 0
    table, question = _question(name)
    while rows := bind.execute(question.where(table.c.id > last).order_by(table.c.id).limit(AT_ONCE)).all():
        for row in rows:
            values = change(row.text_key, scope_of_texts(name, NAMED[name][1](row)), row)
            bind.execute(sa.update(table).where(table.c.id == row.id).values(values))
        last = rows[-1].id


def _check_keys(vault: Vault) -> None:
    """Refuse where a key of a case was wrapped by an outer key that is not at hand: this is not the ring of this database."""
    for row in op.get_bind().execute(sa.select(CASES.c.data_key, CASES.c.file_key)):
        missing = {name for ring in row if ring for name in vault.wrapped_by(ring)} - set(vault.loaded())
        if missing:
            raise VaultError(f"VAULT_KEYS lacks {', '.join(sorted(missing))}, by which keys of cases are wrapped. Put it "
                             "there (incident-app keys show), and upgrade again.")


def _new_keys(name: str, vault: Vault) -> None:
    bind, table = op.get_bind(), sa.table(name, sa.column('id', sa.Integer()), sa.column('text_key', sa.LargeBinary()))
    for number in bind.execute(sa.select(table.c.id)).scalars().all():
        bind.execute(sa.update(table).where(table.c.id == number).values(text_key=vault.new_key()))


def _add(table: str, column: sa.Column[Any]) -> None:
    """Add a column that is filled next. Plainly, not as a batch: triggers of other tables name these ones."""
    op.add_column(table, column)
    if column.server_default is not None and op.get_bind().dialect.name == 'postgresql':
        op.alter_column(table, column.name, server_default=None)


def _drop(table: str, columns: Iterable[str], kept: str) -> None:
    """Drop columns, and see that their bytes are gone: by a new file on PostgreSQL, overwritten on SQLite."""
    for column in columns:
        op.drop_column(table, column)
    if op.get_bind().dialect.name == 'postgresql':
        op.execute(f"ALTER TABLE {table} ALTER COLUMN {kept} TYPE bytea USING {kept} || ''::bytea")


def upgrade() -> None:
    """Seal what stands in clear."""
    vault = ports().vault
    if op.get_bind().dialect.name == 'sqlite':
        op.execute('PRAGMA secure_delete=ON')
    notes_kept.unprotect(op.get_bind())
    try:
        _check_keys(vault)
        for name in HOLDERS:
            _add(name, sa.Column('text_key', sa.LargeBinary(), nullable=True))
            _new_keys(name, vault)
        for name, columns in TEXTS.items():
            _add(name, sa.Column('sealed', sa.LargeBinary(), nullable=False, server_default=sa.text("''")))
            _each(name, lambda key, scope, row, columns=columns: {'sealed': _closed(vault, key, scope, row, columns)})
    except VaultError as error:
        raise VaultError(f'Nothing was changed: {error}') from error
    for name, columns in TEXTS.items():
        _drop(name, columns, 'sealed')
    notes_kept.protect(op.get_bind())


def _closed(vault: Vault, key: bytes, scope: str, row: Any, columns: dict[str, Any]) -> bytes:
    plain = packed({column: getattr(row, column) for column in columns})
    return vault.seal(key, plain, scope) if plain else b''


def downgrade() -> None:
    """Put the texts back in clear. One that does not open stops it, and nothing is changed."""
    vault = ports().vault
    notes_kept.unprotect(op.get_bind())
    try:
        for name, columns in TEXTS.items():
            for column, kind in columns.items():
                optional = (name, column) in MAY_BE_NULL
                default = None if optional else sa.text("''" if kind is TEXT else "'{}'")
                _add(name, sa.Column(column, kind, nullable=optional, server_default=default))
            _each(name, lambda key, scope, row, name=name: _clear(vault, key, scope, row, name))
    except VaultError as error:
        raise VaultError(f'Nothing was changed: {error}') from error
    for name in TEXTS:
        op.drop_column(name, 'sealed')
    for name in HOLDERS:
        op.drop_column(name, 'text_key')
    notes_kept.protect_first(op.get_bind())


def _clear(vault: Vault, key: bytes, scope: str, row: Any, name: str) -> dict[str, Any]:
    texts = unpacked(vault.open(key, row.sealed, scope)) if row.sealed else {}
    return {column: texts.get(column, _empty(name, column, kind)) for column, kind in TEXTS[name].items()}


def _empty(name: str, column: str, kind: Any) -> Any:
    if (name, column) in MAY_BE_NULL:
        return sa.null()
    return '' if kind is TEXT else {}
