"""A run's tables in SQLite and DuckDB files: whole or not at all, typed, others' left alone."""

import os
import signal
import sqlite3
import stat
import sys
from datetime import date

import duckdb
import pyarrow as pa
import pytest
from editions import edition, killed_after, write
from shell import SHOP, rfmtool

from rfmtool.databases.urls import parse_target_url
from rfmtool.databases.writing import RunTables, writing_tables
from rfmtool.errors import ForeignFolderError, UsageError

CONNECT = {"sqlite": sqlite3.connect, "duckdb": duckdb.connect}
KINDS = sorted(CONNECT)


def url_of(kind, folder):
    return f"{kind}:{folder / f'out.{kind}'}"


def ask(url, sql):
    kind, _, path = url.partition(":")
    connection = CONNECT[kind](path)
    rows = connection.execute(sql).fetchall()
    if kind == "sqlite":
        connection.commit()
    connection.close()
    return rows


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A run written into a folder and a file of each kind, at once."""
    folder = tmp_path_factory.mktemp("runs")
    (folder / "shop.csv").write_text(SHOP)
    urls = {kind: url_of(kind, folder) for kind in KINDS}
    places = [word for url in (*urls.values(), folder / "out") for word in ("-o", url)]
    words = ["run", folder / "shop.csv", *places, "--no-page", "--quiet", "--current-view"]
    for more in (["--as-of", "2024-04-30"], []):
        done = rfmtool(*words, *more)
        assert done.exit_code == 0, done.stderr
    return urls, folder / "out"


@pytest.mark.parametrize("kind", KINDS)
def test_the_tables_of_a_run_say_what_its_files_say(runs, kind):
    urls, folder = runs
    lines = (folder / "customers.csv").read_text().splitlines()

    people = ask(urls[kind], "select customer_id, monetary from customers order by customer_id")
    listed = ask(urls[kind], "select list, count(*) from lists group by list")
    changes = ask(urls[kind], "select count(*) from changes")
    days = ask(urls[kind], "select distinct as_of from history order by as_of")

    assert len(people) == len(lines) - 1
    assert (people[0][0], float(people[0][1])) == ("ann", 1117.5)
    for name, rows in listed:
        assert len((folder / f"{name}.csv").read_text().splitlines()) == rows + 1
    assert changes == [(len((folder / "changes.csv").read_text().splitlines()) - 1,)]
    assert [str(day) for (day,) in days] == ["2024-04-30", "2024-05-20"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_of_a_run_is_its_owners_alone(runs, kind):
    path = runs[0][kind].partition(":")[2]

    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600  # noqa: PTH116 - of a str


def test_types_are_declared(runs):
    types = dict(ask(runs[0]["duckdb"], "select column_name, data_type from duckdb_columns()"
                                        " where table_name = 'customers'"))  # fmt: skip

    assert types["monetary"] == "DECIMAL(19,4)"
    assert types["last_order_on"] == "DATE"
    assert types["frequency"] == "BIGINT"
    assert types["rfm_total"] == "DOUBLE"


@pytest.mark.parametrize("kind", KINDS)
def test_a_later_edition_replaces_the_rows_and_leaves_what_others_made_of_them(tmp_path, kind):
    url = url_of(kind, tmp_path)
    write(url, edition(1, 2))
    ask(url, "create view theirs as select sum(monetary) as total from customers")

    write(url, edition(5, "6.0001", day=2))

    assert [float(total) for (total,) in ask(url, "select * from theirs")] == [11.0001]


@pytest.mark.parametrize("kind", KINDS)
def test_appended_days_stay_and_the_same_day_is_written_once(tmp_path, kind):
    url = url_of(kind, tmp_path)
    for what in (edition(1, 2), edition(3, 4, day=2), edition(30, 40, day=2)):
        write(url, what, "append", view=True)

    assert ask(url, "select count(*) from customers") == [(4,)]
    assert [float(one) for (one,) in ask(url, "select sum(monetary) from customers_current")] == [
        70
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_a_column_that_is_new_is_added(tmp_path, kind):
    url = url_of(kind, tmp_path)
    write(url, edition(1, 2), "append")

    write(url, edition(3, 4, day=2, email=pa.array(["ann@example.com", None])), "append")

    found = ask(url, "select email from customers order by as_of, customer_id")
    assert found == [(None,), (None,), ("ann@example.com",), (None,)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_table_of_somebody_else_is_left_alone(tmp_path, kind):
    url = url_of(kind, tmp_path)
    ask(url, "create table customers(name varchar)")

    with pytest.raises(ForeignFolderError, match="customers, which no run"):
        write(url, edition(1, 2))

    done = rfmtool("run", os.devnull, "-o", url)  # told before anything is read
    assert (done.exit_code, "customers, which no run" in done.stderr) == (2, True)
    assert ask(url, "select * from customers") == []


@pytest.mark.parametrize("kind", KINDS)
def test_what_may_not_be_there_is_refused(tmp_path, kind):
    url = url_of(kind, tmp_path)
    write(url, edition(1, 2), "fail")

    with pytest.raises(UsageError, match="has a table customers already"):
        write(url, edition(1, 2), "fail")


@pytest.mark.parametrize("kind", KINDS)
def test_a_column_of_another_type_is_named(tmp_path, kind):
    url = url_of(kind, tmp_path)
    write(url, edition(1, 2))

    with pytest.raises(UsageError, match=r"customers\.monetary is"):
        write(url, RunTables(date(2024, 1, 2), "1", [("customers", pa.table(
            {"customer_id": ["ann"], "monetary": ["much"]}).to_reader())]))  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_written_where_the_block_fails(tmp_path, kind):
    url = url_of(kind, tmp_path)
    write(url, edition(1, 2))

    with (
        pytest.raises(ZeroDivisionError),
        writing_tables(parse_target_url(url), edition(5, 6), "replace"),
    ):
        raise ZeroDivisionError

    assert [float(one) for (one,) in ask(url, "select sum(monetary) from customers")] == [3]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills a process that it forks")
@pytest.mark.parametrize("kind", KINDS)
def test_whoever_is_killed_leaves_the_old_rows(tmp_path, kind):
    url = url_of(kind, tmp_path)
    write(url, edition(1, 2))

    for batches in (0, 4, 9):
        assert killed_after(batches, url) == signal.SIGKILL

        assert [float(one) for (one,) in ask(url, "select sum(monetary) from customers")] == [3]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-o", "duckdb:x#y"], "tables are not written there"),
        (["-o", "snowflake://u:hush@a/d"], "tables are not written there"),
        (["-o", "one", "-o", "two"], "one folder"),
        (["-o", "one", "--current-view"], "says what lies in a database"),
        (["-o", "sqlite:nowhere/x.db"], "no such folder"),
        (["-o", "duckdb:x.duckdb", "--calls", "3"], "--calls"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused_at_once(words, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    done = rfmtool("run", os.devnull, *words)

    assert done.exit_code == 2
    assert said in done.stderr
    assert "hush" not in done.output
    assert not list(tmp_path.iterdir())


def test_a_driver_that_is_not_there_is_missed_before_anything_is_read(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "adbc_driver_sqlite.dbapi", None)

    done = rfmtool("run", os.devnull, "-o", url_of("sqlite", tmp_path))

    assert done.exit_code == 2
    assert "pip install 'rfmtool[sqlite]' brings it" in done.stderr


def test_a_job_writes_to_several_places_beside_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path.parent)
    (tmp_path / "shop.csv").write_text(SHOP)
    job = '[job]\ninputs = ["shop.csv"]\noutput = ["out", "duckdb:x.duckdb"]\nno_page = true\n'
    (tmp_path / "job.toml").write_text(job + 'scales = "out/scales.json"\nquiet = true\n')

    done = rfmtool("job", tmp_path / "job.toml")

    assert (done.exit_code, done.output) == (0, "")
    assert (tmp_path / "out" / "manifest.json").is_file()
    assert ask(f"duckdb:{tmp_path / 'x.duckdb'}", "select count(*) from customers") == [(4,)]
    assert ask(f"duckdb:{tmp_path / 'x.duckdb'}", "select count(*) from changes") == [(0,)]
