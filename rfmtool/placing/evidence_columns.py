"""Columns from evidence on each customer, for conditions of rules.

An event counts if it is dated on or before as_of; the columns of a table that was not supplied are
0, False or missing. Promoting evidence (referrals, positive reviews) counts for 24 calendar months;
scheme membership is a state and does not age. A latest survey answer of 6 or less vetoes promoting
evidence dated on or before it. An event without a date counts as older than all others: it promotes
nobody, though it makes a prospect, and an open complaint stays open. Since memberships have no
date, any latest answer of 6 or less vetoes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from rfmtool.arrays import Ints, Mask, mask_of_places
from rfmtool.columns import EVIDENCE_DAYS
from rfmtool.days import (
    UNKNOWN_DAY,
    day_numbers,
    integer_column,
    latest_days,
    months_before,
    to_datetimes,
)
from rfmtool.frames import Frames, with_columns
from rfmtool.placing.matching import column_equals
from rfmtool.rules import Rule

WINDOW_MONTHS: Final = 24
DETRACTOR_MAX: Final = 6
"""The highest answer of a detractor to "would you recommend us?" (Reichheld 2003)."""
PROMOTER_MIN: Final = 9
_NEVER: Final = UNKNOWN_DAY - 1
_NO_ROWS: Final = {"owner": np.empty(0, dtype=np.int64), "referred": np.empty(0, dtype=np.int64)}
_TOP_ANSWER, _ANSWER_BITS = 10, 4

Columns = dict[str, Any]
Promotions = tuple[Ints, Mask]
"""The owners of promoting evidence within the window, and a mask of what is not vetoed."""


@dataclass(frozen=True)
class _Terms:
    """When events count, and how to count them by customer.

    `veto_day` is the day of each customer's latest survey answer if that is a veto; promoting
    evidence counts if it is later.
    """

    customer_count: int
    as_of_day: int
    window_start: int
    veto_day: Ints

    def in_window(self, day: Ints) -> Mask:
        return np.asarray(day >= self.window_start)

    def promotes(self, owner: Ints, day: Ints) -> Mask:
        return np.asarray(self.in_window(day) & (day > self.veto_day[owner]))

    @cached_property
    def zeros(self) -> Ints:
        """Cached, because it is the value of most columns without evidence."""
        return np.zeros(self.customer_count, dtype=np.int64)

    def count(self, owner: Ints) -> Ints:
        return np.bincount(owner, minlength=self.customer_count) if len(owner) else self.zeros

    def has(self, owner: Ints) -> Mask:
        return self.count(owner) > 0


def add_evidence_columns(customers: pd.DataFrame, evidence: Frames, as_of_day: int) -> pd.DataFrame:
    """Add the evidence columns, and `lines` = 1 if that column is missing.

    Reads order_days and last_order_on, and contacts, referrals, feedback and partners, as far as
    they are supplied.

    Returns:
        The customers with integers complaints, open_complaints, latest_nps and recent_nps (missing
        where there is none), referrals (people referred), unsolicited_bought, unknown_referred,
        unknown_bought, unsolicited_reviews, solicited_reviews; booleans partner_listed, is_contact,
        in_scheme, paused, gave_feedback, detractor, named_as_referred, named_by_customer,
        held_by_complaint, held_by_nps; contact_status; and days last_referral_on, last_review_on,
        latest_nps_on, open_complaint_on (the oldest). Without evidence most are read-only.
    """
    if evidence:
        columns = _evidence_columns(customers, evidence, as_of_day)
    else:  # all rows are equal, and broadcasting takes neither time nor memory
        columns, first = dict[str, Any](), np.zeros(len(customers), dtype=np.intp)
        for name, cell in _columns_without_evidence().items():
            is_array = isinstance(cell, np.ndarray)
            columns[name] = np.broadcast_to(cell, len(customers)) if is_array else cell.take(first)
    lines = {} if "lines" in customers else {"lines": np.broadcast_to(np.int64(1), len(customers))}
    return with_columns(customers, lines | columns)


@cache
def _columns_without_evidence() -> Columns:
    """The evidence columns of a single customer without evidence."""
    never = to_datetimes(np.zeros(1, dtype=np.int64), np.zeros(1, dtype=bool))
    customer = pd.DataFrame({"order_days": [0], "last_order_on": never})
    return _evidence_columns(customer, {}, 0)


def _evidence_columns(customers: pd.DataFrame, evidence: Frames, as_of_day: int) -> Columns:
    no_rows = pd.DataFrame(_NO_ROWS)
    tables = {}
    for name in ("referrals", "feedback", "partners"):
        table = evidence.get(name, no_rows)
        tables[name] = table[integer_column(table, EVIDENCE_DAYS[name]) <= as_of_day]
    feedback, partners = tables["feedback"], tables["partners"]
    nps, nps_day = _latest_answer(feedback, len(customers))
    is_missing = nps < 0
    detractor = ~is_missing & (nps <= DETRACTOR_MAX)
    veto_day = np.where(detractor, nps_day, _NEVER)
    start = months_before(as_of_day, WINDOW_MONTHS)
    terms = _Terms(len(customers), as_of_day, start, veto_day)
    still_listed = integer_column(partners, "until_on", as_of_day) >= as_of_day
    contacts, memberships = _contact_columns(evidence.get("contacts", no_rows), terms)
    referrals, referred = _referral_columns(tables["referrals"], customers, terms)
    reviews, praise = _review_columns(feedback, terms)
    columns = {
        "partner_listed": terms.has(_owner(partners)[still_listed]),
        **contacts,
        **referrals,
        **reviews,
        **_complaint_columns(feedback, terms),
        "latest_nps": pd.arrays.IntegerArray(nps.copy(), is_missing),
        "recent_nps": pd.arrays.IntegerArray(nps.copy(), is_missing | ~terms.in_window(nps_day)),
        "latest_nps_on": _dates(nps_day),
        "detractor": detractor,
        "gave_feedback": terms.has(_owner(feedback)),
    }
    return columns | _held_back(columns, (memberships, referred, praise), terms)


_TABLE_OF: Final[Mapping[str, str]] = {
    "partner_listed": "partners",
    **dict.fromkeys(("in_scheme", "is_contact", "contact_status", "paused"), "contacts"),
    **dict.fromkeys(("referrals", "unsolicited_bought", "unknown_referred"), "referrals"),
    **dict.fromkeys(("unknown_bought", "named_as_referred", "named_by_customer"), "referrals"),
    **dict.fromkeys(("recent_nps", "unsolicited_reviews", "solicited_reviews"), "feedback"),
    "gave_feedback": "feedback",
}
"""The table that a column comes from, if it can make a rule match."""


def tables_for(rule: Rule) -> set[str]:
    """The evidence tables that can make a rule match; contacts for one without conditions.

    Complaints and low answers only exclude customers, so they need no table.
    """
    if not rule.conditions:
        return {"contacts"}
    columns = {condition.column for condition in rule.conditions}
    return {_TABLE_OF[column] for column in columns & _TABLE_OF.keys()}


def _owner(table: pd.DataFrame, name: str = "owner") -> Ints:
    return table[name].to_numpy(dtype=np.int64)


def _dates(days: Ints) -> npt.NDArray[np.datetime64]:
    return to_datetimes(days, days > UNKNOWN_DAY)


def _contact_columns(contacts: pd.DataFrame, terms: _Terms) -> tuple[Columns, Promotions]:
    """The columns of contacts, and memberships in the recommend-a-friend scheme."""
    owner = _owner(contacts)
    is_member = column_equals(contacts, "scheme_member", value=True)
    promotes = terms.veto_day[owner] == _NEVER
    is_paused = integer_column(contacts, "paused_until") >= terms.as_of_day
    # `known` for contacts without a status; missing for customers who are no contacts.
    given = contacts["status"] if "status" in contacts else pd.Series("", index=contacts.index)
    given = given.fillna("").replace("", "known")
    if "answered_on" in contacts:  # an answer in either direction
        answered = integer_column(contacts, "answered_on", terms.as_of_day + 1) <= terms.as_of_day
        given = given.mask(given.isin(["known", "contacted"]) & answered, "replied")
    status: pd.Categorical[Any] = pd.Categorical(given)
    codes = np.full(terms.customer_count, -1)
    codes[owner] = status.codes
    columns = {
        "is_contact": terms.has(owner),
        "contact_status": pd.Categorical.from_codes(codes, dtype=status.dtype),
        "in_scheme": terms.has(owner[is_member & promotes]),
        "paused": terms.has(owner[is_paused]),
    }
    return columns, (owner[is_member], promotes[is_member])


def _referral_columns(
    referrals: pd.DataFrame, customers: pd.DataFrame, terms: _Terms
) -> tuple[Columns, Promotions]:
    """The columns of referrals, and the referrals that promote; those of oneself do not count."""
    table = referrals[_owner(referrals) != _owner(referrals, "referred")]
    owner, referred = _owner(table), _owner(table, "referred")
    day = integer_column(table, "referred_on")
    last_order = day_numbers(customers["last_order_on"].to_numpy())
    bought = last_order[referred] >= day
    promotes = terms.promotes(owner, day)
    unsolicited = column_equals(table, "solicited", value=False)
    unknown = ~unsolicited & ~column_equals(table, "solicited", value=True)

    pairs, pair = np.unique(owner * terms.customer_count + referred, return_inverse=True)
    referrer = pairs // max(terms.customer_count, 1)

    def referred_people(rows: Mask) -> Ints:
        return terms.count(referrer[mask_of_places(pair[rows], len(pairs))])

    by_customer = customers["order_days"].to_numpy()[owner] > 0
    last_day = latest_days(owner[promotes], day[promotes], terms.customer_count)
    columns = {
        "referrals": referred_people(promotes),
        "unsolicited_bought": referred_people(promotes & unsolicited & bought),
        "unknown_referred": referred_people(promotes & unknown),
        "unknown_bought": referred_people(promotes & unknown & bought),
        "last_referral_on": _dates(last_day),
        "named_as_referred": terms.has(referred),
        "named_by_customer": terms.has(referred[by_customer]),
    }
    recent = terms.in_window(day)
    return columns, (owner[recent], promotes[recent])


def _review_columns(feedback: pd.DataFrame, terms: _Terms) -> tuple[Columns, Promotions]:
    """The columns of positive reviews, and those that promote.

    A review counts as solicited unless the table says that it was not.
    """
    is_review = column_equals(feedback, "kind", "review")
    table = feedback[is_review & column_equals(feedback, "sentiment", "positive")]
    owner, day = _owner(table), integer_column(table, "given_on")
    promotes = terms.promotes(owner, day)
    unsolicited = column_equals(table, "solicited", value=False)
    last_day = latest_days(owner[promotes], day[promotes], terms.customer_count)
    columns = {
        "unsolicited_reviews": terms.count(owner[promotes & unsolicited]),
        "solicited_reviews": terms.count(owner[promotes & ~unsolicited]),
        "last_review_on": _dates(last_day),
    }
    recent = terms.in_window(day)
    return columns, (owner[recent], promotes[recent])


def _complaint_columns(feedback: pd.DataFrame, terms: _Terms) -> Columns:
    table = feedback[column_equals(feedback, "kind", "complaint")]
    is_open = integer_column(table, "resolved_on", terms.as_of_day + 1) > terms.as_of_day
    owner, day = _owner(table), integer_column(table, "given_on")
    oldest = np.full(terms.customer_count, np.iinfo(np.int64).max)
    np.minimum.at(oldest, owner[is_open], day[is_open])
    count = terms.count(owner[is_open])
    return {
        "complaints": terms.count(owner),
        "open_complaints": count,
        "open_complaint_on": to_datetimes(oldest, (count > 0) & (oldest > UNKNOWN_DAY)),
    }


def _latest_answer(feedback: pd.DataFrame, count: int) -> tuple[Ints, Ints]:
    """The latest survey answer of each customer (-1: none), of a day the lowest; and its day."""
    nps = integer_column(feedback, "nps", -1)
    known = nps >= 0
    # One key of day and answer, so that a single maximum finds both.
    day = integer_column(feedback, "given_on")[known]
    keys = (day << _ANSWER_BITS) + (_TOP_ANSWER - nps[known])
    missing = _NEVER << _ANSWER_BITS
    latest = np.full(count, missing, dtype=np.int64)
    np.maximum.at(latest, _owner(feedback)[known], keys)
    answer = _TOP_ANSWER - (latest & ((1 << _ANSWER_BITS) - 1))
    return np.where(latest == missing, -1, answer), latest >> _ANSWER_BITS


def _held_back(columns: Columns, promotions: tuple[Promotions, ...], terms: _Terms) -> Columns:
    """Who has promoting evidence, but an open complaint or a veto by the latest answer."""
    owner = np.concatenate([owner for owner, _ in promotions])
    is_valid = np.concatenate([is_valid for _, is_valid in promotions])
    is_promoter = columns["recent_nps"].to_numpy(np.int64, na_value=0) >= PROMOTER_MIN
    return {
        "held_by_complaint": (terms.has(owner) | is_promoter) & (columns["open_complaints"] > 0),
        "held_by_nps": terms.has(owner[~is_valid]),
    }
