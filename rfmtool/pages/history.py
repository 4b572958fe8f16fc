"""The runs of a folder: small curves of customers, revenue and groups, and why people moved."""

from __future__ import annotations

from collections.abc import Sequence

from rfmtool.documents import Data
from rfmtool.pages.blocks import Block, Cell, Column, Gap, Paragraph, Table, answer, numbers
from rfmtool.pages.timeline import curve, ends_and_curve, room
from rfmtool.summaries.words import counted, money, plain


def page(found: Sequence[Data], width: int) -> list[Block]:
    """What a folder remembers, for a page of so many characters."""
    first, last = found[0]["as_of"], found[-1]["as_of"]
    words = (f"{counted(len(found), 'run')} · ", f"{first} to {last}", "")
    causes = ", ".join(f"{plain(name)} {count:,}" for name, count in found[-1]["causes"].items())
    moves = f"Moves since the run before, by cause: {causes}; see changes.csv."
    moved = Paragraph(moves if causes else "Nobody moved since the run before, or there is none.")
    cells = room(found, width)
    revenue = [float(point["revenue"]) for point in found]
    ends = money(found[0]["revenue"]), money(found[-1]["revenue"])
    rows: list[Sequence[Cell]] = [
        ("customers", *ends_and_curve([point["customers"] for point in found], cells)),
        ("revenue", ends[0], curve(revenue, cells), ends[1]),
    ]
    for title, name in (("LADDER", "stages"), ("SEGMENT", "segments"), ("ACTIVITY", "activity")):
        rows += [(), (title,)]
        # Every label that somebody had in any run, the latest run's first.
        for label in dict.fromkeys(label for point in reversed(found) for label in point[name]):
            counts = [point[name].get(label, 0) for point in found]
            rows.append((label, *ends_and_curve(counts, cells)))
    columns = (Column("ALL", "name"), *numbers(first), Column(), *numbers(last))
    return answer("HISTORY", words, [Table(columns, tuple(rows)), Gap(), moved], [])
