"""List sizes, holdout groups with their statistical power, rest periods, and last results."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.analyses.effects import minimum_detectable_share, weeks_to_detect
from rfmtool.analyses.return_rates import MIN_GROUP_SIZE
from rfmtool.days import date_from_day
from rfmtool.documents import Data
from rfmtool.placing.contact_limits import is_eligible
from rfmtool.placing.tasks import TASKS
from rfmtool.rules import ALL_MARKETING
from rfmtool.standing import Standing
from rfmtool.summaries.formatting import count_text, label_text

PACE_DAYS: Final = 28
"""The latest days, by which it is told how many people enter in a week."""
_MAX_ROUND_DAYS: Final = 360
"""Four windows: by then nearly everybody has entered."""
_TARGET_RISES: Final = (0.10, 0.05)
"""The rises of the return share that `weeks` is computed for."""
_CHANNEL_VERBS: Final = {"email": "mail", "phone": "call", "call": "call"}


def list_counts(result: Standing) -> dict[str, dict[str, Any]]:
    """By action: how many people to contact, held out and resting, and its last result."""
    frame = result.report_data.frame
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


def holdout_data(result: Standing, backtest: Data | None) -> dict[str, Any] | None:
    """The holdout round, and the power of each list; None where nobody is held out."""
    holdout, rows = result.rules.holdout, result.holdouts
    rows = rows[rows["salt"].eq(holdout.salt) & rows["lot"].isin([*holdout.shares])]
    if not len(rows):
        return None
    groups = [group for group in backtest["groups"] if group["by"] == "action"] if backtest else []
    bases = {
        group["name"]: group["returned"] / group["customers"]
        for group in groups
        if group["customers"] >= MIN_GROUP_SIZE
    }
    counts = list_counts(result)
    channels = {row.label: row.channels for row in result.rules.playbook}
    lists = []
    for action in dict.fromkeys(row.label for row in result.rules.playbook):
        lot = action if action in holdout.shares else ALL_MARKETING
        members = rows[rows["lot"].eq(lot) & rows["action"].eq(action)]
        if len(members):
            to_contact = counts.get(action, {"to_contact": 0})["to_contact"]
            verbs = (_CHANNEL_VERBS[name] for name in channels[action] if name in _CHANNEL_VERBS)
            began = int(rows["from_on"][rows["lot"].eq(lot)].min())
            power = _power(members, bases.get(action), began, result.as_of_day)
            held = f"{power['held_out']:,} of {len(members):,} held out"
            words = f"{label_text(action)}: {to_contact:,} to {next(verbs, 'contact')}; {held}"
            lists.append({"action": action, "lot": lot, "words": words, **power})
    began = int(rows["from_on"].min())
    return {
        "salt": holdout.salt,
        "shares": {name: float(share) for name, share in holdout.shares.items()},
        "round_began_on": date_from_day(began).isoformat(),
        "is_old": result.as_of_day - began >= _MAX_ROUND_DAYS,
        "lists": lists,
    }


def _power(rows: pd.DataFrame, base: float | None, began: int, day: int) -> dict[str, Any]:
    """The minimum detectable rise with the people entered so far, and weeks to detect others.

    The pace is that of the last four weeks, without those who were there as the lot `began`.
    """
    held = int(rows["held_out"].sum())
    arms = len(rows) - held, held
    since = max(day - PACE_DAYS, began)
    recent = rows["held_out"][rows["from_on"] > since]
    scale, recent_held = 7 / max(day - since, 1), int(recent.sum())
    pace = (len(recent) - recent_held) * scale, recent_held * scale
    can_detect = base is not None and min(arms) > 0
    return {
        "treated": arms[0],
        "held_out": held,
        "base": base,
        "smallest_rise": minimum_detectable_share(base or 0.0, *arms) if can_detect else None,
        "weeks": {
            f"{rise:.2f}": None if base is None else weeks_to_detect(rise, base, arms, pace)
            for rise in _TARGET_RISES
        },
    }


def resting_data(result: Standing) -> dict[str, int] | None:
    """How many people rest by the contact log, by reason; None without a log."""
    if "contacted" not in result.grouped.evidence:
        return None
    frame = result.report_data.frame
    counts = frame["resting"].value_counts()
    snoozed = frame["snooze_until"].notna().sum() if "snooze_until" in frame else 0
    return {**{str(name): int(count) for name, count in counts.items()}, "snoozed": int(snoozed)}


def holdout_warnings(result: Standing) -> list[str]:
    """Warnings on a holdout that was dropped, and on the contact log."""
    texts, holdout, rows = [], result.rules.holdout, result.holdouts
    lots = {*rows["lot"][rows["salt"].eq(holdout.salt) | (not holdout.shares)]}
    if ended := sorted(lots - holdout.shares.keys()):
        of = f" of {', '.join(map(label_text, ended))}" if holdout.shares else ""
        advice = "give its --holdout again, or there is nothing to compare"
        texts.append(f"An earlier run had a holdout{of}, and this one has none: {advice}.")
    hold = "who was contacted then rests, and refusals hold"
    hold = "so only refusals among them hold" if result.settings.as_of else f"in no figure: {hold}"
    return [*texts, *log_warnings(result, result.as_of_day, "the most in 30 days", hold)]


def log_warnings(
    result: Standing, day: int, count_for: str, effect: str = "so not yet true"
) -> list[str]:
    """Warnings on rows of the contact log in the future, or with actions not in the playbook.

    `day` is the last plausible one, since 1970-01-01; `count_for` is what rows with unknown
    actions count for, in words; `effect` what becomes of later rows.
    """
    log = result.evidence.tables.get("contacted") if result.evidence else None
    if log is None:
        return []
    texts = future_date_warnings("contacted", log["contacted_on"], day, effect)
    known = pa.array([*(row.label for row in result.rules.playbook), *TASKS])
    actions = pc.utf8_lower(pc.utf8_trim_whitespace(log["action"]))
    is_out = pc.not_equal(log["direction"], "in").fill_null(fill_value=True)
    unknown = pc.sum(pc.and_(is_out, pc.invert(pc.is_in(actions, known)))).as_py() or 0
    if unknown:
        texts.append(
            f"contacted: {count_text(unknown, 'row')} for an action that the playbook does not"
            f" have; they count for {count_for} alone."
        )
    return texts


def future_date_warnings(
    name: str, days: pa.ChunkedArray, day: int, effect: str = "so not yet true"
) -> list[str]:
    """A warning where rows of a table are dated after the last plausible day."""
    later = pc.sum(pc.greater(days.cast("int32"), day)).as_py() or 0
    rows = count_text(later, "row")
    return [f"{name}: {rows} dated after {date_from_day(day)}, {effect}."] if later else []


def last_result_texts(results: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """The last result of each action, in words."""
    return {
        name: "nobody to compare" if row.get("difference") is None else
        "nobody spent anything" if row["difference"] == row["low"] == row["high"] == 0 else
        f"{row['difference']:+,.2f} a person [{row['low']:+,.2f}, {row['high']:+,.2f}]"
        for name, row in results.items()
    }  # fmt: skip
