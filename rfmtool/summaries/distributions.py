"""How buyers spread over days, orders and money, in bins: what plots need, of no single person.

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
_MOST_BINS: Final = 40
_MOST_ORDERS: Final = 10
_PER_DECADE: Final = 8
_PLANE: Final = {"recency": 22, "frequency": 14, "monetary": 16}
_LEAST_FOR_PLANES: Final = 200
_FEW: Final = 5
"""A box of fewer people is not counted out."""


def distributions(frame: pd.DataFrame) -> dict[str, Any] | None:
    """Buyers counted in bins of each dimension, and of two together; None where nobody has bought.

    Reads recency_days, frequency and monetary.
    """
    buyers = frame.loc[frame["frequency"] > 0, list(SCORED_COLUMNS.values())]
    if not len(buyers):
        return None
    values = {
        name: buyers[column].to_numpy(dtype=np.int64) for name, column in SCORED_COLUMNS.items()
    }
    positive = values["monetary"][values["monetary"] > 0]
    days, money = _day_edges(values["recency"], _MOST_BINS), _money_edges(positive, _PER_DECADE)
    orders = np.minimum(values["frequency"], _MOST_ORDERS)
    return {
        "recency": {"edges": days.tolist(), "counts": _counted(values["recency"], days)},
        "frequency": {"counts": np.bincount(orders, minlength=_MOST_ORDERS + 1)[1:].tolist()},
        "monetary": {
            "edges": [money_text(edge) for edge in money.tolist()],
            "counts": _counted(positive, money),
            "zero_or_less": len(buyers) - len(positive),
        },
        "median": {
            "recency": float(np.median(values["recency"])),
            "frequency": float(np.median(values["frequency"])),
            "monetary": money_text(round(float(np.median(values["monetary"])))),
        },
        "together": _together(values) if len(buyers) >= _LEAST_FOR_PLANES else None,
    }


def _counted(values: Ints, edges: Ints) -> list[int]:
    """How many lie from each edge on, until the next."""
    places = np.searchsorted(edges, values, side="right") - 1
    counts: list[int] = np.bincount(places, minlength=len(edges) - 1).tolist()
    return counts


def _day_edges(days: Ints, most: int) -> Ints:
    last = int(days.max())
    width = next((width for width in _WIDTHS if last // width < most), last // most + 1)
    return np.arange(0, last // width + 2) * width


def _money_edges(units: Ints, per_decade: int) -> Ints:
    """Edges at equal steps of the logarithm, from a half decade to a half decade."""
    if not len(units):
        return np.array([1, 2])
    least = int(units.min())
    low = math.floor(2 * math.log10(least))
    low -= 10 ** (low / 2) > least  # the logarithm of a large number is rounded, mostly up
    high = math.floor(2 * math.log10(int(units.max()))) + 1
    per_half = per_decade // 2
    return np.array(
        sorted(
            {
                round(10 ** (step / per_decade))
                for step in range(low * per_half, high * per_half + 1)
            }
        )
    )


def _together(values: dict[str, Ints]) -> dict[str, Any]:
    """How the dimensions go together: rank correlations, and people counted in boxes."""
    found, correlation = pd.DataFrame(values).rank().corr().to_numpy().tolist(), {}
    for one, other in combinations(range(len(DIMENSIONS)), 2):
        rho = found[one][other]  # NaN where one of them is the same for all
        name = f"{DIMENSIONS[one]}_{DIMENSIONS[other]}"
        correlation[name] = None if math.isnan(rho) else round(rho, 3)
    positive = values["monetary"] > 0
    kept = {name: each[positive] for name, each in values.items()}
    planes = [("recency", "monetary"), ("frequency", "monetary"), ("frequency", "recency")]
    return {
        "correlation": correlation,
        "planes": [_plane(kept, x, y) for x, y in planes] if positive.any() else [],
    }


def _plane(values: dict[str, Ints], x: str, y: str) -> dict[str, Any]:
    """Boxes that hold somebody: place along, place up, and how many; None for one to four."""
    across, up = (_grid(name, values[name]) for name in (x, y))
    columns = len(across[0]) - 1
    counts = np.bincount(up[1] * columns + across[1])
    boxes = [
        [int(place % columns), int(place // columns), count if count >= _FEW else None]
        for place, count in zip(np.flatnonzero(counts), counts[counts > 0].tolist(), strict=True)
    ]
    return {"x": x, "y": y, "x_edges": across[0], "y_edges": up[0], "boxes": boxes}


def _grid(name: str, values: Ints) -> tuple[list[Any], Ints]:
    """The edges of a dimension's bins as they are told, and the bin of each value."""
    bins = _PLANE[name]
    if name == "recency":
        edges = _day_edges(values, bins)
        return edges.tolist(), values // edges[1]
    # Money has two steps a tick or four; orders begin at one.
    top = int(values.max())
    low = 0.0 if name == "frequency" else math.floor(2 * math.log10(int(values.min()))) / 2
    high = (math.floor(2 * math.log10(top)) + 1) / 2
    edges = np.array(
        [math.ceil(10 ** (low + (high - low) * step / bins)) for step in range(bins + 1)]
    )
    place = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, bins - 1)
    told = [round(10 ** (low + (high - low) * step / bins), 4) for step in range(bins + 1)]
    if name == "monetary":
        told = [round(edge / UNITS_PER_CURRENCY, 6) for edge in told]
    return told, place


def grid_cells(frame: pd.DataFrame, scales: Scales) -> dict[str, Any]:
    """What is in each cell of the grid beside its people: rows from the best recency score.

    Reads the scores, frequency, monetary and segment.
    """
    rows, columns, bands = (scales[name].bins for name in DIMENSIONS)
    names = ["recency_score", "frequency_score", "monetary_score", "monetary", "segment"]
    buyers = frame.loc[frame["frequency"] > 0, names]
    scores = [buyers[name].to_numpy(dtype=np.int64) for name in names[:3]]
    place = (rows - scores[0]) * columns + scores[1] - 1
    order = np.argsort(place.astype(np.int16), kind="stable")  # of 16 bits: counted, not compared
    ends = np.cumsum(np.bincount(place, minlength=rows * columns))[:-1]
    spent = np.split(buyers["monetary"].to_numpy(dtype=np.int64)[order], ends)
    band = np.split(scores[2][order], ends)
    segment = buyers["segment"].astype("category").cat
    segments = np.split(segment.codes.to_numpy()[order], ends)
    told = [
        {
            "revenue": money_text(exact_total(money)),
            "median": money_text(round(float(np.median(money)))) if len(money) else None,
            "bands": np.bincount(scored, minlength=bands + 1)[1:].tolist(),
            "segment": str(segment.categories[named[0]])
            if len(named) and named[0] >= 0 and (named == named[0]).all()
            else None,
        }
        for money, scored, named in zip(spent, band, segments, strict=True)
    ]
    return {
        name: [
            [each[name] for each in told[row * columns : (row + 1) * columns]]
            for row in range(rows)
        ]
        for name in ("revenue", "median", "bands", "segment")
    }
