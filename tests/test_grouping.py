"""Every answer of an engine is what the oracle makes of the same rows."""

import os
import random
from datetime import date

import numpy as np
import oracle
import pyarrow as pa
import pytest
from effort import SLOW
from hypothesis import given, settings
from hypothesis import strategies as st
from ledgers import GivenLines, detailed_ledgers

from rfmtool.engines import CATEGORIES_SCHEMA, CUSTOMERS_SCHEMA, NO_DAY, Request
from rfmtool.engines.local import LocalEngine
from rfmtool.errors import InputError, SystemFailureError
from rfmtool.memory_budget import minimum_bytes
from rfmtool.sources.rows.clean import lines_schema

EPOCH = date(1970, 1, 1)
ROLES = ("category", "cost", "email", "keep:Country")
DETAILED = lines_schema(ROLES)


def units(amount):
    return int(amount * 10_000)


def place_of(day):
    return (day - EPOCH).days


def line(who, order, day, sales=0, refunds=0, **more):
    """A line with something in every column, as the engine gets it."""
    return {
        "customer_id": who, "order_id": order, "day": day, "sales": sales, "refunds": refunds,
        "rows": 1, "is_sale": True, "category": None, "email": None, "keep:Country": None,
        "cost": 0, "uncosted": 0, **more,
    }  # fmt: skip


def grouped(lines, *, batch_rows=3, schema=DETAILED, threads=2, **asked):
    """The answer without entries, and with them."""
    given = GivenLines(pa.Table.from_pylist(lines, schema), batch_rows)
    engine = LocalEngine(threads)
    return [engine.group(Request(given, entries=entries, **asked)) for entries in (False, True)]


def lines_of(ledger):
    """The oracle's lines as the engine gets them."""
    return [
        line(
            each.customer_id,
            f"day {each.day}" if each.order_id is None else each.order_id,
            place_of(each.day),
            units(max(each.amount, 0)),
            units(max(-each.amount, 0)),
            category=each.category,
            cost=units(each.cost or 0),
            uncosted=int(each.cost is None),
            email=each.email,
            is_sale=each.is_sale,
        )
        for each in oracle.used(ledger.lines)
        if each.is_sale or each.order_id is not None  # the others are left out before
    ]


def ids_of(found):
    return found.customers["customer_id"].to_pylist()


# Against the oracle ------------------------------------------------------------------------------


@pytest.mark.long
@settings(max_examples=SLOW // 2)
@given(ledger=detailed_ledgers(), threads=st.integers(1, 2))
def test_every_answer_is_what_the_oracle_makes_of_the_same_rows(ledger, threads):
    """All in one property, because an engine is dear to start."""
    plain, full = grouped(lines_of(ledger), threads=threads, excludes_voided_orders=True)

    ids = ids_of(plain)
    assert ids == ids_of(full)
    assert customers_in(plain) == customers_by(oracle.levels(ledger.lines))
    assert plain.customers.drop_columns("order_dates") == full.customers.drop_columns("order_dates")
    assert full.customers["order_dates"].null_count == len(ids)
    assert categories_in(plain, ids) == [
        (*key, units(net), NO_DAY if day is None else place_of(day))
        for key, (net, day) in oracle.categories(ledger.lines).items()
    ]
    assert plain.categories == full.categories
    assert plain.latest_cells == full.latest_cells
    assert entries_in(full, ids) == entries_by(oracle.entries(ledger.lines))
    emails = full.latest_cells["email"].to_pylist()
    assert dict(zip(ids, emails, strict=True)) == oracle.latest_emails(ledger.lines)


def customers_in(found):
    table = found.customers
    days = [sorted(order_dates or []) for order_dates in table["order_dates"].to_pylist()]
    names = ("customer_id", "sales", "refunds", "rows", "cost", "uncosted")
    return [*zip(*(table[name].to_pylist() for name in names), days, strict=True)]


def customers_by(found):
    return [
        (
            who, units(person.sales), units(person.refunds), person.rows, units(person.cost),
            person.uncosted, [place_of(day) for day in person.days],
        )
        for who, person in found.items()
    ]  # fmt: skip


def categories_in(found, ids):
    table = found.categories
    assert table.schema == CATEGORIES_SCHEMA
    return [(ids[row.pop("owner")], *row.values()) for row in table.to_pylist()]


def entries_in(grouping, ids):
    found = grouping.entries
    columns = (
        found.order, found.day, found.sales, found.refunds, found.cost, found.uncosted,
    )  # fmt: skip
    names = [ids[owner] for owner in found.owner]
    return [*zip(names, *(column.tolist() for column in columns), strict=True)]


def entries_by(found):
    numbers = {key: place for place, key in enumerate(dict.fromkeys(key[:2] for key in found))}
    return [
        (
            who, numbers[who, order], place_of(day), units(moved.sales), units(moved.refunds),
            units(moved.cost), moved.uncosted,
        )
        for (who, order, day), moved in found.items()
    ]  # fmt: skip


@pytest.mark.long
@settings(max_examples=SLOW // 4)
@given(ledger=detailed_ledgers(), draw=st.randoms(use_true_random=False))
def test_rows_in_another_order_give_the_same_answer(ledger, draw):
    rows = lines_of(ledger)
    shuffled = rows.copy()
    draw.shuffle(shuffled)

    assert everything(rows) == everything(shuffled, threads=1, batch_rows=50)


def everything(lines, **how):
    plain, full = grouped(lines, excludes_voided_orders=True, **how)
    ids = ids_of(plain)
    return (
        customers_in(plain), categories_in(full, ids), entries_in(full, ids),
        full.latest_cells.to_pylist(),
    )  # fmt: skip


# Named cases -------------------------------------------------------------------------------------


def test_an_order_with_a_line_that_is_no_sale_is_left_out_of_every_answer():
    rows = [
        line("ann", "1", 10, 500, category="tea", email="a@x", cost=3),
        line("ann", "1", 20, 700, category="pots", is_sale=False),
        line("ann", "2", 30, 100, category="tea", cost=1),
        line("bob", "1", 30, 100, is_sale=False),
    ]

    for found in grouped(rows, excludes_voided_orders=True):
        assert ids_of(found) == ["ann"]
        assert found.customers["cost"].to_pylist() == [1]
        assert found.categories["net"].to_pylist() == [100]
        assert found.latest_cells["email"].to_pylist() == [None]
    assert found.entries.day.tolist() == [30]


@pytest.mark.parametrize("roles", [(), ROLES])
def test_spellings_of_one_address_are_one_person_and_other_ids_are_left_alone(roles):
    rows = [
        line("ann@x.com", "1", 10, 500, category="tea"),
        line(" Ann@X.com", "1", 12, 300, category="tea"),
        line("ANN@x.com ", "2", 14, 100),
        line("bob", "1", 10, 1),
        line("Bob", "1", 10, 1),
    ]

    plain, full = grouped(rows, schema=lines_schema(roles))

    for found in (plain, full):
        assert ids_of(found) == [" Ann@X.com", "Bob", "bob"]
        assert found.merged_ids == 2
        assert found.customers["sales"].to_pylist() == [900, 1, 1]
        if roles:
            assert found.categories["net"].to_pylist() == [800]
    assert sorted(plain.customers["order_dates"].to_pylist()[0]) == [10, 14]
    assert full.entries.order.tolist() == [0, 0, 1, 2, 3]


def test_two_spellings_are_one_person_even_where_nothing_of_one_is_left():
    rows = [
        line("ann@x.com", "1", 10, 500),
        line("ANN@x.com", "1", 12, 300, is_sale=False),
        line("bob@x.com", "1", 12, 300),
    ]

    for schema in (lines_schema(()), DETAILED):
        for found in grouped(rows, schema=schema, excludes_voided_orders=True):
            assert ids_of(found) == ["bob@x.com"]


def test_of_two_cells_on_the_latest_day_the_largest_by_bytes_is_taken():
    rows = [
        line("ann", "1", 10, 1, **{"keep:Country": "Zaire", "email": "z@x"}),
        line("ann", "2", 20, 1, **{"keep:Country": "Chile"}),
        line("ann", "3", 20, 1, **{"keep:Country": "chile"}),
        line("bob", "1", -5, 1, **{"keep:Country": "Peru"}),
        line("bob", "2", -4, 1, **{"keep:Country": "Cuba"}),
    ]

    for found in grouped(rows):
        assert found.latest_cells["Country"].to_pylist() == ["chile", "Cuba"]
        assert found.latest_cells["email"].to_pylist() == ["z@x", None]


def test_columns_that_an_export_lacks_are_not_in_the_answers():
    plain, full = grouped([line("ann", "1", 10, 5)], schema=lines_schema(()))

    assert plain.customers.schema == CUSTOMERS_SCHEMA
    assert full.customers.column_names == [*CUSTOMERS_SCHEMA.names, "rows"]
    for found in (plain, full):
        assert found.categories is None
        assert found.latest_cells is None
    assert full.entries.cost is None


def test_a_kept_column_may_be_called_anything():
    name = 'keep:a "b" {c}; --'
    rows = [{**line("ann", "1", 10, 5), name: "x"}]

    for found in grouped(rows, schema=lines_schema([name])):
        assert found.latest_cells.to_pylist() == [{'a "b" {c}; --': "x"}]


def test_no_lines_are_nobody():
    for found in grouped([], excludes_voided_orders=True):
        assert ids_of(found) == []
        assert len(found.categories) == len(found.latest_cells) == 0
    assert len(found.entries.owner) == 0


def test_money_that_doubles_cannot_hold_is_exact():
    rows = [line("ann", str(order), 1, 2**52 + 1, cost=2**52 + 1) for order in range(3)]

    for found in grouped(rows):
        assert found.customers["sales"].to_pylist() == [3 * (2**52 + 1)]
        assert found.customers["cost"].to_pylist() == [3 * (2**52 + 1)]


def test_costs_that_int64_cannot_hold_are_refused_in_words():
    rows = [line("ann", str(order), 1, 1, cost=2**62) for order in range(2)]

    with pytest.raises(InputError, match="922 trillion"):
        grouped(rows)


@pytest.mark.long
def test_an_answer_that_had_to_spill_to_disk_is_the_same(cannot_spill):
    draw = random.Random(5)  # noqa: S311 - the same rows every time
    count = 150_000
    words = [f"category {number}" for number in range(20)]
    table = pa.table(
        {
            "customer_id": [f"customer {draw.randrange(30_000):06}" for _ in range(count)],
            "order_id": [f"order {draw.randrange(10**9)}" for _ in range(count)],
            "day": pa.array([19_000 + row % 90 for row in range(count)], pa.int32()),
            "sales": range(count),
            "refunds": [0] * count,
            "rows": pa.array([1] * count, pa.int32()),
            "is_sale": [row % 50 > 0 for row in range(count)],
            "category": draw.choices(words, k=count),
            "email": [f"{row:0500}@example.com" for row in range(count)],
        }
    )

    def everything(memory_limit):
        request = Request(GivenLines(table, 1 << 14), entries=True, excludes_voided_orders=True)
        found = LocalEngine(threads=2, memory_limit=memory_limit).group(request)
        entries = found.entries
        return found.customers, found.categories, found.latest_cells, entries.sales, entries.day

    short, ample = everything(minimum_bytes(threads=2)), everything(None)
    assert short[:3] == ample[:3]
    assert all(np.array_equal(*pair) for pair in zip(short[3:], ample[3:], strict=True))
    cannot_spill()
    with pytest.raises(SystemFailureError, match=os.devnull):
        everything(minimum_bytes(threads=2))
