"""Every level that books keep is what the oracle makes of the same rows."""

import os
import random
from datetime import date

import numpy as np
import oracle
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ledgers import detailed_ledgers

from rfmtool.engines import CATEGORIES, MoneyOverflowError, SamePersonError
from rfmtool.engines.local import LocalEngine
from rfmtool.errors import InputError, SystemFailureError
from rfmtool.sources.clean import lines_schema

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


def opened(lines, *, by_status=False, batch_rows=3, schema=DETAILED, **how):
    table = pa.Table.from_pylist(lines, schema)
    engine = LocalEngine(**{"threads": 2, **how})
    return engine.open(table.to_reader(batch_rows), by_status=by_status)


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
    ]


def ids_of(books):
    return books.customers()["customer_id"].to_pylist()


# Against the oracle ------------------------------------------------------------------------------


@settings(max_examples=settings.default.max_examples // 2)
@given(
    ledger=detailed_ledgers(),
    how=st.sampled_from(({}, {"wide": True}, {"threads": 1})),
)
def test_every_level_is_what_the_oracle_makes_of_the_same_rows(ledger, how):
    """All in one property, because books are dear to open."""
    with opened(lines_of(ledger), by_status=True, **how) as books:
        ids = books.customers()["customer_id"].to_pylist()
        assert customers_in(books) == customers_by(oracle.levels(ledger.lines))
        assert categories_in(books, ids) == [
            (*key, units(net)) for key, net in oracle.categories(ledger.lines).items()
        ]
        assert entries_in(books, ids) == entries_by(oracle.entries(ledger.lines))
        emails = books.latest()["email"].to_pylist()
        assert dict(zip(ids, emails, strict=True)) == oracle.latest_emails(ledger.lines)


def customers_in(books):
    table = books.customers()
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


def categories_in(books, ids):
    table = books.categories()
    assert table.schema == CATEGORIES
    return [(ids[row.pop("owner")], *row.values()) for row in table.to_pylist()]


def entries_in(books, ids):
    found = books.entries()
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


@settings(max_examples=settings.default.max_examples // 4)
@given(ledger=detailed_ledgers(), draw=st.randoms(use_true_random=False))
def test_rows_in_another_order_give_the_same_books(ledger, draw):
    rows = lines_of(ledger)
    shuffled = rows.copy()
    draw.shuffle(shuffled)

    assert everything(rows) == everything(shuffled, threads=1, batch_rows=50)


def everything(lines, **how):
    with opened(lines, by_status=True, **how) as books:
        ids = books.customers()["customer_id"].to_pylist()
        return (
            customers_in(books), categories_in(books, ids), entries_in(books, ids),
            books.latest().to_pylist(),
        )  # fmt: skip


# Named cases -------------------------------------------------------------------------------------


def test_an_order_with_a_line_that_is_no_sale_is_left_out_of_every_level():
    rows = [
        line("ann", "1", 10, 500, category="tea", email="a@x", cost=3),
        line("ann", "1", 20, 700, category="pots", is_sale=False),
        line("ann", "2", 30, 100, category="tea", cost=1),
        line("bob", "1", 30, 100, is_sale=False),
    ]

    with opened(rows, by_status=True) as books:
        assert ids_of(books) == ["ann"]
        assert books.customers()["cost"].to_pylist() == [1]
        assert books.categories()["net"].to_pylist() == [100]
        assert books.latest()["email"].to_pylist() == [None]
        assert books.entries().day.tolist() == [30]


def test_spellings_of_one_address_are_one_person_and_other_ids_are_left_alone():
    rows = [
        line("ann@x.com", "1", 10, 500),
        line(" Ann@X.com", "1", 12, 300),
        line("ANN@x.com ", "2", 14, 100),
        line("bob", "1", 10, 1),
        line("Bob", "1", 10, 1),
    ]

    with opened(rows) as books:
        assert ids_of(books) == [" Ann@X.com", "Bob", "bob"]
        assert books.merged_ids == 2
        assert sorted(books.customers()["order_dates"].to_pylist()[0]) == [10, 14]
        assert books.entries().order.tolist() == [0, 0, 1, 2, 3]


def test_the_fast_way_says_that_it_met_two_spellings_even_where_nothing_of_one_is_left():
    rows = [
        line("ann@x.com", "1", 10, 500),
        line("ANN@x.com", "1", 12, 300, is_sale=False),
        line("bob@x.com", "1", 12, 300),
    ]
    table = pa.Table.from_pylist(rows, DETAILED)

    for by_status in (False, True):
        with pytest.raises(SamePersonError):
            LocalEngine(threads=1).aggregate(table.to_reader(), by_status=by_status)[0]
    with opened(rows, by_status=True) as books:
        assert ids_of(books) == ["bob@x.com"]


def test_of_two_cells_on_the_latest_day_the_largest_by_bytes_is_taken():
    rows = [
        line("ann", "1", 10, 1, **{"keep:Country": "Zaire", "email": "z@x"}),
        line("ann", "2", 20, 1, **{"keep:Country": "Chile"}),
        line("ann", "3", 20, 1, **{"keep:Country": "chile"}),
        line("bob", "1", -5, 1, **{"keep:Country": "Peru"}),
        line("bob", "2", -4, 1, **{"keep:Country": "Cuba"}),
    ]

    with opened(rows) as books:
        latest = books.latest()

    assert latest["Country"].to_pylist() == ["chile", "Cuba"]
    assert latest["email"].to_pylist() == ["z@x", None]


def test_columns_that_an_export_lacks_are_not_in_the_answers():
    rows = [line("ann", "1", 10, 5)]

    with opened(rows, schema=lines_schema(())) as books:
        assert books.customers().column_names == [
            "customer_id", "order_dates", "sales", "refunds", "rows",
        ]  # fmt: skip
        assert books.categories() is None
        assert books.entries().cost is None
        assert books.latest().num_columns == 0


def test_a_kept_column_may_be_called_anything():
    name = 'keep:a "b" {c}; --'
    schema = lines_schema([name])

    with opened([{**line("ann", "1", 10, 5), name: "x"}], schema=schema) as books:
        assert books.latest().to_pylist() == [{'a "b" {c}; --': "x"}]


def test_no_lines_are_empty_books():
    with opened([], by_status=True) as books:
        assert ids_of(books) == []
        assert len(books.entries().owner) == len(books.categories()) == len(books.latest()) == 0


def test_money_that_doubles_cannot_hold_is_refused_unless_wide():
    rows = [line("ann", str(order), 1, 2**52 + 1, cost=2**52 + 1) for order in range(3)]

    with opened(rows) as books, pytest.raises(MoneyOverflowError):
        books.customers()
    with opened(rows) as books, pytest.raises(MoneyOverflowError):
        books.totals()
    with opened(rows, wide=True) as books:
        assert books.customers()["sales"].to_pylist() == [3 * (2**52 + 1)]
        assert books.customers()["cost"].to_pylist() == [3 * (2**52 + 1)]


def test_costs_that_int64_cannot_hold_are_refused_in_words():
    rows = [line("ann", str(order), 1, 1, cost=2**62) for order in range(2)]

    with opened(rows) as books, pytest.raises(InputError, match="922 trillion"):
        books.totals()


def test_books_that_had_to_spill_to_disk_say_the_same(cannot_spill):
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
        engine = LocalEngine(threads=2, memory_limit=memory_limit)
        with engine.open(table.to_reader(1 << 14), by_status=True) as books:
            entries = books.entries()
            people = books.customers().drop_columns("order_dates")
            return people, books.categories(), books.latest(), entries.sales, entries.day

    short, ample = everything("128MB"), everything(None)
    assert short[:3] == ample[:3]
    assert all(np.array_equal(*pair) for pair in zip(short[3:], ample[3:], strict=True))
    cannot_spill()
    with pytest.raises(SystemFailureError, match=os.devnull):
        everything("128MB")
