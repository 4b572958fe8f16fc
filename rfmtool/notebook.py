"""Answers as notebooks show them: as HTML and charts, with conversions to pandas and Arrow."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import pandas as pd

from rfmtool.analyses import (
    MONEY,
    affinity,
    cadence,
    cohorts,
    concentration,
    journey,
    measure,
    repeat,
    timeline,
)
from rfmtool.errors import UsageError
from rfmtool.outputs.tables import in_units, to_table
from rfmtool.pages.charts import ANSWER_CHARTS, chart
from rfmtool.summaries.answers import DATA_OF

if TYPE_CHECKING:
    import pyarrow as pa

ShownClass = TypeVar("ShownClass", bound="Shown")


class Shown:
    """The answer to a question, as a notebook shows it."""

    name: ClassVar[str]
    """The analysis, as its command is called."""
    table: pd.DataFrame

    def __init_subclass__(cls, name: str = "") -> None:
        """Name the analysis: as its class in lower case unless `name` is given."""
        cls.name = name or cls.__name__.lower()

    def to_frame(self) -> pd.DataFrame:
        """The table of the answer, money in currency units; see `in_units` for the types."""
        return in_units(self.table, MONEY)

    def to_arrow(self) -> pa.Table:
        """The table of the answer as it is written: money as decimals, days as dates."""
        return to_table(self.table, tuple(self.table.columns), MONEY)

    def chart(self, kind: str | None = None) -> Any:  # noqa: ANN401 - altair's
        """The answer as a chart of altair.

        Args:
            kind: which one; the first of `rfmtool.pages.charts.ANSWER_CHARTS` by default.

        Raises:
            UsageError: there is no such chart, or altair is not installed.
        """
        if self.name not in ANSWER_CHARTS:
            raise UsageError(
                f"chart: there is none of {self.name}", f"Of {', '.join(ANSWER_CHARTS)} there are."
            )
        data = DATA_OF[self.name](self)
        data = data["in_short"] if self.name == "cohorts" else {self.name: data}
        return chart(ANSWER_CHARTS[self.name], kind, data)

    def __repr__(self) -> str:
        """The number of rows of its table."""
        return f"<rfmtool.{type(self).__name__}: {len(self.table):,} rows>"

    def _repr_html_(self) -> str:
        from rfmtool.pages.html import answer_fragment  # with its templates

        return answer_fragment(self.name, DATA_OF[self.name](self))


class Affinity(Shown, affinity.Affinity):
    """What is bought along with what."""


class Cadence(Shown, cadence.Cadence):
    """Which regulars should have ordered by now."""


class Cohorts(Shown, cohorts.Cohorts):
    """Customers by the month of their first order."""


class Concentration(Shown, concentration.Concentration):
    """How few customers bring how much."""


class Journey(Shown, journey.Journey):
    """The first-time buyer's way."""


class Measure(Shown, measure.Measure):
    """What lists did."""

    to_frame = measure.Measure.to_frame  # is in currency units already


class Repeat(Shown, repeat.Repeat):
    """When second orders come."""


class Timeline(Shown, timeline.Timeline):
    """Who stood where, when."""


def shown(cls: type[ShownClass], answer: Any) -> ShownClass:  # noqa: ANN401 - a base of `cls`
    """An answer as the class that a notebook shows."""
    return cls(**{field.name: getattr(answer, field.name) for field in fields(answer)})
