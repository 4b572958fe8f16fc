"""How buyers spread over days, orders and money, where scores part, and how these go together."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np

from rfmtool.documents import Data
from rfmtool.pages.blocks import Column, Table, numbers
from rfmtool.pages.cards import Card, SideBySide
from rfmtool.pages.number_format import NumberFormat
from rfmtool.pages.svg import Axis, Plot, as_percent, boxes_path, log_ticks, nice_ticks, shade_class

_HEIGHT: Final = 170
_PLANE_HEIGHT: Final = 190
_TITLES: Final = {
    "recency": "Days since the last order",
    "frequency": "Orders",
    "monetary": "Spent",
}
_WHOLE: Final = 10
_WEAK: Final = 0.2
_STRONG: Final = 0.5


def histograms(summary: Data, say: NumberFormat) -> Card | None:
    """Three histograms, shaded by score, with the cuts in force."""
    found = summary["distributions"]
    if found is None:
        return None
    buyers = summary["buyers"]
    once = found["frequency"]["counts"][0]
    half = say.money(
        found["median"]["monetary"], whole=float(found["median"]["monetary"]) >= _WHOLE
    )
    share = f"{100 * once / buyers:.0f} of 100" if buyers >= 100 else f"{once} of {buyers}"  # noqa: PLR2004
    plots = (
        (_TITLES["recency"], _days(summary, say)),
        (_TITLES["frequency"], _orders(summary, say)),
        ("Spent (each step multiplies)", _money(summary, say)),
    )
    return Card(
        "distributions",
        "Distributions",
        f"{share} buyers have ordered once; half have spent {half.shown} or less",
        "How buyers spread, and where the scores are cut (dashed;"
        f" {summary['scales_are']}). Stronger is a better score.",
        (SideBySide(plots),) if buyers > 1 else (),
    )


def _cuts(summary: Data, name: str) -> list[float]:
    """The cut points between scores, if scores are ranges at all."""
    scale = summary["scales"][name]
    return [] if "cells" in scale else [float(cut) for cut in scale["cuts"]]


def _tone(summary: Data, name: str, value: float) -> str:
    """The shade of a value: the darker, the better its score."""
    cuts = _cuts(summary, name)
    passed = bisect_left(cuts, value)
    worse = len(cuts) - passed if summary["scales"][name]["better"] == "lower" else passed
    return f"s{1 + round(4 * worse / len(cuts))}" if cuts else "s3"


def _scores(
    summary: Data, name: str, ends: Sequence[float], axis: Axis
) -> tuple[tuple[str, str], ...]:
    """The score of each range between cuts, in its middle."""
    cuts, better = _cuts(summary, name), summary["scales"][name]["better"]
    edges = [ends[0], *cuts, ends[1]]
    places = [min(max(axis.position(edge), 0.0), 100.0) for edge in edges]
    count = len(cuts) + 1
    return tuple(
        (as_percent((low + high) / 2), str(count - at if better == "lower" else at + 1))
        for at, (low, high) in enumerate(pairwise(places))
        if high - low > 1.5  # noqa: PLR2004 - per cent that a letter takes
    ) if cuts else ()  # fmt: skip


def _histogram(
    title: str,
    say: NumberFormat,
    rows: Sequence[tuple[float, float, str, int, str]],
    **more: Any,  # noqa: ANN401
) -> Plot:
    """Bars from left to right in per cent, with what they are of, how many, and their tone."""
    top = nice_ticks(max((many for *_, many, _ in rows), default=1))[-1]
    return Plot(
        title=title,
        description=f"{say.count(sum(many for *_, many, _ in rows)).shown} buyers",
        height=_HEIGHT,
        y_ticks=tuple((as_percent(100 - 100 * tick / top), say.count(tick).shown) for tick in nice_ticks(top)),
        bars=tuple(
            (as_percent(left), as_percent(100 - up), as_percent(right - left), as_percent(up), tone)
            for left, right, _, many, tone in rows
            for up in [100 * many / top]
            if many
        ),
        table=Table(
            columns=(Column(title, "name"), *numbers("buyers")),
            rows=tuple((words, say.count(many)) for *_, words, many, _ in rows),
        ),
        places=tuple(as_percent((left + right) / 2) for left, right, *_ in rows),
        **more,
    )  # fmt: skip


def _days(summary: Data, say: NumberFormat) -> Plot:
    found = summary["distributions"]["recency"]
    edges, counts = found["edges"], found["counts"]
    axis = Axis(0.0, float(edges[-1]))
    rows = [
        (axis.position(low), axis.position(high), f"{low}–{high - 1}" if high - low > 1 else f"{low}", many,
         _tone(summary, "recency", (low + high - 1) / 2))
        for low, high, many in zip(edges, edges[1:], counts, strict=False)
    ]  # fmt: skip
    ticks = [tick for tick in nice_ticks(axis.high, 3) if tick <= axis.high]
    return _histogram(
        _TITLES["recency"], say, rows,
        x_ticks=tuple((as_percent(axis.position(tick)), say.count(tick).shown, at % 2 == 1)
                      for at, tick in enumerate(ticks)),
        cuts=_inside(axis, [cut + 0.5 for cut in _cuts(summary, "recency")]),
        marks=_scores(summary, "recency", (0.0, axis.high), axis),
    )  # fmt: skip


def _orders(summary: Data, say: NumberFormat) -> Plot:
    counts = summary["distributions"]["frequency"]["counts"]
    axis = Axis(0.5, len(counts) + 0.5)
    names = [str(number) for number in range(1, len(counts))] + [f"{len(counts)}+"]
    rows = [
        (
            axis.position(at + 0.54),
            axis.position(at + 1.46),
            name,
            many,
            _tone(summary, "frequency", at + 1),
        )
        for at, (name, many) in enumerate(zip(names, counts, strict=True))
    ]
    return _histogram(
        _TITLES["frequency"], say, rows,
        x_ticks=tuple((as_percent(axis.position(at + 1)), name, False) for at, name in enumerate(names)
                      if at % 2 == 0 or at == len(names) - 1),
        cuts=_inside(axis, [cut + 0.5 for cut in _cuts(summary, "frequency")]),
        marks=_scores(summary, "frequency", (0.5, axis.high), axis),
    )  # fmt: skip


def _money(summary: Data, say: NumberFormat) -> Plot:
    found = summary["distributions"]["monetary"]
    edges, counts = [float(edge) for edge in found["edges"]], found["counts"]
    none = found["zero_or_less"]
    axis, start = Axis(edges[0], edges[-1], log=True), 8.0 if none else 0.0

    def at(value: float) -> float:
        return start + axis.position(value) * (100 - start) / 100

    rows = [(0.0, 5.0, "0 or less", none, "grey")] if none else []
    rows += [
        (at(low), at(high), f"{say.number(low, 2).shown} to {say.number(high, 2).shown}", many,
         _tone(summary, "monetary", (low * high) ** 0.5))
        for low, high, many in zip(edges, edges[1:], counts, strict=False)
    ]  # fmt: skip
    every = _cuts(summary, "monetary")
    cuts = [cut for cut in every if edges[0] < cut < edges[-1]]
    marks = _scores(summary, "monetary", (edges[0], edges[-1]), axis) if cuts == every else ()
    return _histogram(
        _TITLES["monetary"], say, rows,
        x_ticks=tuple((as_percent(at(tick)), say.number(tick, 2).shown, number % 2 == 1)
                      for number, tick in enumerate(_thinned(log_ticks(axis)))),
        cuts=tuple(as_percent(at(cut)) for cut in cuts),
        marks=tuple((as_percent(start + float(x[:-1]) * (100 - start) / 100), score)
                    for x, score in marks),
    )  # fmt: skip


def _thinned(ticks: list[float]) -> list[float]:
    """Only the tens, where there are many."""
    first = 0 if f"{ticks[0]:e}".startswith("1.") else 1
    return ticks if len(ticks) <= 6 else ticks[first::2]  # noqa: PLR2004


def _inside(axis: Axis, cuts: Sequence[float]) -> tuple[str, ...]:
    return tuple(as_percent(axis.position(cut)) for cut in cuts if axis.low < cut < axis.high)


# Two at a time -----------------------------------------------------------------------------------


def joint_distributions(summary: Data, say: NumberFormat) -> Card | None:
    """Three planes of boxes, the darker the more buyers."""
    found = summary["distributions"] and summary["distributions"]["together"]
    if not found or not found["planes"]:
        return None
    lower = {"recency": "days since the last order", "frequency": "orders", "monetary": "spent"}
    plots = tuple(
        (f"{_TITLES[plane['y']]}, by {lower[plane['x']]}", _plane(summary, plane, say))
        for plane in found["planes"]
    )
    correlation = found["correlation"]
    spends = correlation["frequency_monetary"] or 0.0
    recent = -(correlation["recency_frequency"] or 0.0)
    finding = ("Who orders often also spends more" if spends >= _STRONG
               else "Who orders often spends somewhat more" if spends >= _WEAK
               else "Who orders often does not spend more")  # fmt: skip
    if spends >= _WEAK and recent >= _WEAK:
        finding += ", and was here lately"
    else:
        finding += (
            f"; how lately they were here {'goes along' if recent >= _WEAK else 'says little'}"
        )
    return Card(
        "together",
        "Together",
        finding,
        "Each box: buyers; stronger is more. Dashed: where the scores are cut. Spent and orders"
        " multiply with each step.",
        (SideBySide(plots),),
    )


def _plane(summary: Data, plane: Data, say: NumberFormat) -> Plot:
    names = (plane["x"], plane["y"])
    edges = [[float(edge) for edge in plane[f"{one}_edges"]] for one in ("x", "y")]
    across, up = (
        Axis(ends[0], ends[-1], log=name != "recency")
        for name, ends in zip(names, edges, strict=True)
    )
    most = max((many or 0 for *_, many in plane["boxes"]), default=0) or 1
    by_class: dict[int, list[tuple[float, float, float, float]]] = {}
    for x, y, many in plane["boxes"]:
        left, right = across.position(edges[0][x]), across.position(edges[0][x + 1])
        low, high = up.position(edges[1][y]), up.position(edges[1][y + 1])
        shade = 0 if many is None else max(shade_class(many / most), 1)
        by_class.setdefault(shade, []).append((left, 100 - high, right - left, high - low))
    return Plot(
        title=f"{_TITLES[names[1]]} by {_TITLES[names[0]].lower()}",
        description=f"boxes of up to {say.count(most).shown} buyers",
        height=_PLANE_HEIGHT,
        x_ticks=_ticks(across, names[0], say),
        y_ticks=tuple((as_percent(100 - float(at[:-1])), words)
                      for at, words, _ in _ticks(up, names[1], say)),
        paths=tuple((boxes_path(placed), f"h{shade}") for shade, placed in sorted(by_class.items())),
        cuts=_inside(across, _cuts(summary, names[0])),
        levels=tuple(as_percent(100 - float(at[:-1])) for at in _inside(up, _cuts(summary, names[1]))),
        table=_buyers_by_scores(summary, names, say),
    )  # fmt: skip


def _ticks(axis: Axis, name: str, say: NumberFormat) -> tuple[tuple[str, str, bool], ...]:
    ticks = nice_ticks(axis.high, 3) if name == "recency" else _thinned(log_ticks(axis))
    return tuple(
        (as_percent(axis.position(tick)), say.number(tick, 2).shown, at % 2 == 1)
        for at, tick in enumerate(ticks)
        if tick <= axis.high * (1 + 1e-9)
    )


def _buyers_by_scores(summary: Data, names: tuple[str, str], say: NumberFormat) -> Table:
    """Buyers by the scores of recency and orders, the grid, or of one of these and of spend."""
    bands = np.array(summary["cells"]["bands"])  # by recency, the best first, orders and spend
    title, heads = "Recency score", "spend {}"
    if names == ("frequency", "recency"):
        counts, heads = np.array(summary["grid"])[::-1], "{}"
    elif names[0] == "recency":
        counts = bands.sum(axis=1)[::-1]
    else:
        counts, title = bands.sum(axis=0), "Orders score"
    return Table(
        (Column(title, "name"), *numbers(*map(heads.format, range(1, counts.shape[1] + 1)))),
        tuple((str(score), *map(say.count, row)) for score, row in enumerate(counts.tolist(), 1)),
    )
