"""Answers as notebooks show them: as HTML and charts, with conversions to pandas and Arrow."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

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
from rfmtool.documents import Data
from rfmtool.errors import UsageError
from rfmtool.outputs.tables import in_units, to_table
from rfmtool.pages.charts import ANSWER_CHARTS, chart
from rfmtool.summaries.answers import PAGE_DATA

if TYPE_CHECKING:
    import pyarrow as pa


class Answer:
    """The answer to a question, as commands print and notebooks show it."""

    name: ClassVar[str]
    """The analysis, as its command is called."""
    table: pd.DataFrame
    """The table that `-o` writes; money in whole 1/10,000."""
    as_data: Callable[..., Any]
    """The answer as `--format json` prints it."""

    def __init_subclass__(cls, name: str = "") -> None:
        """Name the analysis: as its class in lower case unless `name` is given."""
        cls.name = name or cls.__name__.lower()

    def to_frame(self) -> pd.DataFrame:
        """The table of the answer, money in currency units; see `in_units` for the types."""
        return in_units(self.table, MONEY)

    def to_arrow(self) -> pa.Table:
        """The table of the answer as it is written: money as decimals, days as dates."""
        return to_table(self.table, tuple(self.table.columns), MONEY)

    def page_data(self) -> Data:
        """The data that its page is made from."""
        make = PAGE_DATA.get(self.name)
        data: Data = make(self) if make else self.as_data()
        return data

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
        data = self.page_data()
        data = data["in_short"] if self.name == "cohorts" else {self.name: data}
        return chart(ANSWER_CHARTS[self.name], kind, data)

    def __repr__(self) -> str:
        """The number of rows of its table."""
        return f"<rfmtool.{type(self).__name__}: {len(self.table):,} rows>"

    def _repr_html_(self) -> str:
        from rfmtool.pages.html import answer_fragment  # with its templates

        return answer_fragment(self.name, self.page_data())


class Affinity(Answer, affinity.Affinity):
    """What is bought along with what."""


class Cadence(Answer, cadence.Cadence):
    """Which regulars should have ordered by now."""


class Cohorts(Answer, cohorts.Cohorts):
    """Customers by the month of their first order."""


class Concentration(Answer, concentration.Concentration):
    """How few customers bring how much."""


class Journey(Answer, journey.Journey):
    """The first-time buyer's way."""


class Measure(Answer, measure.Measure):
    """What lists did."""

    to_frame = measure.Measure.to_frame  # is in currency units already


class Repeat(Answer, repeat.Repeat):
    """When second orders come."""


class Timeline(Answer, timeline.Timeline):
    """Who stood where, when."""
