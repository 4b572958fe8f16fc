"""The runs of a folder: small curves of customers, revenue and groups, and why people moved."""

from __future__ import annotations

from collections.abc import Sequence

from rfmtool.documents import Data
from rfmtool.pages.blocks import Block, Cell, Column, Gap, Paragraph, Table, answer_blocks, numbers
from rfmtool.pages.timeline import curve_width, sparkline, sparkline_with_ends
from rfmtool.summaries.formatting import count_text, format_money, label_text


def page(found: Sequence[Data], width: int) -> list[Block]:
    """What a folder remembers, for a page of so many characters."""
    first, last = found[0]["as_of"], found[-1]["as_of"]
    words = (f"{count_text(len(found), 'run')} · ", f"{first} to {last}", "")
    causes = ", ".join(
        f"{label_text(name)} {count:,}" for name, count in found[-1]["causes"].items()
    )
    moves = f"Moves since the run before, by cause: {causes}; see changes.csv."
    moved = Paragraph(moves if causes else "Nobody moved since the run before, or there is none.")
    cells = curve_width(found, width)
    revenue = [float(point["revenue"]) for point in found]
    ends = format_money(found[0]["revenue"]), format_money(found[-1]["revenue"])
    rows: list[Sequence[Cell]] = [
        ("customers", *sparkline_with_ends([point["customers"] for point in found], cells)),
        ("revenue", ends[0], sparkline(revenue, cells), ends[1]),
    ]
    for title, name in (("LADDER", "stages"), ("SEGMENT", "segments"), ("ACTIVITY", "activity")):
        rows += [(), (title,)]
        # Every label that somebody had in any run, the latest run's first.
        for label in dict.fromkeys(label for point in reversed(found) for label in point[name]):
            counts = [point[name].get(label, 0) for point in found]
            rows.append((label, *sparkline_with_ends(counts, cells)))
    columns = (Column("ALL", "name"), *numbers(first), Column(), *numbers(last))
    return answer_blocks("HISTORY", words, [Table(columns, tuple(rows)), Gap(), moved], [])
