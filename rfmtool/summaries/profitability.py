"""Contribution, returns on contacts, partner rewards and revenue at stake as plain data."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd

from rfmtool.analyses.profitability import (
    partner_rewards,
    referred_by,
    returns_by_stage,
    revenue_at_stake,
    year_totals,
)
from rfmtool.arrays import mask_of_places
from rfmtool.days import UNKNOWN_DAY, date_from_day, day_numbers
from rfmtool.money import exact_total, money_text
from rfmtool.standing import Standing
from rfmtool.summaries.group_totals import money_as_text

_REVIEW_ACTION: Final = "manager_review"


def profitability_data(result: Standing) -> dict[str, Any]:
    """The data on profitability, each part None without its tables or without dated orders."""
    entries, log = result.grouped.entries, result.grouped.evidence.get("contacted")
    frame, day = result.report_data.frame, result.as_of_day
    returns = contribution = None
    if entries is not None and log is not None:
        year = year_totals(entries, log, len(frame), result.rules.contacting.minute_cost, day)
        by_stage = returns_by_stage(frame, year, log, result.rules.results, day)
        returns = [*map(money_as_text, by_stage)]
        contribution = _contribution_data(result, year)
    at_stake = None
    if (found := revenue_at_stake_table(result)) is not None:
        table, windows = found
        sums = {"own": exact_total(table["own"]), "others": exact_total(table["others"]),
                "low": min(windows), "high": max(windows)}  # fmt: skip
        counts = {"people": len(table), "brought": int(table["brought"].sum())}
        at_stake = {**counts, **money_as_text(sums)}
    return {
        "returns": returns,
        "contribution": contribution,
        "rewards": _rewards_data(result),
        "at_stake": at_stake,
    }


def _contribution_data(result: Standing, year: pd.DataFrame) -> dict[str, Any] | None:
    """A year's contribution of buyers whose costs are known; None where no costs are read."""
    if "contribution" not in year:
        return None
    frame = result.report_data.frame
    buyers = year.loc[frame["order_days"].to_numpy() > 0, "contribution"]
    amounts = buyers.dropna().to_numpy(dtype=np.int64)
    steps = [row.why for row in result.rules.playbook if row.label == _REVIEW_ACTION and row.why]
    return {
        "people": len(amounts),
        "total": money_text(exact_total(amounts)),
        "below_zero": int((amounts < 0).sum()),
        "below_zero_total": money_text(exact_total(amounts[amounts < 0])),
        "manager_review": int(frame["action"].eq(_REVIEW_ACTION).sum()),
        "next_steps": steps[::-1],
    }


def rewards_table(result: Standing) -> pd.DataFrame | None:
    """See `partner_rewards`; None without its tables or without dated orders."""
    evidence, entries = result.grouped.evidence, result.grouped.entries
    if not {"partners", "referrals"} <= evidence.keys() or entries is None:
        return None
    partners = evidence["partners"]
    is_partner = mask_of_places(partners["owner"], len(result.report_data.frame))
    referred = referred_by(evidence["referrals"], is_partner)
    first = day_numbers(result.report_data.frame["first_order_on"].to_numpy(), missing=UNKNOWN_DAY)
    return partner_rewards(partners, referred, first, entries, result.rules.relationship)


def _rewards_data(result: Standing) -> dict[str, Any] | None:
    table = rewards_table(result)
    if table is None:
        return None
    columns, margin = ["bought", "revenue", "margin", "reward"], table["margin"]
    months = table.groupby("month")[columns].sum(min_count=1)
    months["margin"] = months["margin"].mask(margin.isna().groupby(table["month"]).any())
    return {
        "partners": int(table["owner"].nunique()),
        "months": [
            {"month": date_from_day(month).isoformat()[:7], **money_as_text(row)}
            for month, row in zip(months.index.tolist(), months.to_dict("records"), strict=True)
        ],
        "revenue": money_text(exact_total(table["revenue"])),
        "margin": None if margin.isna().any() else money_text(exact_total(margin)),
        "reward": money_text(exact_total(table["reward"])),
    }


def revenue_at_stake_table(result: Standing) -> tuple[pd.DataFrame, list[int]] | None:
    """See `revenue_at_stake`, of advocates and partners, with their stage."""
    evidence, entries = result.grouped.evidence, result.grouped.entries
    if "referrals" not in evidence or entries is None:
        return None
    top = result.report_data.frame["stage"].isin(["advocate", "partner"]).to_numpy()
    table, windows = revenue_at_stake(top, evidence["referrals"], entries, result.as_of_day)
    stage = result.report_data.frame["stage"].astype("str").to_numpy()[table["owner"]]
    return table.assign(stage=stage), windows.tolist()
