"""What evidence asks of reading an export, and what there is of it on a day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.arrays import Ints
from rfmtool.days import day_number
from rfmtool.errors import errors_naming
from rfmtool.grouping.ambiguities import check_wallet_currency
from rfmtool.grouping.grouped import Grouped
from rfmtool.grouping.order_dates import OrderDates
from rfmtool.grouping.order_history import spend_in_periods, with_owners
from rfmtool.grouping.people import (
    all_people,
    contacts_as_of,
    events_until,
    evidence_frame,
    without_suppressed,
)
from rfmtool.grouping.read import Settings
from rfmtool.memory import take_rows
from rfmtool.sources import Asked
from rfmtool.sources.cells import currencies
from rfmtool.sources.cells.ids import is_listed, matching_key
from rfmtool.sources.consents import REFUSALS, matches_any
from rfmtool.sources.evidence.tables import CONTACT_STEPS, Evidence, one_row_each, read_evidence
from rfmtool.sources.layout import Detail
from rfmtool.sources.limits import check_rejects

_DATED: Final = ("from_on", "until_on")


def read_checked_evidence(
    evidence: Mapping[str, Any], asked: Asked, settings: Settings, max_rejects: str | int
) -> Evidence:
    """Read the evidence tables.

    Raises:
        InputError: one cannot be read.
        LimitError: more rows of one than `max_rejects` are unreadable.
    """
    told = read_evidence(evidence, asked, threads=settings.threads, currency=settings.currency)
    for name, table in told.ledgers.items():
        with errors_naming(name):
            check_rejects(table.rows, max_rejects)
    return told


def check_wallets(told: Evidence, grouped: Grouped, picked: str | None) -> None:
    """Check that the wallets are in one currency, and in that of the money they are held against.

    Raises:
        AmbiguousInputError: they are in several.
        InputError: they are in another.
    """
    if "wallets" not in told.ledgers:
        return
    own = grouped.rates.target_currency if grouped.rates else picked
    known = {currencies.currency_code(own)} if own else grouped.ledger.currencies
    check_wallet_currency(told.ledgers["wallets"].rows.currencies, known)


def contact_attributes(told: Evidence) -> frozenset[str]:
    """The columns of contacts that may tell people apart: the source, and what plays no role."""
    contacts = told.tables.get("contacts")
    if contacts is None:
        return frozenset()
    return frozenset(contacts.column_names) - (
        told.ledgers["contacts"].table.roles.keys() - {"source"}
    )


def settings_with_evidence(settings: Settings, told: Evidence) -> Settings:
    """Leave out who is to be left out; know the day of each order where wallets have periods."""
    if "suppress" in told.tables:
        listed = frozenset(told.tables["suppress"]["customer_id"].to_pylist())
        listed |= _of_addresses(told.tables.get("contacts"), settings.suppressed | listed)
        settings = replace(settings, suppressed=settings.suppressed | listed)
    wallets = told.tables.get("wallets")
    if wallets is not None and any(wallets[name].null_count < len(wallets) for name in _DATED):
        settings = replace(settings, detail=replace(settings.detail or Detail(), entries=True))
    return settings


def _of_addresses(contacts: pa.Table | None, listed: frozenset[str]) -> frozenset[str]:
    """The contacts whose address is listed, or is that of somebody who is."""
    if contacts is None or "email" not in contacts.column_names:
        return frozenset()
    ids = contacts["customer_id"].combine_chunks()
    addresses = matching_key(contacts["email"].combine_chunks())
    theirs = pc.drop_null(addresses.filter(pa.array(is_listed(ids, listed))))
    is_theirs = pc.is_in(addresses, theirs).to_numpy(zero_copy_only=False)
    return frozenset(ids.filter(pa.array(is_theirs | is_listed(addresses, listed))).to_pylist())


def evidence_as_of(
    told: Evidence, settings: Settings, as_of: date, customer_ids: pa.ChunkedArray
) -> dict[str, pa.Table]:
    """The tables as they stood on a day, without those who are to be left out.

    Whoever asks for a day gets the contacts of that day; else the contacts are those of today, some
    of whom may have come after the last order.
    """
    tables = {name: table for name, table in told.tables.items() if name != "suppress"}
    then = events_until(without_suppressed(tables, settings.suppressed), day_number(as_of))
    if settings.as_of is None or "contacts" not in then:
        return then
    ids, contacts = customer_ids.combine_chunks(), then["contacts"]
    if CONTACT_STEPS in then:  # of several rows those of that day are in force
        now = one_row_each(
            then[CONTACT_STEPS], "customer_id", pc.unique(then[CONTACT_STEPS]["customer_id"])
        )
        others = contacts.filter(pc.invert(pc.is_in(contacts["customer_id"], now["customer_id"])))
        contacts = pa.concat_tables([now.select(contacts.column_names), others])
        if "consent" in contacts.column_names:  # a refusal since then holds at once
            today, place = then["contacts"], contacts.column_names.index("consent")
            refusing = today["customer_id"].filter(
                pa.array(matches_any(today["consent"], REFUSALS))
            )
            has_refused = pc.is_in(contacts["customer_id"], refusing.combine_chunks())
            consent = pc.if_else(has_refused, "no", contacts["consent"])
            contacts = contacts.set_column(place, "consent", consent)
    return {**then, "contacts": contacts_as_of(contacts, then, ids, day_number(as_of))}


def with_evidence(grouped: Grouped, evidence: Mapping[str, pa.Table]) -> Grouped:
    """Add the people whom only contacts, referrals or feedback name, and what the tables say.

    Args:
        grouped: an export, grouped.
        evidence: the tables by name, as they stood on the as_of day.
    """
    people = all_people(grouped.table, evidence)
    table = people.table
    if "rows" not in table.column_names:
        rows = pa.array(people.in_export.astype(np.int64))  # at least one, which is all one asks
        table = table.append_column("rows", rows)
    joined = replace(
        grouped,
        table=table,
        evidence={name: evidence_frame(rows, people) for name, rows in evidence.items()},
    )
    if people.in_export.all():
        return joined
    places = np.flatnonzero(people.in_export).astype(np.int32)
    latest = grouped.latest_cells
    if latest:  # a row for everyone, empty where the export knows nothing
        row = np.cumsum(people.in_export) - 1
        latest = latest.take(pa.array(row, mask=~people.in_export))
    return replace(
        joined,
        order_dates=OrderDates(
            take_rows(places, grouped.order_dates.owner), grouped.order_dates.day
        ),
        categories=_moved(grouped.categories, places),
        first_categories=_moved(grouped.first_categories, places),
        latest_cells=latest,
        entries=grouped.entries and with_owners(grouped.entries, places),
    )


def _moved(table: pa.Table | None, places: Ints) -> pa.Table | None:
    if table is None:
        return None
    owner = pa.array(places[table["owner"].to_numpy()])
    return table.set_column(table.column_names.index("owner"), "owner", owner)


def evidence_at_lookback(
    evidence: Mapping[str, pd.DataFrame], last_day: int
) -> dict[str, pd.DataFrame]:
    """The evidence with the contacts of an earlier day; other tables tell the day of each event."""
    if "contacts" not in evidence:
        return dict(evidence)
    contacts, steps = evidence["contacts"], evidence.get(CONTACT_STEPS)
    if steps is not None:  # of several rows those of that day are in force
        now = _since_by(steps, last_day).groupby("owner", as_index=False).last()
        others = contacts[~contacts["owner"].isin(now["owner"])]
        contacts = pd.concat([now[[*contacts.columns]], others], ignore_index=True)
    return {**evidence, "contacts": _since_by(contacts, last_day)}


def _since_by(contacts: pd.DataFrame, last_day: int) -> pd.DataFrame:
    """The rows of contacts until a day, and those of no day."""
    since = contacts["since_on"].to_numpy(dtype=np.int64, na_value=np.iinfo(np.int64).min)
    return contacts[since <= last_day]


def wallets_with_spend(grouped: Grouped) -> pd.DataFrame | None:
    """The wallets table with the spend in each row's period."""
    table = grouped.evidence.get("wallets")
    if table is None:
        return None
    rows = table.rename(columns={"from_on": "from_day", "until_on": "until_day"})
    if grouped.entries is None:  # no row has a period
        spend = grouped.table["sales"].to_numpy() - grouped.table["refunds"].to_numpy()
        return rows.assign(spend_inside=spend[rows["owner"].to_numpy()])
    return rows.assign(spend_inside=spend_in_periods(grouped.entries, rows))
