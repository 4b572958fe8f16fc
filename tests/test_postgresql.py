"""A real PostgreSQL: types come exactly, secrets stay where they are, failures are one sentence."""

import re

import pytest
from servers import PASSWORD
from shell import SHOP, rfmtool

from rfmtool.databases.reading import batches
from rfmtool.databases.urls import parse_rows_url
from rfmtool.errors import InputError, SystemFailureError, UsageError
from rfmtool.grouping.read import read_export

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def shop(server, sql):
    """The shop's orders as a table of the server."""
    lines = [line.split(",") for line in SHOP.splitlines()[1:]]
    rows = ", ".join(f"(nullif('{a}', ''), {b}, '{c}', {d})" for a, b, c, d in lines)
    sql(
        "create table orders(customer_id text, order_id bigint, ordered_at date,"
        " amount numeric(38, 9), tags text[])",
        f"insert into orders values {rows}",
        "create table contacts as select distinct customer_id, 'known' as status from orders"
        " where customer_id is not null",
        "create role guest login password 'guest'",
    )
    return server


def read(name):
    with batches(parse_rows_url(name)) as reader:
        return reader.read_all()


def test_rows_of_postgresql_say_what_a_file_of_them_says(shop, write):
    expected = read_export(write(SHOP)).table

    assert read_export(f"{shop}#orders").table.equals(expected)
    assert read_export(f"{shop}#public.orders").table.equals(expected)
    assert read_export(f"{shop}#select * from orders order by order_id -- dear").table.equals(
        expected
    )


def test_types_keep_all_that_they_hold(server, sql):
    sql(
        "create type mood as enum ('fine')",
        "create table typed(id bigint, long numeric(38, 9), free numeric, third numeric(10, 3),"
        " uuid uuid, padded char(6), mood mood, cents money, moment timestamptz, day date)",
        "insert into typed values (9007199254740993, 12345678901234567890.123456789, 1.234, 1.234,"
        " 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'ab', 'fine', 12.5, '2024-01-02 01:00+02',"
        " '2024-01-02')",
    )

    found = {name: str(cells[0]) for name, cells in read(f"{server}#typed").to_pydict().items()}

    assert found == {
        "id": "9007199254740993",
        "long": "12345678901234567890.123456789",
        "free": "1.2340",  # so that nobody takes it for thousands
        "third": "1.2340",
        "uuid": "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
        "padded": "ab",
        "mood": "fine",
        "cents": "12.50",
        "moment": "2024-01-01 23:00:00+00:00",
        "day": "2024-01-02",
    }


def test_days_without_end_and_what_is_no_number_are_rejected(server):
    rows = ("('a', '2024-01-01'::date, 5::numeric), ('b', 'infinity', 5),"
            " ('c', '2024-01-01', 'NaN')")  # fmt: skip
    asked = f"#select * from (values {rows}) as given(customer_id, ordered_at, amount)"

    found = read_export(server + asked)

    assert (found.ledger["bad_date"], found.ledger["bad_amount"], found.ledger["used"]) == (1, 1, 1)


def test_no_secret_is_written_or_said(shop, tmp_path):
    done = rfmtool("run", shop, "--table", "orders", "--contacts", f"{shop}#contacts",
                   "-o", tmp_path / "out", "--no-page", "--log", tmp_path / "log")  # fmt: skip

    assert done.exit_code == 0, done.stderr
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert written
    for secret in (PASSWORD, PASSWORD.replace(" ", "%20")):
        assert not any(secret.encode() in path.read_bytes() for path in written)
        assert secret not in done.output
    assert "@127.0.0.1" not in (tmp_path / "out" / "manifest.json").read_text()


def test_the_password_may_stand_in_the_environment(shop, monkeypatch):
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    host = shop.rpartition("@")[2]

    assert read_export(f"postgresql://shop@{host}#orders").ledger.rows == len(SHOP.splitlines()) - 1


@pytest.mark.parametrize(
    ("change", "asked", "error", "words"),
    [
        ((PASSWORD.split()[0], "wrong"), "#orders", UsageError, "refuses the login"),
        (("/postgres", "/nothing"), "#orders", UsageError, "no such database"),
        (("@127.0.0.1", "@nobody.invalid"), "#orders", SystemFailureError, "cannot be reached"),
        (("", ""), "#nothing", UsageError, "no such table"),
        (("", ""), "#delete from orders", UsageError, "would change"),
        (("", ""), "#select 1; select 2", UsageError, "not understood"),
        (("shop:correct%20horse", "guest:guest"), "#orders", SystemFailureError, "permission"),
        (("", ""), "#select *, order_id / (order_id - 5) as quantity from orders", InputError,
         "fails on some of its rows"),
        (("", ""), "#select *, pg_terminate_backend(pg_backend_pid()) from orders",
         SystemFailureError, "broke off"),
    ],
)  # fmt: skip
def test_what_goes_wrong_is_one_sentence_without_secrets(shop, change, asked, error, words):
    with pytest.raises(error, match=words) as raised:
        read_export(shop.replace(*change, 1) + asked)

    assert "correct" not in str(raised.value)
    assert not re.search(r"\bann\b", str(raised.value))


def test_that_nothing_listens_there_is_told_in_seconds():
    with pytest.raises(SystemFailureError, match="cannot be reached"):
        read_export("postgresql://127.0.0.1:1/shop#orders")
