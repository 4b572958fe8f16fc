"""The warnings of a report: money left out, short histories, doubtful scores and cells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd

from rfmtool.columns import EVIDENCE_DAYS
from rfmtool.scoring.scores import is_in_unseen_group
from rfmtool.scoring.timing import MIN_GAPS, MIN_SECOND_ORDERS
from rfmtool.sources.cells.ids import NUMBER
from rfmtool.sources.consents import CONSENTS, NOT_KNOWN, REFUSALS, matches_any
from rfmtool.sources.evidence.ledger import TableLedger
from rfmtool.standing import Standing
from rfmtool.summaries.export_warnings import export_warnings
from rfmtool.summaries.formatting import correlation_text, count_text
from rfmtool.summaries.holdouts import future_date_warnings, holdout_warnings

_SHORT_HISTORY_DAYS: Final = 400
_MANY_BY_ADDRESS: Final = 10
_MIN_PARTNERS: Final = 20
_MIN_IDS: Final = 3
_KNOWN_CONSENTS: Final = REFUSALS | CONSENTS | NOT_KNOWN


def warnings(
    result: Standing, wallet: Mapping[str, Any], escaped_cells: int, left_out_rejects: int
) -> list[str]:
    """All warnings on a result; for the arguments see `summary.summarise`."""
    columns = ["first_order_on", "last_order_on", "recency_days", "monetary"]
    if result.scales.within and result.scales.within.column not in columns:
        columns.append(result.scales.within.column)
    buyers = result.report_data.frame.loc[result.report_data.frame["frequency"] > 0, columns]
    promoted = int(result.report_data.frame["stage_evidence"].eq("proxy").sum())
    by_orders = (
        f"{count_text(promoted, 'customer')} {'stands' if promoted == 1 else 'stand'} higher by"
        " orders alone, as --allow-proxy lets them: nobody has asked them."
    )
    rejected = _reject_warnings(result, left_out_rejects)
    return [
        *export_warnings(result.grouped, result.settings.overlap, rejected),
        *_history_warnings(result, buyers),
        *_scale_warnings(result, buyers),
        *_evidence_warnings(result),
        *holdout_warnings(result),
        *([by_orders] if promoted else []),
        *_wallet_warnings(wallet),
        *result.grouped.export.preset.notes,
        *result.rules.warnings,
        *formula_warnings(escaped_cells),
    ]


def formula_warnings(escaped_cells: int) -> list[str]:
    """How many cells of a text table begin like formulas."""
    begin = (
        f"{count_text(escaped_cells, 'text cell')} {'begins' if escaped_cells == 1 else 'begin'}"
    )
    text = "like a formula; in CSV a leading ' is put before each, unless --raw-text is given."
    return [f"{begin} {text}"] if escaped_cells else []


def _reject_warnings(result: Standing, left_out_rejects: int) -> list[str]:
    """How many rows cannot be read, and which of them rejects.csv leaves out."""
    ledger, texts = result.ledger, []
    if ledger.rejected:
        first = ledger.rejects[0]
        texts.append(
            f"{count_text(ledger.rejected, 'row')} cannot be read, so in no figure; the first is"
            f" row {first.row:,} of {first.file} ({first.reason}). See rfmtool check."
        )
    if left_out_rejects:
        texts.append(
            f"{count_text(left_out_rejects, 'row')} that cannot be read and may name somebody"
            " of the suppress list: not in rejects.csv."
        )
    return texts


def _evidence_warnings(result: Standing) -> list[str]:
    if result.evidence is None:
        return []
    buyers = int((result.report_data.frame["frequency"] > 0).sum())
    texts, tables = [], result.evidence.tables
    for name, ledger in result.evidence.ledgers.items():
        texts += table_warnings(name, ledger)
        if name == "partners" and 2 * (ledger.matched or 0) > buyers > _MIN_PARTNERS:
            texts.append(
                f"partners: {ledger.matched:,} people are listed, more than half of all buyers: is"
                " it the right table?"
            )
    if "contacts" in tables and "consent" in tables["contacts"].column_names:
        consent = tables["contacts"]["consent"].combine_chunks()
        is_filled = consent.is_valid().to_numpy(zero_copy_only=False)
        unclear = int((is_filled & ~matches_any(consent, _KNOWN_CONSENTS)).sum())
        if unclear:
            texts.append(
                f"contacts: {count_text(unclear, 'consent')} neither yes nor no: taken as"
                " unknown, so mailing lists include these people. Write yes or no."
            )
    if "suppress" in tables:
        listed = {*tables["suppress"]["customer_id"].to_pylist()}
        others = [entry for entry in result.ledger.suppressed - listed
                  if "@" not in entry and not entry.startswith(NUMBER)]  # fmt: skip
        if len(others) > max(_MANY_BY_ADDRESS, 2 * len(listed)):
            texts.append(
                f"suppress: {len(others):,} people are left out by the e-mail address of somebody"
                " listed, far more than the list names: if it stands for no address, take it out"
                " of the tables."
            )
    for name in ("feedback", "referrals", "contact_steps"):
        if name in tables:
            days, option = tables[name][EVIDENCE_DAYS[name]], name.removesuffix("_steps")
            effect = "so not yet true" + ": --as-of today counts them" * (
                result.settings.as_of is None
            )
            texts += future_date_warnings(option, days, result.as_of_day, effect)
    return texts


def table_notices(name: str, table: TableLedger) -> list[str]:
    """What users should check in how an evidence table was read."""
    if not table.table.attributes or table.roles - {*table.table.ids}:
        return []
    known = f"{name}: no column is known but the ids, so it only says who is known"
    return [f"{known}: name others with --column {name}.ROLE=NAME."]


def table_warnings(name: str, table: TableLedger) -> list[str]:
    """Warnings on an evidence table: rows that cannot be read, ids without a match."""
    texts = table_notices(name, table)
    if table.rows.rejected:
        first = table.rows.rejects[0]
        texts.append(
            f"{name}: {count_text(table.rows.rejected, 'row')} cannot be read, so left out;"
            f" the first is row {first.row:,} of {first.file} ({first.reason})."
        )
    if table.table.joins and table.matched == 0 and len(table.ids) >= _MIN_IDS:
        texts.append(
            f"{name}: none of its {len(table.ids):,} people has ordered. If some have, write ids as"
            " the export does, with leading zeros and capitals."
        )
    if table.unmatched and not table.table.joins:
        is_one = table.unmatched == 1
        texts.append(
            f"{name}: {table.unmatched:,} of {count_text(len(table.ids), 'id')}"
            f" {'has' if is_one else 'have'} no match, so"
            f" {'it is' if is_one else 'they are'} ignored."
        )
    if table.merged:
        texts.append(
            f"{name}: {count_text(table.merged, 'id')} written in another case or with spaces"
            " around: the same e-mail address is the same person."
        )
    if table.dropped_point_zero:
        texts.append(f"{name}: every id was written like 17850.0; the .0 is dropped.")
    return texts


def _wallet_warnings(wallet: Mapping[str, Any]) -> list[str]:
    texts, correlation = [], wallet["estimate_rank_correlation"]
    if understated := wallet["understated"]:
        texts.append(
            f"{count_text(understated, 'customer')} spent more here than their stated total;"
            " their share is 100% (wallet_understated)."
        )
    if correlation is not None:
        texts.append(
            "Wallets not stated are estimates: spend against similar customers (rank"
            f" correlation with own spend {correlation}: {correlation_text(correlation)})."
            " --no-estimate leaves them empty."
        )
    return texts


def _history_warnings(result: Standing, buyers: pd.DataFrame) -> list[str]:
    if not len(buyers):
        return ["No order counts, so nobody has scores."]
    first, last = buyers["first_order_on"].min(), buyers["last_order_on"].max()
    days = (last - first).days + 1
    texts = []
    if days < _SHORT_HISTORY_DAYS and len(buyers) > 1:
        next_month = first.replace(day=1) + pd.DateOffset(months=1)
        early = int((buyers["first_order_on"] < next_month).sum())
        texts.append(
            f"History is {count_text(days, 'day')}: {count_text(early, 'customer')} who first"
            f" bought in {first:%Y-%m} may have bought before it."
        )
    after = (pd.Timestamp(result.as_of) - last).days
    if after > _SHORT_HISTORY_DAYS:
        texts.append(f"The last order is {after:,} days before {result.as_of}.")
    return texts


def equal_score_warnings(result: Standing) -> list[str]:
    """Which scores that are computed are the same for all buyers, as these are equal."""
    texts = []
    for name, column in (("recency", "recency_days"), ("monetary", "monetary")):
        scale, score = result.scales[name], f"{name}_score"
        if result.fitted and scale.method == "quantile" and len({*scale.cuts}) == 1:
            people = result.select(("frequency", column, score))
            values = people.loc[people["frequency"] > 0, column]
            if score in people and len(values) > 1 and values.min() == values.max():
                same = scale.bins if name == "recency" else 1
                texts.append(f"All buyers are equal in {name}, so all have {name} score {same}.")
    return texts


def _scale_warnings(result: Standing, buyers: pd.DataFrame) -> list[str]:
    if not len(buyers):
        return []
    timing, texts = result.scales.timing, equal_score_warnings(result)
    if not result.fitted and result.scales.as_of != result.as_of:
        texts.append(f"Cut points were fitted as of {result.scales.as_of} and are reused here.")
    texts += _within_warnings(result, buyers)
    if not timing.windows.is_fitted:
        few = f"Fewer than {MIN_SECOND_ORDERS} second orders"
        texts.append(f"{few}, so activity uses round numbers of days.")
    elif not timing.limits_are_fitted:
        texts.append(
            f"Fewer than {MIN_GAPS} gaps of regulars, so they are overdue at"
            f" {timing.overdue_ratio} usual gaps and lapsed at {timing.lapsed_ratio}."
        )
    return texts


def _within_warnings(result: Standing, buyers: pd.DataFrame) -> list[str]:
    within = result.scales.within
    if within is None:
        return []
    note = f"Scores are within {within.column}: this report shows the cut points of all together;"
    texts = [f"{note} scales.json has each group's own."]
    unseen = int(is_in_unseen_group(buyers, result.scales).sum())
    if unseen:
        texts.append(
            f"{count_text(unseen, 'buyer')} in groups of {within.column} without cut points of"
            " their own: scored by those of all together."
        )
    return texts
