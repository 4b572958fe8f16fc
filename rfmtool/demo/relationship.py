"""The contact log, contact steps, needs, introductions and memberships.

Drawn from a random stream of their own, which leaves the other tables as they are without them.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.random import Generator

from rfmtool.arrays import Ints
from rfmtool.demo.sampling import bernoulli
from rfmtool.demo.shop_calendar import EXPORT_ENDS, day_number, iso_dates

BUSINESSES = ("office", "cafe", "partner")
SOURCES = ("search", "a friend", "market stall", "newsletter", "shop window")
SOURCE_SHARES = (0.34, 0.16, 0.18, 0.14, 0.18)
LOYAL_SOURCE_SHARES = (0.24, 0.36, 0.14, 0.12, 0.14)  # loyal customers more often come by friends
ANSWERED = 0.7  # share of people whose first message was answered
STEPPED = 0.3  # share of buyers with a lead, trial or quote before
LOG_BEGINS = day_number("2025-01-01")
FOLLOWED_UP = (0.18, 0.55)  # of the orders of small and of large households
ASKED_AGAIN, ASKED_AFTER_DAYS = 0.45, (15, 110)  # late: the best weeks are earlier
LARGE = 1.5
MINUTES = (2, 12)
NEEDS = ("decaf that tastes", "refill bags", "Saturday delivery", "a brewing course", "oat milk",
         "invoices by month")  # fmt: skip
NEED_SHARES = (0.25, 0.22, 0.2, 0.14, 0.12, 0.07)
TOLD_NEEDS, MET = 0.3, 0.55
COMMUNITIES = ("Tasting circle", "Brewing evenings", "Tea walk")
JOINING = {"fan": 0.4, "advocate": 0.55, "partner": 0.6, "devotee": 0.3, "regular": 0.18,
           "regular_asked": 0.2, "occasional": 0.12, "pair": 0.06, "one_timer": 0.02}  # fmt: skip


def extend_contacts(known: pd.DataFrame, people: pd.DataFrame, rng: Generator) -> pd.DataFrame:
    """The contacts with `answered_on`, `source` and `business`."""
    persons = people.set_index("customer_id").loc[known["customer_id"]]
    source = np.where(  # draws both for everybody
        persons["order_days"] > 1,
        rng.choice(SOURCES, len(persons), p=LOYAL_SOURCE_SHARES),
        rng.choice(SOURCES, len(persons), p=SOURCE_SHARES),
    )
    day = persons["known_day"].to_numpy() + rng.integers(0, 6, len(persons))
    answered_on = iso_dates(np.minimum(day, EXPORT_ENDS))
    is_answered = bernoulli(ANSWERED, len(persons), rng)
    is_answered &= persons["mood"].ne("stranger").to_numpy()
    return known.assign(
        answered_on=np.where(is_answered, answered_on, ""),
        source=source,
        business=np.where(persons["archetype"].isin(BUSINESSES), "yes", "no"),
    )


def contact_steps(
    people: pd.DataFrame, order_days: pd.DataFrame, today: int, rng: Generator
) -> pd.DataFrame:
    """Rows of `contacts` for leads, trials and quotes before the first order."""
    first = order_days.groupby("person")["day"].min()
    known = people["known_day"].reindex(first.index)
    buyers = pd.DataFrame({"known": known, "first": first})[known < first]
    buyers = buyers[bernoulli(STEPPED, len(buyers), rng)]
    wait = (buyers["first"] - buyers["known"]).to_numpy()
    days = buyers["known"].to_numpy() + np.floor(rng.random(len(buyers)) * wait)
    columns = {
        "customer_id": people["customer_id"].reindex(buyers.index).array,
        "status": rng.choice(("lead", "trial", "quote"), len(buyers), p=(0.4, 0.35, 0.25)),
        "since_on": iso_dates(np.minimum(days, today).astype(np.int64)),
    }
    return pd.DataFrame(columns).sort_values("customer_id", ignore_index=True)


def contacted(
    people: pd.DataFrame, order_days: pd.DataFrame, today: int, rng: Generator
) -> pd.DataFrame:
    """The contact log of the last year, by day."""
    large = (people["appetite"] > LARGE).to_numpy()
    recent = order_days[order_days["day"] >= LOG_BEGINS]
    buyer, day = recent["person"].to_numpy(), recent["day"].to_numpy()
    share = np.where(large, FOLLOWED_UP[1], FOLLOWED_UP[0])[buyer]
    follows = bernoulli(share, len(buyer), rng)
    first = recent[~order_days["person"].duplicated().loc[recent.index]]
    is_welcomed = bernoulli(ASKED_AGAIN, len(first), rng)
    kind = people["archetype"]
    hard = np.repeat(people.index[kind.isin(["hard", "angry"])], 7)
    regular = people.index[kind.isin(["regular", "devotee", "lapsed", "office"])].to_numpy()
    wrote = recent.sample(frac=0.06, random_state=rng)
    asked_on = first["day"].to_numpy() + rng.integers(*ASKED_AFTER_DAYS, len(first))
    parts: list[pd.DataFrame] = [
        _log_rows("follow_up", buyer[follows], day[follows] + rng.integers(1, 12, follows.sum())),
        _log_rows("welcome", first["person"].to_numpy()[is_welcomed], asked_on[is_welcomed]),
        _log_rows("put_it_right", hard, _random_days(today, len(hard), rng)),
        _log_rows("club", regular, _random_days(today, len(regular), rng)),
        _log_rows("question", wrote["person"].to_numpy(), wrote["day"].to_numpy() + 2, "in"),
    ]
    rows = pd.concat(parts, ignore_index=True)
    person, calls = rows["person"].to_numpy(), rows["action"].isin(["put_it_right", "question"])
    minutes = rng.integers(*MINUTES, len(rows)) * np.where(calls, 3, 1)
    incoming = rows["direction"].eq("in")
    is_answered = bernoulli(np.where(large[person], 0.95, 0.75), len(rows), rng)
    answer_day = rows["day"].to_numpy() + rng.integers(0, 5, len(rows))
    answered_on = iso_dates(np.minimum(answer_day, today))
    outcome = rng.choice(("reached", "replied", "no_answer"), len(rows), p=(0.6, 0.15, 0.25))
    columns = {
        "customer_id": people["customer_id"].take(person).array,
        "action": rows["action"],
        "contacted_on": iso_dates(rows["day"].to_numpy()),
        "channel": np.where(calls, "phone", "email"),
        "direction": rows["direction"],
        "answered_on": np.where(incoming & is_answered, answered_on, ""),
        "outcome": np.where(incoming, "", outcome),
        "minutes": minutes.astype(np.str_),
    }
    kept = pd.DataFrame(columns)[(rows["day"] <= today).to_numpy()]
    return kept.sort_values(["contacted_on", "customer_id", "action"], ignore_index=True)


def _random_days(today: int, count: int, rng: Generator) -> Ints:
    """Random days of the log; `today` where it has not begun."""
    return rng.integers(min(LOG_BEGINS, today), today + 1, count)


def _log_rows(action: str, person: Ints, day: Ints, direction: str = "out") -> pd.DataFrame:
    return pd.DataFrame({"person": person, "day": day, "action": action, "direction": direction})


def needs(
    people: pd.DataFrame, order_days: pd.DataFrame, today: int, rng: Generator
) -> pd.DataFrame:
    """Needs of some who ordered on several days, and when they were met."""
    last = order_days.groupby("person")["day"].agg(["max", "size"])
    repeaters = last[last["size"] > 1]
    chosen = repeaters[bernoulli(TOLD_NEEDS, len(repeaters), rng)]
    asked = np.minimum(chosen["max"].to_numpy() + rng.integers(0, 20, len(chosen)), today)
    met = asked + rng.integers(5, 90, len(chosen))
    is_met = bernoulli(MET, len(chosen), rng) & (met <= today)
    columns = {
        "customer_id": people["customer_id"].reindex(chosen.index).array,
        "need": rng.choice(NEEDS, len(chosen), p=NEED_SHARES),
        "asked_on": iso_dates(asked),
        "met_on": np.where(is_met, iso_dates(met), ""),
    }
    return pd.DataFrame(columns).sort_values(["customer_id", "need"], ignore_index=True)


def introductions(
    people: pd.DataFrame, order_days: pd.DataFrame, today: int, rng: Generator
) -> pd.DataFrame:
    """Introductions of businesses, by the shop itself or by each other."""
    businesses = people.index[people["archetype"].isin(BUSINESSES)]
    businesses = businesses.intersection(pd.Index(order_days["person"]))
    receiver = rng.permutation(np.repeat(businesses, 2))[: len(businesses)]
    giver = rng.choice(businesses, len(receiver)) if len(businesses) else receiver
    ids = people["customer_id"]
    by_shop = bernoulli(0.5, len(receiver), rng) | (giver == receiver)
    columns = {
        "from_id": np.where(by_shop, "us", ids.reindex(giver)),
        "to_id": ids.reindex(receiver).array,
        "introduced_on": iso_dates(today - rng.integers(5, 700, len(receiver))),
        "outcome": rng.choice(
            ("met", "quote", "order", "none"), len(receiver), p=(0.3, 0.2, 0.3, 0.2)
        ),
    }
    return pd.DataFrame(columns).sort_values(["introduced_on", "to_id"], ignore_index=True)


def memberships(
    people: pd.DataFrame, order_days: pd.DataFrame, today: int, rng: Generator
) -> pd.DataFrame:
    """Memberships, a row for each evening attended or one where there was none."""
    first = order_days.groupby("person")["day"].min()
    shares = people["archetype"].map(JOINING).fillna(0.0).reindex(first.index)
    members = first[bernoulli(shares.to_numpy(), len(first), rng)]
    joined = np.minimum(members.to_numpy() + rng.integers(10, 200, len(members)), today)
    evenings = rng.integers(0, 5, len(members))
    circle = rng.choice(COMMUNITIES, len(members), p=(0.5, 0.3, 0.2))
    ids = people["customer_id"].reindex(members.index).to_numpy()
    inviter = rng.choice(ids, len(members)) if len(members) else ids
    invited = bernoulli(0.4, len(members), rng) & (inviter != ids)
    left = bernoulli(0.1, len(members), rng)
    member = np.repeat(np.arange(len(members)), np.maximum(evenings, 1))
    days_since = today - joined[member] + 1
    came = joined[member] + np.floor(rng.random(len(member)) * days_since).astype(np.int64)
    left_on = np.where(left, iso_dates(np.full(len(members), today)), "")
    columns = {
        "customer_id": ids[member],
        "community": circle[member],
        "joined_on": iso_dates(joined)[member],
        "left_on": left_on[member],
        "attended_on": np.where(evenings[member] > 0, iso_dates(came), ""),
        "invited_by": np.where(invited, inviter, "")[member],
    }
    return pd.DataFrame(columns).sort_values(["customer_id", "attended_on"], ignore_index=True)
