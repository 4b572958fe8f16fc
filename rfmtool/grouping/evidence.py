"""Evidence tables: their effect on reading an export, and their rows as they stood on a day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.arrays import Ints, mask_of
from rfmtool.days import day_number
from rfmtool.errors import errors_naming
from rfmtool.frames import is_among
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
from rfmtool.grouping.phones import digits_of, international_format
from rfmtool.memory import take_rows
from rfmtool.settings import Settings
from rfmtool.sources import Asked
from rfmtool.sources.cells.ids import NUMBER, is_listed, matching_key
from rfmtool.sources.consents import REFUSALS, matches_any
from rfmtool.sources.evidence.tables import (
    CONTACT_STEPS,
    LATER_CONTACTS,
    Evidence,
    one_row_each,
    read_evidence,
)
from rfmtool.sources.layout import Detail
from rfmtool.sources.ledger import check_rejects

_PERIOD_COLUMNS: Final = ("from_on", "until_on")


def read_checked_evidence(
    evidence: Mapping[str, Any], asked: Asked, settings: Settings, max_rejects: str | int
) -> Evidence:
    """Read the evidence tables; a LimitError where more rows than `max_rejects` are unreadable."""
    checked = read_evidence(evidence, asked, threads=settings.threads, currency=settings.currency)
    for name, table in checked.ledgers.items():
        with errors_naming(name):
            check_rejects(table.rows, max_rejects)
    return checked


def contact_attributes(evidence: Evidence) -> frozenset[str]:
    """The columns of contacts that describe people: the source, and columns without a role."""
    contacts = evidence.tables.get("contacts")
    if contacts is None:
        return frozenset()
    roles = evidence.ledgers["contacts"].table.roles.keys()
    return frozenset(contacts.column_names) - (roles - {"source"})


def settings_with_evidence(settings: Settings, evidence: Evidence) -> Settings:
    """Suppress the listed people, and request daily amounts where wallets have periods."""
    if "suppress" in evidence.tables:
        listed = frozenset(evidence.tables["suppress"]["customer_id"].to_pylist())
        listed |= ids_and_addresses(evidence.tables.get("contacts"), settings.suppressed | listed)
        settings = replace(settings, suppressed=settings.suppressed | listed)
    wallets = evidence.tables.get("wallets")
    periods = () if wallets is None else (wallets[name] for name in _PERIOD_COLUMNS)
    if any(column.null_count < len(column) for column in periods):
        settings = replace(settings, detail=replace(settings.detail or Detail(), entries=True))
    return settings


def ids_and_addresses(contacts: pa.Table | None, listed: frozenset[str]) -> frozenset[str]:
    """Listed contacts, all who share an e-mail address of them, their addresses and numbers."""
    if contacts is None:
        return frozenset()
    ids = contacts["customer_id"].combine_chunks()
    is_gone, entries = is_listed(ids, listed), set[str]()
    if "email" in contacts.column_names:
        emails = matching_key(contacts["email"].combine_chunks())
        known = pc.drop_null(
            pc.unique(emails.filter(pa.array(is_gone | is_listed(emails, listed))))
        )
        known = known.filter(pc.match_substring(known, "@"))
        is_gone |= mask_of(pc.is_in(emails, known))
        entries |= {*known.to_pylist()}
    if "phone" in contacts.column_names:
        numbers = pc.drop_null(contacts["phone"].filter(pa.array(is_gone)))
        entries |= {NUMBER + number for number in numbers.to_pylist()}
    return frozenset({*ids.filter(pa.array(is_gone)).to_pylist(), *entries})


def evidence_as_of(
    evidence: Evidence, settings: Settings, as_of: date, customer_ids: pa.ChunkedArray
) -> dict[str, pa.Table]:
    """The tables as they stood on a day, without suppressed people.

    Contacts are those of the day where `settings.as_of` is given, else those of today, some of whom
    may have come after the last order.
    """
    tables = {name: table for name, table in evidence.tables.items() if name != "suppress"}
    all_rows = without_suppressed(tables, settings.suppressed)
    tables = events_until(all_rows, day_number(as_of))
    if "contacted" in tables:
        log = all_rows["contacted"]
        tables[LATER_CONTACTS] = log.filter(pc.greater(log["contacted_on"], as_of))
    if settings.as_of is None or "contacts" not in tables:
        return tables
    contacts = today = tables["contacts"]
    if CONTACT_STEPS in tables:  # of several rows for a contact that of the day applies
        steps = tables[CONTACT_STEPS]
        latest = one_row_each(steps, "customer_id", pc.unique(steps["customer_id"]))
        has_steps = pc.is_in(contacts["customer_id"], latest["customer_id"])
        others = contacts.filter(pc.invert(has_steps))
        contacts = pa.concat_tables([latest.select(contacts.column_names), others])
        if "consent" in contacts.column_names:  # a later refusal applies to earlier days too
            is_refusing = pa.array(matches_any(today["consent"], REFUSALS))
            refusing = today["customer_id"].filter(is_refusing)
            has_refused = pc.is_in(contacts["customer_id"], refusing.combine_chunks())
            consent = pc.if_else(has_refused, "no", contacts["consent"])
            index = contacts.column_names.index("consent")
            contacts = contacts.set_column(index, "consent", consent)
    contacts = contacts_as_of(contacts, tables, customer_ids.combine_chunks(), day_number(as_of))
    return {**tables, "contacts": contacts}


def with_evidence(grouped: Grouped, evidence: Mapping[str, pa.Table]) -> Grouped:
    """Add the evidence tables of the as_of day, and the people whom only they name."""
    people = all_people(grouped.table, evidence)
    table = people.table
    if "rows" not in table.column_names:
        rows = pa.array(people.in_export.astype(np.int64))  # only whether it is 0 matters
        table = table.append_column("rows", rows)
    frames = {name: evidence_frame(rows, people) for name, rows in evidence.items()}
    grouped = replace(grouped, table=table, evidence=frames)
    if people.in_export.all():
        return grouped
    places = np.flatnonzero(people.in_export).astype(np.int32)
    latest = grouped.latest_cells
    if latest:  # a row for each person, empty for those who are not in the export
        rows = np.cumsum(people.in_export) - 1
        latest = latest.take(pa.array(rows, mask=~people.in_export))
    dates = grouped.order_dates
    return replace(
        grouped,
        order_dates=OrderDates(take_rows(places, dates.owner), dates.day),
        categories=_with_new_owners(grouped.categories, places),
        first_categories=_with_new_owners(grouped.first_categories, places),
        latest_cells=latest,
        entries=grouped.entries and with_owners(grouped.entries, places),
    )


def with_international_phones(grouped: Grouped) -> Grouped:
    """Bring all phone numbers into international form, once for all days that are computed.

    Those of suppressed people go, as others may have them too.
    """
    country, latest = grouped.export.asked.country, grouped.latest_cells
    suppressed = [entry.removeprefix(NUMBER) for entry in grouped.ledger.suppressed
                  if entry.startswith(NUMBER)]  # fmt: skip
    listed = digits_of(international_format(pd.Series(suppressed, dtype="str"), country))

    def formatted(texts: pd.Series[Any]) -> pd.Series[Any]:
        phones = international_format(texts, country)
        return phones.mask(is_among(digits_of(phones), listed)) if suppressed else phones

    evidence = {
        name: rows.assign(phone=formatted(rows["phone"])) if "phone" in rows else rows
        for name, rows in grouped.evidence.items()
    }
    if latest and "phone" in latest.column_names:
        phones = pa.array(formatted(latest["phone"].to_pandas()), pa.string(), from_pandas=True)
        latest = latest.set_column(latest.column_names.index("phone"), "phone", phones)
    return replace(grouped, evidence=evidence, latest_cells=latest)


def _with_new_owners(table: pa.Table | None, places: Ints) -> pa.Table | None:
    if table is None:
        return None
    owner = pa.array(places[table["owner"].to_numpy()])
    return table.set_column(table.column_names.index("owner"), "owner", owner)


def evidence_at_lookback(
    evidence: Mapping[str, pd.DataFrame], last_day: int
) -> dict[str, pd.DataFrame]:
    """The evidence with the contacts of an earlier day; other tables have the day of each event."""
    if LATER_CONTACTS in evidence:
        evidence = {**evidence, LATER_CONTACTS: evidence[LATER_CONTACTS][:0]}
    if "contacts" not in evidence:
        return dict(evidence)
    contacts, steps = evidence["contacts"], evidence.get(CONTACT_STEPS)
    if steps is not None:  # of several rows for a contact that of the day applies
        latest = _known_by_day(steps, last_day).groupby("owner", as_index=False).last()
        others = contacts[~contacts["owner"].isin(latest["owner"])]
        contacts = pd.concat([latest[[*contacts.columns]], others], ignore_index=True)
    return {**evidence, "contacts": _known_by_day(contacts, last_day)}


def _known_by_day(contacts: pd.DataFrame, last_day: int) -> pd.DataFrame:
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
