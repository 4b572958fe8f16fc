"""The report of a run: data quality, actions, ladder, segments, evidence, grid."""

from __future__ import annotations

from datetime import date
from typing import Final

from rfmtool.analyses.backtest import SHORT_HISTORY_NOTE
from rfmtool.analyses.return_rates import BACKTEST_DAYS, MIN_HISTORY_DAYS
from rfmtool.columns import DIMENSIONS
from rfmtool.documents import Data
from rfmtool.pages.blocks import Block, Column, Gap, Line, Paragraph, Rule, Table, numbers
from rfmtool.pages.data_quality import data_quality
from rfmtool.pages.evidence import feedback, wallets
from rfmtool.pages.forecast import baseline_rates, forecast_blocks, lookback_blocks
from rfmtool.pages.funnel import ladder_funnel
from rfmtool.pages.grid import recency_frequency_grid
from rfmtool.pages.groups import group_table, ladder
from rfmtool.pages.holdouts import holdout_blocks
from rfmtool.pages.relationship import relationship
from rfmtool.summaries.formatting import count_text, format_money, list_location, list_name

_INSTRUCTION_WIDTH: Final = 38
"""Characters in which an instruction takes two lines at most."""
_FIRST: Final = 6


def page(summary: Data, width: int, folder: str | None = None) -> list[Block]:
    """The report of a run, `width` characters wide; hints name its `folder`."""
    sections = [to_do(summary, folder), holdout_blocks(summary)]
    sections += [ladder(summary), ladder_funnel(summary)]
    if summary["buyers"]:
        sections += [
            [group_table(summary, "activity", summary["activity"], width)],
            _segments(summary, width),
            segment_versus_activity(summary),
            forecast_blocks(summary),
            wallets(summary),
            feedback(summary),
            *relationship(summary),
            recency_frequency_grid(summary, width),
            [Paragraph(_scales_note(summary, folder), "quiet")],
        ]
    hints = [f"Tables and lists are in {folder}."] * (folder is not None)
    if folder and "://" not in folder:  # commands read no runs from stores
        hints.append(f"Why is someone here?  rfmtool explain {folder} CUSTOMER_ID")
    return [
        _headline(summary),
        Rule(),
        *data_quality(summary),
        *[block for section in sections if section for block in (Gap(), *section)],
        Rule(),
        *(Paragraph(words, "quiet") for words in hints),
    ]


def to_do(summary: Data, folder: str | None) -> list[Block]:
    """The first actions as a table, with the paths of their lists; the others in a line."""
    groups = [group for group in summary["actions"] if group["channel"]]
    if not groups:
        return []
    known = summary["contacts_known"]
    where = list_location(summary, "actions") if folder else "action"
    table = Table(
        columns=(
            *numbers(""),
            Column("DO THIS FIRST", "lead", folds=True),
            *numbers("people", *(("reached",) if known else ()), "spent so far"),
            Column("by"),
            Column(where, "name"),
        ),
        rows=tuple(
            (
                str(number),
                group["say"],
                f"{contact_count(group):,}",
                *((f"{group['reachable']:,}",) if known else ()),
                format_money(group["revenue"]),
                group["channel"],
                list_name(group["name"], "actions", where),
            )
            for number, group in enumerate(groups[:_FIRST], start=1)
        ),
        optional_columns=("spent so far", "by"),
        text_width=_INSTRUCTION_WIDTH,
    )
    counts = {group["name"]: contact_count(group) for group in groups[_FIRST:]}
    rest = (f"{list_name(name, 'actions', where)} {count:,}" for name, count in counts.items())
    each_is = "" if where == "action" else f", each a {where}"
    others = [Paragraph(f"Then{each_is}: {', '.join(rest)}.", "quiet")] if counts else []
    return [table, *others, *missing_contact_details(summary), *baseline_rates(summary)]


def missing_contact_details(summary: Data) -> list[Block]:
    """A sentence where contact details or consent are missing."""
    if not summary["contacts_known"]:
        text = (
            "No e-mail address or number is known, so channels are the playbook's, whether or not"
            " they reach people: see --contacts."
        )
    elif not summary["consent_known"]:
        text = "No consent is known, so export leaves all out unless --consent-unknown keep."
    else:
        return []
    return [Paragraph(text, "quiet")]


def contact_count(group: Data) -> int:
    """Customers on the list of an action; earlier versions had no holdouts."""
    count: int = group.get("to_contact", group["customers"])
    return count


def _segments(summary: Data, width: int) -> list[Block]:
    table = group_table(summary, "segment", summary["segments"], width)
    if summary["backtest"] is not None:
        return [table, *lookback_blocks(summary)]
    days = date.fromisoformat(summary["as_of"]) - date.fromisoformat(summary["first_order_on"])
    text = "These rules could not be fitted 90 days before, so nobody looked back."
    if days.days < MIN_HISTORY_DAYS + BACKTEST_DAYS:
        text = SHORT_HISTORY_NOTE
    return [table, Paragraph(text, "quiet")]


def segment_versus_activity(summary: Data) -> list[Block]:
    """A sentence on customers who are cooling by segment, yet active."""
    count = summary["cooling_but_active"]
    if not count:
        return []
    text = (
        f"Segments compare people with each other, activity each with their own rhythm:"
        f" {count_text(count, 'client')} in a cooling segment still"
        f" {'orders' if count == 1 else 'order'} as often as usual. Actions go by activity."
    )
    return [Paragraph(text, "quiet")]


def _headline(summary: Data) -> Line:
    given = "" if summary["as_of_is"] == "last order" else f" ({summary['as_of_is']})"
    currency = f" {summary['currencies'][0]}" if len(summary["currencies"]) == 1 else ""
    return Line(
        (
            (count_text(summary["customers"], "customer"), "strong"),
            (f" · {count_text(summary['orders'], 'order')} · revenue ", "plain"),
            (format_money(summary["revenue"]), "strong"),
            (f"{currency} · as of {summary['as_of']}{given}", "plain"),
        )
    )


def _scales_note(summary: Data, folder: str | None) -> str:
    nested = [name for name in DIMENSIONS if "cells" in summary["scales"][name]]
    nested_note = " Scores of {} rank people among those with equal scores before."
    note = f"Cut points are {summary['scales_are']}."
    note += nested_note.format(" and ".join(nested)) if nested else ""
    if summary["scales_are"] == "given":
        drift = summary.get("drift")  # not in summaries of older versions
        if not drift:
            return note
        return (
            f"{note} They date from {drift['fitted_on']}; on cut points fitted today"
            f" {drift['share']:.1%} of all buyers would score otherwise."
        )
    path = f"{folder}/scales.json" if folder else "the scales.json that run -o writes"
    return f"{note} To keep them next month: --scales {path}"
