"""The summary as a page for a terminal: trust, ladder, segments, grid.

Reads the same without colour; in a pipe it is plain text. Nothing is computed here.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any, Final

from rich.console import Console, RenderableType
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from rfmtool.report.words import NOBODY, counted, money

Data = Mapping[str, Any]

_WIDE: Final = 96
"""From this many columns on there is room for everything."""
_EIGHTHS: Final = " ▏▎▍▌▋▊▉█"
_HEAT: Final = (
    "",
    "on grey15",
    "on dark_blue",
    "on blue3",
    "black on dark_orange",
    "black on yellow",
)
_TITLE: Final = "bold cyan"
ORDERS_PROVE: Final = "Orders alone prove no more than a client."


def print_report(summary: Data, console: Console, folder: str | None = None) -> None:
    """Print the report of a run.

    Args:
        summary: what `report.summary` made, or a summary.json read back.
        console: where to; its width decides what is left out.
        folder: the run's folder, for the hints at the end.
    """
    print_trimmed(_parts(summary, console.width, folder), console)


def print_trimmed(parts: Sequence[RenderableType], console: Console) -> None:
    """Print without the spaces that tables leave at the ends of lines."""
    with console.capture() as captured:
        for part in parts:
            console.print(part)
    lines = captured.get().splitlines()
    console.file.write("".join(f"{line.rstrip()}\n" for line in lines))


def printable(text: str) -> str:
    """Replace what a terminal would obey instead of showing."""
    return "".join(letter if letter.isprintable() else "�" for letter in text)


def _parts(summary: Data, width: int, folder: str | None) -> list[RenderableType]:
    return [
        _headline(summary),
        Rule(style="dim"),
        *_trust(summary, width),
        Text(),
        _ladder(summary, width),
        _paragraph(ORDERS_PROVE, width, "dim"),
        *(_buyers(summary, width, folder) if summary["buyers"] else []),
        Rule(style="dim"),
    ]


def _buyers(summary: Data, width: int, folder: str | None) -> list[RenderableType]:
    """What there is to say once somebody has bought."""
    return [
        Text(),
        _groups("ACTIVITY", summary["activity"], width),
        Text(),
        _groups("SEGMENT", summary["segments"], width),
        Text(),
        _grid(summary, width),
        Text(),
        _paragraph(_scales_note(summary, folder), width, "dim"),
    ]


def _headline(summary: Data) -> Text:
    return Text.assemble(
        (f" {counted(summary['customers'], 'customer')}", "bold"),
        f" · {counted(summary['orders'], 'order')} · revenue ",
        (money(summary["revenue"]), "bold"),
        f" · as of {summary['as_of']}",
        "" if summary["as_of_is"] == "last order" else f" ({summary['as_of_is']})",
    )


# Trust -------------------------------------------------------------------------------------------


def _trust(summary: Data, width: int) -> list[RenderableType]:
    read_as = columns_line(summary["columns"], summary["reading"])
    return [
        _paragraph(ledger_line(summary["ledger"]), width),
        _paragraph(f"Read as {read_as}", width),
        *[_paragraph(f"! {printable(text)}", width, "yellow") for text in summary["warnings"]],
    ]


def _paragraph(words: str, width: int, style: str = "") -> Text:
    """Wrapped words, whose further lines hang under the first."""
    filled = textwrap.fill(words, width, initial_indent=" ", subsequent_indent="   ")
    return Text(filled, style)


def ledger_line(ledger: Data) -> str:
    """The sum that accounts for every row."""
    return (
        f"{counted(ledger['rows'], 'row')} = {ledger['used']:,} used"
        f" + {ledger['anonymous']:,} without a customer + {_sum(ledger, 'excluded')}"
        f" + {_sum(ledger, 'rejected')} + {ledger['blank']:,} blank"
    )


def _sum(ledger: Data, bins: str) -> str:
    reasons = ledger[bins]
    why = ", ".join(f"{name} {count:,}" for name, count in reasons.items())
    return f"{sum(reasons.values()):,} {bins}" + (f" ({why})" if why else "")


def columns_line(columns: Mapping[str, str], reading: Data) -> str:
    """Which column plays which role, and how it is read."""
    shown = {role: printable(name) for role, name in columns.items()}
    words = [
        f"{role}={name}" + (f" ({reading['dates']})" if role == "ordered_at" else "")
        for role, name in shown.items()
        if role not in ("quantity", "unit_price")
    ]
    if "quantity" in shown:
        words.append(f"amount={shown['quantity']} × {shown['unit_price']}")
    words.append(f"an order is {reading['order_is']}")
    return ", ".join(words)


# Ladder and segments -----------------------------------------------------------------------------


def _ladder(summary: Data, width: int) -> Table:
    wide = width >= _WIDE
    table = _table("LADDER")
    if wide:
        table.add_column("proof", style="dim", no_wrap=True)
    _add_group_columns(table, wide=wide, median=True)
    groups = {group["name"]: group for group in summary["stages"]}
    for rung in summary["ladder"]:
        proof = [rung["proof"]] if wide else []
        group = groups.get(rung["stage"], _nobody(rung["stage"]))
        table.add_row(rung["stage"], *proof, *_group_cells(group, wide=wide, median=True))
    return table


def _groups(title: str, groups: Sequence[Data], width: int) -> Table:
    wide = width >= _WIDE
    table = _table(title)
    table.add_column("who", style="dim", overflow="fold")
    _add_group_columns(table, wide=wide, median=False)
    for group in groups:
        table.add_row(
            printable(group["name"]),
            group["who"],
            *_group_cells(group, wide=wide, median=False),
        )
    return table


def _table(first: str) -> Table:
    table = Table(box=None, padding=(0, 1), pad_edge=True, header_style="bold")
    table.add_column(first, style=_TITLE, header_style=_TITLE, no_wrap=True)
    return table


def _add_group_columns(table: Table, *, wide: bool, median: bool) -> None:
    table.add_column("people", justify="right", no_wrap=True)
    table.add_column("share", justify="right", no_wrap=True)
    if wide or median:
        table.add_column("", no_wrap=True, style="cyan")
    table.add_column("revenue", justify="right", no_wrap=True)
    table.add_column("share", justify="right", no_wrap=True)
    if wide or median:
        table.add_column("average", justify="right", no_wrap=True)
    if wide and median:
        table.add_column("median", justify="right", no_wrap=True)


def _group_cells(group: Data, *, wide: bool, median: bool) -> list[str]:
    cells = [f"{group['customers']:,}", share(group["share"])]
    if wide or median:
        cells.append(bar(group["share"], 15 if wide else 10))
    cells += [money(group["revenue"]), share(group["revenue_share"])]
    if wide or median:
        cells.append(money(group["average"]))
    if wide and median:
        cells.append(money(group["median"]))
    return cells


def _nobody(name: str) -> dict[str, Any]:
    return {"name": name, "customers": 0, "share": 0.0, "revenue": "0", "revenue_share": 0.0,
            "average": "0", "median": "0"}  # fmt: skip


def share(part: float | None) -> str:
    """A share as a percentage with one decimal."""
    return "–" if part is None else f"{part:.1%}"


def bar(part: float, cells: int) -> str:
    """A bar of at most `cells` characters, exact to an eighth of one."""
    eighths = max(round(part * cells * 8), 1 if part > 0 else 0)
    full, rest = divmod(eighths, 8)
    return "█" * full + (_EIGHTHS[rest] if rest else "")


# Grid --------------------------------------------------------------------------------------------


def _grid(summary: Data, width: int) -> Table:
    """Customers by recency and frequency as a heat map, the spend bands beside it."""
    wide = width >= _WIDE
    table = Table(box=None, padding=(0, 0), pad_edge=False, header_style="bold")
    bands = summary["bands"]
    columns = [place for place, words in enumerate(reversed(bands["frequency"])) if words != NOBODY]
    table.add_column(" PEOPLE BY RECENCY × ORDERS", style="dim", header_style=_TITLE, no_wrap=True)
    for place in columns:
        label = _short(bands["frequency"][-1 - place])
        table.add_column(f" {label}", justify="right", no_wrap=True, min_width=6)
    table.add_column("   ", no_wrap=True)
    table.add_column("SPEND" if not wide else "SPEND (score)", header_style=_TITLE, no_wrap=True)
    grid = summary["grid"]
    most = max((count for row in grid for count in row), default=0)
    counts = [
        [Text(f" {score:>2}  {words} "), *(_cell(grid[-score][place], most) for place in columns)]
        for score, words in _scored(bands["recency"])
    ]
    spend = [Text(f"{score}  {words}", "dim") for score, words in _scored(bands["monetary"])]
    nothing = [Text("")] * (1 + len(columns))
    for row, words in zip_longest(counts, spend):
        table.add_row(*(row or nothing), Text(""), words or Text(""))
    return table


def _scored(bands: Sequence[str]) -> list[tuple[int, str]]:
    """Each score that somebody can have and what it means, the best first."""
    scores = range(len(bands), 0, -1)
    return [(score, words) for score, words in zip(scores, bands, strict=True) if words != NOBODY]


def _cell(count: int, most: int) -> Text:
    return Text(f" {count:,} " if count else " · ", _heat(count, most), justify="right")


def _heat(count: int, most: int) -> str:
    if not count or not most:
        return "dim"
    # Square roots keep small groups apart from none at all.
    level = (count / most) ** 0.5
    return _HEAT[min(int(level * (len(_HEAT) - 1)) + 1, len(_HEAT) - 1)]


def _short(label: str) -> str:
    return label.removesuffix(" orders").removesuffix(" order") + " "


def _scales_note(summary: Data, folder: str | None) -> str:
    note = f"Cut points are {summary['scales_are']}."
    if summary["scales_are"] == "given":
        return note
    place = printable(f"{folder}/scales.json") if folder else "the scales.json that run -o writes"
    return f"{note} To keep them next month: --scales {place}"


def as_console(*, stderr: bool = False, color: bool = True, width: int | None = None) -> Console:
    """A console that draws no colour where none is wanted or seen."""
    return Console(stderr=stderr, no_color=not color or None, width=width, highlight=False,
                   soft_wrap=False, emoji=False, markup=False)  # fmt: skip


def listed(names: Sequence[str]) -> str:
    """Names in one line, safe to print."""
    return ", ".join(printable(name) for name in names)
