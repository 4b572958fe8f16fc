"""The runs of a folder: sparklines of customers, revenue and groups, and causes of moves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rfmtool.documents import Data
from rfmtool.pages.blocks import Block, Paragraph, answer_blocks
from rfmtool.pages.timeline import curve_width, table_of_curves
from rfmtool.summaries.formatting import count_text, label_text

_GROUPS: Final = {"LADDER": "stages", "SEGMENT": "segments", "ACTIVITY": "activity"}


def page(runs: Sequence[Data], width: int) -> list[Block]:
    """The page of the runs of a folder, `width` characters wide."""
    first, last = runs[0]["as_of"], runs[-1]["as_of"]
    headline = (f"{count_text(len(runs), 'run')} · ", f"{first} to {last}", "")
    counts = runs[-1]["causes"].items()
    causes = ", ".join(f"{label_text(name)} {count:,}" for name, count in counts)
    moves = "Nobody moved since the run before, or there is none."
    if causes:
        moves = f"Moves since the run before, by cause: {causes}; see changes.csv."
    table = table_of_curves(runs, _GROUPS, "revenue", curve_width(runs, width))
    return answer_blocks("HISTORY", headline, ([table], [Paragraph(moves)]), [])
