"""How the shop looks after people: contacts by steps, the contact log, needs, work, communities.

Drawn by chance of its own, so that the orders and all other tables are what they are without it.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from rfmtool.arrays import Places
from rfmtool.demo import sampling, shop_calendar

BUSINESSES = ("office", "cafe", "partner")
SOURCES = ("search", "a friend", "market stall", "newsletter", "shop window")
SOURCE_SHARES = (0.34, 0.16, 0.18, 0.14, 0.18)
LOYAL_SOURCE_SHARES = (0.24, 0.36, 0.14, 0.12, 0.14)  # friends bring those who stay
ANSWERED = 0.7  # share of those who were answered
STEPPED = 0.3  # share of those who took a trial or asked for a quote first
LOG_BEGINS = shop_calendar.day_number("2025-01-01")
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


def extend_contacts(
    known: pd.DataFrame, people: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """The contacts with the day they were answered, where they came from, and who is a business."""
    persons = people.set_index("customer_id").loc[known["customer_id"]]
    source = np.where(  # both are drawn for everybody
        persons["order_days"] > 1,
        rng.choice(SOURCES, len(persons), p=LOYAL_SOURCE_SHARES),
        rng.choice(SOURCES, len(persons), p=SOURCE_SHARES),
    )
    day = persons["known_day"].to_numpy() + rng.integers(0, 6, len(persons))
    told = (
        sampling.bernoulli(ANSWERED, len(persons), rng) & persons["mood"].ne("stranger").to_numpy()
    )
    return known.assign(
        answered_on=np.where(
            told, shop_calendar.iso_dates(np.minimum(day, shop_calendar.EXPORT_ENDS)), ""
        ),
        source=source,
        business=np.where(persons["archetype"].isin(BUSINESSES), "yes", "no"),
    )


def contact_steps(
    people: pd.DataFrame, occasions: pd.DataFrame, today: int, rng: np.random.Generator
) -> pd.DataFrame:
    """Rows for the contacts of those who asked for a trial or a quote before they bought."""
    first = occasions.groupby("person")["day"].min()
    known = people["known_day"].reindex(first.index)
    began = pd.DataFrame({"known": known, "first": first})[known < first]
    began = began[sampling.bernoulli(STEPPED, len(began), rng)]
    wait = (began["first"] - began["known"]).to_numpy()
    days = np.floor(rng.random(len(began)) * wait)
    table = pd.DataFrame(
        {
            "customer_id": people["customer_id"].reindex(began.index).array,
            "status": rng.choice(("lead", "trial", "quote"), len(began), p=(0.4, 0.35, 0.25)),
            "since_on": shop_calendar.iso_dates(
                np.minimum(began["known"].to_numpy() + days, today).astype(np.int64)
            ),
        }
    )
    return table.sort_values("customer_id", ignore_index=True)


def contacted(
    people: pd.DataFrame, occasions: pd.DataFrame, today: int, rng: np.random.Generator
) -> pd.DataFrame:
    """The contact log of the last year, in order of days."""
    large = (people["appetite"] > LARGE).to_numpy()
    late = occasions[occasions["day"] >= LOG_BEGINS]
    owner, day = late["person"].to_numpy(), late["day"].to_numpy()
    follows = sampling.bernoulli(
        np.where(large, FOLLOWED_UP[1], FOLLOWED_UP[0])[owner], len(owner), rng
    )
    first = late[~occasions["person"].duplicated().loc[late.index]]
    asks = sampling.bernoulli(ASKED_AGAIN, len(first), rng)
    hard = np.repeat(people.index[people["archetype"].isin(["hard", "angry"])], 7)
    regular = people.index[
        people["archetype"].isin(["regular", "devotee", "lapsed", "office"])
    ].to_numpy()
    wrote = late.sample(frac=0.06, random_state=rng)
    asked_on = first["day"].to_numpy() + rng.integers(*ASKED_AFTER_DAYS, len(first))
    parts: list[pd.DataFrame] = [
        _sent("follow_up", owner[follows], day[follows] + rng.integers(1, 12, follows.sum())),
        _sent("welcome", first["person"].to_numpy()[asks], asked_on[asks]),
        _sent("put_it_right", hard, _some_day(today, len(hard), rng)),
        _sent("club", regular, _some_day(today, len(regular), rng)),
        _sent("question", wrote["person"].to_numpy(), wrote["day"].to_numpy() + 2, "in"),
    ]
    rows = pd.concat(parts, ignore_index=True)
    person, calls = rows["person"].to_numpy(), rows["action"].isin(["put_it_right", "question"])
    minutes = rng.integers(*MINUTES, len(rows)) * np.where(calls, 3, 1)
    answers = rows["direction"].eq("in") & sampling.bernoulli(
        np.where(large[person], 0.95, 0.75), len(rows), rng
    )
    waits = rows["day"].to_numpy() + rng.integers(0, 5, len(rows))
    table = pd.DataFrame(
        {
            "customer_id": people["customer_id"].take(person).array,
            "action": rows["action"],
            "contacted_on": shop_calendar.iso_dates(rows["day"].to_numpy()),
            "channel": np.where(calls, "phone", "email"),
            "direction": rows["direction"],
            "answered_on": np.where(answers, shop_calendar.iso_dates(np.minimum(waits, today)), ""),
            "outcome": np.where(
                rows["direction"].eq("in"), "", rng.choice(("reached", "replied", "no_answer"),
                                                           len(rows), p=(0.6, 0.15, 0.25))
            ),
            "minutes": minutes.astype(np.str_),
        }
    )  # fmt: skip
    kept = table[(rows["day"] <= today).to_numpy()]
    return kept.sort_values(["contacted_on", "customer_id", "action"], ignore_index=True)


def _some_day(today: int, count: int, rng: np.random.Generator) -> Places:
    """Days since the log begins, or the last one where it has not begun."""
    return rng.integers(min(LOG_BEGINS, today), today + 1, count)


def _sent(action: str, person: Places, day: Places, direction: str = "out") -> pd.DataFrame:
    rows = pd.DataFrame({"person": person, "day": day})
    return rows.assign(action=action, direction=direction)


def needs(
    people: pd.DataFrame, occasions: pd.DataFrame, today: int, rng: np.random.Generator
) -> pd.DataFrame:
    """What some of those who came back said they need, and when that was met."""
    last = occasions.groupby("person")["day"].agg(["max", "size"])
    back = last[last["size"] > 1]
    who = back[sampling.bernoulli(TOLD_NEEDS, len(back), rng)]
    asked = np.minimum(who["max"].to_numpy() + rng.integers(0, 20, len(who)), today)
    met = asked + rng.integers(5, 90, len(who))
    is_met = sampling.bernoulli(MET, len(who), rng) & (met <= today)
    table = pd.DataFrame(
        {
            "customer_id": people["customer_id"].reindex(who.index).array,
            "need": rng.choice(NEEDS, len(who), p=NEED_SHARES),
            "asked_on": shop_calendar.iso_dates(asked),
            "met_on": np.where(is_met, shop_calendar.iso_dates(met), ""),
        }
    )
    return table.sort_values(["customer_id", "need"], ignore_index=True)


def introductions(
    people: pd.DataFrame, occasions: pd.DataFrame, today: int, rng: np.random.Generator
) -> pd.DataFrame:
    """Work found for businesses: by the shop itself, or by another of them."""
    mine = people.index[people["archetype"].isin(BUSINESSES)].intersection(
        pd.Index(occasions["person"])
    )
    to = rng.permutation(np.repeat(mine, 2))[: len(mine)]
    by = rng.choice(mine, len(to)) if len(mine) else to
    ids = people["customer_id"]
    own = sampling.bernoulli(0.5, len(to), rng) | (by == to)
    table = pd.DataFrame(
        {
            "from_id": np.where(own, "us", ids.reindex(by)),
            "to_id": ids.reindex(to).array,
            "introduced_on": shop_calendar.iso_dates(today - rng.integers(5, 700, len(to))),
            "outcome": rng.choice(
                ("met", "quote", "order", "none"), len(to), p=(0.3, 0.2, 0.3, 0.2)
            ),
        }
    )
    return table.sort_values(["introduced_on", "to_id"], ignore_index=True)


def memberships(
    people: pd.DataFrame, occasions: pd.DataFrame, today: int, rng: np.random.Generator
) -> pd.DataFrame:
    """Who joined which circle, invited by whom, and a row for each evening they came to."""
    first = occasions.groupby("person")["day"].min()
    shares = people["archetype"].map(JOINING).fillna(0.0).reindex(first.index)
    who = first[sampling.bernoulli(shares.to_numpy(), len(first), rng)]
    joined = np.minimum(who.to_numpy() + rng.integers(10, 200, len(who)), today)
    evenings = rng.integers(0, 5, len(who))
    circle = rng.choice(COMMUNITIES, len(who), p=(0.5, 0.3, 0.2))
    ids = people["customer_id"].reindex(who.index).to_numpy()
    inviter = rng.choice(ids, len(who)) if len(who) else ids
    invited = sampling.bernoulli(0.4, len(who), rng) & (inviter != ids)
    left = sampling.bernoulli(0.1, len(who), rng)
    at = np.repeat(np.arange(len(who)), np.maximum(evenings, 1))
    came = joined[at] + np.floor(rng.random(len(at)) * (today - joined[at] + 1)).astype(np.int64)
    table = pd.DataFrame(
        {
            "customer_id": ids[at],
            "community": circle[at],
            "joined_on": shop_calendar.iso_dates(joined)[at],
            "left_on": np.where(left, shop_calendar.iso_dates(np.full(len(who), today)), "")[at],
            "attended_on": np.where(evenings[at] > 0, shop_calendar.iso_dates(came), ""),
            "invited_by": np.where(invited, inviter, "")[at],
        }
    )
    return table.sort_values(["customer_id", "attended_on"], ignore_index=True)
