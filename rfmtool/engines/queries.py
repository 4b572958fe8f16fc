"""What is asked of lines in one DuckDB connection.

Where customers alone are wanted, the lines are read straight to them. Where more than one question
is asked, what each order moved on each day is kept in a table, `level`, which spills to disk.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.arrays import PART_SIZE, Ints, Mask
from rfmtool.engines import CATEGORIES, CUSTOMERS, Grouping, OrderCounts, OrderEntries, Request
from rfmtool.engines.aggregate_sql import LineAggregates
from rfmtool.engines.category_spend import CategorySpend
from rfmtool.engines.exact_sums import (
    DECIMAL,
    customers_from_sums,
    integers_from_sums,
    sql_statement,
)
from rfmtool.engines.partitioning import query_in_partitions
from rfmtool.engines.repeated_amounts import register_lines
from rfmtool.memory import allocate_column, in_memory_bytes, release_file_pages
from rfmtool.memory_budget import GROUPING_BYTES
from rfmtool.sources.cells.ids import matching_key
from rfmtool.sources.layout import KEPT

_CATEGORY: Final = "category"
_ORDER_COUNTS: Final = ("orders", "multi_row_orders", "repeated_amount_orders", "multi_file_orders")
_SAME: Final = pa.schema({"customer_id": pa.string(), "person_id": pa.string()})


class SameEmailError(Exception):
    """Ids differ only as one e-mail address may be written; keep a level to have them as one."""


def group_lines(
    connection: duckdb.DuckDBPyConnection,
    request: Request,
    money: str,
    *,
    merges: bool,
    threads: int,
) -> Grouping:
    """Read lines once, and answer what is wanted of them.

    Args:
        connection: to an empty database.
        request: what is wanted.
        money: what sales and refunds are added up in, `exact.DOUBLE` or `exact.WIDE`.
        merges: whether spellings of one e-mail address become one customer.
        threads: how many there are to group with.

    Raises:
        MoneyOverflowError: a customer's sales or refunds reach 2^53, and are not added up wide.
        SamePersonError: two ids are spellings of one address, and `merges` is not given.
        InputError: a customer's money reaches 2^63.
    """
    stream, spends = request.lines.read(), None
    # What is spent in categories is noted beside the lines unless it hangs on whole orders.
    if _CATEGORY in stream.schema.names and not (
        request.depends_on_order or request.first_categories
    ):
        spends = CategorySpend()
        stream = spends.strip_category(stream)
    columns = LineAggregates(stream.schema.names, money)
    if merges or request.entries or columns.text_columns or columns.has_category:
        register_lines(connection, request, stream)
        grouping = _Queries(connection, request, columns).of_level()
    else:
        rows = request.excludes_voided_orders or columns.has_cost or spends is not None
        queries = _Queries(connection, request, replace(columns, counts_rows=rows))
        grouping = queries.of_customers(stream, threads)
    if spends is None:
        return grouping
    categories = spends.take_table(grouping.customers["customer_id"])
    return Grouping(**{**vars(grouping), "categories": categories})


def customers_query(request: Request, columns: LineAggregates, source: str = "lines") -> str:
    """What asks for customers, and of `lines` to count their orders too."""
    whole_orders = request.excludes_voided_orders and source == "lines"
    order_sums = [columns.sums()]
    sums = [columns.sums(" filter (where is_sale)" * whole_orders)]
    if whole_orders:
        order_sums.append("bool_and(is_sale) as is_sale")
    if source == "lines" and columns.has_order_counts:
        order_sums.append(columns.order_count_sums())
        sums.append(columns.order_counts())
    return sql_statement(
        "customers",
        source=source,
        order_sums=", ".join(order_sums),
        counts="sales > refunds" + " and is_sale" * whole_orders,
        sums=", ".join(sums),
    )


def grouping_from_customers(
    answer: pa.Table, request: Request, columns: LineAggregates
) -> Grouping:
    """What the lines' customers, in any order, and the counts of their orders come to.

    Raises:
        MoneyOverflowError: their sales or refunds reach 2^53, and are not added up wide.
        SamePersonError: two ids are spellings of one address.
        InputError: their money reaches 2^63.
    """
    ids = answer["customer_id"]
    addresses = ids.filter(pc.match_substring(ids, "@"))
    if len(pc.unique(matching_key(addresses))) < len(addresses):
        raise SameEmailError
    there = [name for name in _ORDER_COUNTS if name in answer.column_names]
    order_counts = OrderCounts(**{name: pc.sum(answer[name]).as_py() or 0 for name in there})
    answer = answer.drop_columns(there)
    if request.excludes_voided_orders:
        answer = answer.filter(pc.is_valid(answer["rows"]))
    return Grouping(_sorted(answer, columns), order_counts=order_counts)


def _sorted(answer: pa.Table, columns: LineAggregates) -> pa.Table:
    by_id = pc.sort_indices(answer["customer_id"])
    return customers_from_sums(answer.take(by_id), wide=columns.money_type == DECIMAL)


@dataclass(frozen=True)
class _Queries:
    connection: duckdb.DuckDBPyConnection
    request: Request
    columns: LineAggregates

    def of_customers(self, stream: pa.RecordBatchReader, threads: int) -> Grouping:
        by_order = self.request.amount_per_order or self.request.deduplicates_orders
        query = customers_query(self.request, self.columns)
        if by_order or threads == 1:
            register_lines(self.connection, self.request, stream)
            answer = self.connection.sql(query).to_arrow_table()
        else:
            answer = query_in_partitions(self.connection, stream, query, threads)
        return grouping_from_customers(answer, self.request, self.columns)

    def of_level(self) -> Grouping:
        category = ", category" if self.columns.has_category else ""
        keys = f"customer_id, order_id, day{category}"
        level = sql_statement("level", keys=keys, sums=self.columns.level_sums())
        self.connection.execute(f"create table level as {level}")
        order_counts, merged_ids = self._order_counts(), self._merge()
        if self.request.excludes_voided_orders:
            self._do("void")
        self._do("people", sums=self.columns.sums())
        if self.request.entries:
            entries = self._entries(is_finest=not (merged_ids or category))
            people = self.connection.sql("from people order by owner").to_arrow_table()
            no_dates = pa.nulls(len(people), CUSTOMERS.field("order_dates").type)
            people = people.set_column(1, "order_dates", no_dates)
            customers = customers_from_sums(people, wide=self.columns.money_type == DECIMAL)
        else:
            query = customers_query(self.request, self.columns, "level")
            answer = self.connection.sql(query).to_arrow_table()
            entries, customers = None, _sorted(answer, self.columns)
        categories = self._categories() if category else None
        first = self._ask("first") if category and self.request.first_categories else None
        latest = None
        if self.columns.text_columns:
            latest = self._ask("latest", words=self.columns.latest_texts()).drop_columns("owner")
            names = [name.removeprefix(KEPT) for name in self.columns.text_columns]
            latest = latest.rename_columns(names)
        return Grouping(customers, entries, categories, first, latest, order_counts, merged_ids)

    def _entries(self, *, is_finest: bool) -> OrderEntries:
        """What each order moved on each day; `is_finest` where the level has a row for each."""
        sums = ["sales", "refunds", *(["cost", "uncosted"] if self.columns.has_cost else [])]
        group_by = ""
        if not is_finest:
            sums = [f"sum({name}) as {name}" for name in sums]
            group_by = "group by owner, order_id, day"
        query = sql_statement("entries", sums=", ".join(sums), group_by=group_by)
        [(most,)] = self.connection.sql("select count(*) from level").fetchall()
        kinds: list[type[np.generic]] = [*[np.int32] * 3, *[np.int64] * len(sums)]
        columns = [allocate_column(most, kind) for kind in kinds]
        self._make_room(sum(map(in_memory_bytes, columns)))
        with self.connection.sql(query).to_arrow_reader(PART_SIZE) as batches:
            return _entries_of(batches, columns)

    def _make_room(self, size_bytes: int) -> None:
        """Let DuckDB spill what arrays of a size are to take the place of."""
        query = "select parse_formatted_bytes(current_setting('memory_limit'))"
        [(limit,)] = self.connection.execute(query).fetchall()
        least = min(int(limit), GROUPING_BYTES)
        self.connection.execute(f"set memory_limit = '{max(int(limit) - size_bytes, least)}B'")

    def _categories(self) -> pa.Table:
        table = self._ask("categories")
        words = table["category"].combine_chunks()
        names = pc.unique(words).sort()
        coded = pa.DictionaryArray.from_arrays(pc.index_in(words, names), names)
        return table.set_column(1, "category", coded).cast(CATEGORIES)

    def _order_counts(self) -> OrderCounts:
        if not self.columns.has_order_counts:
            return OrderCounts()
        order_sums = ", ".join(
            [self.columns.sums(), self.columns.order_count_sums("first_file", "last_file")]
        )
        answer = self._ask(
            "order_counts", order_sums=order_sums, counts=self.columns.order_counts()
        )
        return OrderCounts(**answer.to_pylist()[0])

    def _merge(self) -> int:
        """Name all by the smallest spelling of their address; how many others there are."""
        query = "select distinct customer_id from level where contains(customer_id, '@')"
        ids = self.connection.sql(query).to_arrow_table()["customer_id"].combine_chunks()
        table = pa.table({"customer_id": ids, "key": matching_key(ids)})
        smallest = table.group_by("key").aggregate([("customer_id", "min")])
        places = pc.index_in(table["key"], smallest["key"])
        person_ids = smallest["customer_id_min"].take(places)
        same = pa.table({"customer_id": ids, "person_id": person_ids}, schema=_SAME)
        same = same.filter(pc.not_equal(same["customer_id"], same["person_id"]))
        if len(same):
            self.connection.register("same", same)
            self._do("merge")
        return len(same)

    def _do(self, name: str, **parts: str) -> None:
        self.connection.execute(sql_statement(name, **parts))

    def _ask(self, name: str, **parts: str) -> pa.Table:
        return self.connection.sql(sql_statement(name, **parts)).to_arrow_table()


def _entries_of(batches: pa.RecordBatchReader, columns: Sequence[Ints]) -> OrderEntries:
    """Entries out of rows of owner, order_id, day and sums, where those of an order stand together.

    Written to the columns, some at a time, because there are many, and the ids of all orders take
    more memory than what is kept of them.
    """
    start, orders, last = 0, 0, None
    for batch in filter(len, batches):
        owner, order_id, day, *sums = batch.columns
        is_new = np.ones(len(batch), dtype=bool)
        is_new[1:] = _changes(owner) | _changes(order_id)
        is_new[0] = (owner[0], order_id[0]) != last
        order = np.cumsum(is_new, dtype=np.int32) + np.int32(orders - 1)
        orders, last = int(order[-1]) + 1, (owner[-1], order_id[-1])
        money = (integers_from_sums(pa.chunked_array([one])) for one in sums)
        for column, part in zip(columns, (owner, order, day, *money), strict=True):
            column[start : start + len(batch)] = part
        start += len(batch)
        release_file_pages()
    return OrderEntries(*(column[:start] for column in columns))


def _changes(column: pa.Array) -> Mask:
    """Which cells but the first differ from the one before."""
    changes: Mask = pc.not_equal(column[1:], column[:-1]).to_numpy(zero_copy_only=False)
    return changes
