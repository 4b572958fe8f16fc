"""Exchange rates: what a unit of each currency was worth in another on each day."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.arrays import Floats, Mask, Places, mask_of
from rfmtool.sources.cells import currencies
from rfmtool.sources.cells.dates import Days
from rfmtool.sources.cells.numbers import Numbers

_ALWAYS: Final = -(2**31)
"""The day before all days."""
_DAYS: Final = 2**32
"""More than there are days."""
_ONE: Final = Decimal(1)


@dataclass(frozen=True, order=True)
class Rate:
    """What one unit of a currency is worth, from a day on until its next rate."""

    currency: str
    effective_on: int
    """In days since 1970-01-01."""
    value: Decimal

    @classmethod
    def constant(cls, currency: str, value: Decimal) -> Rate:
        """A rate in force from the first of days."""
        return cls(currency, _ALWAYS, value)


class _Table(NamedTuple):
    """Rates to look up in: a column each, and what currencies are written as."""

    codes: Places
    """Of the currency of each rate."""
    keys: Places
    """The code and the day of each rate in one number, ascending."""
    values: Floats
    texts: pa.Array
    marks: pa.Array
    code_of_mark: Places


@dataclass(frozen=True)
class Rates:
    """Rates into a currency, whose own rate is 1 on all days."""

    target_currency: str
    rows: tuple[Rate, ...]
    """Ascending; no two are of one currency and day, and none is of `into`."""

    @property
    def currency_codes(self) -> tuple[str, ...]:
        """All currencies that have a rate, in the order of the alphabet."""
        return tuple(sorted({self.target_currency, *(rate.currency for rate in self.rows)}))

    def factors(self, named: pa.Array, days: Days) -> tuple[Numbers, Mask]:
        """The rate of each row, to multiply its money with.

        Args:
            named: the currency of each row, "" where none is named and null where none is known.
            days: its day.

        Returns:
            The factors, 1 where there is no rate; and where there is none.
        """
        table = self._table
        mark = pc.index_in(named, table.marks)
        known = mask_of(mark.is_valid())
        code = table.code_of_mark[mark.fill_null(0).to_numpy()]
        keys = code * _DAYS + days.astype(np.int64) - _ALWAYS
        rows = np.searchsorted(table.keys, keys, side="right") - 1
        lacking = ~(known & (table.codes[rows] == code))
        places = np.where(lacking, 0, rows)
        return Numbers(table.values[places], table.texts.take(pa.array(places)), None), lacking

    @cached_property
    def _table(self) -> _Table:
        # Of all rates the one into the same currency comes first.
        rates = [Rate.constant(self.target_currency, _ONE), *self.rows]
        order = [
            self.target_currency,
            *(name for name in self.currency_codes if name != self.target_currency),
        ]
        code = {name: place for place, name in enumerate(order)}
        codes = np.array([code[rate.currency] for rate in rates], dtype=np.int64)
        days = np.array([rate.effective_on for rate in rates], dtype=np.int64)
        shared = currencies.resolve_shared_signs(self.currency_codes, self.target_currency)
        meanings = {"": self.target_currency, **shared, **{name: name for name in order}}
        return _Table(
            codes,
            codes * _DAYS + days - _ALWAYS,
            np.array([float(rate.value) for rate in rates]),
            pa.array([str(rate.value) for rate in rates]),
            pa.array(list(meanings)),
            np.array([code[name] for name in meanings.values()], dtype=np.int64),
        )
