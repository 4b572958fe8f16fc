"""Survey answers, reviews and complaints."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.random import Generator

from rfmtool.arrays import Ints
from rfmtool.demo import sampling, shop_calendar

COLUMNS = ["customer_id", "given_on", "nps", "kind", "sentiment", "solicited", "resolved_on"]
WITHIN_DAYS = 15  # from an order to the feedback
SETTLED_WITHIN_DAYS = 21
LUKEWARM = 0.25  # share of the gripes
RECENCY_EXPONENT = 0.3  # below 1, feedback on later orders is more frequent


def feedback(
    people: pd.DataFrame, order_days: pd.DataFrame, today: int, rng: Generator
) -> pd.DataFrame:
    """One row per survey answer, review or complaint, by day; none later than `today`."""
    # Answers from 0 to 10, within the range of the person's mood.
    asked = sampling.repeat_rows(people["surveys"], rng)
    low, high = people["nps_min"].to_numpy()[asked], people["nps_max"].to_numpy()[asked]
    answers = rng.integers(low, high + 1).astype(np.str_)
    parts = [
        _feedback_rows(asked, "surveys", "survey", "yes").assign(nps=answers),
        _reviews(people, "praise", "no", rng),
        _reviews(people, "asked_praise", "yes", rng),
        _reviews(people, "gripes", "", rng),
        _complaints(people, "open_complaints", rng),
        _complaints(people, "settled_complaints", rng),
    ]
    rows = pd.concat(parts, ignore_index=True)
    day = _feedback_days(rows["person"].to_numpy(), people, order_days, today, rng)
    is_settled = rows["source"].eq("settled_complaints")
    settled = np.minimum(day + rng.integers(1, SETTLED_WITHIN_DAYS, len(day)), today)
    table = rows.assign(
        customer_id=people["customer_id"].take(rows["person"].to_numpy()).array,
        given_on=shop_calendar.iso_dates(day),
        resolved_on=np.where(is_settled, shop_calendar.iso_dates(settled), ""),
    )
    return table.sort_values(["given_on", "customer_id"], kind="stable", ignore_index=True)[COLUMNS]


def _feedback_days(
    person: Ints, people: pd.DataFrame, order_days: pd.DataFrame, today: int, rng: Generator
) -> Ints:
    """A day soon after one of the person's orders, or else after their first contact."""
    orders = order_days.groupby("person").size().reindex(people.index, fill_value=0).to_numpy()
    starts = np.cumsum(orders) - orders
    share = rng.random(len(person)) ** RECENCY_EXPONENT
    place = starts[person] + np.floor(orders[person] * share)
    days = np.append(order_days["day"].to_numpy(), today)  # never empty
    ordered = days[place.astype(np.int64).clip(max=len(days) - 1)]
    first_contact = people["known_day"].to_numpy()[person]
    reference = np.where(orders[person] > 0, ordered, first_contact)
    return np.minimum(reference + rng.integers(1, WITHIN_DAYS, len(person)), today).astype(np.int64)


def _reviews(people: pd.DataFrame, source: str, solicited: str, rng: Generator) -> pd.DataFrame:
    """Reviews of the kind `source`: praise is positive, gripes are negative or neutral."""
    person = sampling.repeat_rows(people[source], rng)
    gripe = np.where(sampling.bernoulli(LUKEWARM, len(person), rng), "neutral", "negative")
    sentiment = gripe if source == "gripes" else "positive"
    return _feedback_rows(person, source, "review", solicited).assign(sentiment=sentiment)


def _complaints(people: pd.DataFrame, source: str, rng: Generator) -> pd.DataFrame:
    person = sampling.repeat_rows(people[source], rng)
    return _feedback_rows(person, source, "complaint", "").assign(sentiment="negative")


def _feedback_rows(person: Ints, source: str, kind: str, solicited: str) -> pd.DataFrame:
    table = pd.DataFrame({"person": person})
    return table.assign(source=source, kind=kind, nps="", sentiment="", solicited=solicited)
