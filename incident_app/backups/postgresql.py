"""A dump of a PostgreSQL database, and the way back: in one transaction, sealed only where what was put in is ours."""

import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import IO, cast

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import NullPool

from incident_app.backups import ours
from incident_app.backups.ours import BackupError

_OUTSIDE = """
  WITH others AS (SELECT oid FROM pg_namespace WHERE nspname NOT IN ('public', 'information_schema') AND nspname !~ '^pg_'),
    held AS (SELECT oid, relkind IN ('v', 'm') AS is_view FROM pg_class
             WHERE relnamespace IN (TABLE others) AND relkind IN ('r', 'p', 'f', 'c', 'v', 'm'))
  SELECT pg_describe_object('pg_class'::regclass, oid, 0) FROM held WHERE is_view
  UNION ALL SELECT pg_describe_object('pg_class'::regclass, held.oid, attnum) FROM held JOIN pg_attribute ON attrelid = held.oid
    WHERE NOT is_view AND attnum > 0 AND NOT attisdropped
  UNION ALL SELECT pg_describe_object('pg_attrdef'::regclass, d.oid, 0) FROM held JOIN pg_attrdef d ON adrelid = held.oid
  UNION ALL SELECT pg_describe_object('pg_constraint'::regclass, oid, 0) FROM pg_constraint WHERE connamespace IN (TABLE others)
  UNION ALL SELECT pg_describe_object('pg_trigger'::regclass, t.oid, 0) FROM held JOIN pg_trigger t ON tgrelid = held.oid
    WHERE NOT tgisinternal
  UNION ALL SELECT pg_describe_object('pg_policy'::regclass, p.oid, 0) FROM held JOIN pg_policy p ON polrelid = held.oid
  UNION ALL SELECT pg_describe_object('pg_proc'::regclass, oid, 0) FROM pg_proc WHERE pronamespace IN (TABLE others)
  UNION ALL SELECT pg_describe_object('pg_type'::regclass, oid, 0) FROM pg_type
    WHERE typnamespace IN (TABLE others) AND typrelid = 0 AND typcategory <> 'A'
"""
"""What stands in other schemas, in words."""
EMPTY_IT = f"""
SET LOCAL client_min_messages = warning;
SET LOCAL lock_timeout = '10s';
DO $$ DECLARE outside text[]; lost text[]; one text; BEGIN
  outside := ARRAY({_OUTSIDE});
  FOREACH one IN ARRAY ARRAY(
    SELECT format('DROP %s IF EXISTS %s CASCADE', CASE
        WHEN what.type IN ('function', 'procedure', 'aggregate') THEN 'ROUTINE'
        WHEN what.type = 'statistics object' THEN 'STATISTICS' ELSE upper(what.type) END, what.identity)
    FROM pg_depend d, pg_identify_object(d.classid, d.objid, 0) AS what
    WHERE d.refclassid = 'pg_namespace'::regclass AND d.refobjid = 'public'::regnamespace AND d.deptype = 'n'
      AND d.classid <> 'pg_extension'::regclass
      AND NOT EXISTS (SELECT FROM pg_depend part WHERE part.classid = d.classid AND part.objid = d.objid
                      AND part.deptype IN ('e', 'i'))
    ORDER BY what.type <> 'table') LOOP
    EXECUTE one;
  END LOOP;
  lost := ARRAY(SELECT unnest(outside) EXCEPT ({_OUTSIDE}) ORDER BY 1);
  IF cardinality(lost) > 0 THEN
    RAISE EXCEPTION 'incident-app: %', json_build_object('outside', lost);
  END IF;
END $$;
"""  # noqa: S608 (the words are ours)
"""Everything in ``public``, of whatever kind, but extensions and what is theirs. The schema keeps its rights."""
_STANDING = """
SELECT relname, relkind IN ('r', 'p', 'f') FROM pg_class c
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'f', 'v', 'm', 'S')
  AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = c.oid AND deptype IN ('a', 'e', 'i'))
"""
"""Tables, views and sequences, each with whether it holds rows of its own; no part of another one, and no extension's."""
_LISTED = re.compile(r"^\d+; \d+ \d+ (TABLE|FOREIGN TABLE|VIEW|MATERIALIZED VIEW|SEQUENCE) public (\S+) ", re.MULTILINE)
_FACTS = re.compile(r"incident-app: (\{.*\})")


def _plain(database_url: str) -> str:
    """Return the address as PostgreSQL's own programs read it."""
    return make_url(database_url).set(drivername="postgresql").render_as_string(hide_password=False)


def _need(*programs: str) -> None:
    for program in programs:
        if shutil.which(program) is None:
            raise BackupError(f"{program} is not installed here (Debian: sudo apt-get install postgresql-client)")


def _run(command: list[str]) -> str:
    """Run one of PostgreSQL's programs; return what it says."""
    _need(command[0])
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BackupError(f"{command[0]} failed: {done.stderr.strip()}")
    return done.stdout


def make(database_url: str, target: Path) -> None:
    """Dump the whole database, and see that the dump can be read."""
    _run(["pg_dump", "--format=custom", f"--file={target}", _plain(database_url)])
    _contents(target)


def _contents(copy: Path) -> dict[str, str]:
    """Return the tables, views and sequences a dump lists for ``public``, each with its kind."""
    return {name: kind for kind, name in _LISTED.findall(_run(["pg_restore", "--list", str(copy)]))}


def strangers(database_url: str, copy: Path) -> list[str]:
    """Name the tables there that are not of this version, and the views and sequences that the copy does not have either.

    Raises :class:`BackupError` where the copy lists too little to be ours, or the database does not answer.
    """
    listed = _contents(copy)
    lacking = ours.lacks([name for name, kind in listed.items() if kind == "TABLE"], ours.CORE)
    if lacking:
        raise BackupError(f"{copy} {ours.NOT_OURS.format(ours.LACKING.format(lacking))}")
    known = ours.tables() | ours.FORMER
    try:
        with create_engine(database_url, poolclass=NullPool).connect() as connection:
            there = connection.execute(text(_STANDING)).all()
    except DatabaseError as error:
        raise BackupError(f"the database does not answer: {error.orig}") from error
    return sorted(name for name, is_table in there if name not in known and (is_table or name not in listed))


def restore(database_url: str, copy: Path, may_go: Collection[str]) -> None:
    """Put the dump in the place of all that is in ``public``."""
    unnamed = sorted(set(strangers(database_url, copy)) - set(may_go))
    if unnamed:
        raise BackupError(f"the database holds what this version does not know: {', '.join(unnamed)}")
    _put_back(database_url, copy)


def _put_back(database_url: str, copy: Path) -> None:
    """Let the dump take the place of all that is there, in one transaction that is sealed only once the dump was read whole.

    ``pg_restore --clean`` would drop what the dump knows and leave the tables of a later version standing.
    """
    _need("pg_restore", "psql")
    command = ["psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", f"--dbname={_plain(database_url)}"]
    with tempfile.TemporaryFile() as words:
        with subprocess.Popen(command, bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=words) as into:
            ended = _feed(cast("IO[bytes]", into.stdin), copy, words)
        if ended or into.returncode:
            words.seek(0)
            raise BackupError(_refused(copy, words.read().decode(errors="replace").strip()))


def _feed(into: IO[bytes], copy: Path, words: IO[bytes]) -> int:
    """Say what empties the schema, then the dump, and seal it where the dump ended well; return how it ended."""
    try:
        into.write(f"BEGIN;\n{EMPTY_IT}".encode())
        command = ["pg_restore", "--schema=public", "--no-owner", "--exit-on-error", "--file=-", str(copy)]
        ended = subprocess.run(command, stdout=into, stderr=words, check=False).returncode
        if not ended:
            into.write(f"\n{_seal()}\nCOMMIT;\n".encode())
    except BrokenPipeError:  # psql has ended, and said why
        return 1
    return ended


def _array(names: Iterable[str]) -> str:
    return f"'{{{','.join(sorted(names))}}}'::text[]"


def _seal() -> str:
    """Return what ends the transaction unless ``ours.refusal`` would take what was put in; else it tells what it found."""
    known = ours.versions()
    return f"""
DO $$ DECLARE stated text[]; there text[]; BEGIN
  stated := ARRAY(SELECT version_num FROM public.{ours.VERSIONS});
  there := ARRAY(SELECT tablename FROM pg_catalog.pg_tables WHERE schemaname = 'public');
  IF cardinality(stated) <> 1 OR NOT stated <@ {_array(known)} OR NOT there @> (
      CASE stated[1] WHEN '{known[-1]}' THEN {_array(ours.tables())} ELSE {_array(ours.CORE)} END) THEN
    RAISE EXCEPTION 'incident-app: %', json_build_object('stated', stated, 'there', there);
  END IF;
END $$;"""  # noqa: S608 (the words are ours)


def _refused(copy: Path, said: str) -> str:
    """Return why it was not put back, of what psql and pg_restore said."""
    found = _FACTS.search(said)
    if not found:
        return f"pg_restore failed: {said}"
    facts = json.loads(found[1])
    if "outside" in facts:
        return (f"other schemas hold what needs our tables and would go with them: {', '.join(facts['outside'][:5])}. "
                "Drop it, and make it again afterwards: runbooks/ops/restore.md")
    return f"{copy} {ours.refusal(facts['stated'], facts['there'])}"
