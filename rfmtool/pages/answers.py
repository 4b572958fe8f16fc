"""The shape that the pages of all questions share."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console, RenderableType
from rich.rule import Rule
from rich.text import Text

from rfmtool.analyses import Answer
from rfmtool.pages.terminal import TITLE, paragraph, print_trimmed, printable


def print_answer(
    answer: Answer, headline: Text, parts: Sequence[RenderableType], console: Console
) -> None:
    """Print an answer: its headline, what was found, and what to bear in mind.

    Args:
        answer: whose notes stand at the end.
        headline: as `headline` makes it.
        parts: what was found.
        console: where to.
    """
    notes = [paragraph(f"! {printable(note)}", console.width, "yellow") for note in answer.notes]
    print_trimmed([headline, Rule(style="dim"), *parts, *notes, Rule(style="dim")], console)


def headline(title: str, before: str, result: str, after: str) -> Text:
    """What was asked, and the answer in a line; its `result` stands out."""
    return Text.assemble((f" {title} ", TITLE), f" {before}", (result, "bold"), after)
