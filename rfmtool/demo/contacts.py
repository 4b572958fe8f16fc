"""Contacts, partners and suppressions."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray

from rfmtool.arrays import Mask
from rfmtool.demo import sampling, shop_calendar

FIRST_NAMES = (
    *("Ada", "Alun", "Anneke", "Arthur", "Bea", "Bram", "Carys", "Cem", "Clara", "Colm"),
    *("Dilys", "Edda", "Elif", "Emrys", "Faye", "Fergus", "Greta", "Hamza", "Hazel", "Ines"),
    *("Ivo", "Jonah", "Juno", "Kerensa", "Lotte", "Maeve", "Malik", "Mina", "Nils", "Odile"),
    *("Orla", "Priya", "Quentin", "Ravi", "Rosa", "Seth", "Tamsin", "Una", "Wilf", "Zofia"),
)
# Combined of parts, so that names are of no real person.
LAST_NAME_BEGINS = ("Ash", "Black", "Crow", "Elm", "Fair", "Green", "Hart", "Long", "Mar", "Wood")
LAST_NAME_ENDS = ("brook", "combe", "field", "ford", "ley", "moor", "stead", "ton", "well", "wick")

EMAIL_HOSTS = ("example.com", "example.org")
# Blocks reserved for fiction by Ofcom, ComReg, Bundesnetzagentur and ARCEP; three digits follow.
PHONE_BLOCKS = {"GB": "+44 1632 960", "IE": "+353 20 910 0", "DE": "+49 30 23125 ",
                "FR": "+33 1 99 00 0"}  # fmt: skip
EMAIL_SHARE, PHONE_SHARE, CONSENT_SHARE = 0.93, 0.7, 0.82
BACK_FROM_A_BREAK = 0.003  # share of the others, with a pause that is over
SUPPRESSED = 0.006  # share of one-timers and suspects


def contacts(people: pd.DataFrame, today: int, rng: Generator) -> pd.DataFrame:
    """One row per person, by id."""
    count = len(people)
    first = pd.Series(sampling.uniform_choice(FIRST_NAMES, count, rng))
    begin = sampling.uniform_choice(LAST_NAME_BEGINS, count, rng)
    end = sampling.uniform_choice(LAST_NAME_ENDS, count, rng)
    last = pd.Series(np.strings.add(begin, end))
    # Addresses of reserved domains; the id distinguishes namesakes.
    host = sampling.uniform_choice(EMAIL_HOSTS, count, rng)
    number = people["customer_id"].str.lstrip("0")
    email = first.str.lower() + "." + last.str.lower() + "." + number + "@" + host
    email = email.where(sampling.bernoulli(EMAIL_SHARE, count, rng), "")
    digits = pd.Series(rng.integers(0, 1000, count)).astype("str").str.zfill(3)
    phone = people["country"].map(PHONE_BLOCKS) + digits
    phone = phone.where(sampling.bernoulli(PHONE_SHARE, count, rng), "")
    columns = {
        "customer_id": people["customer_id"],
        "name": first + " " + last,
        "email": email,
        "phone": phone,
        "consent": _yes_no(sampling.bernoulli(CONSENT_SHARE, count, rng)),
        "country": people["country"],
        "status": people["status"],
        "since_on": shop_calendar.iso_dates(np.minimum(people["known_day"].to_numpy(), today)),
        "scheme_member": _yes_no(sampling.bernoulli(people["scheme"], count, rng)),
        "paused_until": _pauses(people["paused"].to_numpy(), today, rng),
    }
    return pd.DataFrame(columns).sort_values("customer_id", ignore_index=True)


def _pauses(paused: Mask, today: int, rng: Generator) -> NDArray[np.str_]:
    """The dates until which people want no contact; some are over."""
    over = ~paused & sampling.bernoulli(BACK_FROM_A_BREAK, len(paused), rng)
    ahead = rng.integers(15, 120, len(paused))
    until = shop_calendar.iso_dates(today + np.where(over, -ahead, ahead))
    return np.where(paused | over, until, "")


def _yes_no(is_yes: Mask) -> NDArray[np.str_]:
    return np.where(is_yes, "yes", "no")


def partners(people: pd.DataFrame, order_days: pd.DataFrame, today: int) -> pd.DataFrame:
    """Partners with a contract, and a café whose contract has ended."""
    first_day = order_days.groupby("person")["day"].min()
    active = people.index[people["archetype"].eq("partner")].intersection(first_day.index)
    ended = people.index[people["archetype"].eq("cafe")].intersection(first_day.index)[:1]
    partner = active.append(ended)
    # A contract follows the first orders; the one that ended ran until half a year ago.
    since = np.minimum(first_day.reindex(partner).to_numpy() + 60, today).astype(np.int64)
    until = shop_calendar.iso_dates(np.maximum(since, today - 182))
    columns = {
        "customer_id": people["customer_id"].reindex(partner).array,
        "from_on": shop_calendar.iso_dates(since),
        "until_on": np.where(partner.isin(ended), until, ""),
    }
    return pd.DataFrame(columns).sort_values("customer_id", ignore_index=True)


def suppress(people: pd.DataFrame, rng: Generator) -> pd.DataFrame:
    """A few one-timers and suspects who asked to be forgotten."""
    candidates = people.loc[people["archetype"].isin(["one_timer", "suspect"]), ["customer_id"]]
    count = math.ceil(len(candidates) * SUPPRESSED)
    chosen = candidates.take(rng.permutation(len(candidates))[:count])
    return chosen.sort_values("customer_id", ignore_index=True)
