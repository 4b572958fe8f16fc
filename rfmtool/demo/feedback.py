"""What people say: surveys, reviews and complaints."""

from __future__ import annotations

import numpy as np
import pandas as pd

from rfmtool.arrays import Places
from rfmtool.demo import sampling, shop_calendar

COLUMNS = ["customer_id", "given_on", "nps", "kind", "sentiment", "solicited", "resolved_on"]
WITHIN_DAYS = 15  # of an order, people speak up
SETTLED_WITHIN_DAYS = 21
LUKEWARM = 0.25  # share of the gripes
RECENCY_EXPONENT = 0.3  # below 1, later orders are spoken of more often


def feedback(
    people: pd.DataFrame, occasions: pd.DataFrame, today: int, rng: np.random.Generator
) -> pd.DataFrame:
    """One row per survey answer, review or complaint, by day; none later than `today`."""
    # Answers from 0 to 10, within what the person's mood allows.
    asked = sampling.repeat_rows(people["surveys"], rng)
    low, high = people["nps_min"].to_numpy()[asked], people["nps_max"].to_numpy()[asked]
    answers = rng.integers(low, high + 1).astype(np.str_)
    said = pd.concat(
        [
            _said(asked, "surveys", "survey", "yes").assign(nps=answers),
            _reviews(people, "praise", "no", rng),
            _reviews(people, "asked_praise", "yes", rng),
            _reviews(people, "gripes", "", rng),
            _complaints(people, "open_complaints", rng),
            _complaints(people, "settled_complaints", rng),
        ],
        ignore_index=True,
    )
    day = _spoken_days(said["person"].to_numpy(), people, occasions, today, rng)
    settled = np.minimum(day + rng.integers(1, SETTLED_WITHIN_DAYS, len(day)), today)
    told = said.assign(
        customer_id=people["customer_id"].take(said["person"].to_numpy()).array,
        given_on=shop_calendar.iso_dates(day),
        resolved_on=np.where(
            said["source"].eq("settled_complaints"), shop_calendar.iso_dates(settled), ""
        ),
    )
    return told.sort_values(["given_on", "customer_id"], kind="stable", ignore_index=True)[COLUMNS]


def _spoken_days(
    person: Places,
    people: pd.DataFrame,
    occasions: pd.DataFrame,
    today: int,
    rng: np.random.Generator,
) -> Places:
    """A day soon after one of the person's orders, or after the acquaintance of who has none."""
    orders = occasions.groupby("person").size().reindex(people.index, fill_value=0).to_numpy()
    begins = np.cumsum(orders) - orders
    which = begins[person] + np.floor(orders[person] * rng.random(len(person)) ** RECENCY_EXPONENT)
    days = np.append(occasions["day"].to_numpy(), today)  # never empty
    ordered = days[which.astype(np.int64).clip(max=len(days) - 1)]
    known = people["known_day"].to_numpy()[person]
    about = np.where(orders[person] > 0, ordered, known)
    return np.minimum(about + rng.integers(1, WITHIN_DAYS, len(person)), today).astype(np.int64)


def _reviews(
    people: pd.DataFrame, source: str, solicited: str, rng: np.random.Generator
) -> pd.DataFrame:
    """Reviews of the column `source`: praise is positive, gripes negative or lukewarm."""
    person = sampling.repeat_rows(people[source], rng)
    gripe = np.where(sampling.bernoulli(LUKEWARM, len(person), rng), "neutral", "negative")
    sentiment = gripe if source == "gripes" else "positive"
    return _said(person, source, "review", solicited).assign(sentiment=sentiment)


def _complaints(people: pd.DataFrame, source: str, rng: np.random.Generator) -> pd.DataFrame:
    person = sampling.repeat_rows(people[source], rng)
    return _said(person, source, "complaint", "").assign(sentiment="negative")


def _said(person: Places, source: str, kind: str, solicited: str) -> pd.DataFrame:
    table = pd.DataFrame({"person": person})
    return table.assign(source=source, kind=kind, nps="", sentiment="", solicited=solicited)
