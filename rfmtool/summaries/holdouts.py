"""Who is on a list, left out of it or resting, what that can show, and what it did last time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.analyses.backtest import Backtest
from rfmtool.analyses.effects import minimum_detectable_share, weeks_to_detect
from rfmtool.days import date_from_day
from rfmtool.placing.contact_limits import is_eligible
from rfmtool.placing.tasks import TASKS
from rfmtool.rules import ALL_MARKETING
from rfmtool.standing import Standing
from rfmtool.summaries.formatting import count_text, label_text

_PACE_DAYS: Final = 28
_ROUND_DAYS: Final = 360
"""Four windows: by then nearly everybody has entered."""
_SEEN: Final = (0.10, 0.05)
"""The rises of the share who return that weeks are told for."""
_BY: Final = {"email": "mail", "phone": "call", "call": "call"}


def list_counts(result: Standing) -> dict[str, dict[str, Any]]:
    """By action: how many to contact, left out and resting, and what it did last time."""
    frame = result.figures.frame
    columns = {
        "to_contact": is_eligible(frame),
        "held_out": frame["holdout"].notna().to_numpy(),
        "resting": frame["resting"].notna().to_numpy() if "resting" in frame else False,
    }
    sums = pd.DataFrame(columns, index=frame.index).groupby(frame["action"], observed=True).sum()
    return {
        str(name): {**{str(key): int(count) for key, count in row.items()},
                    "last_time": result.rules.results.get(str(name))}
        for name, row in sums.to_dict("index").items()
    }  # fmt: skip


def holdout_data(result: Standing, back: Backtest | None) -> dict[str, Any] | None:
    """The round, and of each list what it can show; None where nobody is left out."""
    lots, rows = result.rules.holdout, result.holdouts
    rows = rows[rows["salt"].eq(lots.salt) & rows["lot"].isin([*lots.shares])]
    if not len(rows):
        return None
    groups = [] if back is None else [one for one in back.groups if one.by == "action"]
    bases = {one.name: one.share.ratio for one in groups if one.share.is_enough}
    on_list, channels = (
        list_counts(result),
        {row.label: row.channels for row in result.rules.playbook},
    )
    lists = []
    for action in dict.fromkeys(row.label for row in result.rules.playbook):
        lot = action if action in lots.shares else ALL_MARKETING
        mine = rows[rows["lot"].eq(lot) & rows["action"].eq(action)]
        if len(mine):
            to_contact = on_list.get(action, {"to_contact": 0})["to_contact"]
            verb = next((_BY[one] for one in channels[action] if one in _BY), "contact")
            power = _power(mine, bases.get(action), result.as_of_day)
            held = f"{power['held_out']:,} of {len(mine):,} left out"
            words = f"{label_text(action)}: {to_contact:,} to {verb}; {held}"
            lists.append({"action": action, "lot": lot, "words": words, **power})
    began = int(rows["from_on"].min())
    return {
        "salt": lots.salt,
        "shares": {name: float(share) for name, share in lots.shares.items()},
        "round_began_on": date_from_day(began).isoformat(),
        "is_old": result.as_of_day - began >= _ROUND_DAYS,
        "lists": lists,
    }


def _power(rows: pd.DataFrame, base: float | None, day: int) -> dict[str, Any]:
    """What a list can show with those who have entered, and when it could show more."""
    held = int(rows["held_out"].sum())
    sides = len(rows) - held, held
    late = rows[rows["from_on"] > day - _PACE_DAYS]["held_out"]
    a_week = 7 / _PACE_DAYS
    pace = (len(late) - int(late.sum())) * a_week, int(late.sum()) * a_week
    told: dict[str, Any] = {"treated": sides[0], "held_out": held, "base": base}
    can_tell = base is not None and min(sides) > 0
    told["smallest_rise"] = minimum_detectable_share(base or 0.0, *sides) if can_tell else None
    told["weeks"] = {
        f"{rise:.2f}": None if base is None else weeks_to_detect(rise, base, sides, pace)
        for rise in _SEEN
    }
    return told


def resting_data(result: Standing) -> dict[str, int] | None:
    """How many rest by the contact log, and why; None where there is no log."""
    if "contacted" not in result.grouped.evidence:
        return None
    frame = result.figures.frame
    counts = frame["resting"].value_counts()
    waits = frame["snooze_until"].notna().sum() if "snooze_until" in frame else 0
    return {**{str(name): int(count) for name, count in counts.items()}, "snoozed": int(waits)}


def holdout_warnings(result: Standing) -> list[str]:
    """What to know of the contact log and of a round that goes on without being asked for."""
    found = []
    lots, rows = result.rules.holdout, result.holdouts
    if len(rows) and not lots.shares:
        found.append(
            "An earlier run left people out by lot, and this one leaves out nobody: give its"
            " --holdout again, or there is nothing to compare."
        )
    return [*found, *log_warnings(result, result.as_of_day, "the most in 30 days")]


def log_warnings(result: Standing, day: int, count_for: str) -> list[str]:
    """How many rows of the contact log cannot be meant: days to come, actions of no playbook.

    `day` is the last that there can be, since 1970-01-01; `count_for` all that strange rows do.
    """
    told = result.evidence.tables.get("contacted") if result.evidence else None
    if told is None:
        return []
    found = future_date_warnings("contacted", told["contacted_on"], day)
    known = [*(row.label for row in result.rules.playbook), *TASKS]
    actions = pc.utf8_lower(pc.utf8_trim_whitespace(told["action"]))
    is_out = pc.not_equal(told["direction"], "in").fill_null(fill_value=True)
    strange = pc.sum(pc.and_(is_out, pc.invert(pc.is_in(actions, pa.array(known))))).as_py() or 0
    if strange:
        found.append(
            f"contacted: {count_text(strange, 'row')} for an action that the playbook does not have;"
            f" they count for {count_for} alone."
        )
    return found


def future_date_warnings(name: str, days: pa.ChunkedArray, day: int) -> list[str]:
    """A sentence where rows of a table are dated after the last day that there can be."""
    later = pc.sum(pc.greater(days.cast("int32"), day)).as_py() or 0
    rows = count_text(later, "row")
    return [f"{name}: {rows} dated after {date_from_day(day)}, so not yet true."] if later else []


def last_result_texts(results: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """What each action did last time, in words."""
    return {
        name: "nobody to compare" if told.get("difference") is None else
        f"{told['difference']:+,.2f} a person [{told['low']:+,.2f}, {told['high']:+,.2f}]"
        for name, told in results.items()
    }  # fmt: skip
