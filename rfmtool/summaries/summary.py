"""Everything a report shows, as plain data: counts, shares, cut points in words.

Money is decimal text, shares are from 0 to 1 and not rounded.
"""

from __future__ import annotations

from typing import Any, Final

import pandas as pd

from rfmtool.analyses.forecast import forecast_data
from rfmtool.columns import DIMENSIONS
from rfmtool.manifest import SCHEMA
from rfmtool.memory import release_memory
from rfmtool.money import exact_total, money_text
from rfmtool.placing.channels import contacts_known
from rfmtool.placing.contact_limits import is_eligible
from rfmtool.placing.evidence_columns import evidence_tables
from rfmtool.rules import NO_ORDERS, Rule
from rfmtool.scoring.scales import Scales
from rfmtool.sources.cells.currencies import distinct_currencies, is_known_currency
from rfmtool.standing import Standing
from rfmtool.summaries.backtest import backtest_of
from rfmtool.summaries.condensed import condensed_answers
from rfmtool.summaries.distributions import distributions, grid_cells
from rfmtool.summaries.drift import drift_data
from rfmtool.summaries.evidence import feedback_data, funnel_data, margin_data, wallet_data
from rfmtool.summaries.exchange_rates import rates_data
from rfmtool.summaries.formatting import EMPTY_RANGE, activity_words, range_text
from rfmtool.summaries.group_totals import count_without_channel, group_totals
from rfmtool.summaries.holdouts import holdout_data, last_result_texts, list_counts, resting_data
from rfmtool.summaries.relationship import relationship_data
from rfmtool.summaries.statuses import statuses_data
from rfmtool.summaries.warnings import warnings
from rfmtool.version import __version__

_COOLING: Final = ("at_risk", "cant_lose", "hibernating", "about_to_sleep")
"""The shipped segments of those who have not ordered for long, compared with all."""


def summarise(result: Standing, left_out_rejects: int = 0) -> dict[str, Any]:
    """Turn a result into the data of summary.json and of every report.

    `left_out_rejects` rows that cannot be read are not listed, for whom they may name.
    """
    frame = result.figures.frame
    wallet, back, drift = wallet_data(frame), backtest_of(result), drift_data(result)
    release_memory()
    tested, window_days = None if back is None else back.as_data(), result.settings.window_days
    if tested and window_days is not None:
        tested["window_days"] = window_days  # of which earlier days know a part alone
    boxes, escaped_cells = grid_cells(frame, result.scales), result.figures.escaped_cells
    return {
        "schema": SCHEMA,
        "version": __version__,
        "title": None,
        **_export(result),
        "actions": _actions(result),
        "contacts_known": contacts_known(result.columns),
        "consent_known": "consent" in result.columns,
        "lots": holdout_data(result, back),
        "resting": resting_data(result),
        "results": {name: dict(told) for name, told in result.rules.results.items()},
        "last_times": last_result_texts(result.rules.results),
        **_groups(result),
        "funnel": funnel_data(result),
        "margins": margin_data(result),
        "evidence_says": feedback_data(result),
        **relationship_data(result),
        "wallet": wallet,
        "backtest": tested,
        "forecast": forecast_data(frame, result.lookbacks),
        "grid": [[sum(bands) for bands in row] for row in boxes["bands"]],
        "cells": boxes,
        "distributions": distributions(frame),
        **condensed_answers(result),
        "timeline": None,
        "since": None,
        "lists_as": None,
        **_scales(result.scales, fitted=result.fitted),
        "drift": drift,
        "open_complaints": int(frame["open_complaints"].fillna(0).sum())
        if "open_complaints" in frame
        else None,
        "no_channel": count_without_channel(frame, result.rules.playbook),
        "ladder": _ladder(result),
        "escaped_cells": escaped_cells,
        "warnings": warnings(result, wallet, escaped_cells, left_out_rejects),
    }


def _groups(result: Standing) -> dict[str, Any]:
    """Who stands where: on the ladder, in segments, by activity."""
    frame, active = result.figures.frame, activity_words(result.scales.timing)
    # Who came back once and orders as usual, though the segment is one of those cooling.
    cooling_but_active = (
        frame["segment"].isin(_COOLING) & frame["activity"].eq("active") & frame["order_days"].gt(1)
    )
    return {
        "stages": group_totals(frame, "stage"),
        "segments": _segments(result),
        "activity": [
            {**one, "who": active[one["name"]]} for one in group_totals(frame, "activity")
        ],
        "cooling_but_active": int(cooling_but_active.sum()),
    }


def _scales(scales: Scales, *, fitted: bool) -> dict[str, Any]:
    """What scores are given by, and what each of them means, the best first."""
    return {
        "bands": {
            name: [_in_words(name, scales, score, score)
                   for score in range(scales[name].bins, 0, -1)]
            for name in DIMENSIONS
        },
        "scales_are": "fitted to this export" if fitted else "given",
        "scales": scales.as_data(),
    }  # fmt: skip


def _export(result: Standing) -> dict[str, Any]:
    """What was read, how, and what it comes to in all."""
    frame, export = result.figures.frame, result.grouped.export
    buyers = int((frame["frequency"] > 0).sum())
    as_of_is = "last order" if buyers else "last line"
    tables = result.evidence.ledgers if result.evidence else {}
    return {
        "as_of": result.as_of.isoformat(),
        "as_of_is": "given" if result.settings.as_of else as_of_is,
        "customers": len(frame),
        "buyers": buyers,
        "orders": int(frame["frequency"].sum()),
        "revenue": money_text(exact_total(frame["monetary"])),
        "refunded": money_text(exact_total(frame["refunds"])),
        "anonymous_revenue": money_text(result.ledger.anonymous_units),
        "first_order_on": _day(frame["first_order_on"].min()),
        "last_order_on": _day(frame["last_order_on"].max()),
        "ledger": result.ledger.as_data(),
        "statuses": statuses_data(result.grouped),
        "input": export.name,
        "currencies": _currencies(result),
        "files": len(export.sources),
        "columns": export.roles,
        "kept": export.kept,
        "reading": _reading(result),
        "evidence": {name: table.as_data() for name, table in tables.items()},
    }


def _currencies(result: Standing) -> list[str]:
    """What money is in, as far as the export says; several where nothing says which."""
    rates = rates_data(result.grouped)
    if rates is not None:
        return [rates["into"]] if rates["into"] else []
    return sorted(filter(is_known_currency, distinct_currencies(result.ledger.currencies)))


def _reading(result: Standing) -> dict[str, Any]:
    export = result.grouped.export
    order_is = "a customer's order id" if "order_id" in export.columns else "a customer's day"
    return {
        "dates": export.reading.dates.name,
        "decimal": export.reading.numbers.decimal,
        "preset": export.preset.name,
        "order_is": "a row" if result.settings.order_per_row else order_is,
        "dropped_point_zero": result.grouped.dropped_point_zero,
        "rates": rates_data(result.grouped),
    }


# Groups ------------------------------------------------------------------------------------------


def _actions(result: Standing) -> list[dict[str, Any]]:
    """Each action that somebody gets, the most urgent first, in words and by which channel.

    `reachable` counts those on the list who can be reached by one of its channels; None where no
    contacts are known.
    """
    rows = {row.label: row for row in reversed(result.rules.playbook)}
    known, frame = contacts_known(result.columns), result.figures.frame
    reaches = frame["channel"].ne("").to_numpy() & is_eligible(frame)
    reached = frame.loc[reaches, "action"].value_counts()
    on_list = list_counts(result)
    return [
        {
            **group,
            "say": rows[group["name"]].say,
            "priority": rows[group["name"]].priority,
            "channel": ", ".join(rows[group["name"]].channels),
            "reachable": int(reached.get(group["name"], 0)) if known else None,
            **on_list[group["name"]],
        }
        for group in group_totals(frame, "action")
    ]


def _segments(result: Standing) -> list[dict[str, Any]]:
    """Each segment that has members: who they are, and their median recency and orders."""
    ways_in: dict[str, list[str]] = {NO_ORDERS: ["no order that counts"]}
    for rule in result.rules.segments.rows:
        ways_in.setdefault(rule.label, []).append(_who(rule, result.scales))
    frame = result.figures.frame
    bought = frame.loc[frame["frequency"] > 0, ["segment", "recency_days", "frequency"]]
    medians = bought.groupby("segment", observed=False).median().to_dict("index")
    segments = []
    for group in group_totals(frame, "segment"):
        # Ways that are open to nobody are left out.
        open_ways = dict.fromkeys(way for way in ways_in[group["name"]] if way != EMPTY_RANGE)
        group["who"] = " or ".join(open_ways) or EMPTY_RANGE
        for name, column in (("median_recency_days", "recency_days"),
                             ("median_orders", "frequency")):  # fmt: skip
            median = medians[group["name"]][column]
            group[name] = None if pd.isna(median) else float(median)
        segments.append(group)
    return segments


def _ladder(result: Standing) -> list[dict[str, Any]]:
    """Each rung once: what proves it, and which tables could put somebody on it but are missing."""
    rungs: dict[str, dict[str, Any]] = {}
    reached = set(result.figures.frame["stage"].unique())
    for rung in result.rules.ladder:
        known = rungs.setdefault(rung.label, {"stage": rung.label, "proof": rung.proof})
        asked_of = evidence_tables(rung) - set(result.grouped.evidence)
        missing = set() if rung.label in reached else asked_of
        known["needs"] = sorted(missing | set(known.get("needs", ())))
    return list(rungs.values())


# Cut points in words -----------------------------------------------------------------------------


def _in_words(name: str, scales: Scales, worst: int, best: int) -> str:
    scale = scales[name]
    if scale.nested_cuts:
        return f"{name} score {worst}" + (f"–{best}" if worst < best else "")
    return range_text(name, *scale.value_range(worst, best))


def _who(rule: Rule, scales: Scales) -> str:
    """A segment in plain words: `≤ 12 days, 5+ orders`."""
    words = []
    for condition in rule.conditions:
        name = condition.column.removesuffix("_score")
        worst, best = condition.smallest or 1, condition.largest or scales[name].bins
        if (worst, best) != (1, scales[name].bins):
            words.append(_in_words(name, scales, worst, best))
    if EMPTY_RANGE in words:
        return EMPTY_RANGE
    return ", ".join(words) or "everyone else"


# Plain values ------------------------------------------------------------------------------------


def _day(day: object) -> str | None:  # a Timestamp, or NaT where nobody bought
    return day.date().isoformat() if isinstance(day, pd.Timestamp) else None
