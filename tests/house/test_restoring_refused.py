"""On PostgreSQL a restore takes a whole copy of ours, or changes nothing; and what is not ours goes for its name alone."""

import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from incident_app import backups
from incident_app.backups.ours import VERSIONS, versions
from incident_app.cli import cli
from tests import databases

pytestmark = pytest.mark.postgresql

MARKED = f"CREATE TABLE {VERSIONS} (version_num TEXT PRIMARY KEY); INSERT INTO {VERSIONS} VALUES ('{versions()[-1]}')"
LEFT_ALONE = "what was not in the copy"
EVERYTHING = """
SELECT relkind::text || ' ' || oid::regclass FROM pg_class WHERE relnamespace = 'public'::regnamespace
UNION ALL SELECT 'routine ' || oid::regprocedure FROM pg_proc WHERE pronamespace = 'public'::regnamespace
UNION ALL SELECT 'type ' || oid::regtype FROM pg_type WHERE typnamespace = 'public'::regnamespace
UNION ALL SELECT 'collation ' || collname FROM pg_collation WHERE collnamespace = 'public'::regnamespace
UNION ALL SELECT 'operator ' || oid::regoperator FROM pg_operator WHERE oprnamespace = 'public'::regnamespace
UNION ALL SELECT 'search ' || cfgname FROM pg_ts_config WHERE cfgnamespace = 'public'::regnamespace
UNION ALL SELECT 'statistics ' || stxname FROM pg_statistic_ext WHERE stxnamespace = 'public'::regnamespace
UNION ALL SELECT 'role ' || name FROM roles
"""
OF_EVERY_KIND = """
CREATE EXTENSION pg_trgm;
CREATE TYPE mood AS ENUM ('calm');
CREATE DOMAIN short AS text CHECK (length(VALUE) < 9);
CREATE TYPE pair AS (a mood, b short);
CREATE TYPE span AS RANGE (subtype = date);
CREATE SEQUENCE numbers;
CREATE VIEW names AS SELECT name FROM roles;
CREATE MATERIALIZED VIEW counted AS SELECT count(*) FROM names;
CREATE FUNCTION of_row(roles) RETURNS text LANGUAGE sql AS 'SELECT $1.name';
CREATE PROCEDURE tidy(a mood DEFAULT 'calm') LANGUAGE sql AS 'SELECT 1';
CREATE AGGREGATE total (int) (sfunc = int4pl, stype = int);
CREATE FUNCTION one_more(bigint) RETURNS bigint LANGUAGE sql AS 'SELECT $1 + 1';
CREATE AGGREGATE rows_of (*) (sfunc = one_more, stype = bigint, initcond = '0');
CREATE AGGREGATE middle (float8 ORDER BY anyelement)
  (sfunc = ordered_set_transition, stype = internal, finalfunc = percentile_disc_final, finalfunc_extra);
CREATE OPERATOR @@@ (rightarg = bigint, function = one_more);
CREATE COLLATION plain (locale = 'C');
CREATE TEXT SEARCH CONFIGURATION words (COPY = simple);
CREATE STATISTICS together ON name, description FROM roles;
"""


@dataclass(frozen=True, slots=True)
class House:
    """A database of this version, and the command typed beside it."""

    url: str
    folder: Path

    def do(self, sql: str) -> None:
        engine = create_engine(self.url, poolclass=NullPool)
        with engine.begin() as connection:
            connection.exec_driver_sql(sql)

    def ask(self, sql: str) -> list[str]:
        engine = create_engine(self.url, poolclass=NullPool)
        with engine.connect() as connection:
            return sorted(connection.scalars(text(sql)))

    def dump(self, *more: str) -> Path:
        """Return a dump as somebody makes it by hand."""
        plain = self.url.replace("postgresql+psycopg:", "postgresql:")
        file = self.folder / "by-hand.dump"
        subprocess.run(["pg_dump", "--format=custom", *more, f"--file={file}", plain], check=True, capture_output=True)
        return file

    def copy(self) -> Path:
        """Return a backup of it; a role is added then, which the backup does not know."""
        file = self.folder / "backup.dump"
        backups.make(self.url, file)
        self.do(f"INSERT INTO roles (name) VALUES ('{LEFT_ALONE}')")
        return file

    def restore(self, copy: Path, *more: str, answer: str | None = None) -> Result:
        env: dict[str, str | None] = {
            "INSTANCE_DIR": str(self.folder / "instance"), "DATABASE_URL": self.url, "REDIS_URL": None, "DELIVERY_MODE": None}
        return CliRunner().invoke(cli, ["restore", str(copy), *more], env=env, input=answer)


@pytest.fixture
def bare(postgresql_base: str | None, tmp_path: Path) -> Iterator[Callable[[str], House]]:
    """``bare("template1")`` makes a database of that template, of another house."""
    if postgresql_base is None:
        pytest.skip(databases.MISSING)
    made: list[str] = []

    def make(template: str) -> House:
        made.append(databases.make_database(postgresql_base, template))
        return House(made[-1], tmp_path)

    yield make
    for url in made:
        databases.drop_database(postgresql_base, url)


@pytest.fixture
def house(bare: Callable[[str], House], postgresql_template: str) -> House:
    made = bare(postgresql_template)
    made.do(f"{MARKED}; INSERT INTO roles (name) VALUES ('kept')")
    return made


def test_a_copy_is_made_and_put_back(house: House) -> None:
    before = house.ask(EVERYTHING)
    copy = house.copy()
    assert house.ask(EVERYTHING) != before

    done = house.restore(copy, "--yes")

    assert (done.exit_code, "0 notices were being sent" in done.output) == (0, True), done.output
    assert house.ask(EVERYTHING) == before


@pytest.mark.parametrize(("sql", "more", "words"), [
    (f"{MARKED}; UPDATE {VERSIONS} SET version_num = '9999'", [], "is a copy of a later version (9999): install that version first"),
    (f"{MARKED}; UPDATE {VERSIONS} SET version_num = '1a2b3c4d5e6f'", [], "its version 1a2b3c4d5e6f is none of ours"),
    (f"{MARKED}; INSERT INTO {VERSIONS} VALUES ('0001')", [], "it does not say which version it is of"),
    (MARKED, ["--schema-only"], "it does not say which version it is of"),
    (MARKED, ["--exclude-table=trial_ends"], "not a whole one: it lacks trial_ends"),
    (MARKED, ["--table=cases"], "not a whole one: it lacks alembic_version"),
    (MARKED, ["--data-only"], "not a whole one: it lacks alembic_version"),
])
def test_a_copy_that_is_not_whole_or_of_a_version_to_come_changes_nothing(
    house: House, bare: Callable[[str], House], postgresql_template: str, sql: str, more: list[str], words: str,
) -> None:
    # Given a dump of tables as ours are, with something wrong
    other = bare(postgresql_template)
    other.do(sql)
    before = house.ask(EVERYTHING)

    # When it is put back, then that is refused in words, and all stands as it stood
    done = house.restore(other.dump(*more), "--yes")
    assert (done.exit_code, done.output.startswith("Error: Nothing was changed: ")) == (1, True), done.output
    assert words in done.output
    assert house.ask(EVERYTHING) == before


@pytest.mark.parametrize("sql", ["", "CREATE TABLE shop_orders (id int)", f"{MARKED}; CREATE TABLE users (id int)"])
def test_a_copy_of_somebody_elses_database_changes_nothing(house: House, bare: Callable[[str], House], sql: str) -> None:
    other = bare("template1")
    if sql:
        other.do(sql)
    before = house.ask(EVERYTHING)

    done = house.restore(other.dump(), "--yes")

    assert (done.exit_code, "is not a copy of our database" in done.output) == (1, True), done.output
    assert house.ask(EVERYTHING) == before


def test_a_copy_with_something_of_every_kind_can_be_put_back(house: House) -> None:
    # Given a database to which somebody added what is no table, and a backup of it
    house.do(OF_EVERY_KIND)
    before = house.ask(EVERYTHING)
    copy = house.copy()

    # When it is put back, unasked, then all of that is there again
    done = house.restore(copy, "--yes")
    assert done.exit_code == 0, done.output
    assert house.ask(EVERYTHING) == before


def test_tables_this_version_does_not_know_go_for_their_name_alone(house: House) -> None:
    # Given somebody else's table and view in our schema, and rows of theirs that the backup does not hold
    house.do("CREATE TABLE shop_orders (id int)")
    copy = house.copy()
    house.do("INSERT INTO shop_orders VALUES (1); CREATE VIEW shop_open AS SELECT id FROM shop_orders")
    before = house.ask(EVERYTHING)

    # When the backup is put back unasked, then nothing is changed, and what to add is said
    unasked = house.restore(copy, "--yes")
    assert (unasked.exit_code, "--also-delete shop_open --also-delete shop_orders" in unasked.output) == (1, True), unasked.output
    assert house.restore(copy, "--yes", "--also-delete", "shop_open").exit_code == 1
    with pytest.raises(backups.BackupError, match="does not know: shop_open, shop_orders"):
        backups.restore(house.url, copy)

    # And who is asked is told their names first, and may say no
    asked = house.restore(copy, answer="n\n")
    assert asked.exit_code == 1
    assert "does not know: shop_open, shop_orders. " in asked.output
    assert house.ask(EVERYTHING) == before
    assert house.ask("SELECT id::text FROM shop_orders") == ["1"]

    # When they are named, then they go
    named = house.restore(copy, "--yes", "--also-delete", "shop_orders", "--also-delete", "shop_open")
    assert named.exit_code == 0, named.output
    assert house.ask("SELECT id::text FROM shop_orders") == []
    assert house.ask("SELECT viewname::text FROM pg_views WHERE schemaname = 'public'") == []


def test_a_yes_to_their_names_lets_them_go(house: House) -> None:
    copy = house.copy()
    house.do("CREATE TABLE of_a_later_version (id int)")

    done = house.restore(copy, answer="y\n")

    assert (done.exit_code, "of_a_later_version" in done.output) == (0, True), done.output
    assert house.ask("SELECT tablename::text FROM pg_tables WHERE tablename LIKE 'of_a_later%'") == []


def test_other_schemas_stay_as_they_are(house: House) -> None:
    # Given another schema with tables of its own, which the backup holds too
    house.do("CREATE SCHEMA shop; CREATE TABLE shop.orders (id int)")
    copy = house.copy()
    house.do("INSERT INTO shop.orders VALUES (1)")

    # When the backup is put back, then nothing there is older than it was
    done = house.restore(copy, "--yes")
    assert done.exit_code == 0, done.output
    assert house.ask("SELECT id::text FROM shop.orders") == ["1"]
    assert LEFT_ALONE not in house.ask("SELECT name FROM roles")


@pytest.mark.parametrize(("sql", "named"), [
    ("CREATE VIEW shop.names AS SELECT name FROM public.roles", "view shop.names"),
    ("CREATE TABLE shop.mine (id int REFERENCES public.roles)", "constraint mine_id_fkey on table shop.mine"),
    ("CREATE TABLE shop.mine (id int, what public.mood)", "column what of table shop.mine"),
    ("CREATE FUNCTION shop.f(public.roles) RETURNS int LANGUAGE sql AS 'SELECT 1'", "function shop.f(roles)"),
])
def test_what_other_schemas_made_of_ours_is_not_taken_along(house: House, sql: str, named: str) -> None:
    # Given another schema that rests on something of ours
    house.do(f"CREATE TYPE mood AS ENUM ('calm'); CREATE SCHEMA shop; {sql}")
    copy = house.copy()
    before = house.ask(EVERYTHING)

    # When the backup is put back, then nothing is changed, and it is named
    done = house.restore(copy, "--yes")
    assert (done.exit_code, f"would go with them: {named}. " in done.output) == (1, True), done.output
    assert house.ask(EVERYTHING) == before


def test_a_copy_that_cannot_come_forward_says_that_nothing_is_paused(house: House) -> None:
    # Given a backup that says it is older than it is
    house.do(f"UPDATE {VERSIONS} SET version_num = '{versions()[-2]}'")
    copy = house.copy()

    # When it is put back, then whoever did that knows that it took the place, and that nothing may start
    done = house.restore(copy, "--yes")
    assert done.exit_code == 1
    assert "no notice is paused yet. Start nothing." in done.output
    assert LEFT_ALONE not in house.ask("SELECT name FROM roles")


def test_a_database_that_does_not_answer_is_said_so(house: House) -> None:
    gone = House(house.url.replace("@/t", "@/gone"), house.folder)

    done = gone.restore(house.copy(), "--yes")

    assert (done.exit_code, "Nothing was changed: the database does not answer" in done.output) == (1, True), done.output
