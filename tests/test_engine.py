"""Lines become customers as the oracle says, however large the money or small the memory."""

import os
import random
import re
from datetime import date

import oracle
import pyarrow as pa
import pytest
from effort import SLOW
from hypothesis import given, settings
from ledgers import GivenLines, ledgers

from rfmtool import memory_budget
from rfmtool.engines import CUSTOMERS_SCHEMA, Request
from rfmtool.engines.local import LocalEngine
from rfmtool.errors import InputError, SystemFailureError, UsageError
from rfmtool.memory_budget import minimum_bytes, program_bytes
from rfmtool.pipeline import run
from rfmtool.settings import Settings
from rfmtool.sources.rows.clean import LINES

pytestmark = [
    pytest.mark.long,
    pytest.mark.usefixtures("own_database"),
]

EPOCH = date(1970, 1, 1)
BEYOND_DOUBLES = 2**53
LEAST_BYTES = minimum_bytes(threads=2)


def units(amount):
    return int(amount * 10_000)


def lines_of(rows, batch_rows=3):
    """Lines given as (customer, order, day, sales, refunds), in several batches."""
    rows = [(*row, 1, True) for row in rows]
    columns = [*zip(*rows, strict=True)] or [[]] * len(LINES)
    table = pa.table([pa.array(each, kind.type) for each, kind in zip(columns, LINES, strict=True)],
                     schema=LINES)  # fmt: skip
    return GivenLines(table, batch_rows)


def aggregated(rows, batch_rows=3, **settings):
    return (
        LocalEngine(**{"threads": 2, **settings})
        .group(Request(lines_of(rows, batch_rows)))
        .customers
    )


def plain(table):
    return [
        (row["customer_id"], sorted(row["order_dates"] or []), row["sales"], row["refunds"])
        for row in table.to_pylist()
    ]


def rows_of(lines):
    """The oracle's lines as the engine gets them; an order without an id is a customer's day."""
    return [
        (
            line.customer_id,
            f"day {line.day}" if line.order_id is None else line.order_id,
            (line.day - EPOCH).days,
            units(max(line.amount, 0)),
            units(max(-line.amount, 0)),
        )
        for line in oracle.used(lines)
    ]


@settings(max_examples=SLOW)
@given(ledger=ledgers())
def test_the_engine_agrees_with_the_oracle(ledger):
    orders, people = oracle.orders(ledger.lines), oracle.customers(ledger.lines)

    answer = aggregated(rows_of(ledger.lines))

    assert answer.schema == CUSTOMERS_SCHEMA
    assert plain(answer) == [
        (
            name,
            sorted((o.day - EPOCH).days for o in orders if o.customer_id == name and o.day),
            units(people[name].monetary + people[name].refunds),
            units(people[name].refunds),
        )
        for name in sorted(people, key=str.encode)
    ]


def test_an_order_is_one_wherever_its_lines_stand_and_its_day_is_its_first_sale():
    """Ann's order nets 5 over three batches; its refund came first and its money later."""
    rows = [
        ("ann", "1", 8, 0, 50_000),
        *[("bob", str(order), 1, 1, 0) for order in range(5)],
        ("ann", "1", 20, 60_000, 0),
        *[("cy", str(order), 1, 1, 0) for order in range(5)],
        ("ann", "1", 12, 40_000, 0),
    ]

    assert plain(aggregated(rows))[0] == ("ann", [12], 100_000, 50_000)


def test_an_order_that_nets_to_nothing_does_not_count_and_keeps_its_money():
    rows = [("ann", "1", 8, 5, 0), ("ann", "1", 9, 0, 5), ("ann", "2", 9, 0, 0)]

    assert plain(aggregated(rows)) == [("ann", [], 5, 5)]


def test_no_lines_are_no_customers():
    assert plain(aggregated([])) == []


def test_customers_are_sorted_by_bytes():
    names = ["b", "a", "B", "\u00e9", "\u65e5", "\U0001f600", "10", "9", " a"]

    answer = aggregated([(name, "1", 1, 1, 0) for name in names])

    assert answer["customer_id"].to_pylist() == sorted(names, key=str.encode)


# Large money -------------------------------------------------------------------------------------


def test_sums_that_doubles_cannot_hold_are_exact():
    rows = [("ann", str(order), 1, 2**52 + 1, 0) for order in range(3)]

    assert plain(aggregated(rows))[0][2] == 3 * (2**52 + 1)


@pytest.mark.parametrize("kind", ["sales", "refunds"])
def test_the_sums_around_2_to_53_are_exact(kind):
    def ann(total):
        money = (total - 1, 0) if kind == "sales" else (0, total - 1)
        one = (1, 0) if kind == "sales" else (0, 1)
        return [("ann", "1", 1, *money), ("ann", "2", 1, *one)]

    for total in range(BEYOND_DOUBLES - 1, BEYOND_DOUBLES + 3):
        answer = plain(aggregated(ann(total)))[0]
        assert answer[2 if kind == "sales" else 3] == total


def test_sums_that_int64_cannot_hold_are_refused_in_words():
    rows = [("ann", str(order), 1, 2**62, 0) for order in range(2)]

    with pytest.raises(InputError, match="922 trillion"):
        aggregated(rows)


def test_a_customer_of_more_than_900_billion_is_exact_to_the_last_digit(write):
    """Doubles would lose the 0.0001; one refund and everyone else stay exact too."""
    rows = [
        "big,1,2024-01-30,899999999999.9999",
        "big,2,2024-01-31,899999999999.9999",
        "big,3,2024-01-31,-0.0001",
        "ann,4,2024-01-31,0.0001",
    ]

    frame = run(write(["customer_id,order_id,ordered_at,amount", *rows])).frame

    assert frame["customer_id"].tolist() == ["ann", "big"]
    assert frame["monetary"].tolist() == [1, 2 * 8_999_999_999_999_999 - 1]
    assert frame["average_order"].tolist() == [1, 8_999_999_999_999_998]


# Little memory -----------------------------------------------------------------------------------


def many_rows(count=150_000):
    """Orders with ids so long that DuckDB needs more than 128 MB for them."""
    draw = random.Random(5)  # noqa: S311 - the same rows every time
    rows = []
    for row in range(count):
        who, order = f"customer {draw.randrange(60_000):06}", f"order {draw.randrange(10**9):01000}"
        rows.append((who, order, 19_000 + row % 90, row, 0))
    return rows


def test_an_answer_that_had_to_spill_to_disk_is_the_same(tmp_path, monkeypatch, cannot_spill):
    """Nothing is spilled where the user happens to stand."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".tmp").write_text("in the way of DuckDB's own choice of a folder")
    rows = many_rows()

    short = aggregated(rows, 1 << 14, memory_limit=LEAST_BYTES)

    assert plain(short) == plain(aggregated(rows, 1 << 14))
    assert len(short) > 54_000
    cannot_spill()
    with pytest.raises(SystemFailureError, match=os.devnull):
        aggregated(rows, 1 << 14, memory_limit=LEAST_BYTES)


def test_memory_that_runs_out_is_a_failure_of_the_system_with_a_way_out(monkeypatch):
    monkeypatch.setattr(memory_budget, "GROUPING_BYTES", 1_000_000)
    monkeypatch.setattr(memory_budget, "GROUPING_BYTES_PER_THREAD", 0)
    rows = [(f"canary {row}", f"order {row}", row, 1, 0) for row in range(50_000)]

    with pytest.raises(SystemFailureError) as raised:
        aggregated(rows, memory_limit=program_bytes(threads=2) + 1_000_000)

    assert "--memory-limit" in raised.value.hint
    assert "canary" not in str(raised.value)


@pytest.mark.parametrize(
    ("threads", "least_mb"), [(1, 438), (2, 468), (8, 648), (9, 694), (64, 3224)]
)
def test_a_memory_limit_below_the_least_that_works_is_refused_and_the_least_named(
    threads, least_mb
):
    def answer(limit_mb):
        return aggregated([], threads=threads, memory_limit=limit_mb * 1_000_000)

    with pytest.raises(UsageError, match=f"the least for --threads {threads} is {least_mb}MB"):
        answer(least_mb - 1)
    assert len(answer(least_mb)) == 0


def test_a_memory_limit_is_a_number_of_bytes():
    with pytest.raises(UsageError, match="number of bytes"):
        aggregated([], memory_limit="2GB")


def test_a_limit_is_of_customers_and_reports_too_once_they_are_known(write, monkeypatch):
    monkeypatch.setattr(memory_budget, "_PLACED_BYTES", 10_000_000)
    monkeypatch.setattr(memory_budget, "_REPORT_BYTES", 10_000_000)
    path = write(["customer_id,ordered_at,amount", *(f"{who},2024-01-05,1" for who in range(50))])

    with pytest.raises(UsageError, match="too little for 50 customers") as raised:
        run(path, settings=Settings(threads=2, memory_limit=LEAST_BYTES))

    least = int(re.search(r"the least is (\d+)MB", str(raised.value))[1])
    found = run(path, settings=Settings(threads=2, memory_limit=least * 1_000_000))
    assert len(found.customers) == 50
    reported = Settings(threads=2, memory_limit=least * 1_000_000, reported=True)
    with pytest.raises(UsageError, match="too little for 50 customers"):
        run(path, settings=reported)


def test_the_whole_run_takes_the_limit_and_gives_the_same_answer(write, cannot_spill):
    rows = [f"{who},{order},2024-01-{1 + day % 28:02},1.5" for who, order, day, _, _ in many_rows()]
    path = write(["customer_id,order_id,ordered_at,amount", *rows])

    columns = ("customer_id", "frequency", "monetary", "last_order_on", "rfm")  # soon placed
    ample = run(path, settings=Settings(select=columns)).customers
    little = Settings(threads=2, memory_limit=LEAST_BYTES, select=columns)

    assert run(path, settings=little).customers.equals(ample)
    cannot_spill()
    with pytest.raises(SystemFailureError, match=os.devnull):
        run(path, settings=little)
