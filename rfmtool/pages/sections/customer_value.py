"""Segments, the grid of recency and frequency, and the concentration of revenue."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final

from markupsafe import Markup

from rfmtool.documents import Data
from rfmtool.pages.blocks import (
    Bars,
    Cell,
    Column,
    Dot,
    Name,
    Number,
    ShadedCell,
    ShadedRow,
    ShadedTable,
    Table,
    numbers,
    table_of_columns,
)
from rfmtool.pages.cards import Card, Heatmap, Switch, day_in_words, escaped_name, shortened
from rfmtool.pages.grid import order_count
from rfmtool.pages.groups import return_rates
from rfmtool.pages.locales import DASH, Locale, in_whole_units
from rfmtool.pages.sections.overview import return_rate_column, return_rate_dot
from rfmtool.pages.svg import Axis, Plot, area_path, as_percent, line_path
from rfmtool.summaries.formatting import EMPTY_RANGE

_MAX_SEGMENTS: Final = 12
_MIN_BUYERS_FOR_PERCENT: Final = 100
_MIN_BUYERS: Final = 5
"""Fewer buyers have no fifth."""
_LABEL_SIDES: Final = {"0.01": "right", "0.05": "", "0.2": "right", "0.5": "below"}


def segments(summary: Data, locale: Locale) -> Card | None:
    """Segments with their shares of people and of revenue, by revenue."""
    groups = sorted(summary["segments"], key=lambda group: -float(group["revenue"]))
    if not groups:
        return None
    how_to_read = "Sorted by revenue. Upper bar: share of people; lower: share of revenue."
    if summary["backtest"] is not None:
        how_to_read += (
            f" Dot: share who ordered within {summary['backtest']['days']} days of"
            f" {day_in_words(summary['backtest']['from'])}, placed by the same rules on that day."
        )
    single = len(groups) == 1
    return Card(
        "segments",
        "Segments",
        _largest_segments(summary, groups),
        how_to_read,
        () if single else (_table_of_segments(summary, groups, locale),),
    )


def _table_of_segments(summary: Data, groups: list[Data], locale: Locale) -> Table:
    rates = return_rates(summary, "segment")
    largest = max([group["share"] for group in groups]
                  + [group["revenue_share"] or 0.0 for group in groups]) or 1.0  # fmt: skip
    shares = [locale.share(group["revenue_share"]) for group in groups]
    columns: list[tuple[Column, Sequence[Cell]]] = [
        (Column("Segment", "name", folds=True),
         [Name(group["name"], locale.localized(group["who"])) for group in groups]),
        (Column("People", "number"), [locale.count(group["customers"]) for group in groups]),
        (Column("share", "number", minor=True), [locale.share(group["share"]) for group in groups]),
        (Column("Share of people and revenue"),
         [Bars(((group["share"] / largest, "second"),
                (max(group["revenue_share"] or 0.0, 0.0) / largest, "main"))) for group in groups]),
        (Column("Revenue", "number"), locale.money_column([group["revenue"] for group in groups])),
        (Column("share", "number", minor=True), shares),
        (Column("Median spent", "number", minor=True),
         locale.money_column([group["median"] for group in groups])),
        *((Column(title, "number", minor=True),
           [DASH if group[name] is None else locale.number(group[name]) for group in groups])
          for title, name in (("days since", "median_recency_days"), ("orders", "median_orders"))),
    ]  # fmt: skip
    if rates is not None:
        dots = [return_rate_dot(rates.get(group["name"])) for group in groups]
        columns.append((return_rate_column(summary), dots))
        column = Column("", "number", minor=True, hidden_title="Share who came back")
        texts = [locale.share(dot.value, 0) if isinstance(dot, Dot) else DASH for dot in dots]
        columns.append((column, texts))
    hidden = groups[_MAX_SEGMENTS:]
    part = sum(group["revenue_share"] or 0.0 for group in hidden)
    rest = f"{len(hidden)} more, {locale.rounded(100 * part, 1)}% of revenue"
    return table_of_columns(columns, _MAX_SEGMENTS, rest)


def _largest_segments(summary: Data, groups: list[Data]) -> Markup | str:
    largest = groups[:2]
    names = Markup(" and ").join(escaped_name(group["name"]) for group in largest)
    people = 100 * sum(group["share"] for group in largest)
    if float(summary["revenue"]) <= 0:
        return Markup("{}: {:.0f} of 100 people").format(names, people)
    revenue = 100 * sum(group["revenue_share"] or 0.0 for group in largest)
    text = Markup("{}: {:.0f} of 100 people, {:.0f} of 100 of revenue")
    return text.format(names, people, revenue)


# The grid ----------------------------------------------------------------------------------------


def grid(summary: Data, locale: Locale) -> Card | None:
    """Recency by orders: people, revenue, median spend and spend bands."""
    if not summary["buyers"]:
        return None
    counts, bands = summary["grid"], summary["bands"]
    count, minus_row, column = max((count, -row, column) for row, line in enumerate(counts)
                                   for column, count in enumerate(line))  # fmt: skip
    orders = bands["frequency"][len(bands["frequency"]) - 1 - column]
    days = bands["recency"][-minus_row].replace("> ", "over ").replace("≤ ", "up to ")
    when = locale.localized(days)
    where = f"{locale.people(count)} with {orders}, last seen {when} ago"
    if count == summary["buyers"]:
        return Card("grid", "Recency × orders", f"All in one box: {where}", width="half")
    measures = {
        "People": counts,
        "Revenue": summary["cells"]["revenue"],
        "Median spent": summary["cells"]["median"],
    }
    panes = [_pane(summary, title, lines, locale) for title, lines in measures.items()]
    return Card(
        "grid",
        "Recency × orders",
        f"The fullest box: {where}",
        "Columns: number of orders. Rows: days since the last order.",
        (Switch("measure", (*panes, _spend_bands(summary, panes[0].table, locale))),),
        width="half",
    )


def _filled(bands: Sequence[str]) -> list[int]:
    """The places of the ranges that are not empty."""
    return [place for place, text in enumerate(bands) if text != EMPTY_RANGE]


def _pane(summary: Data, title: str, lines: list[list[Any]], locale: Locale) -> Heatmap:
    """A measure by recency and orders; a segment is named in its first box."""
    bands, counts, names = summary["bands"], summary["grid"], summary["cells"]["segment"]
    orders = list(reversed(bands["frequency"]))
    columns = _filled(orders)
    most = max((float(value or 0) for line in lines for value in line), default=0.0) or 1.0
    known = [value for line in lines for value in line if value is not None]
    show: Callable[[Any], Number] = locale.count
    if title != "People":
        show = partial(locale.money, whole=in_whole_units(known))
    seen: set[str | None] = {None}
    rows = []
    for row in _filled(bands["recency"]):
        cells = []
        for column in columns:
            segment, value, note = names[row][column], lines[row][column], ""
            if segment not in seen:
                seen.add(segment)
                note = shortened(segment).lower()
            number = show(value) if counts[row][column] else Number("", "")
            part = max(float(value), 0.0) / most if counts[row][column] else None
            cells.append(ShadedCell(number.shown, part, number.exact, note))
        rows.append(ShadedRow(locale.localized(bands["recency"][row]), tuple(cells)))
    heads = tuple(order_count(orders[column]) for column in columns)
    table = ShadedTable("days ago ↓ orders →", heads, tuple(rows))
    return Heatmap(title, table, locale.shade_bounds(most, whole=title == "People"))


def _spend_bands(summary: Data, people: ShadedTable, locale: Locale) -> Heatmap:
    """The people of each box by spend score, as small bars from the lowest score."""
    bands, counts = summary["bands"], summary["cells"]["bands"]
    columns = _filled(list(reversed(bands["frequency"])))
    most = max((max(scores) for line in counts for scores in line), default=0) or 1

    def cell(scores: Sequence[int]) -> ShadedCell:
        text = ", ".join(locale.count(count).shown for count in scores)
        return ShadedCell(text, bars=tuple(count / most for count in scores))

    rows = tuple(
        replace(row, cells=tuple(cell(counts[index][column]) for column in columns))
        for index, row in zip(_filled(bands["recency"]), people.rows, strict=True)
    )
    return Heatmap("Spend bands", replace(people, rows=rows))


# Concentration -----------------------------------------------------------------------------------


def concentration(summary: Data, locale: Locale) -> Card | None:
    """The share of revenue of the biggest spenders."""
    data = summary["concentration"]
    if data["gini"] is None or data["buyers"] < _MIN_BUYERS:
        return None
    gini = locale.rounded(data["gini"], 2)
    return Card(
        "concentration",
        "Concentration",
        f"One in five buyers brings {100 * data['top']['0.2']:.0f} of 100 of revenue",
        f"Buyers from the biggest spender down. Dashed: if everybody spent alike. Gini {gini}.",
        (_lorenz_plot(data, locale),),
        width="half",
    )


def _lorenz_plot(data: Data, locale: Locale) -> Plot:
    points = [(100 * (1 - people), 100 * (1 - money)) for people, money in reversed(data["lorenz"])]
    axis = Axis(0.0, 100.0)
    shares = {part: share for part, share in data["top"].items()
              if part != "0.01" or data["buyers"] >= _MIN_BUYERS_FOR_PERCENT}  # fmt: skip
    tops = {part: share for part, share in shares.items() if part in _LABEL_SIDES}
    texts = {part: f"top {float(part):.0%}: {share:.0%}" for part, share in tops.items()}
    dots = tuple(
        (axis.from_left(100 * float(part)), as_percent(100 - 100 * min(share, 1.0)),
         texts[part] if _LABEL_SIDES[part] else "", _LABEL_SIDES[part])
        for part, share in tops.items()
    )  # fmt: skip
    table = Table(
        columns=(Column("Biggest spenders", "name"), *numbers("buyers", "of revenue")),
        rows=tuple(
            (f"top {float(part):.0%}", locale.count(data["top_buyers"][part]), locale.share(share))
            for part, share in shares.items()
        ),
    )
    return Plot(
        title="Share of revenue by share of buyers, from the biggest spender down",
        description=", ".join(texts.values()),
        height=240,
        x_ticks=tuple((as_percent(tick), f"{tick}%", False) for tick in (0, 20, 60, 100)),
        y_ticks=tuple((as_percent(100 - tick), f"{tick}%") for tick in (0, 25, 50, 75, 100)),
        paths=(
            (area_path([(0.0, 0.0), *points], [(0.0, 0.0), (100.0, 0.0)]), "area"),
            (line_path([(0.0, 0.0), (100.0, 100.0)]), "even"),
            (line_path([(0.0, 0.0), *points]), "curve"),
        ),
        dots=dots,
        table=table,
        places=tuple(as_percent(100 * float(part)) for part in shares),
    )
