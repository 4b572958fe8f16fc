"""The buyer's journey from the first contact to the third order, and where people are lost.

Everybody begins at the first contact. Whoever has reached a step counts as having reached all steps
before it, recorded or not, so numbers never grow from step to step. Comparisons are not adjusted
for differences between groups.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import pandas as pd

from rfmtool.analyses import journey_steps
from rfmtool.analyses.gateways import compare_contact_timing, gateways
from rfmtool.analyses.repeat import DAYS
from rfmtool.analyses.second_order_requests import second_order_requests
from rfmtool.days import day_number
from rfmtool.frames import Frames
from rfmtool.scoring.timing import OrderDays, waiting_times

JOURNEY_TABLES: Final = {
    "contacts": "the steps before the first order, and where people came from",
    "contacted": "whether anybody asks for a second order, and follows up",
}


@dataclass(frozen=True)
class Journey:
    """The answer."""

    as_of: date
    by: str
    horizon_days: int
    """The day by which returns count."""
    steps: tuple[Mapping[str, Any], ...]
    """See `journey_steps.count_steps`."""
    by_source: Mapping[str, tuple[int, ...]]
    by_month: Mapping[str, tuple[int, ...]]
    """People by step, for each group."""
    contact_before_order: Mapping[str, Any] | None
    """See `compare_contact_timing`."""
    asking: Mapping[str, Any] | None
    """See `second_order_requests`."""
    table: pd.DataFrame
    """See `gateways`."""
    notes: tuple[str, ...]
    opens: Mapping[str, str]

    @property
    def gateway(self) -> pd.DataFrame:
        """The rows of `table` with enough buyers to tell, by the lower limit of their share."""
        known = self.table[self.table["came_back"].notna()]
        return known.sort_values(["low", "name"], ascending=[False, True])

    def as_data(self) -> dict[str, Any]:
        """Plain data; shares from 0 to 1, None where there is no such number."""
        return {
            "as_of": self.as_of.isoformat(),
            "horizon_days": self.horizon_days,
            "steps": list(self.steps),
            **{
                by: [{"name": name, "people": list(people)} for name, people in groups.items()]
                for by, groups in (("by_source", self.by_source), ("by_month", self.by_month))
            },
            "contact_before_order": self.contact_before_order,
            "asking": self.asking,
            "by": self.by,
            "gateway": self.gateway.rename(columns={"name": self.by}).to_dict("records"),
            "gateway_too_few": int(self.table["came_back"].isna().sum()),
            "opens": dict(self.opens),
            "notes": list(self.notes),
        }


def journey(  # noqa: PLR0913 - all its sources
    count: int,
    evidence: Frames,
    days: OrderDays,
    first: pd.DataFrame | None,
    as_of: date,
    *,
    by: str = "category",
    services: Sequence[str] = (),
) -> Journey:
    """Follow everybody from the first contact to the third order.

    Reads contacts (or all their steps), contacted and referrals. `first` has owner and category of
    each first purchase, None where these are unknown; `by` is what `category` is. `services` are
    actions, in lower case, that ask for no order.
    """
    as_of_day = day_number(as_of)
    first_days = journey_steps.first_step_days(count, evidence, days)
    contact = first_days["first_contact"]
    wait = waiting_times(days, as_of_day)
    # The longest of some round numbers of days for which half of all buyers were watched: beyond
    # that few are at risk, and the curve jumps with each of them.
    watched = as_of_day - days.day[days.starts]
    median = float(np.median(watched)) if len(watched) else 0.0
    horizon = max((day for day in DAYS if day <= median), default=DAYS[0])
    notes = []
    if not len(wait.owner):
        notes.append("Nobody has an order that counts, so the way ends before the first.")
    elif first is None:
        notes.append(f"First purchases are told of an export alone, with a column read as {by}.")
    by_source, by_month, timing, asking = {}, {}, None, None
    if "contacts" in evidence:
        sources = journey_steps.contact_sources(count, evidence)
        by_source = journey_steps.people_by_group(sources, first_days)
        months = journey_steps.first_contact_months(contact)
        by_month = journey_steps.people_by_group(months, first_days)
        timing = compare_contact_timing(contact, wait, days, horizon)
    if "contacted" in evidence:
        log = evidence["contacted"]
        asking = second_order_requests(log, first_days, wait, as_of_day, services)
    return Journey(
        as_of=as_of,
        by=by,
        horizon_days=horizon,
        steps=tuple(journey_steps.count_steps(first_days)),
        by_source=by_source,
        by_month=by_month,
        contact_before_order=timing,
        asking=asking,
        table=gateways(first, wait, horizon),
        notes=tuple(notes),
        opens={table: text for table, text in JOURNEY_TABLES.items() if table not in evidence},
    )
