"""Where everybody stands on the ladder, and who goes up."""

from __future__ import annotations

from typing import Final

from rfmtool.documents import Data
from rfmtool.pages.blocks import Bars, Cell, Column, Name, Table, numbers
from rfmtool.pages.cards import Card, share_in_words
from rfmtool.pages.number_format import DASH, NumberFormat, in_whole_units
from rfmtool.pages.sections.overview import localized_count
from rfmtool.summaries.formatting import join_with_or

_TONES: Final = ("suspect", "prospect", "customer", "client", "supporter", "advocate", "partner")
_FEW: Final = 30


def stage_tone(stage: str, place: int = 0) -> str:
    """The colour of a rung: its own, or by its place from the bottom."""
    return stage if stage in _TONES else _TONES[min(place, len(_TONES) - 1)]


def ladder(summary: Data, say: NumberFormat) -> Card:
    """People to the left, their money to the right, the top rung first."""
    return Card(
        "ladder",
        "Ladder",
        _finding(summary, say),
        "Everyone stands on one rung, the highest that something proves. People to the left, their"
        " money to the right.",
        (_table_of_rungs(summary, say),),
        width="wide",
    )


def _table_of_rungs(summary: Data, say: NumberFormat) -> Table:
    groups = {group["name"]: group for group in summary["stages"]}
    rungs = summary["ladder"]
    most = max((group["customers"] for group in groups.values()), default=0) or 1
    revenue = [group["revenue"] for group in groups.values()]
    dearest, whole = max(map(float, revenue), default=0.0), in_whole_units(revenue)
    rows: list[tuple[Cell, ...]] = []
    for place, rung in enumerate(rungs):
        group, tone = groups.get(rung["stage"]), stage_tone(rung["stage"], len(rungs) - 1 - place)
        if group is None:
            tables = (
                join_with_or([f"--{table}" for table in rung["needs"]]) if rung["needs"] else ""
            )
            needs = f"needs {tables}" if tables else rung["proof"]
            rows.append((DASH, "", "", Name(rung["stage"], needs), "", DASH, ""))
            continue
        money = float(group["revenue"])
        rows.append(
            (
                say.count(group["customers"]),
                say.share(group["share"]),
                Bars(((group["customers"] / most, tone),), leftwards=True),
                Name(rung["stage"], rung["proof"]),
                Bars(((money / dearest, tone),)) if money > 0 else "",
                say.money(group["revenue"], whole=whole),
                say.share(group["revenue_share"]),
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


def _finding(summary: Data, say: NumberFormat) -> str:
    """How many came back, by the rungs above those who ordered on one day."""
    everyone = summary["customers"]
    groups = {group["name"]: group for group in summary["stages"]}
    top = []
    for rung in summary["ladder"]:
        if rung["stage"] == "customer":
            break
        top += [groups[rung["stage"]]] if rung["stage"] in groups else []
    people = sum(group["customers"] for group in top)
    total, money = float(summary["revenue"]), sum(float(group["revenue"]) for group in top)
    if not top or not everyone:
        return f"{say.count(everyone).shown} people are known"
    came = f"{share_in_words(people / everyone, people, everyone)} people came back"
    if total <= 0:
        return came
    return f"{came}; they bring {100 * money / total:.0f} of 100 of revenue"


def ladder_funnel(summary: Data, say: NumberFormat) -> Card | None:
    """Of the people on a rung or above, how many went on to the next."""
    steps = summary["funnel"]["steps"]
    if len(steps) < 2 or not summary["customers"]:  # noqa: PLR2004 - one rung has no next
        return None
    rows = []
    for place, step in reversed(list(enumerate(steps))):
        below = steps[place - 1]["reached"] if place else 0
        tone = stage_tone(step["stage"], place)
        conversion, days = step["conversion"], step["median_days"]
        shows = place and conversion is not None and below >= _FEW
        rows.append(
            (
                Name(step["stage"], tone=tone),
                Bars(((min(conversion, 1.0), tone),)) if shows else "",
                say.count(step["reached"]),
                say.share(conversion, 0) if place and conversion is not None else DASH,
                DASH if days is None else say.number(days, 0),
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
        f"In the last 90 days {localized_count(say, funnel['new_buyers'], 'customer')} came and"
        f" {say.count(funnel['newly_lapsed']).shown} lapsed."
    )
    return Card(
        "climb",
        "Climb",
        _climbed(steps, say),
        "Of the people on a rung or above, how many went on to the next.",
        (table,),
        note,
        "narrow",
    )


def _climbed(steps: list[Data], say: NumberFormat) -> str:
    named = {step["stage"]: step for step in steps}
    client, customer = named.get("client"), named.get("customer")
    if client is None or customer is None or not customer["reached"]:
        last, first = (say.count(one["reached"]).shown for one in (steps[-1], steps[0]))
        return f"{last} of {first} reached the top rung"
    share = share_in_words(client["conversion"] or 0.0, client["reached"], customer["reached"])
    words = f"{share} customers order on a second day"
    if client["median_days"]:
        words += f", half of those who do within {say.count(client['median_days']).shown} days"
    return words
