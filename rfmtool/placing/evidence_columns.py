"""What the evidence proves of each person, as columns that the rules can ask.

An event counts when it is dated on or before as_of; where a table was not supplied, nothing is
known of it and its columns are 0, no or missing. Promoting evidence (referrals, positive reviews)
counts for 24 calendar months; scheme membership is a state and does not age. A latest survey answer
of 6 or less vetoes promoting evidence dated on or before it. An event without a date is the oldest
of all: it promotes nobody, though it makes a prospect, and an open complaint stays open. Nobody
knows since when somebody is a member, so any latest answer of 6 or less vetoes that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from rfmtool.arrays import Ints, Mask
from rfmtool.days import UNKNOWN_DAY, day_numbers, integer_column, months_before, to_datetimes
from rfmtool.frames import with_columns
from rfmtool.placing.matching import column_equals
from rfmtool.rules import Rule

WINDOW_MONTHS: Final = 24
DETRACTOR_MAX: Final = 6
"""The highest answer to "would you recommend us?" that speaks against us (Reichheld 2003)."""
PROMOTER_MIN: Final = 9
_NEVER: Final = UNKNOWN_DAY - 1
_NO_ROWS: Final = {"owner": np.empty(0, dtype=np.int64), "referred": np.empty(0, dtype=np.int64)}
_TOP_ANSWER, _ANSWER_BITS = 10, 4

Columns = dict[str, Any]
Promotions = tuple[Ints, Mask]
"""Whose promoting evidence there is within the window, and whether no later answer bars it."""


@dataclass(frozen=True)
class _Terms:
    """What an event must be to count: how many customers there are, and from when on it promotes.

    `barred` is the day of each person's latest survey answer where that is a veto: promoting
    evidence counts when it is later.
    """

    customer_count: int
    as_of_day: int
    window_start: int
    barred: Ints

    def in_window(self, day: Ints) -> Mask:
        return np.asarray(day >= self.window_start)

    def free(self, owner: Ints, day: Ints) -> Mask:
        return np.asarray(self.in_window(day) & (day > self.barred[owner]))

    @cached_property
    def nobody(self) -> Ints:
        """What most columns are where no table says otherwise."""
        return np.zeros(self.customer_count, dtype=np.int64)

    def count(self, owner: Ints) -> Ints:
        return np.bincount(owner, minlength=self.customer_count) if len(owner) else self.nobody

    def has(self, owner: Ints) -> Mask:
        return self.count(owner) > 0


def add_evidence_columns(
    customers: pd.DataFrame, evidence: Mapping[str, pd.DataFrame], as_of_day: int
) -> pd.DataFrame:
    """Add what the evidence proves, and `lines` = 1 where that column is not given.

    Args:
        customers: one row per person; reads order_days and last_order_on.
        evidence: frames by table name (contacts, referrals, feedback, partners), each only if
            supplied. `owner` and `referred` are places among the customers, days count from
            1970-01-01 and may be missing.
        as_of_day: in days since 1970-01-01.

    Returns:
        The customers with whole numbers complaints, open_complaints, latest_nps and recent_nps
        (missing where there is none), referrals (customers referred), unsolicited_bought,
        unknown_referred, unknown_bought, unsolicited_reviews, solicited_reviews; yes or no
        partner_listed, is_contact, in_scheme, paused, gave_feedback, detractor, named_as_referred,
        named_by_customer, held_by_complaint, held_by_nps; contact_status; and the days
        last_referral_on, last_review_on, latest_nps_on, open_complaint_on (the oldest).
        Without evidence most of them cannot be written to.
    """
    if evidence:
        columns = _proven(customers, evidence, as_of_day)
    else:  # the same is true of everybody
        columns, same = dict[str, Any](), np.zeros(len(customers), dtype=np.intp)
        for name, one in _of_nobody_known().items():
            # An array may hold one cell that stands for all, which takes neither time nor memory.
            is_array = isinstance(one, np.ndarray)
            columns[name] = np.broadcast_to(one, len(customers)) if is_array else one.take(same)
    lines = {} if "lines" in customers else {"lines": np.broadcast_to(np.int64(1), len(customers))}
    return with_columns(customers, lines | columns)


@cache
def _of_nobody_known() -> Columns:
    never = to_datetimes(np.zeros(1, dtype=np.int64), np.zeros(1, dtype=bool))
    one = pd.DataFrame({"order_days": [0], "last_order_on": never})
    return _proven(one, {}, 0)


def _proven(
    customers: pd.DataFrame, evidence: Mapping[str, pd.DataFrame], as_of_day: int
) -> Columns:
    none = pd.DataFrame(_NO_ROWS)
    tables = {}
    for name, day in _EVENT_DAYS.items():
        table = evidence.get(name, none)
        tables[name] = table[integer_column(table, day) <= as_of_day]
    feedback, partners = tables["feedback"], tables["partners"]
    nps, nps_day = _latest_answer(feedback, len(customers))
    silent = nps < 0
    detractor = ~silent & (nps <= DETRACTOR_MAX)
    barred = np.where(detractor, nps_day, _NEVER)
    start = months_before(as_of_day, WINDOW_MONTHS)
    terms = _Terms(len(customers), as_of_day, start, barred)
    still_listed = integer_column(partners, "until_on", as_of_day) >= as_of_day
    contact, memberships = _contact(evidence.get("contacts", none), terms)
    referral, referred = _referrals(tables["referrals"], customers, terms)
    review, praise = _reviews(feedback, terms)
    columns = {
        "partner_listed": terms.has(_owner(partners)[still_listed]),
        **contact,
        **referral,
        **review,
        **_complaints(feedback, terms),
        "latest_nps": pd.arrays.IntegerArray(nps.copy(), silent),
        "recent_nps": pd.arrays.IntegerArray(nps.copy(), silent | ~terms.in_window(nps_day)),
        "latest_nps_on": _dates(nps_day),
        "detractor": detractor,
        "gave_feedback": terms.has(_owner(feedback)),
    }
    return columns | _held_back(columns, (memberships, referred, praise), terms)


_EVENT_DAYS: Final = {"referrals": "referred_on", "feedback": "given_on", "partners": "from_on"}
"""The day from which a row of each table is true."""
_PROVES: Final[Mapping[str, str]] = {
    "partner_listed": "partners",
    **dict.fromkeys(("in_scheme", "is_contact", "contact_status", "paused"), "contacts"),
    **dict.fromkeys(("referrals", "unsolicited_bought", "unknown_referred"), "referrals"),
    **dict.fromkeys(("unknown_bought", "named_as_referred", "named_by_customer"), "referrals"),
    **dict.fromkeys(("recent_nps", "unsolicited_reviews", "solicited_reviews"), "feedback"),
    "gave_feedback": "feedback",
}
"""The table without which a column is nobody's."""


def evidence_tables(rule: Rule) -> set[str]:
    """The evidence tables that can put somebody under a rule; whom nothing else fits are contacts.

    A complaint or a bad answer, which only keep customers out, asks for none.
    """
    if not rule.conditions:
        return {"contacts"}
    columns = {condition.column for condition in rule.conditions}
    return {_PROVES[column] for column in columns & _PROVES.keys()}


# Cells -------------------------------------------------------------------------------------------


def _owner(table: pd.DataFrame, name: str = "owner") -> Ints:
    return table[name].to_numpy(dtype=np.int64)


def _dates(days: Ints) -> npt.NDArray[np.datetime64]:
    return to_datetimes(days, days > UNKNOWN_DAY)


def _latest(owner: Ints, day: Ints, count: int) -> Ints:
    latest = np.full(count, _NEVER, dtype=np.int64)
    np.maximum.at(latest, owner, day)
    return latest


# Tables ------------------------------------------------------------------------------------------


def _contact(contacts: pd.DataFrame, terms: _Terms) -> tuple[Columns, Promotions]:
    """The columns of contacts, and who is a member of the recommend-a-friend scheme."""
    owner = _owner(contacts)
    member = column_equals(contacts, "scheme_member", value=True)
    free = terms.barred[owner] == _NEVER
    paused = integer_column(contacts, "paused_until") >= terms.as_of_day
    # `known` where no status is given; missing for who is no contact.
    given = contacts["status"] if "status" in contacts else pd.Series("", index=contacts.index)
    given = given.fillna("").replace("", "known")
    if "answered_on" in contacts:  # who was answered, or answered us, is in touch both ways
        answered = integer_column(contacts, "answered_on", terms.as_of_day + 1) <= terms.as_of_day
        given = given.mask(given.isin(["known", "contacted"]) & answered, "replied")
    status: pd.Categorical[Any] = pd.Categorical(given)
    codes = np.full(terms.customer_count, -1)
    codes[owner] = status.codes
    columns = {
        "is_contact": terms.has(owner),
        "contact_status": pd.Categorical.from_codes(codes, dtype=status.dtype),
        "in_scheme": terms.has(owner[member & free]),
        "paused": terms.has(owner[paused]),
    }
    return columns, (owner[member], free[member])


def _referrals(
    referrals: pd.DataFrame, customers: pd.DataFrame, terms: _Terms
) -> tuple[Columns, Promotions]:
    """The columns of referrals, and whose they are; naming oneself names nobody."""
    table = referrals[_owner(referrals) != _owner(referrals, "referred")]
    owner, referred, day = (
        _owner(table),
        _owner(table, "referred"),
        integer_column(table, "referred_on"),
    )
    last_order = day_numbers(customers["last_order_on"].to_numpy())
    bought = last_order[referred] >= day
    free = terms.free(owner, day)
    unasked, asked = (
        column_equals(table, "solicited", value=False),
        column_equals(table, "solicited", value=True),
    )
    unknown = ~unasked & ~asked

    def brought(rows: Mask) -> Ints:
        pairs = np.unique(owner[rows] * terms.customer_count + referred[rows])
        return terms.count(pairs // max(terms.customer_count, 1))

    by_customer = customers["order_days"].to_numpy()[owner] > 0
    columns = {
        "referrals": brought(free),
        "unsolicited_bought": brought(free & unasked & bought),
        "unknown_referred": brought(free & unknown),
        "unknown_bought": brought(free & unknown & bought),
        "last_referral_on": _dates(_latest(owner[free], day[free], terms.customer_count)),
        "named_as_referred": terms.has(referred),
        "named_by_customer": terms.has(referred[by_customer]),
    }
    recent = terms.in_window(day)
    return columns, (owner[recent], free[recent])


def _reviews(feedback: pd.DataFrame, terms: _Terms) -> tuple[Columns, Promotions]:
    """The columns of reviews, and whose they are.

    A review of which nobody said whether we had asked for it counts as asked for.
    """
    table = feedback[
        column_equals(feedback, "kind", "review") & column_equals(feedback, "sentiment", "positive")
    ]
    owner, day = _owner(table), integer_column(table, "given_on")
    free, unasked = terms.free(owner, day), column_equals(table, "solicited", value=False)
    columns = {
        "unsolicited_reviews": terms.count(owner[free & unasked]),
        "solicited_reviews": terms.count(owner[free & ~unasked]),
        "last_review_on": _dates(_latest(owner[free], day[free], terms.customer_count)),
    }
    recent = terms.in_window(day)
    return columns, (owner[recent], free[recent])


def _complaints(feedback: pd.DataFrame, terms: _Terms) -> Columns:
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
    """The latest survey answer of each person (-1: none) and its day; of two on a day the lower."""
    nps = integer_column(feedback, "nps", -1)
    said = nps >= 0
    keys = (integer_column(feedback, "given_on")[said] << _ANSWER_BITS) + (_TOP_ANSWER - nps[said])
    nothing = _NEVER << _ANSWER_BITS
    latest = np.full(count, nothing, dtype=np.int64)
    np.maximum.at(latest, _owner(feedback)[said], keys)
    answer = _TOP_ANSWER - (latest & ((1 << _ANSWER_BITS) - 1))
    return np.where(latest == nothing, -1, answer), latest >> _ANSWER_BITS


def _held_back(
    columns: Columns, promotions: tuple[Promotions, ...], terms: _Terms
) -> dict[str, Mask]:
    """Who has evidence that would lift them, but for an open complaint or the latest answer."""
    owner = np.concatenate([owner for owner, _ in promotions])
    free = np.concatenate([free for _, free in promotions])
    promoter = columns["recent_nps"].to_numpy(np.int64, na_value=0) >= PROMOTER_MIN
    return {
        "held_by_complaint": (terms.has(owner) | promoter) & (columns["open_complaints"] > 0),
        "held_by_nps": terms.has(owner[~free]),
    }
