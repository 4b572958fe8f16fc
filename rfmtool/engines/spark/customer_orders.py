"""Customers with their orders, grouped by a cluster and returned with customers in no order.

Each row is a customer, so nothing is left to be grouped here; of their orders only numbers are
kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.arrays import Ints, is_group_start
from rfmtool.engines import CUSTOMERS_SCHEMA, Grouping, OrderEntries, Request
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
from rfmtool.sources.layout import KEPT_PREFIX

ORDERS_COLUMN: Final = "order_amounts"
"""The column of a customer's orders with their daily amounts, where they are requested."""
_COST_COLUMNS: Final = ("cost", "uncosted")
_MONEY_COLUMNS: Final = ("sales", "refunds", *_COST_COLUMNS)
_DAY_BITS: Final = 32
_IS_ORDER_START: Final = 1
"""The index of the column of entries that marks the first entry of each order."""


def customer_orders_query(request: Request, columns: LineAggregates) -> str:
    """The SQL that makes a cluster group lines to customers with their orders."""
    category = ["category"] if "category" in columns.names else []
    costs = _COST_COLUMNS if "cost" in columns.names else []
    only = " filter (where is_sale)" * request.excludes_voided_orders
    order_sums = [columns.sums(), "bool_and(is_sale) as is_sale"]
    order_sums += (f"max({name}) as {name}" for name in columns.text_columns)
    sums = [columns.sums(only), *(f"max({name}){only} as {name}" for name in columns.text_columns)]
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
    """Turn the rows of `customer_orders_query`, in any order, into a Grouping.

    `columns` go by their names on the cluster, `names` are those of the same columns here. Raises
    as `grouping_from_customers`.
    """
    category_spend = CategorySpend() if "category" in columns.names else None
    table, parts = _customers_and_entries(batches, request, columns, category_spend)
    numbered = _with_row_numbers(table, columns.text_columns)
    grouping = grouping_from_customers(numbered, request, columns)
    customers, sources = grouping.customers.drop_columns("row"), grouping.customers["row"]
    latest = pa.table({
        names[columns.names.index(name)].removeprefix(KEPT_PREFIX):
            pc.utf8_slice_codeunits(table[name], length).take(sources).combine_chunks()
        for name, length in columns.prefix_lengths.items()
    })  # fmt: skip
    del table, numbered
    release_memory()
    return replace(
        grouping,
        customers=customers,
        entries=_order_entries(parts, sources.to_numpy()) if request.entries else None,
        categories=category_spend and category_spend.take_table(customers["customer_id"]),
        latest_cells=latest if columns.text_columns else None,
    )


def _customers_and_entries(
    batches: Iterable[pa.RecordBatch],
    request: Request,
    columns: LineAggregates,
    category_spend: CategorySpend | None,
) -> tuple[pa.Table, list[Sequence[Ints]]]:
    """All columns but the orders, and the orders as `parts` of `_order_entries`."""
    customers, rows, wide = [], 0, columns.money_type == DECIMAL
    parts, small_parts = list[Sequence[Ints]](), list[Sequence[Ints]]()
    for batch in batches:
        # Copied, because a batch is one block of memory, orders included.
        flat = [name for name in batch.schema.names if name != ORDERS_COLUMN]
        customers.append(batch.select(flat).take(pa.array(np.arange(len(batch)))))
        if ORDERS_COLUMN in batch.schema.names:
            amounts = _OrderAmounts.from_lists(batch[ORDERS_COLUMN], wide=wide)
            if category_spend:
                category_spend.add(amounts.category_lines(batch["customer_id"]))
            if request.entries:
                small_parts.append(amounts.entry_columns(len(batch)))
                rows += len(small_parts[-1][_IS_ORDER_START])
            if rows > FILE_BACKED_ROWS:
                parts.append([_concatenated(column) for column in zip(*small_parts, strict=True)])
                small_parts.clear()
                rows = 0
                release_file_pages()
    return pa.Table.from_batches(customers), parts + small_parts


def _with_row_numbers(customers: pa.Table, text_columns: Sequence[str]) -> pa.Table:
    if "order_dates" not in customers.column_names:
        no_dates = pa.nulls(len(customers), CUSTOMERS_SCHEMA.field("order_dates").type)
        customers = customers.append_column("order_dates", no_dates)
    excluded = (*CUSTOMERS_SCHEMA.names, *text_columns)
    others = [name for name in customers.column_names if name not in excluded]
    customers = customers.select([*CUSTOMERS_SCHEMA.names, *others])
    return customers.append_column("row", pa.array(np.arange(len(customers))))


@dataclass(frozen=True)
class _OrderAmounts:
    """Daily amounts of the orders of some customers, sorted by customer and order."""

    owner: Ints  # the customer's row among these customers
    order: Ints  # the order's number among those of all these customers
    columns: dict[str, pa.Array]  # the day, the category and the money of each

    @classmethod
    def from_lists(cls, orders: pa.ListArray, *, wide: bool) -> _OrderAmounts:
        """From a list of orders for each customer, each with a list of days."""
        counts = pc.list_value_length(orders).fill_null(0).to_numpy()
        _, days = orders.flatten().flatten()
        rows = pc.list_value_length(days).to_numpy()
        entries = days.flatten()
        owner = np.repeat(np.arange(len(orders), dtype=np.int32), counts)
        order = np.repeat(np.arange(len(days)), rows)
        names = [field.name for field in entries.type]
        columns = dict(zip(names, entries.flatten(), strict=True))
        money = {
            name: integer_array_from_sums(column, wide=wide or name in _COST_COLUMNS)
            for name, column in columns.items()
            if name in _MONEY_COLUMNS
        }
        return cls(np.repeat(owner, rows), order, columns | money)

    def category_lines(self, ids: pa.Array) -> pa.RecordBatch:
        """The amounts as lines that CategorySpend adds up."""
        names = ("category", "sales", "refunds", "day")
        columns = {name: self.columns[name] for name in names}
        customer_id = ids.take(pa.array(self.owner))
        return pa.RecordBatch.from_pydict({"customer_id": customer_id, **columns})

    def entry_columns(self, customers: int) -> Sequence[Ints]:
        """One part of the argument of `_order_entries`, with a row for each order and day."""
        columns = [self.columns[name].to_numpy() for name in _MONEY_COLUMNS if name in self.columns]
        day = self.columns["day"].to_numpy()
        keys = (self.order << _DAY_BITS) + day
        by_day = np.argsort(keys, kind="stable")  # quick, because most are sorted already
        starts = np.flatnonzero(is_group_start(keys[by_day]))
        first = by_day[starts]
        sums = (np.add.reduceat(column[by_day], starts) for column in columns)
        return [
            np.bincount(self.owner[first], minlength=customers).astype(np.int32),
            is_group_start(self.order[first]),
            day[first],
            *(sums if len(starts) else columns),
        ]


def _concatenated(arrays: Sequence[Ints]) -> Ints:
    column = allocate_column(sum(map(len, arrays)), arrays[0].dtype.type)
    return np.concatenate(arrays, out=column)


def _order_entries(parts: list[Sequence[Ints]], sources: Ints) -> OrderEntries:
    """The entries of all customers in order, whose rows in all parts are `sources`.

    A part has columns of some customers: the number of entries of each, and of each entry whether
    an order begins with it, its day, and its money. `parts` is emptied, to save memory.
    """
    columns = [[*column] for column in zip(*parts, strict=True)]
    parts.clear()
    counts = np.concatenate(columns.pop(0))
    starts, lengths = (np.cumsum(counts, dtype=np.int64) - counts)[sources], counts[sources]
    rows = np.repeat(starts - (np.cumsum(lengths, dtype=np.int64) - lengths), lengths)
    rows += np.arange(len(rows))
    owner = allocate_column(len(rows), np.int32)
    owner[:] = np.repeat(np.arange(len(sources), dtype=np.int32), lengths)
    order = allocate_column(len(rows), np.int32)
    np.cumsum(np.concatenate(columns.pop(0))[rows], out=order)
    order -= np.int32(1)
    others = []
    while columns:  # popped one by one, so that each is freed in turn
        others.append(take_rows(np.concatenate(columns.pop(0)), rows))
    return OrderEntries(owner, order, *others)
