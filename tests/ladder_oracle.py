"""The ladder and the playbook as plain sentences about one person, slow and obvious.

Nothing but the standard library, so that nothing is shared with the program it checks. Evidence is
a mapping of tables to lists of plain rows; people are named by any value that can be compared.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass, field
from datetime import date

STAGES = ("partner", "advocate", "supporter", "client", "customer", "prospect", "suspect")
BEFORE_ALL = date.min


@dataclass(frozen=True)
class History:
    """What one person bought: the days of counting orders, money in and back, lines used."""

    days: tuple[date, ...] = ()
    sales: int = 0
    refunds: int = 0
    lines: int = 1


@dataclass(frozen=True)
class Shop:
    """Everything known: histories by person, and rows of evidence by table."""

    as_of: date
    histories: dict[int, History]
    contacts: list[dict] = field(default_factory=list)
    referrals: list[dict] = field(default_factory=list)
    feedback: list[dict] = field(default_factory=list)
    partners: list[dict] = field(default_factory=list)


def two_years_before(day):
    return date(day.year - 2, day.month, min(day.day, monthrange(day.year - 2, day.month)[1]))


def happened(rows, day, as_of):
    return [row for row in rows if row[day] is None or row[day] <= as_of]


def order_days(shop, who):
    return len(set(shop.histories[who].days))


def latest_answer(shop, who):
    """(day, answer) of the latest survey answer; of two on a day the lower; or None."""
    answers = [
        (row["given_on"] or BEFORE_ALL, row["nps"])
        for row in happened(shop.feedback, "given_on", shop.as_of)
        if row["who"] == who and row["nps"] is not None
    ]
    return max(answers, key=lambda answer: (answer[0], -answer[1])) if answers else None


def open_complaints(shop, who):
    return sum(
        row["kind"] == "complaint"
        and row["who"] == who
        and (row["resolved_on"] is None or row["resolved_on"] > shop.as_of)
        for row in happened(shop.feedback, "given_on", shop.as_of)
    )


def vetoed(shop, who, day):
    """Whether the latest survey answer is 6 or less, and not older than the evidence."""
    answer = latest_answer(shop, who)
    return answer is not None and answer[1] <= 6 and answer[0] >= (day or BEFORE_ALL)


def counts(shop, who, day):
    recent = day is not None and day >= two_years_before(shop.as_of)
    return recent and not vetoed(shop, who, day)


def referrals_by(shop, who):
    return [
        row
        for row in happened(shop.referrals, "referred_on", shop.as_of)
        if row["who"] == who != row["referred"] and counts(shop, who, row["referred_on"])
    ]


def bought(shop, row):
    days = shop.histories[row["referred"]].days
    return any(day >= (row["referred_on"] or BEFORE_ALL) for day in days)


def praise_by(shop, who):
    return [
        row
        for row in happened(shop.feedback, "given_on", shop.as_of)
        if row["who"] == who
        and row["kind"] == "review"
        and row["sentiment"] == "positive"
        and counts(shop, who, row["given_on"])
    ]


def contact(shop, who):
    for row in shop.contacts:
        if row["who"] == who:
            return row
    return None


def is_partner(shop, who):
    return any(
        row["who"] == who and (row["until_on"] is None or row["until_on"] >= shop.as_of)
        for row in happened(shop.partners, "from_on", shop.as_of)
    )


def is_advocate(shop, who):
    mine = referrals_by(shop, who)
    if any(row["solicited"] is False and bought(shop, row) for row in mine):
        return True
    if any(row["solicited"] is False for row in praise_by(shop, who)):
        return True
    unknown = [row for row in mine if row["solicited"] is None]
    named = {row["referred"] for row in unknown}
    return len(named) >= 2 and any(bought(shop, row) for row in unknown)


def is_supporter(shop, who):
    if referrals_by(shop, who) or praise_by(shop, who):
        return True
    answer = latest_answer(shop, who)
    if (
        answer
        and answer[1] >= 9
        and counts(shop, who, answer[0] if answer[0] != BEFORE_ALL else None)
    ):
        return True
    known = contact(shop, who)
    return bool(known and known["scheme_member"] and not vetoed(shop, who, None))


def is_prospect(shop, who):
    known = contact(shop, who)
    return (
        shop.histories[who].lines > 0
        or bool(known and known["status"] in ("lead", "quote", "trial", "replied"))
        or named_by(shop, who) != []
        or any(row["who"] == who for row in happened(shop.feedback, "given_on", shop.as_of))
    )


def named_by(shop, who):
    rows = happened(shop.referrals, "referred_on", shop.as_of)
    return [row["who"] for row in rows if row["referred"] == who != row["who"]]


def stage(shop, who):
    """The rung that one person stands on."""
    days = order_days(shop, who)
    if days >= 1 and is_partner(shop, who):
        return "partner"
    heard = open_complaints(shop, who) == 0
    if days >= 1 and heard and is_advocate(shop, who):
        return "advocate"
    if days >= 2 and heard and is_supporter(shop, who):
        return "supporter"
    if days >= 2:
        return "client"
    if days == 1:
        return "customer"
    return "prospect" if is_prospect(shop, who) else "suspect"


def action(person, w50, w95):  # noqa: C901, PLR0911, PLR0912 - one sentence for each row
    """What to do for a person, a mapping of columns; None is not known."""
    stage_, activity, days = person["stage"], person["activity"], person["order_days"]
    quiet = activity in ("overdue", "lapsed")
    if person["open_complaints"]:
        return "put_it_right"
    if activity == "paused":
        return "leave_alone"
    if person["latest_nps"] is not None and person["latest_nps"] <= 6:
        return "listen"
    if stage_ in ("advocate", "partner") and quiet:
        return "owner_calls"
    if stage_ == "partner":
        return "partner_review"
    if days >= 3 and activity == "overdue":
        return "missing_regular"
    if stage_ == "advocate":
        return "advocates_forum"
    loses = person["cost"] is not None and person["cost"] > person["monetary"]
    heavy = person["refunds"] > 0 and person["refunds"] / max(person["sales"], 1) >= 0.25
    if loses and heavy and person["frequency"] >= 2 and person["complaints"] >= 2:
        return "manager_review"
    costly = person.get("contribution", 0) < 0 and person.get("service_minutes", 0) >= 60
    if costly and person["frequency"] >= 2:
        return "manager_review"
    if stage_ == "customer" and person["recency_days"] <= w50:
        return "welcome"
    if stage_ in ("client", "supporter") and activity == "lapsed":
        return "win_back_valuable" if person["monetary_score"] >= 4 else "win_back"
    if stage_ == "supporter":
        return "recommend_a_friend"
    if stage_ == "client":
        return client_action(person)
    if stage_ == "prospect" and person["named_by_customer"]:
        return "introduce"
    if stage_ == "customer":
        return "last_second_order" if person["recency_days"] <= w95 else "last_try"
    if stage_ == "prospect":
        return "ask_what_went_wrong" if person["lines"] else "trial"
    return "no_action" if person["contact_status"] == "disqualified" else "awareness"


def client_action(person):
    if person["order_days"] == 2 and person["activity"] == "overdue":
        return "reminder"
    told = person["wallet_basis"] in ("known", "stated_rank")
    if told and person["share_is_low"] and person["headroom_is_high"]:
        return "cross_sell"
    if person["segment"] in ("champions", "loyal"):
        return "club"
    return "next_order"
