"""A run's tables in a real PostgreSQL: readers see the old rows or the new, grants stay."""

import signal

import pytest
from editions import STEP, edition, killed_after, write
from shell import SHOP, rfmtool

from rfmtool.databases.urls import parse_target_url
from rfmtool.databases.writing import writing_tables
from rfmtool.errors import ForeignFolderError, SystemFailureError, UsageError

pytestmark = pytest.mark.services


@pytest.fixture
def place(server, sql, request):
    """The URL of a schema for each test."""
    schema = f"of {abs(hash(request.node.name))}"
    sql(f'drop schema if exists "{schema}" cascade')
    return f"{server}/{schema.replace(' ', '%20')}", f'"{schema}"'


@pytest.mark.long
def test_a_run_stands_in_a_schema(place, sql, tmp_path):
    url, schema = place
    (tmp_path / "shop.csv").write_text(SHOP)

    done = rfmtool("run", tmp_path / "shop.csv", "-o", url, "--quiet", "--current-view")

    assert (done.exit_code, done.output) == (0, "")
    [(money, kind)] = sql(f"select monetary, pg_typeof(monetary)::text from {schema}.customers"
                          " where customer_id = 'ann'")  # fmt: skip
    assert (str(money), kind) == ("1117.5000", "numeric")
    written_rows = dict(sql(f"select table_name, rows from {schema}.rfmtool_runs"))
    assert written_rows["customers"] == len({line[:3] for line in SHOP.splitlines()[1:]}) - 1
    assert sql(f"select count(*) from {schema}.customers_current") == [(4,)]


def test_grants_and_views_outlive_an_edition(place, sql):
    url, schema = place
    write(url, edition(1, 2))
    sql(
        "drop role if exists reader",
        "create role reader login password 'reader'",
        f"grant usage on schema {schema} to reader",
        f"grant select on {schema}.customers to reader",
        f"create view {schema}.theirs as select sum(monetary) as total from {schema}.customers",
    )

    write(url, edition(5, 6, day=2))

    assert str(sql(f"select total from {schema}.theirs")[0][0]) == "11.0000"
    assert sql(f"select has_table_privilege('reader', '{schema}.customers', 'select')") == [(True,)]
    sql("drop owned by reader", "drop role reader")


def test_readers_see_the_old_rows_until_the_new_are_whole(place, sql):
    url, schema = place
    write(url, edition(1, 2))

    with writing_tables(parse_target_url(url), edition(5, 6), "replace"):
        assert str(sql(f"select sum(monetary) from {schema}.customers")[0][0]) == "3.0000"

    assert str(sql(f"select sum(monetary) from {schema}.customers")[0][0]) == "11.0000"


def test_two_runs_do_not_write_at_once(place):
    url, _ = place

    with (
        writing_tables(parse_target_url(url), edition(1, 2), "replace"),
        pytest.raises(SystemFailureError, match="another run writes there"),
    ):
        write(url, edition(3, 4))


def test_a_table_of_somebody_else_is_left_alone(place, sql):
    url, schema = place
    sql(f"create schema {schema}", f"create table {schema}.customers(name text)")

    with pytest.raises(ForeignFolderError, match="customers, which no run"):
        write(url, edition(1, 2))


def test_whoever_may_not_write_is_told_so(place, sql):
    url, schema = place
    write(url, edition(1, 2))
    sql("drop role if exists guest_out", "create role guest_out login password 'guest'",
        f"grant usage on schema {schema} to guest_out")  # fmt: skip
    theirs = url.replace(url[len("postgresql://") : url.index("@")], "guest_out:guest")

    done = rfmtool("run", "/dev/null", "-o", theirs)  # told before anything is read

    assert done.exit_code == 3
    assert "permission is denied" in done.stderr
    assert "guest" not in done.stderr


def test_a_column_of_another_type_is_named(place, sql):
    url, schema = place
    write(url, edition(1, 2))
    sql(f"alter table {schema}.customers alter monetary type real")

    with pytest.raises(UsageError, match=r"customers\.monetary is real there"):
        write(url, edition(3, 4))


def test_a_connection_that_breaks_off_while_writing_leaves_the_old_rows(place, sql):
    url, schema = place
    write(url, edition(1, 2))
    others = "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()"

    with (
        pytest.raises(SystemFailureError, match="at the very end"),
        writing_tables(parse_target_url(url), edition(5, 6), "replace"),
    ):
        sql(others)

    assert str(sql(f"select sum(monetary) from {schema}.customers")[0][0]) == "3.0000"


@pytest.mark.long
def test_whoever_is_killed_at_any_point_leaves_the_old_rows(place, sql):
    url, schema = place
    write(url, edition(1, 2))

    for point in range(0, 30, STEP):
        assert killed_after(point, url, batches=29) == signal.SIGKILL

        assert str(sql(f"select sum(monetary) from {schema}.customers")[0][0]) == "3.0000", point
