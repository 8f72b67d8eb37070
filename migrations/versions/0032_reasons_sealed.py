"""Reasons and proofs of a case are sealed under the key of its texts"""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from incident_app.domain.ports import VaultError
from incident_app.models.base import UTC
from incident_app.models.notices import SAID
from incident_app.models.obligations import name_of_duty
from incident_app.models.posting import name_of_export
from incident_app.models.remediation import name_of_action
from incident_app.models.retention import name_of_hold
from incident_app.models.risk import name_of_assessment, name_of_decision
from incident_app.models.sealing import packed, scope_of_texts, unpacked
from incident_app.wiring import ports

revision = '0032'
down_revision = '0031'
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')
TEXT, WORD, NUMBER = sa.Text(), sa.String(), sa.Integer()
AT_ONCE = 500
TEXTS: dict[str, dict[str, Any]] = {
    'assessments': {'answers': JSON, 'reasons': JSON},
    'decisions': {'reason': TEXT, 'proof': TEXT},
    'confirmations': {'reason': TEXT},
    'obligations': {'state_reason': TEXT, 'late_reason': TEXT},
    'legal_holds': {'reason': TEXT, 'lift_reason': TEXT},
    'proposals': {'facts': JSON, 'reason': TEXT, 'answer_reason': TEXT},
    'actions': {'proof_text': TEXT, 'not_needed_reason': TEXT},
    'recipient_lists': {'crowd_reason': TEXT},
    'post_exports': {'reason': TEXT, 'answer_reason': TEXT},
    'filings': {'sent_back_reason': TEXT, 'late_reason': TEXT},
}
"""The columns that are sealed, by table; of notices and of actions a column stays for what the app itself says."""
NAMED: dict[str, tuple[dict[str, Any], Callable[[Any], str]]] = {
    'assessments': ({'number': NUMBER}, lambda row: name_of_assessment(row.case_id, row.number)),
    'decisions': ({'subject': WORD, 'by_id': NUMBER, 'at': UTC()},
                  lambda row: name_of_decision(row.case_id, row.subject, row.by_id, row.at)),
    'confirmations': ({'decision_id': NUMBER}, lambda row: str(row.decision_id)),
    'obligations': ({'raised_at': UTC(), **dict.fromkeys(
        ('regime', 'provision', 'stage', 'recipient_type', 'recipient', 'controller'), WORD)}, lambda row: name_of_duty(
            row.case_id, row.raised_at, row.regime, row.provision, row.stage, row.recipient_type, row.recipient,
            row.controller)),
    'legal_holds': ({'set_by_id': NUMBER, 'set_at': UTC()}, lambda row: name_of_hold(row.case_id, row.set_by_id, row.set_at)),
    'proposals': ({'public_id': WORD}, lambda row: row.public_id),
    'actions': ({'made_by_id': NUMBER, 'made_at': UTC(), 'title': WORD, 'runbook': WORD},
                lambda row: name_of_action(row.case_id, row.made_by_id, row.made_at, row.title if row.runbook else '')),
    'recipient_lists': ({'public_id': WORD}, lambda row: row.public_id),
    'post_exports': ({'notice_id': NUMBER, 'number': NUMBER}, lambda row: name_of_export(row.notice_id, row.number)),
    'filings': ({'public_id': WORD}, lambda row: row.public_id),
    'notices': ({'public_id': WORD, 'state_reason': WORD}, lambda row: row.public_id),
}
"""What the texts of a row are bound to, and the columns that say it."""
THROUGH = {'confirmations': ('decisions', 'decision_id'), 'post_exports': ('notices', 'notice_id')}
SEALED_BEFORE = ('filings', 'notices')
CASES = sa.table('cases', sa.column('id', NUMBER), sa.column('text_key', sa.LargeBinary()))


def _question(name: str) -> tuple[sa.TableClause, sa.Select[Any]]:
    """Return a table as it stands between the two forms, and the question for its rows with the key of their case."""
    own = {'case_id': NUMBER} if name not in THROUGH else {}
    columns = {'id': NUMBER, **own, **NAMED[name][0], **TEXTS.get(name, {}), 'sealed': sa.LargeBinary()}
    table = sa.table(name, *(sa.column(column, kind) for column, kind in columns.items()))
    if name == 'proposals':
        own_key = sa.column('text_key', sa.LargeBinary(), _selectable=table)
        question = sa.select(table, sa.func.coalesce(own_key, CASES.c.text_key).label('text_key'))
        return table, question.join_from(table, CASES, CASES.c.id == table.c.case_id, isouter=True)
    if name not in THROUGH:
        return table, sa.select(table, CASES.c.text_key).join_from(table, CASES, CASES.c.id == table.c.case_id)
    through, column = THROUGH[name]
    between = sa.table(through, sa.column('id', NUMBER), sa.column('case_id', NUMBER))
    return table, (sa.select(table, CASES.c.text_key).join_from(table, between, between.c.id == table.c[column])
                   .join(CASES, CASES.c.id == between.c.case_id))


def _each(name: str, change: Callable[[bytes, str, Any], dict[str, Any]]) -> None:
    """Change every row of a table, some hundreds at a time; ``change`` takes the key, what it is bound to, and the row."""
    bind, last = op.get_bind(), 0
    table, question = _question(name)
    while rows := bind.execute(question.where(table.c.id > last).order_by(table.c.id).limit(AT_ONCE)).all():
        for row in rows:
            values = change(row.text_key, scope_of_texts(name, NAMED[name][1](row)), row)
            if values:
                bind.execute(sa.update(table).where(table.c.id == row.id).values(values))
        last = rows[-1].id


def _opened(key: bytes, scope: str, sealed: bytes) -> dict[str, Any]:
    return unpacked(ports().vault.open(key, sealed, scope)) if sealed else {}


def _closed(key: bytes, scope: str, texts: dict[str, Any]) -> bytes:
    plain = packed(texts)
    return ports().vault.seal(key, plain, scope) if plain else b''


def _sealed(key: bytes, scope: str, row: Any, columns: dict[str, Any], name: str) -> dict[str, Any]:
    texts = _opened(key, scope, row.sealed) if name in SEALED_BEFORE else {}
    texts |= {column: getattr(row, column) for column in columns}
    if name == 'actions' and not row.runbook:
        return {'sealed': _closed(key, scope, {**texts, 'own_title': row.title}), 'title': ''}
    return {'sealed': _closed(key, scope, texts)}


def _said(key: bytes, scope: str, row: Any) -> dict[str, Any]:
    """Seal why a notice stands as it does; nobody can tell any more whether a person said it."""
    if not row.state_reason:
        return {}
    texts = _opened(key, scope, row.sealed) | {'said': row.state_reason}
    return {'sealed': _closed(key, scope, texts), 'state_reason': SAID}


def _keys_of_their_own() -> None:
    """Give requests that are about no case a key of their own."""
    bind = op.get_bind()
    table = sa.table('proposals', sa.column('id', NUMBER), sa.column('case_id', NUMBER), sa.column('text_key', sa.LargeBinary()))
    for number in bind.execute(sa.select(table.c.id).where(table.c.case_id.is_(None))).scalars().all():
        bind.execute(sa.update(table).where(table.c.id == number).values(text_key=ports().vault.new_key()))


def _add(table: str, column: sa.Column[Any]) -> None:
    """Add a column that is filled next. Plainly, not as a batch: triggers of other tables name these ones."""
    op.add_column(table, column)
    if column.server_default is not None and op.get_bind().dialect.name == 'postgresql':
        op.alter_column(table, column.name, server_default=None)


def upgrade() -> None:
    """Seal what stands in clear."""
    if op.get_bind().dialect.name == 'sqlite':
        op.execute('PRAGMA secure_delete=ON')
    op.add_column('proposals', sa.Column('text_key', sa.LargeBinary(), nullable=True))
    op.add_column('cases', sa.Column('texts_erased_at', sa.DateTime(timezone=True), nullable=True))
    try:
        _keys_of_their_own()
        for name, columns in TEXTS.items():
            if name not in SEALED_BEFORE:
                _add(name, sa.Column('sealed', sa.LargeBinary(), nullable=False, server_default=sa.text("''")))
            _each(name, lambda key, scope, row, columns=columns, name=name: _sealed(key, scope, row, columns, name))
        _each('notices', _said)
    except VaultError as error:
        raise VaultError(f'Nothing was changed: {error}') from error
    for name, columns in TEXTS.items():
        for column in columns:
            op.drop_column(name, column)
    for name in {**TEXTS, 'notices': {}}:
        if op.get_bind().dialect.name == 'postgresql':  # a new file: the bytes of what was dropped are gone
            op.execute(f"ALTER TABLE {name} ALTER COLUMN sealed TYPE bytea USING sealed || ''::bytea")


def downgrade() -> None:
    """Put the texts back in clear. One that does not open stops it, and nothing is changed."""
    try:
        for name, columns in TEXTS.items():
            for column, kind in columns.items():
                empty = "'[]'" if column == 'reasons' else "''" if kind is TEXT else "'{}'"
                _add(name, sa.Column(column, kind, nullable=False, server_default=sa.text(empty)))
            _each(name, lambda key, scope, row, name=name: _clear(key, scope, row, name))
        _each('notices', _clear_said)
    except VaultError as error:
        raise VaultError(f'Nothing was changed: {error}') from error
    for name in TEXTS:
        if name not in SEALED_BEFORE:
            op.drop_column(name, 'sealed')
    op.drop_column('proposals', 'text_key')
    op.drop_column('cases', 'texts_erased_at')


def _clear(key: bytes, scope: str, row: Any, name: str) -> dict[str, Any]:
    texts = _opened(key, scope, row.sealed)
    empty = {column: ('' if kind is TEXT else [] if column == 'reasons' else {}) for column, kind in TEXTS[name].items()}
    values = {column: texts.pop(column, nothing) for column, nothing in empty.items()}
    if name in SEALED_BEFORE:
        values['sealed'] = _closed(key, scope, texts)
    if texts.get('own_title'):
        values['title'] = texts['own_title']
    return values


def _clear_said(key: bytes, scope: str, row: Any) -> dict[str, Any]:
    texts = _opened(key, scope, row.sealed)
    said = texts.pop('said', '')
    values: dict[str, Any] = {'sealed': _closed(key, scope, texts)}
    return values | ({'state_reason': said} if row.state_reason == SAID else {})
