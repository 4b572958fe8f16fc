"""Where time goes and where it pays, partners' rewards, and what hangs on advocates."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from rfmtool.documents import Data
from rfmtool.pages.blocks import Block, Column, Paragraph, Table, cells, numbers
from rfmtool.summaries.formatting import count_text, format_money

_MONTHS: Final = 6
_TITLES: Final = ("people", "revenue", "margin", "contacts", "minutes", "earned a contact")


def return_on_effort(summary: Data) -> list[Block]:
    """A year's money and contacts by rung, and those few whom a manager looks at."""
    rows = summary["returns"]
    if not rows or not any(row["contacts"] for row in rows):
        return []
    table = Table(
        columns=(Column("TIME AND MONEY", "name"), *numbers(*_TITLES)),
        rows=tuple(
            (*cells(row, "stage", "people:,", "revenue:money", "margin:money", "contacts:,",
                     "minutes:,"), _earned(row))
            for row in rows
        ),
        optional_columns=("people", "minutes", "earned a contact"),
    )  # fmt: skip
    lines = [_where(rows), *_few(summary["contribution"])]
    note = (
        "Earned a contact: the difference a person that measure found by lot (randomised), a mean"
        " over the contacts measured. The rest are plain sums."
    )
    return [table, *map(Paragraph, lines), Paragraph(note, "quiet")]


def _earned(row: Data) -> str:
    told = row["earned_per_contact"]
    if told is None:
        return "too few" if row["measured_contacts"] else "–"
    return f"{told['difference']:+,.2f} [{told['low']:+,.2f}, {told['high']:+,.2f}]"


def _where(rows: list[Data]) -> str:
    """Where most of the time goes, and where most of what is left comes from."""
    by_minutes = any(row["minutes"] for row in rows)
    time = {row["stage"]: row["minutes" if by_minutes else "contacts"] for row in rows}
    known = all(row["margin"] is not None for row in rows)
    kind = "margin" if known else "revenue"
    pays = {row["stage"]: max(Decimal(row[kind]), Decimal(0)) for row in rows}
    where, what = max(time, key=lambda name: time[name]), max(pays, key=lambda name: pays[name])
    whole, all_of_it = sum(time.values()) or 1, sum(pays.values()) or Decimal(1)
    least = max(rows, key=lambda row: time[row["stage"]] / whole
                - float(pays[row["stage"]] / all_of_it))["stage"]  # fmt: skip
    return (
        f"In a year time goes most to {where} ({time[where] / whole:.0%}), {kind} comes most from"
        f" {what} ({float(pays[what] / all_of_it):.0%}). The widest gap between them: {least},"
        f" {time[least] / whole:.0%} of the {'minutes' if by_minutes else 'contacts'} for"
        f" {float(pays[least] / all_of_it):.0%} of the {kind}."
    )


def _few(found: Data | None) -> list[str]:
    if found is None or not found["below_zero"]:
        return []
    words = (
        f"{count_text(found['below_zero'], 'buyer')} of {found['people']:,} left less than nothing in"
        f" a year, {format_money(found['below_zero_total'])}, after costs, refunds and contacts."
    )
    if found["manager_review"]:
        words += (
            f" A manager looks at {found['manager_review']:,}, the few who took much service too,"
            f" by hand and in no mailing. {' '.join(found['next_steps'])}"
        )
    return [words]


def rewards(summary: Data) -> list[Block]:
    """What partners are due by month, against what those they brought left; and who is at stake."""
    found = summary["rewards"]
    blocks: list[Block] = []
    if found and found["months"]:
        table = Table(
            columns=(Column("PARTNERS' REWARDS", "name"),
                     *numbers("new buyers", "they spent", "margin", "due")),
            rows=tuple(
                cells(row, "month", "bought:,", "revenue:money", "margin:money", "reward:money")
                for row in found["months"][-_MONTHS:]
            ),
        )  # fmt: skip
        margin = "" if found["margin"] is None else f" and left {format_money(found['margin'])}"
        words = (
            f"{count_text(found['partners'], 'partner')} brought people who spent"
            f" {format_money(found['revenue'])} in all{margin}; due {format_money(found['reward'])}, each month"
            " of each in rewards.csv. The terms are reward_share, reward_sum and reward_tiers in"
            " [relationship] of the rules"
        )
        words += "." if Decimal(found["reward"]) else ": none is set."
        blocks += [table, Paragraph(words)]
    stake = summary["at_stake"]
    if stake and stake["people"]:
        words = (
            f"With {count_text(stake['people'], 'advocate or partner')} would go about"
            f" {format_money(stake['own'])} of their own in 90 days, and {format_money(stake['others'])} of"
            f" {stake['brought']:,} whom they brought: together from {format_money(stake['low'])} to"
            f" {format_money(stake['high'])} in the last four times 90 days. Each is in advocates.csv."
        )
        words = words.replace("advocate or partners", "advocates and partners")
        blocks.append(Paragraph(words))
    return blocks
