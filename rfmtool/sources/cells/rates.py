"""Exchange rates by currency and day."""

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

_ALWAYS: Final = -(2**31)  # a day before all others
_DAYS: Final = 2**32  # more than there are days since `_ALWAYS`
_ONE: Final = Decimal(1)


@dataclass(frozen=True, order=True)
class Rate:
    """The value of one unit of a currency, from a day on until its next rate."""

    currency: str
    effective_on: int
    """In days since 1970-01-01."""
    value: Decimal

    @classmethod
    def constant(cls, currency: str, value: Decimal) -> Rate:
        """A rate in force on all days before the next."""
        return cls(currency, _ALWAYS, value)


class _LookupTable(NamedTuple):
    """Columns of all rates in ascending order, and the currency of each mark."""

    keys: Places  # the currency number and the day of each rate in one integer, ascending
    values: Floats
    texts: pa.Array
    marks: pa.Array
    number_of_mark: Places


@dataclass(frozen=True)
class Rates:
    """Rates into a target currency, whose own rate is 1 on all days."""

    target_currency: str
    rows: tuple[Rate, ...]
    """Ascending and unique by currency and day, without the target currency."""

    @property
    def currency_codes(self) -> tuple[str, ...]:
        """All currencies that have a rate, sorted."""
        return tuple(sorted({self.target_currency, *(rate.currency for rate in self.rows)}))

    def factors(self, row_currencies: pa.Array, days: Days) -> tuple[Numbers, Mask]:
        """The rates that multiply the money of rows, 1 where there is none; and which have none.

        A currency is "" where a row names none, and null where it is unknown.
        """
        table = self._table
        mark = pc.index_in(row_currencies, table.marks)
        is_known = mask_of(mark.is_valid())
        number = table.number_of_mark[mark.fill_null(0).to_numpy()]
        keys = number * _DAYS + days.astype(np.int64) - _ALWAYS
        places = np.searchsorted(table.keys, keys, side="right") - 1
        lacking = ~(is_known & (table.keys[places] // _DAYS == number))
        places = np.where(lacking, 0, places)
        return Numbers(table.values[places], table.texts.take(pa.array(places)), None), lacking

    @cached_property
    def _table(self) -> _LookupTable:
        # The target currency comes first, and its rate stands in where there is none.
        target = self.target_currency
        rates = [Rate.constant(target, _ONE), *self.rows]
        codes = [target, *(code for code in self.currency_codes if code != target)]
        number = {code: place for place, code in enumerate(codes)}
        numbers = np.array([number[rate.currency] for rate in rates], dtype=np.int64)
        days = np.array([rate.effective_on for rate in rates], dtype=np.int64)
        shared = currencies.resolve_shared_signs(self.currency_codes, target)
        code_of_mark = {"": target, **shared, **{code: code for code in codes}}
        return _LookupTable(
            numbers * _DAYS + days - _ALWAYS,
            np.array([float(rate.value) for rate in rates]),
            pa.array([str(rate.value) for rate in rates]),
            pa.array(list(code_of_mark)),
            np.array([number[code] for code in code_of_mark.values()], dtype=np.int64),
        )
