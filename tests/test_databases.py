"""SQLite and DuckDB files are read as the same rows from a file are, and errors tell no cell."""

import re
import sqlite3
import subprocess
import sys
from contextlib import closing

import duckdb
import pyarrow as pa
import pytest
from shell import SHOP, rfmtool

from rfmtool.databases.reading import batches
from rfmtool.databases.urls import parse_rows_url
from rfmtool.errors import AmbiguousInputError, InputError, SystemFailureError, UsageError
from rfmtool.grouping.read import read_export
from rfmtool.locations import without_secrets
from rfmtool.pipeline import run
from rfmtool.sources import Asked, open_export

ROWS = [tuple(cell or None for cell in line.split(",")) for line in SHOP.splitlines()[1:]]
KINDS = "customer_id text, order_id bigint, ordered_at date, amount decimal(38, 9)"


@pytest.fixture(scope="module")
def databases(tmp_path_factory):
    """The shop in a file of each kind, and its contacts."""
    folder = tmp_path_factory.mktemp("databases")
    light = sqlite3.connect(folder / "shop.db")
    duck = duckdb.connect(folder / "shop.duckdb")
    for database in (light, duck):
        database.execute(f"create table orders({KINDS})")
        database.executemany("insert into orders values(?, ?, ?, ?)", ROWS)
        database.execute("create table contacts(customer_id text, email text)")
        database.execute("insert into contacts values ('ann', 'ann@example.com'), ('eve', null)")
    light.commit()
    light.close()
    duck.close()
    return {"sqlite": f"sqlite:{folder / 'shop.db'}", "duckdb": f"duckdb:{folder / 'shop.duckdb'}"}


def read(name):
    with batches(parse_rows_url(name)) as reader:
        return reader.read_all()


def light(folder, *statements):
    database = sqlite3.connect(folder / "any.db")
    for statement in statements:
        database.execute(statement)
    database.commit()
    database.close()
    return f"sqlite:{folder / 'any.db'}"


def duck(folder, *statements):
    with duckdb.connect(folder / "any.duckdb") as database:
        for statement in statements:
            database.execute(statement)
    return f"duckdb:{folder / 'any.duckdb'}"


@pytest.mark.parametrize("kind", ["sqlite", "duckdb"])
@pytest.mark.parametrize("asked", ["#orders", "#select * from orders order by order_id; "])
def test_rows_of_a_database_say_what_a_file_of_them_says(databases, write, kind, asked):
    expected = read_export(write(SHOP)).table

    found = read_export(databases[kind] + asked).table

    assert found.equals(expected)


def test_a_table_of_duckdb_is_read_in_place_and_its_whole_rows_where_they_are_asked_for(
    tmp_path, monkeypatch
):
    monkeypatch.setattr("rfmtool.databases.reading._BATCH_ROWS", 2048)
    monkeypatch.setattr("rfmtool.sources.tables.spool_batches", None)
    name = duck(
        tmp_path,
        "create table orders as select 'c' || i % 7 as customer_id, i as order_id,"
        " '2024-01-0' || i % 10 as ordered_at, 2.5 as amount, 'note ' || i as note"
        " from range(1, 7001) as t(i)",
    )

    result = run(name + "#orders", max_rejects="10%")
    (_, *found) = result.rejects()

    rows = pa.concat_tables(each.rows for each in found)
    assert result.ledger.rejected == 700
    assert rows["row"].to_pylist() == [*range(10, 7001, 10)]
    assert rows["cell_5"].to_pylist() == [f"note {i}" for i in range(10, 7001, 10)]


def test_a_file_of_duckdb_that_changes_while_it_is_read_is_refused(tmp_path):
    name = duck(
        tmp_path,
        "create table orders as select * from (values ('ann', 1, '2024-01-02', 3))"
        " as rows(customer_id, order_id, ordered_at, amount)",
    )
    source = open_export(name + "#orders", Asked()).sources[0]
    duck(tmp_path, "insert into orders select * from orders")

    with pytest.raises(InputError, match=r"any\.duckdb#orders: changed while it was read"):
        [job() for job in source.jobs()]


@pytest.mark.parametrize("kind", ["sqlite", "duckdb"])
def test_evidence_comes_from_a_table_while_the_orders_come_from_another(databases, kind):
    found = rfmtool("check", databases[kind], "--table", "orders",
                    "--contacts", databases[kind] + "#contacts", "--format", "json")  # fmt: skip

    assert found.exit_code == 0, found.stderr
    assert '"name": "' + databases[kind] + '#orders"' in found.stdout
    assert '"matched": 1' in found.stdout


def test_a_database_beside_a_file_is_one_export(databases, write):
    more = write("customer_id,order_id,ordered_at,amount\neve,99,2024-05-01,5\n")

    found = read_export([databases["duckdb"] + "#orders", more])

    assert found.ledger.rows == len(ROWS) + 1
    assert "eve" in found.table["customer_id"].to_pylist()


def test_the_cells_of_sqlite_are_what_they_are_whatever_their_column_says(tmp_path):
    name = light(
        tmp_path,
        "create table mixed(a integer, b real, c)",
        "insert into mixed values (9007199254740993, 1.234, null)",
        "insert into mixed values ('x', 12345678901234.568, '007'), (1.5, 2, '')",
    )

    found = read(name + "#mixed").to_pydict()

    assert found["a"] == ["9007199254740993", "x", "1.5"]
    assert found["b"] == ["1.2340", "12345678901234.5680", "2.0"]  # 1.234 could be thousands
    assert found["c"] == ["", "007", ""]


def test_the_types_of_duckdb_keep_all_that_they_hold(tmp_path):
    name = duck(
        tmp_path,
        "create table typed as select 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid as uuid,"
        " 170141183460469231731687303715884105727::hugeint as huge, 9007199254740993 as id,"
        " 12345678901234567890.123456789::decimal(38, 9) as money, 'b'::enum('a', 'b') as word,"
        " '2024-01-02 03:04:05+00'::timestamptz as moment, ['x'] as list",
    )

    found = read(name + "#typed")

    assert found["uuid"].to_pylist() == ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"]
    assert found["huge"].to_pylist() == ["170141183460469231731687303715884105727"]
    assert found["id"].to_pylist() == [9007199254740993]
    assert str(found["money"][0]) == "12345678901234567890.123456789"
    assert found["word"].to_pylist() == ["b"]
    assert pa.types.is_timestamp(found["moment"].type)
    assert found["list"].to_pylist() == ["[x]"]


@pytest.mark.parametrize(
    ("asked", "error", "words"),
    [
        ("", UsageError, "which table is not said"),
        ("#nothing", UsageError, "no such table"),
        ("#select wrong from orders", UsageError, "no such table or column"),
        ("#selec 1 from orders", UsageError, "not understood"),
        ("#delete from orders", UsageError, "not understood"),
        ("#select *, amount as amount from orders", AmbiguousInputError, "'amount'"),
    ],
)
@pytest.mark.parametrize("kind", ["sqlite", "duckdb"])
def test_what_cannot_be_asked_is_one_sentence(databases, kind, asked, error, words):
    with pytest.raises(error, match=words) as raised:
        read_export(databases[kind] + asked)

    assert not re.search(r"\bann\b", str(raised.value))
    assert raised.value.hint


def test_a_query_that_fails_on_a_row_does_not_tell_its_cells(databases):
    asked = "#select customer_id::integer as customer_id, 1 as amount, ordered_at from orders"

    with pytest.raises(InputError, match="fails on some of its rows") as raised:
        read_export(databases["duckdb"] + asked)

    assert "ann" not in str(raised.value)


@pytest.mark.parametrize("scheme", ["sqlite", "duckdb"])
def test_a_file_that_is_not_there_is_not_made(tmp_path, scheme):
    with pytest.raises(InputError, match="no such file"):
        read_export(f"{scheme}:{tmp_path / 'none.db'}#orders")

    assert not list(tmp_path.iterdir())


def test_a_file_that_is_no_database_is_named(write):
    with pytest.raises(InputError, match="no such database"):
        read_export(f"sqlite:{write(SHOP * 50)}#orders")


def test_a_database_that_another_program_holds_is_the_systems_failure(tmp_path):
    name = light(tmp_path, f"create table orders({KINDS})")
    holding = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('begin exclusive');"
    words = [sys.executable, "-c", f"{holding} print(flush=True); input()", name[len("sqlite:") :]]

    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:  # noqa: S603
        holder.stdout.readline()
        with pytest.raises(SystemFailureError, match="another program holds it"):
            read_export(name + "#orders")
        holder.stdin.write(b"\n")


def test_a_query_without_rows_is_no_export(databases):
    found = rfmtool("score", databases["sqlite"] + "#select * from orders where amount > 1e9")

    assert found.exit_code == 2
    assert "sqlite:" in found.stderr
    assert "no rows" in found.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--table", "orders"], "--table: no database is named"),
        (["--query", ""], "--query: says nothing"),
    ],
)
def test_a_table_of_no_database_is_refused(write, words, said):
    found = rfmtool("score", write(SHOP), *words)

    assert found.exit_code == 2
    assert said in found.stderr


def test_a_table_and_a_query_are_one_too_many():
    with pytest.raises(UsageError, match="both given"):
        read_export("sqlite:shop.db", asked=Asked(table="orders", query="select 1"))


def test_rows_named_twice_would_count_twice(databases):
    with pytest.raises(InputError, match="named twice"):
        read_export([databases["duckdb"] + "#orders"] * 2)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://ann:pw@host:5432/shop#orders", "postgresql://host:5432/shop#orders"),
        ("postgresql://ann:p@w/x@host/shop?password=pw&x=1#t", "postgresql://host/shop#t"),
        ("--contacts=postgresql://host/shop?user=ann", "--contacts=postgresql://host/shop"),
        ("see postgresql://a:b@h/d: refuses", "see postgresql://h/d: refuses"),
        ("ann@example.com?", "ann@example.com?"),
    ],
)
def test_a_url_is_shown_without_user_password_and_parameters(text, shown):
    assert without_secrets(text) == shown


def test_a_job_reads_a_database_beside_it(databases, tmp_path, monkeypatch):
    monkeypatch.setenv("SHOP_PASSWORD", "hush")
    job = tmp_path / "job.toml"
    job.write_text(f'[job]\ninputs = ["{databases["duckdb"]}"]\ntable = "orders"\n'
                   'contacts = "postgresql://ann:$SHOP_PASSWORD@host/shop#contacts"\n')  # fmt: skip

    shown = rfmtool("job", job, "--check")

    assert shown.exit_code == 0, shown.stderr
    assert "--table=orders" in shown.stdout
    assert "hush" not in shown.stdout


def test_evidence_of_the_rules_lies_beside_them_in_a_database_too(databases, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shop = databases["duckdb"].partition(":")[2]
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "shop.duckdb").symlink_to(shop)
    rules = tmp_path / "rules" / "shop.toml"
    rules.write_text('[evidence]\ncontacts = "duckdb:shop.duckdb#select * from contacts"\n')

    done = rfmtool("check", f"duckdb:{shop}#orders", "--rules", rules, "--format", "json")

    assert done.exit_code == 0, done.stderr
    assert '"matched": 1' in done.stdout


def test_a_run_that_never_reads_logs_no_secret(tmp_path):
    log = tmp_path / "log"

    done = rfmtool("run", "postgresql://ann:hush@127.0.0.1:1/shop#orders", "--log", log)

    assert done.exit_code in {2, 3}  # by whether there is a driver
    assert "postgresql://127.0.0.1:1/shop" in log.read_text()
    assert "hush" not in log.read_text() + done.output


def test_two_queries_of_one_database_are_two_and_one_said_twice_is_refused(tmp_path):
    path = f"sqlite:{tmp_path / 'shop.db'}"
    with closing(sqlite3.connect(tmp_path / "shop.db")) as database, database:
        database.execute("create table orders (customer_id, ordered_at, amount)")
        database.execute(
            "insert into orders values ('ann', '2024-01-31', 5), ('bob', '2024-02-01', 6)"
        )
    first, second = (f"{path}#select * from orders where amount = {one}" for one in (5, 6))

    assert read_export([first, second]).ledger.rows == 2
    with pytest.raises(InputError, match="named twice"):
        read_export([first, first])


def test_a_password_with_a_number_sign_is_told_of_without_a_letter_of_it():
    with pytest.raises(UsageError, match="Write it as %23") as raised:
        parse_rows_url("postgresql://ann:se#cret@host/shop#orders")
    assert "se" not in str(raised.value).split(":")[1]
    assert "cret" not in str(raised.value)


def test_a_query_longer_than_a_name_of_a_file_can_be_is_asked(tmp_path):
    path = tmp_path / "shop.db"
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("create table orders (customer_id, ordered_at, amount)")
        database.execute("insert into orders values ('ann', '2024-01-31', 5)")
    query = "select * from orders where " + " and ".join(["amount > 0"] * 40)

    answer = rfmtool("run", f"sqlite:{path}#{query}", "--quiet")

    assert answer.exit_code == 0, answer.stderr


def test_a_run_that_fails_leaves_no_new_database(tmp_path):
    bad = tmp_path / "shop.csv"
    bad.write_text("customer_id,ordered_at,amount\nann,2024-01-31,5\n")
    target = f"duckdb:{tmp_path / 'new.duckdb'}"

    answer = rfmtool("run", bad, "-o", target, "--fail-if", "customers < 10")

    assert answer.exit_code == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["shop.csv"]
