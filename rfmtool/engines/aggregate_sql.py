"""SQL expressions that aggregate the columns of lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rfmtool.engines.exact_sums import DECIMAL
from rfmtool.sources.consents import REFUSALS
from rfmtool.sources.rows.clean import LARGEST, LINES
from rfmtool.sources.rows.lines import FILE

_CONSENT = "consent"
_DAY = "20000000"  # added to a day it gives the same number of digits for any day
_NOT_TEXT = frozenset({*LINES.names, "category", "cost", "uncosted", LARGEST, FILE})


@dataclass(frozen=True)
class LineAggregates:
    """The columns of some lines; methods return SQL for the columns of a `select`.

    `money_type` is the type that sales and refunds are added up in.
    """

    names: Sequence[str]
    money_type: str
    counts_rows: bool = True

    @property
    def text_columns(self) -> list[str]:
        """Contact and kept columns."""
        return [name for name in self.names if name not in _NOT_TEXT]

    @property
    def prefix_lengths(self) -> dict[str, int]:
        """How many letters of day and rank precede each text while the largest is sought."""
        return {name: len(_DAY) + (name == _CONSENT) for name in self.text_columns}

    @property
    def has_order_counts(self) -> bool:
        """Whether lines have the largest amount of their rows, or their file."""
        return LARGEST in self.names or FILE in self.names

    def sums(self, only: str = "") -> str:
        """The sums; `only` is a `filter` clause."""
        sums = (
            f"sum(cast(sales as {self.money_type})){only} as sales",
            f"sum(cast(refunds as {self.money_type})){only} as refunds",
            *((f"sum(cast(rows as bigint)){only} as rows",) if self.counts_rows else ()),
        )
        costs = f"sum(cast(cost as {DECIMAL})){only} as cost", f"sum(uncosted){only} as uncosted"
        return ", ".join([*sums, *(costs if "cost" in self.names else ())])

    def level_sums(self, *, is_dated: bool = False) -> str:
        """The aggregates of an order and day; `is_dated` puts the day before texts."""
        texts = (
            f"{_dated(_ranked(name)) if is_dated else f'max({_ranked(name)})'} as {quoted(name)}"
            for name in self.text_columns
        )
        marks = (f"max({LARGEST}) as {LARGEST}",) if LARGEST in self.names else ()
        files = ("min(file) as first_file", "max(file) as last_file") if FILE in self.names else ()
        return ", ".join([self.sums(), "bool_and(is_sale) as is_sale", *texts, *marks, *files])

    def order_count_sums(self, first_file: str = FILE, last_file: str = FILE) -> str:
        """The aggregates of an order that `order_counts` needs."""
        rows = "" if self.counts_rows else ", sum(rows) as rows"
        sums = {
            LARGEST: f"max({LARGEST}) as {LARGEST}{rows}",
            FILE: f"min({first_file}) as first_file, max({last_file}) as last_file",
        }
        return ", ".join(sql for name, sql in sums.items() if name in self.names)

    def order_counts(self) -> str:
        """The counts of `engines.OrderCounts`."""
        repeats = f"cast(sales as double) = cast({LARGEST} as double) * rows"
        counts = {
            LARGEST: "count(*) filter (where rows > 1) as multi_row_orders, count(*) filter (where"
            f" rows > 1 and sales > 0 and {repeats}) as repeated_amount_orders",
            FILE: "count(*) filter (where first_file < last_file) as multi_file_orders",
        }
        known = (sql for name, sql in counts.items() if name in self.names)
        return ", ".join(["count(*) as orders", *known])

    def latest_texts(self) -> str:
        """The latest text of each text column."""
        return ", ".join(
            f"substr({_dated(quoted(name))}, {letters + 1}) as {quoted(name)}"
            for name, letters in self.prefix_lengths.items()
        )


def _ranked(name: str) -> str:
    """A text column such that a refused consent is larger than all other consents."""
    column = quoted(name)
    if name != _CONSENT:
        return column
    refusals = ", ".join(f"'{word}'" for word in sorted(REFUSALS))
    normalized = f"replace(replace(lower(trim({column})), '-', '_'), ' ', '_')"
    return f"case when {normalized} in ({refusals}) then '1' else '0' end || {column}"


def _dated(column: str) -> str:
    return f"max(cast(day + {_DAY} as string) || {column})"


def quoted(name: str) -> str:
    """A column's name in SQL: in double quotes, which not all SQL knows, only where needed."""
    return name if name.isidentifier() else '"' + name.replace('"', '""') + '"'
