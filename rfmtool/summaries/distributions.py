"""Histograms of buyers by recency, frequency and monetary, alone and in pairs.

Edges are round and lie outside of all values, so that no single customer shows.
"""

from __future__ import annotations

import math
from itertools import combinations
from typing import Any, Final

import numpy as np
import pandas as pd

from rfmtool.arrays import Ints
from rfmtool.columns import DIMENSIONS
from rfmtool.money import UNITS_PER_CURRENCY, exact_total, money_text
from rfmtool.scoring.scales import SCORED_COLUMNS, Scales

_WIDTHS: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000)
_MAX_BINS: Final = 40
_MAX_ORDERS: Final = 10
_BINS_PER_DECADE: Final = 8
_BINS_IN_PAIRS: Final = {"recency": 22, "frequency": 14, "monetary": 16}
_MIN_BUYERS_FOR_PAIRS: Final = 200
_MIN_BOX_COUNT: Final = 5
"""The number of people in a smaller box is not given."""


def distributions(frame: pd.DataFrame) -> dict[str, Any] | None:
    """Buyers counted in bins of each dimension and of each pair; None without buyers.

    Reads recency_days, frequency and monetary.
    """
    buyers = frame.loc[frame["frequency"] > 0, list(SCORED_COLUMNS.values())]
    if not len(buyers):
        return None
    columns = SCORED_COLUMNS.items()
    values = {name: buyers[column].to_numpy(dtype=np.int64) for name, column in columns}
    positive = values["monetary"][values["monetary"] > 0]
    days, money = _day_edges(values["recency"], _MAX_BINS), _money_edges(positive)
    orders = np.minimum(values["frequency"], _MAX_ORDERS)
    return {
        "recency": {
            "edges": days.tolist(),
            "counts": np.histogram(values["recency"], days)[0].tolist(),
        },
        "frequency": {"counts": np.bincount(orders, minlength=_MAX_ORDERS + 1)[1:].tolist()},
        "monetary": {
            "edges": [money_text(edge) for edge in money.tolist()],
            "counts": np.histogram(positive, money)[0].tolist(),
            "zero_or_less": len(buyers) - len(positive),
        },
        "median": {
            "recency": float(np.median(values["recency"])),
            "frequency": float(np.median(values["frequency"])),
            "monetary": money_text(round(float(np.median(values["monetary"])))),
        },
        "together": _pairs(values) if len(buyers) >= _MIN_BUYERS_FOR_PAIRS else None,
    }


def _day_edges(days: Ints, max_bins: int) -> Ints:
    last = int(days.max())
    width = next((width for width in _WIDTHS if last // width < max_bins), last // max_bins + 1)
    return np.arange(0, last // width + 2) * width


def _money_edges(units: Ints) -> Ints:
    """Edges at equal steps of the logarithm, both ends at a half decade."""
    if not len(units):
        return np.array([1, 2])
    least = int(units.min())
    low = math.floor(2 * math.log10(least))
    low -= 10 ** (low / 2) > least  # the logarithm of a large number is rounded, mostly up
    high = math.floor(2 * math.log10(int(units.max()))) + 1
    per_half = _BINS_PER_DECADE // 2
    steps = range(low * per_half, high * per_half + 1)
    return np.array(sorted({round(10 ** (step / _BINS_PER_DECADE)) for step in steps}))


def _pairs(values: dict[str, Ints]) -> dict[str, Any]:
    """Rank correlations of the dimensions, and people counted in boxes of two dimensions."""
    matrix, correlation = pd.DataFrame(values).rank().corr().to_numpy().tolist(), {}
    for (i, x), (j, y) in combinations(enumerate(DIMENSIONS), 2):
        rho = matrix[i][j]  # NaN where a dimension is the same for all
        correlation[f"{x}_{y}"] = None if math.isnan(rho) else round(rho, 3)
    positive = values["monetary"] > 0
    kept = {name: column[positive] for name, column in values.items()}
    planes = [("recency", "monetary"), ("frequency", "monetary"), ("frequency", "recency")]
    boxes = [_plane(kept, x, y) for x, y in planes] if positive.any() else []
    return {"correlation": correlation, "planes": boxes}


def _plane(values: dict[str, Ints], x: str, y: str) -> dict[str, Any]:
    """Boxes with people in them as x bin, y bin and count; the count is None for one to four."""
    (x_edges, x_bins), (y_edges, y_bins) = (_bins(name, values[name]) for name in (x, y))
    columns = len(x_edges) - 1
    counts = np.bincount(y_bins * columns + x_bins)
    boxes = [
        [int(box % columns), int(box // columns), count if count >= _MIN_BOX_COUNT else None]
        for box, count in zip(np.flatnonzero(counts), counts[counts > 0].tolist(), strict=True)
    ]
    return {"x": x, "y": y, "x_edges": x_edges, "y_edges": y_edges, "boxes": boxes}


def _bins(name: str, values: Ints) -> tuple[list[Any], Ints]:
    """The edges of a dimension's bins for display, and the bin of each value."""
    bins = _BINS_IN_PAIRS[name]
    if name == "recency":
        day_edges = _day_edges(values, bins)
        return day_edges.tolist(), values // day_edges[1]
    # Equal steps of the logarithm between half decades; orders begin at one.
    low = 0.0 if name == "frequency" else math.floor(2 * math.log10(int(values.min()))) / 2
    high = (math.floor(2 * math.log10(int(values.max()))) + 1) / 2
    edges = [10 ** (low + (high - low) * step / bins) for step in range(bins + 1)]
    bin_of = np.searchsorted([math.ceil(edge) for edge in edges], values, side="right") - 1
    edges = [round(edge, 4) for edge in edges]
    if name == "monetary":
        edges = [round(edge / UNITS_PER_CURRENCY, 6) for edge in edges]
    return edges, np.clip(bin_of, 0, bins - 1)


def grid_cells(frame: pd.DataFrame, scales: Scales) -> dict[str, Any]:
    """Revenue, median spend, monetary scores and common segment by cell of the R×F grid.

    Rows begin with the best recency score. Reads the scores, frequency, monetary and segment.
    """
    rows, columns, bands = (scales[name].bins for name in DIMENSIONS)
    names = ["recency_score", "frequency_score", "monetary_score", "monetary", "segment"]
    buyers = frame.loc[frame["frequency"] > 0, names]
    recency, frequency = (buyers[name].to_numpy(dtype=np.int64) for name in names[:2])
    by_cell = dict(iter(buyers.groupby((rows - recency) * columns + frequency - 1)))
    cells = [_cell(by_cell.get(place, buyers[:0]), bands) for place in range(rows * columns)]
    lines = [cells[start : start + columns] for start in range(0, rows * columns, columns)]
    return {name: [[cell[name] for cell in line] for line in lines] for name in cells[0]}


def _cell(buyers: pd.DataFrame, bands: int) -> dict[str, Any]:
    """The buyers of one cell; `segment` is None unless all are in the same."""
    money, segments = buyers["monetary"].to_numpy(dtype=np.int64), buyers["segment"].unique()
    scores = buyers["monetary_score"].to_numpy(dtype=np.int64)
    return {
        "revenue": money_text(exact_total(money)),
        "median": money_text(round(float(np.median(money)))) if len(money) else None,
        "bands": np.bincount(scores, minlength=bands + 1)[1:].tolist(),
        "segment": str(segments[0]) if len(segments) == 1 and pd.notna(segments[0]) else None,
    }
