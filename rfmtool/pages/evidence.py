"""Share of wallet, and feedback: referrals, survey answers and complaints."""

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
    """A row for each wallet basis, never added up; nothing where no wallet is known."""
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
             *_wallet_and_share(group))
            for group in bases
        ),
        optional_columns=("all they spend", "spent here"),
        text_width=_TEXT_WIDTH,
    )  # fmt: skip
    if bases[-1]["basis"] != "peer_estimate":
        return [table]
    return [table, Paragraph("No action rests on an estimate.", "quiet")]


def _wallet_and_share(group: Data) -> tuple[str, str]:
    """Wallet and share of wallet of a basis; estimates as ranges."""
    low, high = (group.get(f"wallet_{end}", group["wallet"]) for end in ("low", "high"))
    if group["basis"] == "peer_estimate" and low == high:
        return "–", "–"  # no similar customer spends more
    if low == high or not group["share_high"]:
        return format_money(group["wallet"]), share(group["share"])
    return f"{format_money(low)} to {format_money(high)}", share_range(group)


def feedback(summary: Data) -> list[Block]:
    """A table by rung and some sentences; nothing where such evidence is missing."""
    evidence = summary["evidence_says"]
    referrals = {row["stage"]: row for row in evidence["referrals"] or ()}
    answers = {row["stage"]: row for row in evidence["answers"] or ()}
    titles = ("answered", "NPS", "referrals", "bought", "they spent")
    rows = []
    for stage in dict.fromkeys([*answers, *referrals]):
        cells = dict.fromkeys(titles, "–")
        if (row := answers.get(stage)) and row["answered"]:
            cells["answered"] = f"{row['answered']:,} of {row['people']:,}"
            cells["NPS"] = f"{row['nps']:+.0f}"
        if row := referrals.get(stage):
            cells["referrals"] = f"{row['referred']:,}"
            cells["bought"] = share(row["bought"] / row["referred"])
            cells["they spent"] = format_money(row["revenue"])
        rows.append((label_text(stage), *cells.values()))
    table = Table(
        columns=(Column("THEY SAY", "name"), *numbers(*titles)),
        rows=tuple(rows),
        optional_columns=("they spent", "answered"),
    )
    lines = [*complaints_in_words(evidence), *candidates_in_words(evidence)]
    return [*([table] if rows else []), *(Paragraph(line, "quiet") for line in lines)]


def complaints_in_words(evidence: Data) -> Iterator[str]:
    """Sentences on complaints and survey answers, and who came back after them."""
    if complaints := evidence["complaints"]:
        days = complaints["median_days_to_resolve"]
        took = "" if days is None else f" in {days:,.0f} days (median)"
        opened = count_text(complaints["open"], "complaint")
        yield f"{opened} open, {complaints['resolved']:,} resolved{took}."
        if complaints["came_back_after"]["of"]:
            after = f"{_share_of_base(complaints['came_back_after'])} after a resolved complaint"
            without = f"{_share_of_base(complaints['came_back_without'])} of those"
            yield f"Back within 90 days: {after}, {without} who never complained."
    if delight := evidence["delight"]:
        ecstatic, satisfied = (_share_of_base(delight[name]) for name in ("ecstatic", "satisfied"))
        yield (
            f"Back within 90 days of their answer: {ecstatic} of those who gave 9 or 10,"
            f" {satisfied} of those who gave 7 or 8."
        )


def candidates_in_words(evidence: Data) -> Iterator[str]:
    """Whether orders foretell who would recommend us, by the survey answers so far."""
    candidates = evidence.get("candidates")  # not in summaries of older versions
    if not candidates or not candidates["suggested"]["of"]:
        return
    text = (
        f"Would recommend us: {_share_of_base(candidates['suggested'])} of those whose orders"
        f" suggest it (candidates), {_share_of_base(candidates['others'])} of others who came back"
    )
    verdicts = {
        None: "", True: ": orders predict it", False: ": orders are not seen to predict it",
    }  # fmt: skip
    yield f"{text}{verdicts[candidates['orders_tell']]}."


def _share_of_base(group: Data) -> str:
    """A share and its base; of too few only the counts."""
    if group["too_few"]:
        return f"{group['people']:,} of {group['of']:,} (too few to tell)"
    return f"{share(group['share'])} of {group['of']:,}"
