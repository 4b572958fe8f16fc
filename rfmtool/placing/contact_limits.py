"""What the contact log says: who is to be left alone for now, and which ways are closed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from rfmtool.arrays import Ints, Mask, mask_of_places
from rfmtool.days import UNKNOWN_DAY, integer_column, to_datetimes
from rfmtool.frames import categorical_from_codes
from rfmtool.money import UNITS_PER_CURRENCY
from rfmtool.placing.matching import column_equals, flag_mask
from rfmtool.rules import Action, ContactRules
from rfmtool.sources.names import normalized

OPT_OUT_OUTCOMES: Final = ("unsubscribed", "refused")
"""Outcomes after which a channel is closed."""
REST_REASONS: Final = ("contacted", "often")
"""Why somebody rests: contacted for the same thing lately, or as often as anybody may be."""
EQUIVALENT_CHANNELS: Final = {"phone": ("phone", "call"), "call": ("phone", "call")}
"""Channels that are the same to whom they reach."""
_WRITTEN: Final = {
    "email": ("email", "mail", "emailcampaign", "newsletter", "mailing", "courriel", "correo"),
    "phone": ("phone", "telephone", "tel", "phonecall", "mobile", "telefon", "telefono", "anruf",
              "appel", "llamada", "telefoon", "telefone"),
    "call": ("call",),
    "sms": ("sms", "text", "textmessage"),
    "whatsapp": ("whatsapp",),
    "post": ("post", "letter", "postal", "brief", "courrier"),
}  # fmt: skip
"""Channels as logs write them, letters alone."""
_CHANNELS: Final = {word: channel for channel, words in _WRITTEN.items() for word in words}
_CEILING_DAYS: Final = 30


def add_snoozes(customers: pd.DataFrame, log: pd.DataFrame | None, as_of_day: int) -> pd.DataFrame:
    """Add who asked to wait until a day: snooze_until, snooze_reason, and `paused` until then.

    Of several wishes the latest one counts; as_of_day is in days since 1970-01-01.
    """
    if log is None or "snooze_until" not in log:
        return customers
    until = integer_column(log, "snooze_until")
    wishes = log.assign(until=until, day=integer_column(log, "contacted_on"))[until != UNKNOWN_DAY]
    latest = wishes.sort_values(["day", "until"], kind="stable").drop_duplicates(
        "owner", keep="last"
    )
    running = latest[latest["until"].to_numpy() >= as_of_day]
    owner = running["owner"].to_numpy(dtype=np.int64)
    until_day = np.full(len(customers), UNKNOWN_DAY)
    until_day[owner] = running["until"].to_numpy()
    waits = until_day != UNKNOWN_DAY
    reasons = pd.Series(None, index=customers.index, dtype="str")
    if "reason" in running:
        reasons.iloc[owner] = running["reason"].to_numpy()
    return customers.assign(
        paused=flag_mask(customers, "paused") | waits,
        snooze_until=to_datetimes(until_day, waits),
        snooze_reason=reasons,
    )


def opt_outs(log: pd.DataFrame) -> pd.DataFrame:
    """The rows of a contact log after which a channel is closed."""
    return (
        log[log["outcome"].isin(OPT_OUT_OUTCOMES).to_numpy(dtype=bool)]
        if "outcome" in log
        else log[:0]
    )


def normalized_channels(written: pd.Series[Any]) -> pd.Series[Any]:
    """The channels that a log means by its words; empty for what is not known."""
    return written.astype("str").fillna("").map(normalized).map(_CHANNELS).fillna("")


def opted_out_by_channel(count: int, log: pd.DataFrame | None) -> dict[str, Mask]:
    """Who is no longer to be reached by which channel, because they said so there.

    Where the log names no channel that is known, all that reach customers by themselves are closed.
    """
    if log is None or "outcome" not in log:
        return {}
    ends = opt_outs(log)
    by = normalized_channels(ends["channel"]) if "channel" in ends else None
    closed = dict[str, Mask]()
    for channel in _WRITTEN:
        names = EQUIVALENT_CHANNELS.get(channel, (channel,))
        rows = ends if by is None else ends[by.isin([*names, ""])]
        if len(rows):
            closed[channel] = mask_of_places(rows["owner"], count)
    return closed


def apply_email_opt_outs(customers: pd.DataFrame, log: pd.DataFrame | None) -> pd.DataFrame:
    """Turn to `no` the consent of everybody who has refused e-mail in the log since."""
    if log is None or "outcome" not in log:
        return customers
    nobody = np.zeros(len(customers), dtype=bool)
    refused = opted_out_by_channel(len(customers), log).get("email", nobody)
    known = customers.get("consent", pd.Series(None, index=customers.index, dtype="str"))
    return customers.assign(consent=known.astype("str").mask(refused, "no"))


def add_rest_reasons(
    customers: pd.DataFrame,
    log: pd.DataFrame | None,
    playbook: Sequence[Action],
    limits: ContactRules,
    as_of_day: int,
) -> pd.DataFrame:
    """Add `resting`: why somebody is not to be contacted now for what is to be done with them.

    Reads action; as_of_day is in days since 1970-01-01.
    """
    if log is None:
        return customers
    rows = outbound_contacts(log)
    owner, ago = rows["owner"].to_numpy(), as_of_day - rows["day"].to_numpy()
    rest = rest_days_by_action(playbook, limits)
    actions = customers["action"].astype("str")
    same = (actions.to_numpy()[owner] == rows["action"]) & (ago >= 0)
    days = actions.map(rest).to_numpy(dtype=np.int64)
    lately = mask_of_places(owner[same & (ago < days[owner])], len(customers))
    often = is_at_contact_limit(rows, len(customers), limits, as_of_day) & (days > 0)
    codes = np.select([lately, often], [0, 1], -1)
    return customers.assign(resting=categorical_from_codes(codes, REST_REASONS))


def outbound_contacts(log: pd.DataFrame) -> pd.DataFrame:
    """What went out on a day that is known: owner, day, and the action in lower case."""
    rows = log[
        ~column_equals(log, "direction", "in") & log["contacted_on"].notna().to_numpy(dtype=bool)
    ]
    return pd.DataFrame(
        {
            "owner": rows["owner"].to_numpy(dtype=np.int64),
            "day": integer_column(rows, "contacted_on"),
            "action": rows["action"].astype("str").str.strip().str.lower().to_numpy(),
        }
    )


def contact_costs(log: pd.DataFrame, minute_cost: float) -> Ints:
    """What each contact cost, in whole 1/10,000: as told, else by its minutes."""
    minutes = log["minutes"].to_numpy(dtype=np.float64, na_value=0.0)
    by_minutes = np.rint(minutes * minute_cost * UNITS_PER_CURRENCY).astype(np.int64)
    told = log["cost"].fillna(0).to_numpy(dtype=np.int64)
    return np.where(log["cost"].isna().to_numpy(), by_minutes, told)


def is_at_contact_limit(
    rows: pd.DataFrame, count: int, limits: ContactRules, as_of_day: int
) -> Mask:
    """Who was contacted as often in 30 days as anybody may be, of `sent` rows."""
    ago = as_of_day - rows["day"].to_numpy()
    late = rows["owner"].to_numpy()[(ago >= 0) & (ago < _CEILING_DAYS)]
    return np.asarray(np.bincount(late, minlength=count) >= limits.most_in_30_days)


def rest_days_by_action(playbook: Sequence[Action], limits: ContactRules) -> Mapping[str, int]:
    """How many days each action lets customers rest; 0 is never, and exempt from the ceiling too."""
    return {
        row.label: limits.rest_days if row.rest_days is None else row.rest_days
        for row in reversed(playbook)
    }


def is_eligible(customers: pd.DataFrame) -> Mask:
    """Who stands on the lists to work through: who neither rests nor is held out."""
    mask = np.ones(len(customers), dtype=bool)
    for name in ("holdout", "resting"):
        if name in customers:
            mask &= customers[name].isna().to_numpy()
    return mask
