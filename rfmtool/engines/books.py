"""An export grouped by order and day in DuckDB, where several questions can be asked of it."""

from __future__ import annotations

from typing import Final

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.arrays import Ints
from rfmtool.engines import CATEGORIES, Doubts, Entries
from rfmtool.engines.doubts import counts, marks, quoted, taken_off
from rfmtool.engines.exact import DOUBLE, WIDE, check, customers_of, statement
from rfmtool.sources.cells.ids import matching_key
from rfmtool.sources.layout import KEPT
from rfmtool.sources.rows.clean import LARGEST, LINES
from rfmtool.sources.rows.lines import FILE

_NO_TEXTS: Final = frozenset({*LINES.names, "category", "cost", "uncosted", LARGEST, FILE})
_SAME: Final = pa.schema({"customer_id": pa.string(), "person_id": pa.string()})


class LocalBooks:
    """An export by order, day and category, in one table that spills to disk.

    Ids that differ only as one e-mail address may be written become one, named by the smallest
    spelling by bytes; `merged_ids` counts the others.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        names: list[str],
        *,
        by_status: bool,
        wide: bool,
    ) -> None:
        """Read all `lines`, which have these columns, into the table."""
        self._connection = connection
        self._wide = wide
        self._has_category = "category" in names
        self._has_cost = "cost" in names
        self._texts = [name for name in names if name not in _NO_TEXTS]
        self._fill(names)
        self.doubts = self._doubts(names)
        same = self._same_people()
        self.merged_ids = len(same)
        self._settle(same, by_status=by_status)
        connection.execute(statement("people"))

    def customers(self) -> pa.Table:
        """Return CUSTOMERS with `rows`, and `cost` and `uncosted` where costs were read."""
        return self._customers("customers")

    def totals(self) -> pa.Table:
        """Return what `customers` does without order_dates, which entries tell too, and sooner."""
        return self._customers("totals")

    def categories(self) -> pa.Table | None:
        """Return CATEGORIES; None where no category was read."""
        if not self._has_category:
            return None
        table = self._ask("categories")
        words = table["category"].combine_chunks()
        names = pc.unique(words).sort()
        coded = pa.DictionaryArray.from_arrays(pc.index_in(words, names), names)
        return table.set_column(1, "category", coded).cast(CATEGORIES)

    def entries(self) -> Entries:
        """Return what each order moved on each day."""
        sums = ["sales", "refunds", *(["cost", "uncosted"] if self._has_cost else [])]
        group_by = ""
        if self._has_category or self.merged_ids:  # else the books have a row for each
            sums = [f"sum({name}) as {name}" for name in sums]
            group_by = "group by owner, order_id, day"
        table = self._ask("entries", sums=", ".join(sums), group_by=group_by)
        owner, order_id, *columns = table.columns
        return Entries(
            _ints(owner), _numbers(_ints(owner), order_id), *(_ints(column) for column in columns)
        )

    def latest(self) -> pa.Table:
        """Return the latest non-empty cell of each contact and kept column.

        One row for each row of `customers()`. Of several cells on the latest day the largest by
        bytes is taken. Contact columns go by their roles, kept ones by their own names.
        """
        if not self._texts:
            return pa.table({})
        latest = "".join(
            f",\n    substr(max(cast(day + 20000000 as varchar) || {name}), 9) as {name}"
            for name in map(quoted, self._texts)
        )
        table = self._ask("latest", latest=latest).drop_columns("owner")
        return table.rename_columns([name.removeprefix(KEPT) for name in self._texts])

    def _fill(self, names: list[str]) -> None:
        sums = f",\n    sum(cast(cost as {WIDE})) as cost, sum(uncosted) as uncosted"
        level = statement(
            "level",
            money=WIDE if self._wide else DOUBLE,
            costs=sums if self._has_cost else "",
            category=self._category(),
            texts="".join(f", max({name}) as {name}" for name in map(quoted, self._texts)),
            marks=marks(names),
        )
        self._connection.execute(level)

    def _doubts(self, names: list[str]) -> Doubts:
        """How many orders may be counted twice; nothing is asked where nothing tells."""
        grouped = marks(names, "first_file", "last_file")
        if not grouped:
            return Doubts()
        return taken_off(self._ask("doubts", marks=grouped, counts=counts(names)))[1]

    def _same_people(self) -> pa.Table:
        """Spellings of e-mail addresses beside the smallest of each: customer_id, person_id."""
        query = "select distinct customer_id from level where customer_id like '%@%'"
        ids = self._connection.sql(query).to_arrow_table()["customer_id"].combine_chunks()
        table = pa.table({"customer_id": ids, "key": matching_key(ids)})
        smallest = table.group_by("key").aggregate([("customer_id", "min")])
        places = pc.index_in(table["key"], smallest["key"])
        person_ids = smallest["customer_id_min"].take(places)
        same = pa.table({"customer_id": ids, "person_id": person_ids}, schema=_SAME)
        return same.filter(pc.not_equal(same["customer_id"], same["person_id"]))

    def _settle(self, same: pa.Table, *, by_status: bool) -> None:
        """Make the level the books: at no cost where nobody is merged and nothing left out."""
        if not len(same) and not by_status:
            self._connection.execute("alter table level rename to books")
            return
        self._connection.register("same", same)
        costs = ", cost, uncosted" if self._has_cost else ""
        texts = "".join(f", {quoted(name)}" for name in self._texts)
        self._connection.execute(
            statement("books", costs=costs, category=self._category(), texts=texts)
        )
        self._connection.execute("drop table level")

    def _customers(self, name: str) -> pa.Table:
        return customers_of(self._ask(name, costs=self._cost_sums()), wide=self._wide)

    def _ask(self, name: str, **parts: str) -> pa.Table:
        return self._connection.sql(statement(name, **parts)).to_arrow_table()

    def _category(self) -> str:
        return ", category" if self._has_category else ""

    def _cost_sums(self) -> str:
        return ", sum(cost) as cost, sum(uncosted) as uncosted" if self._has_cost else ""


def _numbers(owner: Ints, order_id: pa.ChunkedArray) -> Ints:
    """Orders by number from 0, where the rows of each stand together."""
    ids = order_id.combine_chunks()
    new = np.ones(len(ids), dtype=bool)
    other_id = pc.not_equal(ids[1:], ids[:-1])
    new[1:] = (owner[1:] != owner[:-1]) | other_id.to_numpy(zero_copy_only=False)
    return np.cumsum(new) - 1


def _ints(column: pa.ChunkedArray) -> Ints:
    check(column, wide=True)
    whole: Ints = column.cast(pa.int64()).combine_chunks().to_numpy()
    return whole
