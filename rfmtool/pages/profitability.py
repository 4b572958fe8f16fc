"""Effort and revenue by rung, partners' rewards, and the revenue that hangs on advocates."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from rfmtool.documents import Data
from rfmtool.pages.blocks import Block, Column, Paragraph, Table, cells, numbers
from rfmtool.summaries.formatting import count_text, format_money

_MONTHS: Final = 6
_TITLES: Final = ("people", "revenue", "margin", "contacts", "minutes", "earned/contact")


def returns_by_stage(summary: Data) -> list[Block]:
    """A year's money and contacts by rung, and buyers who left less than nothing."""
    rows = summary["returns"]
    if not rows or not any(row["contacts"] for row in rows):
        return []
    table = Table(
        columns=(Column("TIME AND MONEY", "name"), *numbers(*_TITLES)),
        rows=tuple(
            (*cells(row, "stage", "people:,", "revenue:money", "margin:money", "contacts:,",
                     "minutes:,"), _earned_per_contact(row))
            for row in rows
        ),
        optional_columns=("people", "minutes", "earned/contact"),
    )  # fmt: skip
    lines = [_time_and_income(rows), *_below_zero(summary["contribution"])]
    note = (
        "Earned/contact: the difference per person by rfmtool measure (randomised), a mean over the"
        " contacts measured. The rest are plain sums."
    )
    return [table, *map(Paragraph, lines), Paragraph(note, "quiet")]


def _earned_per_contact(row: Data) -> str:
    effect = row["earned_per_contact"]
    if effect is None:
        return "too few" if row["measured_contacts"] else "–"
    return f"{effect['difference']:+,.2f} [{effect['low']:+,.2f}, {effect['high']:+,.2f}]"


def _time_and_income(rows: list[Data]) -> str:
    """The rungs of most time, of most margin, and of the widest gap between them."""
    by_minutes = any(row["minutes"] for row in rows)
    time = {row["stage"]: row["minutes" if by_minutes else "contacts"] for row in rows}
    kind = "margin" if all(row["margin"] is not None for row in rows) else "revenue"
    income = {row["stage"]: max(Decimal(row[kind]), Decimal(0)) for row in rows}
    busiest = max(time, key=lambda stage: time[stage])
    best = max(income, key=lambda stage: income[stage])
    all_time, all_income = sum(time.values()) or 1, sum(income.values()) or Decimal(1)
    of_time = {stage: value / all_time for stage, value in time.items()}
    of_income = {stage: float(value / all_income) for stage, value in income.items()}
    gap = max(time, key=lambda stage: of_time[stage] - of_income[stage])
    return (
        f"In a year {busiest} takes the most time ({of_time[busiest]:.0%}), {best} brings the most"
        f" {kind} ({of_income[best]:.0%}). The widest gap: {gap}, {of_time[gap]:.0%} of the"
        f" {'minutes' if by_minutes else 'contacts'} for {of_income[gap]:.0%} of the {kind}."
    )


def _below_zero(year: Data | None) -> list[str]:
    if year is None or not year["below_zero"]:
        return []
    text = (
        f"{year['below_zero']:,} of {count_text(year['people'], 'buyer')} had a negative margin in"
        f" a year, {format_money(year['below_zero_total'])}, after costs, refunds and contacts."
    )
    if year["manager_review"]:
        text += (
            f" A manager reviews the {year['manager_review']:,} who also took much service,"
            f" by hand and in no mailing. {' '.join(year['next_steps'])}"
        )
    return [text]


def rewards(summary: Data) -> list[Block]:
    """Rewards due to partners by month with the margin they brought, and revenue at stake."""
    totals = summary["rewards"]
    blocks: list[Block] = []
    if totals and totals["months"]:
        table = Table(
            columns=(Column("PARTNERS' REWARDS", "name"),
                     *numbers("new buyers", "they spent", "margin", "due")),
            rows=tuple(
                cells(row, "month", "bought:,", "revenue:money", "margin:money", "reward:money")
                for row in totals["months"][-_MONTHS:]
            ),
        )  # fmt: skip
        margin = "" if totals["margin"] is None else f", margin {format_money(totals['margin'])}"
        text = (
            f"{count_text(totals['partners'], 'partner')} brought people who spent"
            f" {format_money(totals['revenue'])} in all{margin}; due"
            f" {format_money(totals['reward'])}, by partner and month in rewards.csv. Terms are"
            " reward_share, reward_sum and reward_tiers in [relationship] of the rules"
        )
        text += "." if Decimal(totals["reward"]) else ": none is set."
        blocks += [table, Paragraph(text)]
    stake = summary["at_stake"]
    if stake and stake["people"]:
        text = (
            f"At stake with {count_text(stake['people'], 'advocate or partner')}: about"
            f" {format_money(stake['own'])} of own spend in 90 days, and"
            f" {format_money(stake['others'])} by {stake['brought']:,} they brought; together"
            f" {format_money(stake['low'])} to {format_money(stake['high'])} in the last four"
            " 90-day spans. Each is in advocates.csv."
        )
        text = text.replace("advocate or partners", "advocates and partners")
        blocks.append(Paragraph(text))
    return blocks
