"""The runs of a folder: small curves of customers, revenue and groups, and why people moved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from rfmtool.pages.blocks import (
    Block,
    Cell,
    Column,
    Gap,
    Paragraph,
    Spark,
    Table,
    answer,
    numbers,
)
from rfmtool.summaries.words import counted, money

Data = Mapping[str, Any]

_NUMBERS_WIDTH: Final = 54
_MOST_CELLS: Final = 60


def page(found: Sequence[Data], width: int) -> list[Block]:
    """What a folder remembers, for a page of so many characters."""
    first, last = found[0]["as_of"], found[-1]["as_of"]
    words = (f"{counted(len(found), 'run')} · ", f"{first} to {last}", "")
    cells = max(min(width - _NUMBERS_WIDTH, _MOST_CELLS, len(found)), 1)
    return answer("HISTORY", words, [_table(found, cells), Gap(), _moved(found)], [])


def _table(found: Sequence[Data], cells: int) -> Table:
    revenue = [float(point["revenue"]) for point in found]
    ends = money(found[0]["revenue"]), money(found[-1]["revenue"])
    rows: list[Sequence[Cell]] = [
        ("customers", *_row([point["customers"] for point in found], cells)),
        ("revenue", ends[0], _curve(revenue, cells), ends[1]),
    ]
    for title, name in (("LADDER", "stages"), ("SEGMENT", "segments"), ("ACTIVITY", "activity")):
        rows += [(), (title,)]
        rows += [(label, *_row(counts, cells)) for label, counts in _labels(found, name)]
    return Table(
        columns=(
            Column("ALL", "name"),
            *numbers(found[0]["as_of"]),
            Column(),
            *numbers(found[-1]["as_of"]),
        ),
        rows=tuple(rows),
    )


def _labels(found: Sequence[Data], name: str) -> Iterator[tuple[str, list[int]]]:
    """Every label that somebody had in any run, the latest run's first."""
    for label in dict.fromkeys(label for point in reversed(found) for label in point[name]):
        yield label, [point[name].get(label, 0) for point in found]


def _row(counts: Sequence[int], cells: int) -> tuple[Cell, ...]:
    return f"{counts[0]:,}", _curve(counts, cells), f"{counts[-1]:,}"


def _curve(values: Sequence[float], cells: int) -> Spark:
    """As many of the values as there is room for, the first and the last among them."""
    step = (len(values) - 1) / max(cells - 1, 1)
    return Spark(tuple(values[round(place * step)] for place in range(cells)))


def _moved(found: Sequence[Data]) -> Paragraph:
    """Why people moved in the latest run."""
    causes = found[-1]["causes"]
    if not causes:
        return Paragraph("Nobody moved since the run before, or there is none.")
    told = ", ".join(f"{name.replace('_', ' ')} {count:,}" for name, count in causes.items())
    return Paragraph(f"Moves since the run before, by cause: {told}; see changes.csv.")
