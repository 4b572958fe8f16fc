"""Histograms and joint distributions of recency, frequency and spend, with the cut points."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final, NamedTuple

import numpy as np

from rfmtool.documents import Data
from rfmtool.pages.blocks import Column, Table, numbers
from rfmtool.pages.cards import Card, SideBySide
from rfmtool.pages.locales import Locale
from rfmtool.pages.svg import Axis, Plot, as_percent, boxes_path, log_ticks, nice_ticks, shade_class

_HEIGHT: Final = 170
_PAIR_HEIGHT: Final = 190
_LAST_ORDER: Final = "Days since the last order"
_TITLES: Final = {"recency": _LAST_ORDER, "frequency": "Orders", "monetary": "Spent"}
_NO_DECIMALS_FROM: Final = 10
_WEAK: Final = 0.2
_STRONG: Final = 0.5


def histograms(summary: Data, locale: Locale) -> Card | None:
    """Histograms of recency, orders and spend, shaded by score, with the cut points."""
    distributions = summary["distributions"]
    if distributions is None:
        return None
    buyers = summary["buyers"]
    once = distributions["frequency"]["counts"][0]
    median = distributions["median"]["monetary"]
    half = locale.money(median, whole=float(median) >= _NO_DECIMALS_FROM)
    share = f"{100 * once / buyers:.0f} of 100" if buyers >= 100 else f"{once} of {buyers}"  # noqa: PLR2004
    plots = (
        (_TITLES["recency"], _recency_histogram(summary, locale)),
        (_TITLES["frequency"], _order_histogram(summary, locale)),
        ("Spent (log scale)", _spend_histogram(summary, locale)),
    )
    return Card(
        "distributions",
        "Distributions",
        f"{share} buyers have ordered once; half have spent {half} or less",
        "How buyers spread, and where the scores are cut (dashed;"
        f" {summary['scales_are']}). Stronger is a better score.",
        (SideBySide(plots),) if buyers > 1 else (),
    )


def _cuts(summary: Data, name: str) -> list[float]:
    """The cut points between scores; none where scores are nested and no ranges."""
    scale = summary["scales"][name]
    return [] if "cells" in scale else [float(cut) for cut in scale["cuts"]]


def _tone(summary: Data, name: str, value: float) -> str:
    """The shade of a value, darker for better scores."""
    cuts = _cuts(summary, name)
    below = bisect_left(cuts, value)
    worse = len(cuts) - below if summary["scales"][name]["better"] == "lower" else below
    return f"s{1 + round(4 * worse / len(cuts))}" if cuts else "s3"


def _scores(
    summary: Data, name: str, ends: Sequence[float], axis: Axis
) -> tuple[tuple[str, str], ...]:
    """The scores, each in the middle of its range between cut points."""
    cuts, better = _cuts(summary, name), summary["scales"][name]["better"]
    edges = [ends[0], *cuts, ends[1]]
    positions = [min(max(axis.position(edge), 0.0), 100.0) for edge in edges]
    count = len(cuts) + 1
    return tuple(
        (as_percent((low + high) / 2), str(count - index if better == "lower" else index + 1))
        for index, (low, high) in enumerate(pairwise(positions))
        if high - low > 1.5  # noqa: PLR2004 - per cent that a letter takes
    ) if cuts else ()  # fmt: skip


class _Bin(NamedTuple):
    """A bar of a histogram, from `left` to `right` in per cent."""

    left: float
    right: float
    label: str
    buyers: int
    tone: str


def _histogram(
    title: str, locale: Locale, bins: Sequence[_Bin], **plot: Any  # noqa: ANN401
) -> Plot:  # fmt: skip
    top = nice_ticks(max((each.buyers for each in bins), default=1))[-1]
    scale = Axis(0.0, top)
    return Plot(
        title=title,
        description=f"{locale.count(sum(each.buyers for each in bins))} buyers",
        height=_HEIGHT,
        y_ticks=tuple((scale.from_top(tick), locale.count(tick).shown) for tick in nice_ticks(top)),
        bars=tuple(
            (as_percent(each.left), scale.from_top(each.buyers), as_percent(each.right - each.left),
             scale.from_left(each.buyers), each.tone)
            for each in bins
            if each.buyers
        ),
        table=Table(
            columns=(Column(title, "name"), *numbers("buyers")),
            rows=tuple((each.label, locale.count(each.buyers)) for each in bins),
        ),
        places=tuple(as_percent((each.left + each.right) / 2) for each in bins),
        **plot,
    )  # fmt: skip


def _recency_histogram(summary: Data, locale: Locale) -> Plot:
    recency = summary["distributions"]["recency"]
    edges, counts = recency["edges"], recency["counts"]
    axis = Axis(0.0, float(edges[-1]))
    bins = [
        _Bin(axis.position(low), axis.position(high),
             f"{low}–{high - 1}" if high - low > 1 else f"{low}", count,
             _tone(summary, "recency", (low + high - 1) / 2))
        for low, high, count in zip(edges, edges[1:], counts, strict=False)
    ]  # fmt: skip
    ticks = [tick for tick in nice_ticks(axis.high, 3) if tick <= axis.high and tick % 1 == 0]
    return _histogram(
        _TITLES["recency"], locale, bins,
        x_ticks=tuple((axis.from_left(tick), locale.count(tick).shown, index % 2 == 1)
                      for index, tick in enumerate(ticks)),
        cuts=_inside(axis, [cut + 0.5 for cut in _cuts(summary, "recency")]),
        marks=_scores(summary, "recency", (0.0, axis.high), axis),
    )  # fmt: skip


def _order_histogram(summary: Data, locale: Locale) -> Plot:
    counts = summary["distributions"]["frequency"]["counts"]
    axis = Axis(0.5, len(counts) + 0.5)
    names = [str(number) for number in range(1, len(counts))] + [f"{len(counts)}+"]
    bins = [
        _Bin(axis.position(orders - 0.46), axis.position(orders + 0.46), name, count,
             _tone(summary, "frequency", orders))
        for orders, (name, count) in enumerate(zip(names, counts, strict=True), start=1)
    ]  # fmt: skip
    return _histogram(
        _TITLES["frequency"], locale, bins,
        x_ticks=tuple((axis.from_left(orders), name, False)
                      for orders, name in enumerate(names, start=1)
                      if orders % 2 == 1 or orders == len(names)),
        cuts=_inside(axis, [cut + 0.5 for cut in _cuts(summary, "frequency")]),
        marks=_scores(summary, "frequency", (0.5, axis.high), axis),
    )  # fmt: skip


def _spend_histogram(summary: Data, locale: Locale) -> Plot:
    monetary = summary["distributions"]["monetary"]
    edges, counts = [float(edge) for edge in monetary["edges"]], monetary["counts"]
    below_zero = monetary["zero_or_less"]
    axis, start = Axis(edges[0], edges[-1], log=True), 8.0 if below_zero else 0.0

    def after_zero(percent: float) -> float:
        return start + percent * (100 - start) / 100

    def position(value: float) -> float:
        return after_zero(axis.position(value))

    bins = [_Bin(0.0, 5.0, "0 or less", below_zero, "grey")] if below_zero else []
    bins += [
        _Bin(position(low), position(high),
             f"{locale.number(low, 2)} to {locale.number(high, 2)}", count,
             _tone(summary, "monetary", (low * high) ** 0.5))
        for low, high, count in zip(edges, edges[1:], counts, strict=False)
    ]  # fmt: skip
    all_cuts = _cuts(summary, "monetary")
    cuts = [cut for cut in all_cuts if edges[0] < cut < edges[-1]]
    marks = _scores(summary, "monetary", (edges[0], edges[-1]), axis) if cuts == all_cuts else ()
    return _histogram(
        _TITLES["monetary"], locale, bins,
        x_ticks=tuple((as_percent(position(tick)), locale.number(tick, 2).shown, index % 2 == 1)
                      for index, tick in enumerate(_thinned(log_ticks(axis)))),
        cuts=tuple(as_percent(position(cut)) for cut in cuts),
        marks=tuple((as_percent(after_zero(float(x[:-1]))), score) for x, score in marks),
    )  # fmt: skip


def _thinned(ticks: list[float]) -> list[float]:
    """Only the powers of ten where there are many ticks."""
    first = 0 if f"{ticks[0]:e}".startswith("1.") else 1
    return ticks if len(ticks) <= 6 else ticks[first::2]  # noqa: PLR2004


def _inside(axis: Axis, cuts: Sequence[float]) -> tuple[str, ...]:
    return tuple(axis.from_left(cut) for cut in cuts if axis.low < cut < axis.high)


# Joint distributions -----------------------------------------------------------------------------


def joint_distributions(summary: Data, locale: Locale) -> Card | None:
    """Each pair of the three as boxes, shaded by the number of buyers."""
    pairs = summary["distributions"] and summary["distributions"]["together"]
    if not pairs or not pairs["planes"]:
        return None
    names = {"recency": "days since the last order", "frequency": "orders", "monetary": "spent"}
    plots = tuple(
        (f"{_TITLES[plane['y']]}, by {names[plane['x']]}", _pair_plot(summary, plane, locale))
        for plane in pairs["planes"]
    )
    correlation = pairs["correlation"]
    spends = correlation["frequency_monetary"] or 0.0
    recent = -(correlation["recency_frequency"] or 0.0)
    finding = ("Who orders often also spends more" if spends >= _STRONG
               else "Who orders often spends somewhat more" if spends >= _WEAK
               else "Who orders often does not spend more")  # fmt: skip
    if spends >= _WEAK and recent >= _WEAK:
        finding += ", and was here lately"
    else:
        verdict = "goes along" if recent >= _WEAK else "says little"
        finding += f"; how lately they were here {verdict}"
    return Card(
        "together",
        "Together",
        finding,
        "Each box: buyers; stronger is more. Dashed: where the scores are cut. Spent and orders"
        " are on log scales.",
        (SideBySide(plots),),
    )


def _pair_plot(summary: Data, plane: Data, locale: Locale) -> Plot:
    names = (plane["x"], plane["y"])
    edges = [[float(edge) for edge in plane[f"{name}_edges"]] for name in ("x", "y")]
    logs = [name != "recency" for name in names]
    across, up = (Axis(ends[0], ends[-1], log) for ends, log in zip(edges, logs, strict=True))
    most = max((count or 0 for *_, count in plane["boxes"]), default=0) or 1
    by_class: dict[int, list[tuple[float, float, float, float]]] = {}
    for x, y, count in plane["boxes"]:
        left, right = across.position(edges[0][x]), across.position(edges[0][x + 1])
        low, high = up.position(edges[1][y]), up.position(edges[1][y + 1])
        shade = 0 if count is None else max(shade_class(count / most), 1)
        by_class.setdefault(shade, []).append((left, 100 - high, right - left, high - low))
    return Plot(
        title=f"{_TITLES[names[1]]} by {_TITLES[names[0]].lower()}",
        description=f"boxes of up to {locale.count(most)} buyers",
        height=_PAIR_HEIGHT,
        x_ticks=_ticks(across, names[0], locale),
        y_ticks=tuple((_upwards(x), label) for x, label, _ in _ticks(up, names[1], locale)),
        paths=tuple((boxes_path(boxes), f"h{shade}") for shade, boxes in sorted(by_class.items())),
        cuts=_inside(across, _cuts(summary, names[0])),
        levels=tuple(map(_upwards, _inside(up, _cuts(summary, names[1])))),
        table=_buyers_by_scores(summary, names, locale),
    )  # fmt: skip


def _upwards(position: str) -> str:
    """A position from the left, as one from the bottom."""
    return as_percent(100 - float(position[:-1]))


def _ticks(axis: Axis, name: str, locale: Locale) -> tuple[tuple[str, str, bool], ...]:
    ticks = nice_ticks(axis.high, 3) if name == "recency" else _thinned(log_ticks(axis))
    return tuple(
        (axis.from_left(tick), locale.number(tick, 2).shown, index % 2 == 1)
        for index, tick in enumerate(ticks)
        if tick <= axis.high * (1 + 1e-9)
    )


def _buyers_by_scores(summary: Data, names: tuple[str, str], locale: Locale) -> Table:
    """Buyers by two scores: recency and orders (the grid), or one of these and spend."""
    bands = np.array(summary["cells"]["bands"])  # by recency, the best first, orders and spend
    title, heads = "Recency score", "spend {}"
    if names == ("frequency", "recency"):
        counts, heads = np.array(summary["grid"])[::-1], "{}"
    elif names[0] == "recency":
        counts = bands.sum(axis=1)[::-1]
    else:
        counts, title = bands.sum(axis=0), "Orders score"
    columns = numbers(*map(heads.format, range(1, counts.shape[1] + 1)))
    rows = enumerate(counts.tolist(), start=1)
    return Table(
        (Column(title, "name"), *columns),
        tuple((str(score), *map(locale.count, row)) for score, row in rows),
    )
