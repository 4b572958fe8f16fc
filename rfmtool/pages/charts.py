"""Charts for a notebook, drawn by altair from the same plain data as the pages.

A chart holds bins and groups, never single customers. Its values are embedded, so that it can be
changed, saved or combined with others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

from rfmtool.documents import Data
from rfmtool.errors import UsageError

Rows = list[dict[str, Any]]

_BLUE, _AMBER = "#1f5fa8", "#c2831a"
_SHADES: Final = ["#f1f6fc", "#bbd5ef", "#5f98d2", "#123b6b"]
_WIDTH, _HEIGHT = 480, 280


def chart(kinds: Iterable[str], kind: str | None, data: Data) -> Any:  # noqa: ANN401 - altair's
    """Draw the chart `kind` of those available, by default the first.

    `data` is a summary, or an answer's data under its name.

    Raises:
        UsageError: there is no such kind, or altair is not installed.
    """
    known = tuple(kinds)
    wanted = known[0] if kind is None else kind
    if wanted not in known:
        raise UsageError(f"chart {wanted!r}: there is none", f"Take any of {', '.join(known)}.")
    if find_spec("altair") is None:
        hint = "Install it with pip install 'rfmtool[plots]'."
        raise UsageError("chart: what draws charts is not installed", hint)
    drawn = _CHARTS[wanted](import_module("altair"), data)
    return drawn.properties(width=_WIDTH, height=_HEIGHT)


def _chart_of(altair: Any, rows: Rows, mark: str, **how: Any) -> Any:  # noqa: ANN401 - untyped
    return altair.Chart(altair.Data(values=rows), mark={"type": mark, **how})


def _groups(altair: Any, groups: Rows, value: str, title: str, name: str = "name") -> Any:  # noqa: ANN401 - untyped
    """A bar for each group, in their order."""
    bars = [{"name": group[name], value: float(group[value])} for group in groups]
    return _chart_of(altair, bars, "bar", color=_BLUE).encode(
        x=altair.X(f"{value}:Q", title=title),
        y=altair.Y("name:N", sort=None, title=None),
        tooltip=["name:N", f"{value}:Q"],
    )


def _grid(altair: Any, data: Data) -> Any:  # noqa: ANN401 - untyped
    """People by scores of recency and frequency, the latest buyers on top."""
    bins = len(data["grid"])
    rows = [
        {"recency": bins - down, "frequency": across + 1, "people": people}
        for down, row in enumerate(data["grid"])
        for across, people in enumerate(row)
    ]
    return _shaded(altair, rows, ("frequency", "recency", "people"), "descending")


def _cohorts(altair: Any, data: Data) -> Any:  # noqa: ANN401 - untyped
    """The share of each cohort that ordered in each month after the first."""
    table = data["cohorts"]
    rows = [
        {"cohort": row["name"], "month": month, "share": share}
        for row in table["rows"]
        for month, share in zip(table["months"], row["shares"], strict=False)
        if share is not None
    ]
    return _shaded(altair, rows, ("month", "cohort", "share"), None)


def _shaded(altair: Any, rows: Rows, names: tuple[str, str, str], downwards: str | None) -> Any:  # noqa: ANN401 - untyped
    across, down, value = names
    return _chart_of(altair, rows, "rect").encode(
        x=altair.X(f"{across}:O"),
        y=altair.Y(f"{down}:O", sort=downwards),
        color=altair.Color(f"{value}:Q", scale=altair.Scale(range=_SHADES)),
        tooltip=[f"{down}:O", f"{across}:O", f"{value}:Q"],
    )


def _months(altair: Any, data: Data) -> Any:  # noqa: ANN401 - untyped
    """Revenue by month, of customers of earlier months and of first-time buyers."""
    rows = [
        {"month": month["month"], "from": title, "revenue": float(month[name])}
        for month in data["months"]["rows"]
        for name, title in (("earlier", "earlier customers"), ("first", "first-timers"))
    ]
    colours = altair.Scale(range=[_BLUE, "#4e95d6"])
    return _chart_of(altair, rows, "bar").encode(
        x=altair.X("month:O", title=None),
        y="revenue:Q",
        color=altair.Color("from:N", title=None, scale=colours),
        tooltip=["month:O", "from:N", "revenue:Q"],
    )


def _concentration(altair: Any, data: Data) -> Any:  # noqa: ANN401 - untyped
    """The share of revenue of the biggest spenders."""
    lorenz = data["concentration"]["lorenz"]
    points = [{"buyers": 1 - part, "revenue": 1 - share} for part, share in lorenz]
    line = _chart_of(altair, points, "line", color=_BLUE).encode(
        x=altair.X("buyers:Q", title="buyers, from the biggest down"),
        y=altair.Y("revenue:Q", title="of revenue"),
        tooltip=["buyers:Q", "revenue:Q"],
    )
    ends = [{"x": 0, "y": 0}, {"x": 1, "y": 1}]
    even = _chart_of(altair, ends, "line", color="#8b94a5", strokeDash=[4, 4])
    return even.encode(x="x:Q", y="y:Q") + line


def _second_order(altair: Any, data: Data) -> Any:  # noqa: ANN401 - untyped
    """The share of buyers who have ordered again by each day, with its interval."""
    days = altair.X("day:Q", title="days after the first order")
    base = altair.Chart(altair.Data(values=data["repeat"]["curve"])).encode(x=days)
    band = base.mark_area(color="#bbd5ef").encode(y=altair.Y("low:Q", title=""), y2="high:Q")
    line = base.mark_line(color=_BLUE, interpolate="step-after").encode(
        y=altair.Y("share:Q", title="ordered again"), tooltip=["day:Q", "share:Q"]
    )
    return band + line


def _lateness(altair: Any, data: Data) -> Any:  # noqa: ANN401 - untyped
    """The share of regulars who came back, by how many usual gaps they had waited."""
    bands = [band for band in data["cadence"]["backtest"] if band["share"] is not None]
    base = altair.Chart(altair.Data(values=bands)).encode(
        y=altair.Y("band:N", sort=None, title="usual gaps waited"), tooltip=["band:N", "share:Q"]
    )
    low = altair.X("low:Q", title="came back")
    ranges = base.mark_rule(color="#bbd5ef", size=6).encode(x=low, x2="high:Q")
    return ranges + base.mark_point(color=_AMBER, filled=True, size=60).encode(x="share:Q")


def _timeline(altair: Any, data: Data) -> Any:  # noqa: ANN401 - untyped
    """People on each rung on each date."""
    rows = [
        {"as_of": point["as_of"], "rung": rung, "people": people}
        for point in data["timeline"]["points"]
        for rung, people in point["stages"].items()
    ]
    return _chart_of(altair, rows, "line", point=True).encode(
        x=altair.X("as_of:T", title=None),
        y="people:Q",
        color=altair.Color("rung:N", sort=None, title=None),
        tooltip=["as_of:T", "rung:N", "people:Q"],
    )


def _moves(altair: Any, data: Data) -> Any:  # noqa: ANN401 - untyped
    """People by rung before and rung now."""
    rows = [
        {"from": start, "to": end, "people": people}
        for start, ends in data["compare"]["stages"].items()
        for end, people in ends.items()
    ]
    return _shaded(altair, rows, ("to", "from", "people"), None)


_CHARTS: Final[Mapping[str, Callable[[Any, Data], Any]]] = {
    "ladder": lambda altair, data: _groups(altair, data["stages"], "customers", "people"),
    "segments": lambda altair, data: _groups(altair, data["segments"], "revenue", "revenue"),
    "grid": _grid,
    "months": _months,
    "cohorts": _cohorts,
    "concentration": _concentration,
    "second_order": _second_order,
    "steps": lambda altair, data: _groups(
        altair, data["journey"]["steps"], "people", "people", "step"
    ),
    "lateness": _lateness,
    "timeline": _timeline,
    "moves": _moves,
}
RUN_CHARTS: Final = (
    "ladder", "segments", "grid", "months", "cohorts", "concentration", "second_order", "lateness",
)  # fmt: skip
"""Kinds of chart of a run."""
ANSWER_CHARTS: Final[Mapping[str, tuple[str, ...]]] = {
    "cadence": ("lateness",),
    "cohorts": ("cohorts", "months"),
    "compare": ("moves",),
    "concentration": ("concentration",),
    "journey": ("steps",),
    "repeat": ("second_order",),
    "timeline": ("timeline",),
}
"""Kinds of chart of each question that has one."""
