"""What the columns of lines become when lines are grouped, as SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rfmtool.engines.exact_sums import DECIMAL
from rfmtool.sources.consents import REFUSALS
from rfmtool.sources.rows.clean import LARGEST, LINES
from rfmtool.sources.rows.lines import FILE

_CONSENT = "consent"
_DAY = "20000000"
"""Added to a day it comes to as many digits for any day."""
_NO_WORDS = frozenset({*LINES.names, "category", "cost", "uncosted", LARGEST, FILE})


@dataclass(frozen=True)
class LineAggregates:
    """The columns of some lines.

    `money` is the type that sales and refunds are added up in; `rows`, whether rows are counted.
    Each answer is the SQL of some columns of a `select`.
    """

    names: Sequence[str]
    money_type: str
    counts_rows: bool = True

    @property
    def text_columns(self) -> list[str]:
        """Contact and kept columns."""
        return [name for name in self.names if name not in _NO_WORDS]

    @property
    def prefix_lengths(self) -> dict[str, int]:
        """How many letters of day and rank stand before each word while the largest is sought."""
        return {name: len(_DAY) + (name == _CONSENT) for name in self.text_columns}

    @property
    def has_category(self) -> bool:
        """Whether a line says in which category it is."""
        return "category" in self.names

    @property
    def has_cost(self) -> bool:
        """Whether a line says what was paid for it."""
        return "cost" in self.names

    @property
    def has_order_counts(self) -> bool:
        """Whether the lines say how large their rows are, or in which file they stand."""
        return LARGEST in self.names or FILE in self.names

    def sums(self, only: str = "") -> str:
        """What is added up, of the lines or orders that `only` leaves."""
        counted = (
            f"sum(cast(sales as {self.money_type})){only} as sales",
            f"sum(cast(refunds as {self.money_type})){only} as refunds",
            *((f"sum(cast(rows as bigint)){only} as rows",) if self.counts_rows else ()),
            *((f"sum(cast(cost as {DECIMAL})){only} as cost",) if self.has_cost else ()),
            *((f"sum(uncosted){only} as uncosted",) if self.has_cost else ()),
        )
        return ", ".join(counted)

    def level_sums(self, *, is_dated: bool = False) -> str:
        """What lines of one order and day become; `is_dated` puts the day before words."""
        words = (
            f"{_dated(_ranked(name)) if is_dated else f'max({_ranked(name)})'} as {quoted(name)}"
            for name in self.text_columns
        )
        marks = (f"max({LARGEST}) as {LARGEST}",) if LARGEST in self.names else ()
        files = ("min(file) as first_file", "max(file) as last_file") if FILE in self.names else ()
        return ", ".join([self.sums(), "bool_and(is_sale) as is_sale", *words, *marks, *files])

    def order_count_sums(self, first_file: str = FILE, last_file: str = FILE) -> str:
        """What it hangs on whether an order may be counted twice."""
        rows = "" if self.counts_rows else ", sum(rows) as rows"
        sums = {
            LARGEST: f"max({LARGEST}) as {LARGEST}{rows}",
            FILE: f"min({first_file}) as first_file, max({last_file}) as last_file",
        }
        return ", ".join(sql for name, sql in sums.items() if name in self.names)

    def order_counts(self) -> str:
        """How many orders there are and may be counted twice: `engines.OrderCounts`."""
        alike = f"cast(sales as double) = cast({LARGEST} as double) * rows"
        counts = {
            LARGEST: "count(*) filter (where rows > 1) as multi_row_orders, count(*) filter"
            f" (where rows > 1 and sales > 0 and refunds = 0 and {alike}) as repeated_amount_orders",
            FILE: "count(*) filter (where first_file < last_file) as multi_file_orders",
        }
        found = (sql for name, sql in counts.items() if name in self.names)
        return ", ".join(["count(*) as orders", *found])

    def latest_texts(self) -> str:
        """The latest of the words."""
        return ", ".join(
            f"substr({_dated(quoted(name))}, {letters + 1}) as {quoted(name)}"
            for name, letters in self.prefix_lengths.items()
        )


def _ranked(name: str) -> str:
    """A word as its largest is taken: of consents on one day a refusal goes before all others."""
    word = quoted(name)
    if name != _CONSENT:
        return word
    refusals = ", ".join(f"'{one}'" for one in sorted(REFUSALS))
    bare = f"replace(replace(lower(trim({word})), '-', '_'), ' ', '_')"
    return f"case when {bare} in ({refusals}) then '1' else '0' end || {word}"


def _dated(word: str) -> str:
    return f"max(cast(day + {_DAY} as string) || {word})"


def quoted(name: str) -> str:
    """A column's name as SQL has it: in quotes, which not all SQL knows, where it needs them."""
    return name if name.isidentifier() else '"' + name.replace('"', '""') + '"'
