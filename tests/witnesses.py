"""A shop told in plain rows, as the frames that the program reads."""

from __future__ import annotations

from datetime import date

import pandas as pd

EPOCH = date(1970, 1, 1)
DAYS = {"since_on", "paused_until", "referred_on", "given_on", "resolved_on", "from_on", "until_on"}
TRUTHS = {"scheme_member", "solicited"}
WHOLE = {"nps"}


def ordinal(day):
    return None if day is None else (day - EPOCH).days


def people_of(shop):
    """The people frame of a ladder_oracle.Shop."""
    rows = [
        {
            "customer_id": f"{who:04}",
            "order_days": len(set(history.days)),
            "first_order_on": min(history.days, default=None),
            "last_order_on": max(history.days, default=None),
            "sales": history.sales,
            "refunds": history.refunds,
            "lines": history.lines,
        }
        for who, history in shop.histories.items()
    ]
    frame = pd.DataFrame(rows)
    for name in ("first_order_on", "last_order_on"):
        frame[name] = pd.to_datetime(frame[name]).astype("datetime64[s]")
    return frame


def frames_of(shop, tables=("contacts", "referrals", "feedback", "partners")):
    """The evidence frames of a ladder_oracle.Shop."""
    return {name: frame_of(getattr(shop, name)) for name in tables if getattr(shop, name)}


def frame_of(rows):
    columns = {}
    for name in rows[0]:
        values = [row[name] for row in rows]
        if name in DAYS:
            columns[name] = pd.array([ordinal(value) for value in values], "Int64")
        elif name in WHOLE:
            columns[name] = pd.array(values, "Int64")
        elif name in TRUTHS:
            columns[name] = pd.array(values, "boolean")
        elif name in ("who", "referred"):
            columns["owner" if name == "who" else name] = values
        else:
            columns[name] = pd.array(values, "str")
    return pd.DataFrame(columns)
