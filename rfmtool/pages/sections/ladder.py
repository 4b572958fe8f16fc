"""The ladder and its funnel."""

from __future__ import annotations

from typing import Final

from rfmtool.documents import Data
from rfmtool.pages.blocks import Bars, Cell, Column, Name, Table, numbers
from rfmtool.pages.cards import Card, share_in_words
from rfmtool.pages.locales import DASH, Locale, in_whole_units
from rfmtool.summaries.formatting import join_with_or

_TONES: Final = ("suspect", "prospect", "customer", "client", "supporter", "advocate", "partner")
_MIN_PEOPLE: Final = 30


def stage_tone(stage: str, place: int = 0) -> str:
    """The colour of a rung: its own, or by its place from the bottom."""
    return stage if stage in _TONES else _TONES[min(place, len(_TONES) - 1)]


def ladder(summary: Data, locale: Locale) -> Card:
    """The ladder: people to the left, their revenue to the right, the top rung first."""
    return Card(
        "ladder",
        "Ladder",
        _finding(summary, locale),
        "Everyone stands on one rung, the highest that something proves. People to the left, their"
        " money to the right.",
        (_table_of_rungs(summary, locale),),
        width="wide",
    )


def _table_of_rungs(summary: Data, locale: Locale) -> Table:
    groups = {group["name"]: group for group in summary["stages"]}
    rungs = summary["ladder"]
    most_people = max((group["customers"] for group in groups.values()), default=0) or 1
    revenues = [group["revenue"] for group in groups.values()]
    most_revenue, whole = max(map(float, revenues), default=0.0), in_whole_units(revenues)
    rows: list[tuple[Cell, ...]] = []
    for place, rung in enumerate(rungs):
        stage, group = rung["stage"], groups.get(rung["stage"])
        if group is None:
            tables = [f"--{table}" for table in rung["needs"]]
            needs = f"needs {join_with_or(tables)}" if tables else rung["proof"]
            rows.append((DASH, "", "", Name(stage, needs), "", DASH, ""))
            continue
        tone = stage_tone(stage, len(rungs) - 1 - place)
        revenue = float(group["revenue"])
        rows.append(
            (
                locale.count(group["customers"]),
                locale.share(group["share"]),
                Bars(((group["customers"] / most_people, tone),), leftwards=True),
                Name(stage, rung["proof"]),
                Bars(((revenue / most_revenue, tone),)) if revenue > 0 else "",
                locale.money(group["revenue"], whole=whole),
                locale.share(group["revenue_share"]),
            )
        )
    return Table(
        columns=(
            *numbers("People"),
            Column("share", "number", minor=True),
            Column(hidden_title="People as a bar"),
            Column("Rung", "lead", folds=True),
            Column(hidden_title="Revenue as a bar"),
            *numbers("Revenue"),
            Column("share", "number", minor=True),
        ),
        rows=tuple(rows),
    )


def _finding(summary: Data, locale: Locale) -> str:
    """The share of people above the rung `customer`, and of revenue from them."""
    customers = summary["customers"]
    groups = {group["name"]: group for group in summary["stages"]}
    above = []
    for rung in summary["ladder"]:
        if rung["stage"] == "customer":
            break
        above += [groups[rung["stage"]]] if rung["stage"] in groups else []
    people = sum(group["customers"] for group in above)
    total, revenue = float(summary["revenue"]), sum(float(group["revenue"]) for group in above)
    if not above or not customers:
        return f"{locale.count(customers)} people are known"
    finding = f"{share_in_words(people / customers, people, customers)} people are clients or above"
    if total <= 0:
        return finding
    return f"{finding}; they bring {100 * revenue / total:.0f} of 100 of revenue"


def ladder_funnel(summary: Data, locale: Locale) -> Card | None:
    """The conversion from each rung to the next, and the days it took."""
    steps = summary["funnel"]["steps"]
    if len(steps) < 2 or not summary["customers"]:  # noqa: PLR2004 - one rung has no next
        return None
    rows = []
    for place, step in reversed(list(enumerate(steps))):
        below = steps[place - 1]["reached"] if place else 0
        tone = stage_tone(step["stage"], place)
        conversion, days = step["conversion"], step["median_days"]
        has_bar = place and conversion is not None and below >= _MIN_PEOPLE
        rows.append(
            (
                Name(step["stage"], tone=tone),
                Bars(((min(conversion, 1.0), tone),)) if has_bar else "",
                locale.count(step["reached"]),
                locale.share(conversion, 0) if place and conversion is not None else DASH,
                DASH if days is None else locale.number(days, 0),
            )
        )
    table = Table(
        columns=(
            Column("To", "name"),
            Column(hidden_title="Share of the rung below as a bar"),
            Column("reached", "number", minor=True),
            *numbers("of the rung below", "days, median"),
        ),
        rows=tuple(rows),
    )
    funnel = summary["funnel"]
    note = (
        f"In the last 90 days {locale.counted(funnel['new_buyers'], 'customer')} came and"
        f" {locale.count(funnel['newly_lapsed'])} lapsed."
    )
    return Card(
        "climb",
        "Climb",
        _conversion_in_words(steps, locale),
        "Of the people on a rung or above, how many went on to the next.",
        (table,),
        note,
        "narrow",
    )


def _conversion_in_words(steps: list[Data], locale: Locale) -> str:
    by_stage = {step["stage"]: step for step in steps}
    client, customer = by_stage.get("client"), by_stage.get("customer")
    if client is None or customer is None or not customer["reached"]:
        last, first = (locale.count(step["reached"]).shown for step in (steps[-1], steps[0]))
        return f"{last} of {first} reached the top rung"
    share = share_in_words(client["conversion"] or 0.0, client["reached"], customer["reached"])
    finding = f"{share} customers order on a second day"
    if client["median_days"]:
        finding += f", half of those who do within {locale.count(client['median_days'])} days"
    return finding
