"""Who is worth what: segments, the grid, and how few carry the shop."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from markupsafe import Markup

from rfmtool.documents import Data
from rfmtool.pages.blocks import (
    Bars,
    Column,
    Dot,
    Name,
    Number,
    ShadedCell,
    ShadedRow,
    ShadedTable,
    Table,
    numbers,
)
from rfmtool.pages.cards import Card, Heatmap, Switch, day_in_words, escaped_name, shortened
from rfmtool.pages.number_format import DASH, NumberFormat, in_whole_units
from rfmtool.pages.sections.overview import (
    localized_people,
    return_rate_column,
    return_rate_dot,
    return_rates,
)
from rfmtool.pages.svg import Axis, Plot, area_path, as_percent, line_path
from rfmtool.summaries.formatting import EMPTY_RANGE

_SHOWN: Final = 12
_FEW: Final = 100
_FEWEST: Final = 5
"""Buyers without whom nobody is one in five."""
_TOP_PLACES: Final = {"0.01": "right", "0.05": "", "0.2": "right", "0.5": "below"}


def segments(summary: Data, say: NumberFormat) -> Card | None:
    """Share of people and of revenue, by revenue."""
    groups = sorted(summary["segments"], key=lambda one: -float(one["revenue"]))
    if not groups:
        return None
    reading = "Sorted by revenue. Light bar: share of people; dark: share of revenue."
    if summary["backtest"] is not None:
        reading += (
            f" Dot: share who ordered within {summary['backtest']['days']} days of"
            f" {day_in_words(summary['backtest']['from'])}, placed by the same rules on that day."
        )
    single = len(groups) == 1
    return Card(
        "segments",
        "Segments",
        _finding(summary, groups),
        reading,
        () if single else (_table_of_segments(summary, groups, say),),
    )


def _table_of_segments(summary: Data, groups: list[Data], say: NumberFormat) -> Table:
    back = return_rates(summary, "segment")
    largest = max([one["share"] for one in groups]
                  + [one["revenue_share"] or 0.0 for one in groups]) or 1.0  # fmt: skip
    whole = in_whole_units([one["revenue"] for one in groups])
    medians = in_whole_units([one["median"] for one in groups])
    rows = tuple(
        (
            Name(one["name"], say.localized(one["who"])),
            say.count(one["customers"]),
            say.share(one["share"]),
            Bars(((one["share"] / largest, "second"),
                  (max(one["revenue_share"] or 0.0, 0.0) / largest, "main"))),
            say.money(one["revenue"], whole=whole),
            say.share(one["revenue_share"]) if float(summary["revenue"]) > 0 else DASH,
            say.money(one["median"], whole=medians),
            _number(say, one["median_recency_days"]),
            _number(say, one["median_orders"]),
            *(_back(say, back.get(one["name"])) if back is not None else ()),
        )
        for one in groups
    )  # fmt: skip
    hidden = groups[_SHOWN:]
    rest = sum(one["revenue_share"] or 0.0 for one in hidden)
    return Table(
        columns=(
            Column("Segment", "name", folds=True),
            *numbers("People"),
            Column("share", "number", minor=True),
            Column("Share of people and revenue"),
            *numbers("Revenue"),
            Column("share", "number", minor=True),
            Column("Median spent", "number", minor=True),
            Column("days since", "number", minor=True),
            Column("orders", "number", minor=True),
            *((return_rate_column(summary), Column("", "number", minor=True, hidden_title="Share who came back"))
              if back is not None else ()),
        ),
        rows=rows,
        first=_SHOWN,
        rest=f"{len(hidden)} more, {say.rounded(100 * rest, 1)}% of revenue",
    )  # fmt: skip


def _number(say: NumberFormat, value: float | None) -> Number | str:
    return DASH if value is None else say.number(value)


def _back(say: NumberFormat, group: Data | None) -> tuple[Dot | str, Number | str]:
    dot = return_rate_dot(group)
    return dot, say.share(dot.value, 0) if isinstance(dot, Dot) else DASH


def _finding(summary: Data, groups: list[Data]) -> Markup | str:
    top = groups[:2]
    names = Markup(" and ").join(escaped_name(one["name"]) for one in top)
    people = 100 * sum(one["share"] for one in top)
    if float(summary["revenue"]) <= 0:
        return Markup("{}: {:.0f} of 100 people").format(names, people)
    money = 100 * sum(one["revenue_share"] or 0.0 for one in top)
    return Markup("{}: {:.0f} of 100 people, {:.0f} of 100 of revenue").format(names, people, money)


# The grid ----------------------------------------------------------------------------------------


def grid(summary: Data, say: NumberFormat) -> Card | None:
    """Recency by orders, of four measures."""
    if not summary["buyers"]:
        return None
    counts = summary["grid"]
    bands = summary["bands"]
    orders = [_short(words) for words in reversed(bands["frequency"])]
    fullest = max((count, -row, column) for row, line_ in enumerate(counts)
                  for column, count in enumerate(line_))  # fmt: skip
    many, row, column = fullest[0], -fullest[1], fullest[2]
    words = bands["frequency"][len(orders) - 1 - column]
    when = say.localized(bands["recency"][row].replace("> ", "over ").replace("≤ ", "up to "))
    where = f"{localized_people(say, many)} with {words}, last seen {when} ago"
    if many == summary["buyers"]:
        return Card("grid", "Recency × orders", f"All in one box: {where}", width="half")
    cells = summary["cells"]
    revenue = cells["revenue"]
    median = cells["median"]
    whole = in_whole_units([one for each in revenue for one in each])
    wholes = in_whole_units([one for each in median for one in each if one is not None])
    panes = (
        _pane(summary, "People", [[say.count(each) if each else "" for each in line_]
                                  for line_ in counts], say),
        _pane(summary, "Revenue", [[say.money(each, whole=whole) if counts[y][x] else ""
                                    for x, each in enumerate(line_)]
                                   for y, line_ in enumerate(revenue)], say),
        _pane(summary, "Median spent", [["" if each is None else say.money(each, whole=wholes)
                                         for each in line_] for line_ in median], say),
    )  # fmt: skip
    return Card(
        "grid",
        "Recency × orders",
        f"The fullest box: {where}",
        "Columns: number of orders. Rows: days since the last order.",
        (Switch("measure", (*panes, _spends(summary, panes[0].table, say))),),
        width="half",
    )


def _short(label: str) -> str:
    return label.removeprefix("frequency ").removesuffix(" orders").removesuffix(" order")


def _pane(summary: Data, title: str, shown: list[list[Number | str]], say: NumberFormat) -> Heatmap:
    bands = summary["bands"]
    orders = list(reversed(bands["frequency"]))
    columns = [at for at, words in enumerate(orders) if words != EMPTY_RANGE]
    values = [[float(one.exact) if isinstance(one, Number) else 0.0 for one in line_]
              for line_ in shown]  # fmt: skip
    most = max((max(line_, default=0.0) for line_ in values), default=0.0) or 1.0
    names = summary["cells"]["segment"]
    seen: set[str] = set()
    rows = []
    for place_, words in enumerate(bands["recency"]):
        if words == EMPTY_RANGE:
            continue
        cells = []
        for at in columns:
            segment, cell = names[place_][at], shown[place_][at]
            is_first = segment is not None and segment not in seen
            seen |= {segment} if is_first else set()
            note = shortened(segment).lower() if is_first else ""
            exact = cell.exact if isinstance(cell, Number) else ""
            words_ = cell.shown if isinstance(cell, Number) else cell
            part = max(values[place_][at], 0.0) / most if words_ else None
            cells.append(ShadedCell(words_, part, exact, note))
        rows.append(ShadedRow(say.localized(words), tuple(cells)))
    return Heatmap(
        title,
        ShadedTable(
            "days ago ↓ orders →", tuple(_short(orders[at]) for at in columns), tuple(rows)
        ),
        say.shade_bounds(most, whole=title == "People"),
    )


def _spends(summary: Data, people: ShadedTable, say: NumberFormat) -> Heatmap:
    """Of the people in each box, how many have each score of spend: small bars, the lowest left."""
    bands = summary["bands"]
    rows = [place_ for place_, words in enumerate(bands["recency"]) if words != EMPTY_RANGE]
    columns = [at for at, words in enumerate(reversed(bands["frequency"])) if words != EMPTY_RANGE]
    most = max((max(cell) for line_ in summary["cells"]["bands"] for cell in line_), default=0) or 1
    return Heatmap(
        "Spend bands",
        replace(
            people,
            rows=tuple(
                replace(
                    row,
                    cells=tuple(
                        ShadedCell(
                            ", ".join(say.count(many).shown for many in counts),
                            bars=tuple(many / most for many in counts),
                        )
                        for counts in (summary["cells"]["bands"][place_][at] for at in columns)
                    ),
                )
                for place_, row in zip(rows, people.rows, strict=True)
            ),
        ),
    )


# Concentration -----------------------------------------------------------------------------------


def concentration(summary: Data, say: NumberFormat) -> Card | None:
    """The share of revenue that the biggest spenders bring, from the biggest down."""
    found = summary["concentration"]
    if found["gini"] is None or found["buyers"] < _FEWEST:
        return None
    gini = say.rounded(found["gini"], 2)
    return Card(
        "concentration",
        "Concentration",
        f"One in five buyers brings {100 * found['top']['0.2']:.0f} of 100 of revenue",
        f"Buyers from the biggest spender down. Dashed: if everybody spent alike. Gini {gini}.",
        (_plot_of_shares(found, say),),
        width="half",
    )


def _plot_of_shares(found: Data, say: NumberFormat) -> Plot:
    points = [
        (100 * (1 - people), 100 * (1 - money)) for people, money in reversed(found["lorenz"])
    ]
    axis = Axis(0.0, 100.0)
    shares = {part: share for part, share in found["top"].items()
              if part != "0.01" or found["buyers"] >= _FEW}  # fmt: skip
    tops = {part: share for part, share in shares.items() if part in _TOP_PLACES}
    dots = tuple(
        (as_percent(axis.position(100 * float(part))), as_percent(100 - 100 * min(share, 1.0)),
         f"top {float(part):.0%}: {share:.0%}" if _TOP_PLACES[part] else "", _TOP_PLACES[part])
        for part, share in tops.items()
    )  # fmt: skip
    ends = [0.0, 20.0, 60.0, 100.0]
    table = Table(
        columns=(Column("Biggest spenders", "name"), *numbers("buyers", "of revenue")),
        rows=tuple(
            (f"top {float(part):.0%}", say.count(found["top_buyers"][part]), say.share(share))
            for part, share in shares.items()
        ),
    )
    return Plot(
        title="Share of revenue by share of buyers, from the biggest spender down",
        description=", ".join(
            f"top {float(part):.0%}: {share:.0%}" for part, share in tops.items()
        ),
        height=240,
        x_ticks=tuple((as_percent(end), f"{end:.0f}%", False) for end in ends),
        y_ticks=tuple(
            (as_percent(100 - end), f"{end:.0f}%") for end in (0.0, 25.0, 50.0, 75.0, 100.0)
        ),
        paths=(
            (area_path([(0.0, 0.0), *points], [(0.0, 0.0), (100.0, 0.0)]), "area"),
            (line_path([(0.0, 0.0), (100.0, 100.0)]), "even"),
            (line_path([(0.0, 0.0), *points]), "curve"),
        ),
        dots=dots,
        table=table,
        places=tuple(as_percent(100 * float(part)) for part in shares),
    )
