"""The tables archetypes.csv, moods.csv and products.csv."""

from __future__ import annotations

from importlib.resources import files

import pandas as pd


def _read(name: str) -> pd.DataFrame:
    with files("rfmtool.demo").joinpath(f"{name}.csv").open(encoding="utf-8") as table:
        return pd.read_csv(table, comment="#", skipinitialspace=True, keep_default_na=False,
                           true_values=["yes"], false_values=["no"])  # fmt: skip


ARCHETYPES, MOODS, PRODUCTS = map(_read, ("archetypes", "moods", "products"))
