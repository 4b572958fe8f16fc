"""Funnel, feedback, margins and wallets as plain data; money is decimal text."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import pandas as pd

from rfmtool.analyses.feedback import referrals_and_feedback
from rfmtool.analyses.funnel import NEW_DAYS, funnel
from rfmtool.analyses.margins import margins_by_order, margins_by_stage
from rfmtool.money import exact_total, money_text
from rfmtool.scoring.wallet_shares import estimate_rank_correlation, shares_by_stage
from rfmtool.standing import Standing
from rfmtool.summaries.group_totals import money_as_text


def funnel_data(result: Standing) -> dict[str, Any]:
    """The funnel of the ladder, and the share of revenue that depends on the top rungs."""
    people, timing, day = result.report_data.frame, result.scales.timing, result.as_of_day
    data = funnel(people, result.grouped.evidence, result.days, timing, day)
    total = exact_total(people["monetary"])
    top = data["top_revenue"] + data["referred_revenue"]
    days = result.grouped.order_dates.day
    history = day - int(days.min()) + 1 if len(days) else 0
    needed = 2 * timing.windows.w95 + NEW_DAYS
    return {
        **money_as_text(data),
        "history_days": history,
        "growth_needs_days": needed,
        "growth_can_be_told": history > needed,
        "top_share": top / total if total > 0 else None,
    }


def feedback_data(result: Standing) -> dict[str, Any]:
    """Referrals, complaints and survey answers."""
    people, evidence = result.report_data.frame, result.grouped.evidence
    data = referrals_and_feedback(people, evidence, result.days, result.as_of_day)
    referrals = data["referrals"]
    return {**data, "referrals": referrals and [*map(money_as_text, referrals)]}


def margin_data(result: Standing) -> dict[str, Any] | None:
    """Margins by rung and by the number of the order; None without costs."""
    people, entries = result.report_data.frame, result.grouped.entries
    if "margin" not in people:
        return None
    return {
        "stages": [*map(_margin_data, margins_by_stage(people))],
        "orders": [] if entries is None else [*map(_margin_data, margins_by_order(entries))],
        "unknown": int(people["margin"].isna().sum()),
    }


def _margin_data(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **money_as_text(row),
        "share": row["margin"] / row["revenue"] if row["revenue"] > 0 else None,
        "average": money_text(round(Fraction(row["margin"], row["many"]))),
    }


def wallet_data(frame: pd.DataFrame) -> dict[str, Any]:
    """Share of wallet by basis, and by rung and basis; sums are never added over bases."""
    columns = ["wallet_basis", "wallet_spend", "wallet", "wallet_low", "wallet_high", "headroom",
               "wallet_plan"]  # fmt: skip
    known = frame.loc[frame["wallet"].notna(), columns]
    bases = known.groupby("wallet_basis", observed=True, sort=True)
    return {
        "bases": [_basis_data(str(name), rows) for name, rows in bases],
        "by_stage": [  # shares are ratios of sums
            {
                "stage": row["stage"],
                "basis": row["wallet_basis"],
                "customers": row["customers"],
                "spend": money_text(row["spend"]),
                "wallet": money_text(row["wallet"]),
                "share": row["share_of_wallet"],
            }
            for row in shares_by_stage(frame).to_dict("records")
        ],
        "understated": int(frame["wallet_understated"].sum()),
        "estimate_rank_correlation": estimate_rank_correlation(frame),
    }


def _basis_data(name: str, rows: pd.DataFrame) -> dict[str, Any]:
    sums = ("wallet_spend", "wallet", "wallet_low", "wallet_high")
    spend, wallet, low, high = (exact_total(rows[column]) for column in sums)
    has_headroom = rows["headroom"].notna().all()
    plans = rows["wallet_plan"].value_counts(sort=False)
    return {
        "basis": name,
        "customers": len(rows),
        "spend": money_text(spend),
        "wallet": money_text(wallet),
        "wallet_low": money_text(low),
        "wallet_high": money_text(high),
        "share": spend / wallet,
        "share_low": spend / high if high else None,
        "share_high": spend / low if low else None,
        "headroom": money_text(wallet - spend) if has_headroom else None,
        "plans": {str(plan): int(count) for plan, count in plans.items()},
    }
