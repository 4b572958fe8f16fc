"""Customers with their orders, laid out by a cluster, as they come back: in no order of customers.

What comes is a row a customer, so nothing is left to be grouped here, and what is kept of the rows
are numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.arrays import Ints, is_group_start
from rfmtool.engines import CUSTOMERS, Grouping, OrderEntries, Request
from rfmtool.engines.aggregate_sql import LineAggregates
from rfmtool.engines.category_spend import CategorySpend
from rfmtool.engines.exact_sums import DECIMAL, integer_array_from_sums, sql_statement
from rfmtool.engines.queries import grouping_from_customers
from rfmtool.memory import (
    FILE_BACKED_ROWS,
    allocate_column,
    release_file_pages,
    release_memory,
    take_rows,
)
from rfmtool.sources.layout import KEPT

ORDERS_COLUMN: Final = "moved"
"""The column of what a customer's orders moved, where that is wanted."""
_COSTS: Final = ("cost", "uncosted")
_MONEY: Final = ("sales", "refunds", *_COSTS)
_DAY_BITS: Final = 32
_IS_NEW: Final = 1
"""Which of the columns of entries says whether an order begins with each."""


def customer_orders_query(request: Request, columns: LineAggregates) -> str:
    """What asks a cluster for customers with their orders."""
    category = ["category"] if columns.has_category else []
    costs = _COSTS if columns.has_cost else []
    only = " filter (where is_sale)" * request.excludes_voided_orders
    order_sums = [columns.sums(), "bool_and(is_sale) as is_sale"]
    order_sums += (f"max({word}) as {word}" for word in columns.text_columns)
    sums = [columns.sums(only), *(f"max({word}){only} as {word}" for word in columns.text_columns)]
    if columns.has_order_counts:
        order_sums.append(columns.order_count_sums("first_file", "last_file"))
        sums.append(columns.order_counts())
    if not request.entries:
        order_sums.append("min(day) filter (where sales > 0) as day")
        counts = "sales > refunds" + " and is_sale" * request.excludes_voided_orders
        sums.append(f"array_agg(day) filter (where {counts}) as order_dates")
    if request.entries or category:
        entry = ", ".join(["day", *category, "sales", "refunds", *costs])
        order_sums.append(f"array_agg(struct({entry})) as days")
        sums.append(f"array_sort(array_agg(struct(order_id, days)){only}) as {ORDERS_COLUMN}")
    return sql_statement(
        "customer_orders",
        keys=", ".join(["day", *category]),
        day_sums=columns.level_sums(is_dated=True),
        order_sums=", ".join(order_sums),
        sums=", ".join(sums),
    )


def grouping_from_customer_orders(
    batches: Iterable[pa.RecordBatch],
    request: Request,
    columns: LineAggregates,
    names: Sequence[str],
) -> Grouping:
    """What the customers of `laid_out_query`, in any order, come to.

    Args:
        batches: what the cluster answers.
        request: what is wanted.
        columns: those of the lines, as they are called on the cluster.
        names: of the same columns here.

    Raises:
        MoneyOverflowError: sales or refunds reach 2^53, and are not added up wide.
        SamePersonError: two ids are spellings of one address.
        InputError: a customer's money reaches 2^63.
    """
    people, spends, rows = [], CategorySpend(), 0
    parts: list[Sequence[Ints]] = []
    blocks: list[Sequence[Ints]] = []
    for batch in batches:
        # Taken, for a batch as it comes is one piece of memory, orders and all.
        flat = [name for name in batch.schema.names if name != ORDERS_COLUMN]
        people.append(batch.select(flat).take(pa.array(np.arange(len(batch)))))
        if ORDERS_COLUMN in batch.schema.names:
            orders = _Orders.of(batch[ORDERS_COLUMN], wide=columns.money_type == DECIMAL)
            if columns.has_category:
                spends.add(orders.spends(batch["customer_id"]))
            if request.entries:
                parts.append(orders.entries(len(batch)))
                rows += len(parts[-1][_IS_NEW])
            if rows > FILE_BACKED_ROWS:
                blocks.append([_long(column) for column in zip(*parts, strict=True)])
                parts.clear()
                rows = 0
                release_file_pages()
    answer = pa.Table.from_batches(people)
    blocks += parts
    del people, parts
    grouping = grouping_from_customers(_numbered(answer, columns.text_columns), request, columns)
    customers, places = grouping.customers.drop_columns("place"), grouping.customers["place"]
    latest = pa.table({
        names[columns.names.index(word)].removeprefix(KEPT):
            pc.utf8_slice_codeunits(answer[word], letters).take(places).combine_chunks()
        for word, letters in columns.prefix_lengths.items()
    })  # fmt: skip
    del answer
    release_memory()
    return replace(
        grouping,
        customers=customers,
        entries=_entries(blocks, places.to_numpy()) if request.entries else None,
        categories=spends.take_table(customers["customer_id"]) if columns.has_category else None,
        latest_cells=latest if columns.text_columns else None,
    )


def _numbered(answer: pa.Table, words: Sequence[str]) -> pa.Table:
    """Customers without their words, numbered as they came."""
    if "order_dates" not in answer.column_names:
        no_dates = pa.nulls(len(answer), CUSTOMERS.field("order_dates").type)
        answer = answer.append_column("order_dates", no_dates)
    others = [name for name in answer.column_names if name not in (*CUSTOMERS.names, *words)]
    answer = answer.select([*CUSTOMERS.names, *others])
    return answer.append_column("place", pa.array(np.arange(len(answer))))


@dataclass(frozen=True)
class _Orders:
    """What the orders of some customers moved, those of a customer and of an order together."""

    owner: Ints
    """The customer's place among these."""
    order: Ints
    """The order's number among those of all these customers."""
    columns: dict[str, pa.Array]
    """The day, the category and the money of each."""

    @classmethod
    def of(cls, orders: pa.ListArray, *, wide: bool) -> _Orders:
        """Of a list of orders for each customer, with a list of days each."""
        counts = pc.list_value_length(orders).fill_null(0).to_numpy()
        _, days = orders.flatten().flatten()
        rows = pc.list_value_length(days).to_numpy()
        entries = days.flatten()
        owner = np.repeat(np.arange(len(orders), dtype=np.int32), counts)
        order = np.repeat(np.arange(len(days)), rows)
        names = [field.name for field in entries.type]
        columns = dict(zip(names, entries.flatten(), strict=True))
        money = {
            name: integer_array_from_sums(column, wide=wide or name in _COSTS)
            for name, column in columns.items()
            if name in _MONEY
        }
        return cls(np.repeat(owner, rows), order, columns | money)

    def spends(self, ids: pa.Array) -> pa.RecordBatch:
        """These as lines of customers and categories."""
        names = ("category", "sales", "refunds", "day")
        columns = {name: self.columns[name] for name in names}
        customer_id = ids.take(pa.array(self.owner))
        return pa.RecordBatch.from_pydict({"customer_id": customer_id, **columns})

    def entries(self, customers: int) -> Sequence[Ints]:
        """These by day, those of one order and day as one, as `_entries` takes them."""
        columns = [self.columns[name].to_numpy() for name in _MONEY if name in self.columns]
        day = self.columns["day"].to_numpy()
        keys = (self.order << _DAY_BITS) + day
        by_day = np.argsort(keys, kind="stable")  # which they mostly are, and then it is quick
        starts = np.flatnonzero(is_group_start(keys[by_day]))
        first = by_day[starts]
        sums = (np.add.reduceat(column[by_day], starts) for column in columns)
        return [
            np.bincount(self.owner[first], minlength=customers).astype(np.int32),
            is_group_start(self.order[first]),
            day[first],
            *(sums if len(starts) else columns),
        ]


def _long(pieces: Sequence[Ints]) -> Ints:
    """The pieces of a column as one."""
    whole = allocate_column(sum(map(len, pieces)), pieces[0].dtype.type)
    return np.concatenate(pieces, out=whole)


def _entries(parts: list[Sequence[Ints]], places: Ints) -> OrderEntries:
    """The entries of all customers, who came at these places.

    Args:
        parts: of some customers each: how many entries each has, and of each entry whether an order
            begins with it, its day, and its money. They are taken out, not to be there twice.
        places: of the customers in their order.
    """
    columns = [[*column] for column in zip(*parts, strict=True)]
    parts.clear()
    counts = np.concatenate(columns.pop(0))
    begin, lengths = (np.cumsum(counts, dtype=np.int64) - counts)[places], counts[places]
    rows = np.repeat(begin - (np.cumsum(lengths, dtype=np.int64) - lengths), lengths)
    rows += np.arange(len(rows))
    owner = allocate_column(len(rows), np.int32)
    owner[:] = np.repeat(np.arange(len(places), dtype=np.int32), lengths)
    order = allocate_column(len(rows), np.int32)
    np.cumsum(np.concatenate(columns.pop(0))[rows], out=order)
    order -= np.int32(1)
    others = []
    while columns:  # one after the other, each let go of in turn
        others.append(take_rows(np.concatenate(columns.pop(0)), rows))
    return OrderEntries(owner, order, *others)
