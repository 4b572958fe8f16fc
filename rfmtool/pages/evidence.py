"""What people say and spend elsewhere: referrals, surveys, complaints, and share of wallet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rfmtool.documents import Data
from rfmtool.pages.blocks import Block, Column, Paragraph, Table, cells, numbers, share
from rfmtool.summaries.formatting import (
    WALLET_BASES,
    count_text,
    format_money,
    label_text,
    share_range,
)

_TEXT_WIDTH: Final = 32


def wallets(summary: Data) -> list[Block]:
    """A row for each basis, never added up; nothing where no wallet is known."""
    bases = summary["wallet"]["bases"]
    if not bases:
        return []
    table = Table(
        columns=(
            Column("WALLET", "lead", folds=True),
            *numbers("people", "spent here", "all they spend", "share"),
        ),
        rows=tuple(
            (WALLET_BASES[group["basis"]], *cells(group, "customers:,", "spend:money"),
             *_all_of(group))
            for group in bases
        ),
        optional_columns=("all they spend", "spent here"),
        text_width=_TEXT_WIDTH,
    )  # fmt: skip
    if bases[-1]["basis"] != "peer_estimate":
        return [table]
    return [table, Paragraph("No action rests on an estimate.", "quiet")]


def _all_of(group: Data) -> tuple[str, str]:
    """All that people of a basis spend, and our share; an estimate as the range it is known by."""
    low, high = (group.get(f"wallet_{end}", group["wallet"]) for end in ("low", "high"))
    if group["basis"] == "peer_estimate" and low == high:
        return "–", "–"  # nobody alike spends more, which tells nothing of other shops
    if low == high or not group["share_high"]:
        return format_money(group["wallet"]), share(group["share"])
    return f"{format_money(low)} to {format_money(high)}", share_range(group)


def feedback(summary: Data) -> list[Block]:
    """A table by rung and a few sentences; nothing where no such evidence was supplied."""
    said = summary["evidence_says"]
    # Referrals and answers side by side, from the top rung down.
    brought = {row["stage"]: row for row in said["referrals"] or ()}
    answers = {row["stage"]: row for row in said["answers"] or ()}
    titles = ("answered", "NPS", "friends named", "bought", "they spent")
    rows = []
    for stage in dict.fromkeys([*answers, *brought]):
        cells = dict.fromkeys(titles, "–")
        if (row := answers.get(stage)) and row["answered"]:
            cells["answered"] = f"{row['answered']:,} of {row['people']:,}"
            cells["NPS"] = f"{row['nps']:+.0f}"
        if row := brought.get(stage):
            cells["friends named"] = f"{row['referred']:,}"
            cells["bought"] = share(row["bought"] / row["referred"])
            cells["they spent"] = format_money(row["revenue"])
        rows.append((label_text(stage), *cells.values()))
    table = Table(
        columns=(Column("THEY SAY", "name"), *numbers(*titles)),
        rows=tuple(rows),
        optional_columns=("they spent", "answered"),
    )
    lines = [*complaints_in_words(said), *candidates_in_words(said)]
    return [*([table] if rows else []), *(Paragraph(line, "quiet") for line in lines)]


def complaints_in_words(said: Data) -> Iterator[str]:
    """Complaints and answers in sentences: who came back after them."""
    if found := said["complaints"]:
        days = found["median_days_to_resolve"]
        took = "" if days is None else f", {days:,.0f} days in the median"
        yield f"{count_text(found['open'], 'complaint')} open, {found['resolved']:,} put right{took}."
        if found["came_back_after"]["of"]:
            yield (
                f"Back within 90 days: {_share(found['came_back_after'])} after a complaint was put"
                f" right, {_share(found['came_back_without'])} of those who never complained."
            )
    if said["delight"]:
        ecstatic, satisfied = said["delight"]["ecstatic"], said["delight"]["satisfied"]
        yield (
            f"Back within 90 days of their answer: {_share(ecstatic)} of those who gave 9 or 10,"
            f" {_share(satisfied)} of those who gave 7 or 8."
        )


def candidates_in_words(said: Data) -> Iterator[str]:
    """How well orders foretold who would recommend us, as far as people have answered."""
    found = said.get("candidates")  # not in summaries of older versions
    if not found or not found["suggested"]["of"]:
        return
    words = (
        f"Would recommend us: {_share(found['suggested'])} of those whose orders suggest it"
        f" (candidates), {_share(found['others'])} of others who came back"
    )
    tell = found["orders_tell"]
    if tell is None:
        yield f"{words}."
    else:
        yield f"{words}: {'orders foretell it' if tell else 'that orders foretell it is not seen'}."


def _share(one: Data) -> str:
    """A share of how many; of too few only the counts."""
    if one["too_few"]:
        return f"{one['people']:,} of {one['of']:,} (too few to tell)"
    return f"{share(one['share'])} of {one['of']:,}"
