"""summary.json: everything a report shows, as plain data.

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
from rfmtool.placing.evidence_columns import tables_for
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
"""The shipped segments of customers with low recency scores."""


def summarise(result: Standing, left_out_rejects: int = 0) -> dict[str, Any]:
    """Turn a result into the data of summary.json and of every report.

    `left_out_rejects` unreadable rows are not listed, since they may name suppressed people.
    """
    frame = result.report_data.frame
    wallet, backtest, drift = wallet_data(frame), backtest_of(result), drift_data(result)
    release_memory()
    complaints = frame.get("open_complaints")
    cells, escaped_cells = grid_cells(frame, result.scales), result.report_data.escaped_cells
    return {
        "schema": SCHEMA,
        "version": __version__,
        "title": None,
        **_export(result),
        "actions": _actions(result),
        "contacts_known": contacts_known(result.columns),
        "consent_known": "consent" in result.columns,
        "lots": holdout_data(result, backtest),
        "resting": resting_data(result),
        "results": {name: dict(row) for name, row in result.rules.results.items()},
        "last_times": last_result_texts(result.rules.results),
        **_groups(result),
        "funnel": funnel_data(result),
        "margins": margin_data(result),
        "evidence_says": feedback_data(result),
        **relationship_data(result),
        "wallet": wallet,
        "backtest": backtest,
        "forecast": forecast_data(frame, result.lookbacks),
        "grid": [[sum(bands) for bands in row] for row in cells["bands"]],
        "cells": cells,
        "distributions": distributions(frame),
        **condensed_answers(result),
        "timeline": None,
        "since": None,
        "lists_as": None,
        **_scales(result.scales, fitted=result.fitted),
        "drift": drift,
        "open_complaints": None if complaints is None else int(complaints.fillna(0).sum()),
        "no_channel": count_without_channel(frame, result.rules.playbook),
        "ladder": _ladder(result),
        "escaped_cells": escaped_cells,
        "warnings": warnings(result, wallet, escaped_cells, left_out_rejects),
    }


def _groups(result: Standing) -> dict[str, Any]:
    """Customers by rung, segment and activity."""
    frame, meanings = result.report_data.frame, activity_words(result.scales.timing)
    is_active_client = frame["activity"].eq("active") & frame["stage"].eq("client")
    activity = group_totals(frame, "activity")
    return {
        "stages": group_totals(frame, "stage"),
        "segments": _segments(result),
        "activity": [{**group, "who": meanings[group["name"]]} for group in activity],
        "cooling_but_active": int((frame["segment"].isin(_COOLING) & is_active_client).sum()),
    }


def _scales(scales: Scales, *, fitted: bool) -> dict[str, Any]:
    """The cut points, and the values of each score in words, the best first."""
    return {
        "bands": {
            name: [_scores_text(name, scales, score, score)
                   for score in range(scales[name].bins, 0, -1)]
            for name in DIMENSIONS
        },
        "scales_are": "fitted to this export" if fitted else "given",
        "scales": scales.as_data(),
    }  # fmt: skip


def _export(result: Standing) -> dict[str, Any]:
    """What was read, how, and its totals."""
    frame, export = result.report_data.frame, result.grouped.export
    buyers = int((frame["frequency"] > 0).sum())
    as_of_is = "last order" if buyers else "last line"
    tables = result.evidence.ledgers if result.evidence else {}
    rates = rates_data(result.grouped)
    # None where it is unknown, several where they were not converted.
    known = sorted(filter(is_known_currency, distinct_currencies(result.ledger.currencies)))
    order_is = "a customer's order id" if "order_id" in export.columns else "a customer's day"
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
        "currencies": known if rates is None else [rates["into"]] * bool(rates["into"]),
        "files": len(export.sources),
        "columns": export.roles,
        "kept": export.kept,
        "reading": {
            "dates": export.formats.dates.name,
            "decimal": export.formats.numbers.decimal,
            "preset": export.preset.name,
            "order_is": "a row" if result.settings.order_per_row else order_is,
            "dropped_point_zero": result.grouped.dropped_point_zero,
            "rates": rates,
        },
        "evidence": {name: table.as_data() for name, table in tables.items()},
    }


# Groups ------------------------------------------------------------------------------------------


def _actions(result: Standing) -> list[dict[str, Any]]:
    """Each action that people have, the most urgent first, with its sentence and channels.

    `reachable` counts those on the list who can be reached by one of its channels; None where no
    contacts are known.
    """
    rows = {row.label: row for row in reversed(result.rules.playbook)}
    known, frame = contacts_known(result.columns), result.report_data.frame
    is_reachable = frame["channel"].ne("").to_numpy() & is_eligible(frame)
    reachable = frame.loc[is_reachable, "action"].value_counts()
    counts = list_counts(result)
    return [
        {
            **group,
            "say": rows[group["name"]].say,
            "priority": rows[group["name"]].priority,
            "channel": ", ".join(rows[group["name"]].channels),
            "reachable": int(reachable.get(group["name"], 0)) if known else None,
            **counts[group["name"]],
        }
        for group in group_totals(frame, "action")
    ]


def _segments(result: Standing) -> list[dict[str, Any]]:
    """Each segment with members: its conditions in words, and its median recency and orders."""
    conditions: dict[str, list[str]] = {NO_ORDERS: ["no order that counts"]}
    for rule in result.rules.segments.rows:
        conditions.setdefault(rule.label, []).append(_conditions_text(rule, result.scales))
    frame = result.report_data.frame
    buyers = frame.loc[frame["frequency"] > 0, ["segment", "recency_days", "frequency"]]
    medians = buyers.groupby("segment", observed=False).median().to_dict("index")
    segments = []
    for group in group_totals(frame, "segment"):
        texts = dict.fromkeys(text for text in conditions[group["name"]] if text != EMPTY_RANGE)
        group["who"] = " or ".join(texts) or EMPTY_RANGE
        for name, column in (("median_recency_days", "recency_days"),
                             ("median_orders", "frequency")):  # fmt: skip
            median = medians[group["name"]][column]
            group[name] = None if pd.isna(median) else float(median)
        segments.append(group)
    return segments


def _ladder(result: Standing) -> list[dict[str, Any]]:
    """Each rung once: its kind of evidence, and the tables missing while no customer is on it."""
    rungs: dict[str, dict[str, Any]] = {}
    reached = set(result.report_data.frame["stage"].unique())
    for rung in result.rules.ladder:
        row = rungs.setdefault(rung.label, {"stage": rung.label, "proof": rung.proof, "needs": []})
        if rung.label not in reached:
            missing = tables_for(rung) - set(result.grouped.evidence)
            row["needs"] = sorted(missing.union(row["needs"]))
    return list(rungs.values())


# Cut points in words -----------------------------------------------------------------------------


def _scores_text(name: str, scales: Scales, worst: int, best: int) -> str:
    """The values of a range of scores in words; the scores themselves if cut points are nested."""
    scale = scales[name]
    if scale.nested_cuts:
        return f"{name} score {worst}" + (f"–{best}" if worst < best else "")
    return range_text(name, *scale.value_range(worst, best))


def _conditions_text(rule: Rule, scales: Scales) -> str:
    """The conditions of a segment in words: `≤ 12 days, 5+ orders`."""
    texts = []
    for condition in rule.conditions:
        name = condition.column.removesuffix("_score")
        worst, best = condition.smallest or 1, condition.largest or scales[name].bins
        if (worst, best) != (1, scales[name].bins):
            texts.append(_scores_text(name, scales, worst, best))
    if EMPTY_RANGE in texts:
        return EMPTY_RANGE
    return ", ".join(texts) or "everyone else"


# Plain values ------------------------------------------------------------------------------------


def _day(day: object) -> str | None:  # a Timestamp, or NaT without buyers
    return day.date().isoformat() if isinstance(day, pd.Timestamp) else None
