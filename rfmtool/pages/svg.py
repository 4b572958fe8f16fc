"""The geometry of plots: scales, ticks and paths, in per cent of the plot's area.

The area has no view box, so that text keeps its size at every width; curves are drawn in a view
box of 1,000 by 1,000 inside it, which is stretched.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Final

from rfmtool.pages.blocks import Table

_STEPS: Final = (1, 2, 2.5, 5, 10)
_SIZE: Final = 1_000
Point = tuple[float, float]


@dataclass(frozen=True)
class Axis:
    """A scale across a plot's area; `log` needs values above 0."""

    low: float
    high: float
    log: bool = False

    def position(self, value: float) -> float:
        """The position of a value in per cent of the axis."""
        ends = (self.low, value, self.high)
        low, middle, high = (math.log10(end) for end in ends) if self.log else ends
        return 100 * (middle - low) / (high - low) if high > low else 0.0

    def from_left(self, value: float) -> str:
        """The position along a horizontal axis, as `12.5%`."""
        return as_percent(self.position(value))

    def from_top(self, value: float) -> str:
        """The position along a vertical axis, as `12.5%` from the top."""
        return as_percent(100 - self.position(value))


@dataclass(frozen=True)
class Plot:
    """A plot with its axes; positions are in per cent, from the left and from the top.

    Attributes:
        title: what it shows.
        description: its main values in words, for screen readers.
        height: in pixels.
        x_ticks: position, label, and whether small screens may leave it out.
        y_ticks: position and label.
        bars: x, y, width, height and tone.
        paths: path data in a view box of 1,000 by 1,000, and tone.
        dots: x, y, label, and the side of the dot on which the label stands.
        zones: x, width and label of ranges shaded from top to bottom.
        cuts: x of dashed vertical lines; `levels` are y of horizontal ones.
        marks: x and label above the area.
        table: the same in numbers; `places` are the positions of its rows along x.
    """

    title: str
    description: str
    height: int
    x_ticks: tuple[tuple[str, str, bool], ...]
    y_ticks: tuple[tuple[str, str], ...]
    table: Table
    places: tuple[str, ...] = ()
    bars: tuple[tuple[str, str, str, str, str], ...] = ()
    paths: tuple[tuple[str, str], ...] = ()
    dots: tuple[tuple[str, str, str, str], ...] = ()
    zones: tuple[tuple[str, str, str], ...] = ()
    cuts: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    marks: tuple[tuple[str, str], ...] = ()


def as_percent(percent: float) -> str:
    """A position as `12.5%`, with at most two decimals."""
    return f"{_rounded(percent)}%"


def _rounded(value: float) -> str:
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def nice_ticks(top: float, about: int = 4) -> list[float]:
    """Round ticks from 0 to at least `top`, in about `about` steps."""
    if top <= 0:
        return [0.0, 1.0]
    size = 10 ** math.floor(math.log10(top / about))
    steps = (size * multiple for multiple in _STEPS)
    step = next(step for step in steps if step * about >= top * (1 - 1e-9))
    return [step * number for number in range(math.ceil(top / step - 1e-9) + 1)]


def log_ticks(axis: Axis) -> list[float]:
    """The ticks 1, 3, 10, 30 of a logarithmic axis."""
    first, last = math.floor(math.log10(axis.low)), math.ceil(math.log10(axis.high))
    ticks = [lead * 10.0**power for power in range(first, last + 1) for lead in (1, 3)]
    margin = 1 + 1e-9
    return [tick for tick in ticks if axis.low <= tick * margin and tick <= axis.high * margin]


def line_path(points: Iterable[Point]) -> str:
    """A path through points given in per cent from the left and from the bottom."""
    coordinates = [f"{_rounded(10 * x)} {_rounded(_SIZE - 10 * y)}" for x, y in points]
    return f"M{'L'.join(coordinates)}"


def area_path(upper: Sequence[Point], lower: Sequence[Point]) -> str:
    """A path around the area between two lines."""
    return f"{line_path([*upper, *reversed(lower)])}Z"


def boxes_path(boxes: Iterable[tuple[float, float, float, float]]) -> str:
    """One path around boxes: x, y, width and height in per cent from the left and the top.

    Adjacent boxes of a row are merged, which is shorter and shows no seam.
    """
    rows: list[list[float]] = []
    for x, y, width, height in sorted(boxes, key=itemgetter(1, 0)):
        last = rows[-1] if rows else None
        if last and (y, height) == (last[2], last[3]) and math.isclose(x, last[1]):
            last[1] = x + width
        else:
            rows.append([x, x + width, y, height])
    return "".join(
        f"M{_rounded(10 * left)} {_rounded(10 * y)}H{_rounded(10 * right)}v{_rounded(10 * height)}"
        f"H{_rounded(10 * left)}z"
        for left, right, y, height in rows
    )


def shade_class(part: float, *, linear: bool = False) -> int:
    """The class of shade (0 to 7) of a value from 0 to 1, by its square root unless `linear`."""
    level = part if linear else math.sqrt(max(part, 0.0))
    return min(int(level * 8), 7)
