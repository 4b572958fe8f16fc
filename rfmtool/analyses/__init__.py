"""One question per file: pure functions of customers and their order days, and frozen answers."""

from __future__ import annotations

from typing import Any, Final, Protocol

import pandas as pd

import rfmtool.columns as names

MONEY: Final = names.MONEY | {"revenue"}
"""Columns of the tables of answers that hold money, in whole 1/10,000 until written."""


class Answer(Protocol):
    """What every question is answered with."""

    @property
    def table(self) -> pd.DataFrame:
        """What `-o` writes as a table; money in whole 1/10,000."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What to bear in mind, in sentences: too little data, what is left out."""

    def as_data(self) -> Any:  # noqa: ANN401 - whatever JSON can hold
        """The whole answer as `--format json` prints it."""
