"""The funnel of the ladder, growth of the base, and margins."""

from __future__ import annotations

from collections.abc import Sequence

from rfmtool.documents import Data
from rfmtool.pages.blocks import Block, Column, Paragraph, Table, cells, numbers, share
from rfmtool.summaries.formatting import count_text, format_money, label_text


def ladder_funnel(summary: Data) -> list[Block]:
    """A table of the steps from the top rung down, and sentences on them."""
    funnel = summary["funnel"]
    if not summary["customers"]:
        return []
    lines = _growth(summary)
    if funnel["is_pyramid"] is False:
        excess = "more advocates than supporters, or more supporters than customers and clients"
        lines.append(f"The ladder does not narrow upwards: {excess}.")
    if funnel["top_share"]:
        lines.append(
            f"Advocates and partners spent {format_money(funnel['top_revenue'])}, and those they"
            f" brought {format_money(funnel['referred_revenue'])}: together"
            f" {share(funnel['top_share'])} of revenue."
        )
    lines += _margins(summary["margins"])
    # From the lowest to the highest rung that has customers.
    steps = funnel["steps"]
    everybody = steps[0]["reached"]
    lowest = max(index for index, step in enumerate(steps) if step["reached"] == everybody)
    steps = [step for step in steps[lowest:] if step["reached"]]
    table = [_steps(steps)] if len(steps) > 1 else []
    return [*table, *(Paragraph(line, "quiet") for line in lines)]


def _steps(steps: Sequence[Data]) -> Table:
    titles = ("this rung or above", "of the rung below", "days it took (median)")
    lowest, *higher = steps
    rows = [{**lowest, "conversion": None, "median_days": None}, *higher]
    return Table(
        columns=(Column("CLIMB", "name"), *numbers(*titles)),
        rows=tuple(
            cells(step, "stage:plain", "reached:,", "conversion:share", "median_days:,.0f")
            for step in reversed(rows)
        ),
        optional_columns=titles[::-1],
    )


def _growth(summary: Data) -> list[str]:
    """Whether the base grows; unknown in a short history, where few can have lapsed."""
    funnel = summary["funnel"]
    if not summary["buyers"]:
        return []
    if not funnel["growth_can_be_told"]:
        needed = count_text(funnel["growth_needs_days"], "day")
        reason = f"that takes more than {needed} of history, and there are"
        return [f"Whether the base grows cannot be said yet: {reason} {funnel['history_days']:,}."]
    new, lapsed = funnel["new_buyers"], funnel["newly_lapsed"]
    grows = "grows" if new > lapsed else "shrinks" if new < lapsed else "stands still"
    change = f"In the last 90 days {count_text(new, 'customer')} came and {lapsed:,} lapsed"
    return [f"{change}: the base {grows}."]


def _margins(margins: Data | None) -> list[str]:
    """Margins by rung and by order number, in sentences."""
    if margins is None or not margins["stages"]:
        return []
    stages = ", ".join(
        f"{label_text(row['name'])} {share(row['share'])}"
        for row in margins["stages"]
        if row["share"] is not None
    )
    lines = [f"Margin after costs, by rung: {stages}."]
    if margins["orders"]:
        orders = [f"{row['name']}: {format_money(row['average'])}" for row in margins["orders"]]
        lines.append(f"Average margin of a customer's nth order: {', '.join(orders)}.")
    return lines
