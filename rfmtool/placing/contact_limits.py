"""Rest periods, contact limits, snoozes and opt-outs, from the contact log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from rfmtool.arrays import Ints, Mask, mask_of_places
from rfmtool.days import UNKNOWN_DAY, integer_column, to_datetimes
from rfmtool.frames import categorical_from_codes, is_among
from rfmtool.grouping.grouped import Grouped
from rfmtool.grouping.people import add_contacts
from rfmtool.grouping.phones import digits_of, international_format
from rfmtool.money import UNITS_PER_CURRENCY
from rfmtool.placing.channels import ADDRESS_COLUMNS, ADDRESS_KINDS, has_address
from rfmtool.placing.matching import column_equals, flag_mask
from rfmtool.rules import Action, ContactRules
from rfmtool.sources.consents import OPT_OUTS
from rfmtool.sources.evidence.tables import LATER_CONTACTS
from rfmtool.sources.names import normalized

REST_REASONS: Final = ("contacted", "often")
"""Why a customer rests: contacted for the same action lately, or at the contact limit."""
EQUIVALENT_CHANNELS: Final = {"phone": ("phone", "call"), "call": ("phone", "call")}
"""Channels that share their opt-outs."""
_CHANNEL_WORDS: Final = {
    "email": ("email", "mail", "emailcampaign", "newsletter", "mailing", "courriel", "correo"),
    "phone": ("phone", "telephone", "tel", "phonecall", "mobile", "telefon", "telefono", "anruf",
              "appel", "llamada", "telefoon", "telefone"),
    "call": ("call",),
    "sms": ("sms", "text", "textmessage"),
    "whatsapp": ("whatsapp",),
    "post": ("post", "letter", "postal", "brief", "courrier"),
}  # fmt: skip
"""Names of channels in contact logs, by channel, reduced to letters."""
_CHANNELS: Final = {word: channel for channel, words in _CHANNEL_WORDS.items() for word in words}
_LOG_COLUMNS: Final = (
    "owner", "contacted_on", "direction", "action", "channel", "outcome", "snooze_until", "reason",
)  # fmt: skip
"""The columns of a contact log that customers are placed by; long logs are kept for many days."""
_LIMIT_DAYS: Final = 30
_ALIKE_DIGITS: Final = 7
"""Numbers that end in other digits are not the same, however they are written."""


def contact_log(grouped: Grouped, as_of_day: int, *, is_today: bool) -> pd.DataFrame | None:
    """The contact log as of a day; with all later rows if that is today, else with later refusals.

    These have no day, and neither have the refusals that are added of all who share an address or a
    number with somebody who refuses its channel.
    """
    evidence = grouped.evidence
    if (log := evidence.get("contacted")) is None:
        return None
    is_known = log["contacted_on"].le(as_of_day).fillna(value=True).to_numpy(dtype=bool)
    columns = log.columns.intersection([*_LOG_COLUMNS])
    log, later = log[columns][is_known], evidence[LATER_CONTACTS][columns]
    log = pd.concat([log, later]) if is_today else _with_refusals(log, opt_outs(later))
    closed, shared = opted_out_by_channel(len(grouped.table), log), [log[:0]]
    closed.pop("call", None)  # as phone
    people = pd.DataFrame(index=range(len(grouped.table)))
    if closed:
        latest = grouped.latest_cells
        people = add_contacts(people, evidence.get("contacts"), latest, ADDRESS_KINDS)
    for kind in map(str, people):
        masks = {name: closed[name] for name in closed if ADDRESS_COLUMNS.get(name) == kind}
        keys = _shared_addresses(
            people[kind], kind, [*masks.values()], grouped.export.asked.country
        )
        for channel, mask in masks.items():
            refused = mask[keys.index]
            owners = keys.index[is_among(keys, keys[refused]) & ~refused]
            rows = {"owner": owners, "channel": channel, "outcome": OPT_OUTS[0]}
            shared.append(pd.DataFrame(rows))
    return _with_refusals(log, pd.concat(shared))


def _shared_addresses(
    cells: pd.Series[Any], kind: str, refused: Sequence[Mask], country: str | None
) -> pd.Series[str]:
    """The addresses that those who refuse may have, as they are compared; few of all."""
    if not refused:
        return pd.Series([], dtype="str")
    cells = cells.astype("str")
    keys = cells.str.strip().str.lower()
    if kind == "phone":
        keys = digits_of(cells).str.slice(-_ALIKE_DIGITS)
    wanted: Mask = np.logical_or.reduce(refused)
    cells = cells[is_among(keys, keys[wanted].dropna())]
    cells = cells[has_address(cells.to_frame(kind), kind)]
    if kind == "email":
        return keys[cells.index]
    return digits_of(international_format(cells, country))


def _with_refusals(log: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """The log with more rows, of which only who refuses, and what, is kept."""
    rows = rows[rows.columns.intersection(["owner", "channel", "outcome"])]
    return pd.concat([log, rows.reindex(columns=log.columns).astype(log.dtypes)])


def add_snoozes(customers: pd.DataFrame, log: pd.DataFrame | None, as_of_day: int) -> pd.DataFrame:
    """Add snooze_until, snooze_reason, and `paused` while the latest snooze is not over."""
    if log is None or "snooze_until" not in log:
        return customers
    until = integer_column(log, "snooze_until")
    snoozes = log.assign(until=until, day=integer_column(log, "contacted_on"))
    snoozes = snoozes[until != UNKNOWN_DAY].sort_values(["day", "until"], kind="stable")
    latest = snoozes.drop_duplicates("owner", keep="last")
    active = latest[latest["until"].to_numpy() >= as_of_day]
    owner = active["owner"].to_numpy(dtype=np.int64)
    until_day = np.full(len(customers), UNKNOWN_DAY)
    until_day[owner] = active["until"].to_numpy()
    is_snoozed = until_day != UNKNOWN_DAY
    reasons = pd.Series(None, index=customers.index, dtype="str")
    if "reason" in active:
        reasons.iloc[owner] = active["reason"].to_numpy()
    return customers.assign(
        paused=flag_mask(customers, "paused") | is_snoozed,
        snooze_until=to_datetimes(until_day, is_snoozed),
        snooze_reason=reasons,
    )


def opt_outs(log: pd.DataFrame) -> pd.DataFrame:
    """The rows of a contact log in which customers opted out of a channel."""
    if "outcome" not in log:
        return log[:0]
    return log[log["outcome"].isin(OPT_OUTS).to_numpy(dtype=bool)]


def normalized_channels(rows: pd.DataFrame) -> pd.Series[Any]:
    """The channel of each row of a log; empty for unknown ones, and where none are given."""
    written = rows.get("channel", pd.Series("", rows.index))
    return written.astype("str").fillna("").map(normalized).map(_CHANNELS).fillna("")


def opted_out_by_channel(count: int, log: pd.DataFrame | None) -> dict[str, Mask]:
    """Which customers opted out of each channel; an unknown channel counts as all of them."""
    if log is None or "outcome" not in log:
        return {}
    refusals = opt_outs(log)
    refused = normalized_channels(refusals)
    closed = dict[str, Mask]()
    for channel in _CHANNEL_WORDS:
        names = EQUIVALENT_CHANNELS.get(channel, (channel,))
        rows = refusals[refused.isin([*names, ""])]
        if len(rows):
            closed[channel] = mask_of_places(rows["owner"], count)
    return closed


def apply_email_opt_outs(customers: pd.DataFrame, log: pd.DataFrame | None) -> pd.DataFrame:
    """Set the consent of customers who opted out of e-mail in the log to `no`."""
    if log is None or "outcome" not in log:
        return customers
    nobody = np.zeros(len(customers), dtype=bool)
    refused = opted_out_by_channel(len(customers), log).get("email", nobody)
    consent = customers.get("consent", pd.Series(None, index=customers.index, dtype="str"))
    return customers.assign(consent=consent.astype("str").mask(refused, "no"))


def add_rest_reasons(
    customers: pd.DataFrame,
    log: pd.DataFrame | None,
    playbook: Sequence[Action],
    limits: ContactRules,
    as_of_day: int,
) -> pd.DataFrame:
    """Add `resting`: why a customer is not to be contacted now for their `action`."""
    if log is None:
        return customers
    contacts = outbound_contacts(log)
    owner = contacts["owner"].to_numpy()
    days_ago = np.maximum(as_of_day - contacts["day"].to_numpy(), 0)
    actions = customers["action"].astype("str")
    rest_days = actions.map(rest_days_by_action(playbook, limits)).to_numpy(dtype=np.int64)
    is_late = days_ago < rest_days[owner]
    late = owner[is_late]
    is_same_action = actions.to_numpy()[late] == contacts["action"][is_late].to_numpy()
    recent = mask_of_places(late[is_same_action], len(customers))
    often = is_at_contact_limit(contacts, len(customers), limits, as_of_day) & (rest_days > 0)
    codes = np.select([recent, often], [0, 1], -1)
    return customers.assign(resting=categorical_from_codes(codes, REST_REASONS))


def outbound_contacts(log: pd.DataFrame) -> pd.DataFrame:
    """The outbound contacts with a known day: owner, day, and action in lower case."""
    is_dated = log["contacted_on"].notna().to_numpy(dtype=bool)
    rows = log[["owner", "contacted_on", "action"]]
    rows = rows[~column_equals(log, "direction", "in") & is_dated]
    codes, words = pd.factorize(rows["action"].astype("str"), use_na_sentinel=False)
    columns = {
        "owner": rows["owner"].to_numpy(dtype=np.int64),
        "day": integer_column(rows, "contacted_on"),
        "action": words.str.strip().str.lower().take(codes).array,
    }
    return pd.DataFrame(columns)


def contact_costs(log: pd.DataFrame, minute_cost: float) -> Ints:
    """The cost of each contact in 1/10,000: the logged cost, else by its minutes."""
    minutes = log["minutes"].to_numpy(dtype=np.float64, na_value=0.0)
    by_minutes = np.rint(minutes * minute_cost * UNITS_PER_CURRENCY).astype(np.int64)
    logged = log["cost"].fillna(0).to_numpy(dtype=np.int64)
    return np.where(log["cost"].isna().to_numpy(), by_minutes, logged)


def is_at_contact_limit(
    rows: pd.DataFrame, count: int, limits: ContactRules, as_of_day: int
) -> Mask:
    """Which of `count` customers `outbound_contacts` show at the limit of contacts in 30 days."""
    days_ago = as_of_day - rows["day"].to_numpy()
    owner = rows["owner"].to_numpy()[days_ago < _LIMIT_DAYS]
    return np.asarray(np.bincount(owner, minlength=count) >= limits.most_in_30_days)


def rest_days_by_action(playbook: Sequence[Action], limits: ContactRules) -> Mapping[str, int]:
    """The rest period of each action in days; 0 also exempts it from the contact limit."""
    return {
        row.label: limits.rest_days if row.rest_days is None else row.rest_days
        for row in reversed(playbook)
    }


def is_eligible(customers: pd.DataFrame) -> Mask:
    """Which customers belong on work lists: neither resting nor held out."""
    mask = np.ones(len(customers), dtype=bool)
    for name in ("holdout", "resting"):
        if name in customers:
            mask &= customers[name].isna().to_numpy()
    return mask
