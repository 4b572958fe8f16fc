"""The runs of a folder: sparklines of customers, revenue and groups, and causes of moves."""

from __future__ import annotations

from collections.abc import Sequence

from rfmtool.documents import Data
from rfmtool.pages.blocks import Block, Column, Gap, Paragraph, Table, answer_blocks, numbers
from rfmtool.pages.timeline import curve_width, sparkline_with_ends, totals_with_curves
from rfmtool.summaries.formatting import count_text, label_text


def page(runs: Sequence[Data], width: int) -> list[Block]:
    """The page of the runs of a folder, `width` characters wide."""
    first, last = runs[0]["as_of"], runs[-1]["as_of"]
    headline = (f"{count_text(len(runs), 'run')} · ", f"{first} to {last}", "")
    counts = runs[-1]["causes"].items()
    causes = ", ".join(f"{label_text(name)} {count:,}" for name, count in counts)
    moves = "Nobody moved since the run before, or there is none."
    if causes:
        moves = f"Moves since the run before, by cause: {causes}; see changes.csv."
    cells = curve_width(runs, width)
    rows = totals_with_curves(runs, "revenue", cells)
    for title, name in (("LADDER", "stages"), ("SEGMENT", "segments"), ("ACTIVITY", "activity")):
        rows += [(), (title,)]
        # Labels of all runs, those of the latest first.
        for label in dict.fromkeys(label for point in reversed(runs) for label in point[name]):
            counts = [point[name].get(label, 0) for point in runs]
            rows.append((label_text(label), *sparkline_with_ends(counts, cells)))
    columns = (Column("ALL", "name"), *numbers(first), Column(), *numbers(last))
    parts: list[Block] = [Table(columns, tuple(rows)), Gap(), Paragraph(moves)]
    return answer_blocks("HISTORY", headline, parts, [])
