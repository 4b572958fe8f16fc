"""Exchange rates: what a unit of each currency was worth in another on each day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.arrays import Mask, Places, mask_of
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
    day: int
    """In days since 1970-01-01."""
    value: Decimal

    @classmethod
    def always(cls, currency: str, value: Decimal) -> Rate:
        """A rate in force from the first of days."""
        return cls(currency, _ALWAYS, value)


@dataclass(frozen=True)
class Rates:
    """Rates into a currency, whose own rate is 1 on all days."""

    into: str
    rows: tuple[Rate, ...]
    """Ascending; no two are of one currency and day, and none is of `into`."""

    @property
    def named(self) -> tuple[str, ...]:
        """All currencies that have a rate, in the order of the alphabet."""
        return tuple(sorted({self.into, *(rate.currency for rate in self.rows)}))

    def factors(self, named: pa.Array, days: Days) -> tuple[Numbers, Mask]:
        """The rate of each row, to multiply its money with.

        Args:
            named: the currency of each row, "" where none is named and null where none is known.
            days: its day.

        Returns:
            The factors, 1 where there is no rate; and where there is none.
        """
        rows = self._rows_in_force(named, days)
        lacking = rows < 0
        places = np.where(lacking, 0, rows)
        return Numbers(self._values[places], self._texts.take(pa.array(places)), None), lacking

    def _rows_in_force(self, named: pa.Array, days: Days) -> Places:
        place = pc.index_in(named, self._marks)
        known = mask_of(place.is_valid())
        code = self._meant[place.fill_null(0).to_numpy()]
        keys = code * _DAYS + days.astype(np.int64) - _ALWAYS
        rows = np.searchsorted(self._keys, keys, side="right") - 1
        return np.where(known & (self._codes[rows] == code), rows, -1)

    # Of all rates the one into the same currency comes first.

    @cached_property
    def _table(self) -> Sequence[Rate]:
        return [Rate.always(self.into, _ONE), *self.rows]

    @cached_property
    def _order(self) -> Sequence[str]:
        return [self.into, *(name for name in self.named if name != self.into)]

    @cached_property
    def _codes(self) -> Places:
        places = {name: place for place, name in enumerate(self._order)}
        return np.array([places[rate.currency] for rate in self._table], dtype=np.int64)

    @cached_property
    def _keys(self) -> Places:
        days = np.array([rate.day for rate in self._table], dtype=np.int64)
        return self._codes * _DAYS + days - _ALWAYS

    @cached_property
    def _values(self) -> npt.NDArray[np.float64]:
        return np.array([float(rate.value) for rate in self._table])

    @cached_property
    def _texts(self) -> pa.Array:
        return pa.array([str(rate.value) for rate in self._table])

    @cached_property
    def _meanings(self) -> dict[str, str]:
        shared = currencies.standing_for(self.named, self.into)
        return {"": self.into, **shared, **{name: name for name in self._order}}

    @cached_property
    def _marks(self) -> pa.Array:
        return pa.array(list(self._meanings))

    @cached_property
    def _meant(self) -> Places:
        places = {name: place for place, name in enumerate(self._order)}
        return np.array([places[name] for name in self._meanings.values()], dtype=np.int64)
