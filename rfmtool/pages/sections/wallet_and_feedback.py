"""Beyond the orders: share of wallet, what people say, and what is left after costs."""

from __future__ import annotations

from typing import Final

from rfmtool.documents import Data
from rfmtool.pages.blocks import Bars, Cell, Column, Dot, Name, Table, numbers
from rfmtool.pages.cards import Card
from rfmtool.pages.evidence import candidates_in_words, complaints_in_words
from rfmtool.pages.number_format import DASH, NumberFormat, in_whole_units
from rfmtool.pages.sections.ladder import stage_tone
from rfmtool.pages.sections.overview import TOO_FEW, localized_count
from rfmtool.summaries.formatting import WALLET_BASES, share_range

_ESTIMATE: Final = "peer_estimate"
_FEW_ANSWERS: Final = 10


def wallet(summary: Data, say: NumberFormat) -> Card | None:
    """What people spend here of what they spend anywhere, by how it is known."""
    bases = summary["wallet"]["bases"]
    if not bases:
        return None
    whole = in_whole_units([one["wallet"] for one in bases])
    table = Table(
        columns=(
            Column("How it is known", "name", folds=True),
            Column("Spent here, of all they spend", hidden_title=""),
            *numbers("share", "People"),
            Column("spent here", "number", minor=True),
            Column("all they spend", "number", minor=True),
        ),
        rows=tuple(
            (
                Name(one["basis"], WALLET_BASES[one["basis"]]),
                _share_bar(one),
                _share_told(one, say),
                say.count(one["customers"]),
                say.money(one["spend"], whole=whole),
                DASH if _share_told(one, say) == DASH else say.money(one["wallet"], whole=whole),
            )
            for one in bases
        ),
    )
    told = [one for one in bases if one["basis"] != _ESTIMATE]
    if told:
        spent, all_ = (sum(float(one[name]) for one in told) for name in ("spend", "wallet"))
        finding = f"Where people told us, we get {100 * spent / all_:.0f} of 100"
    else:
        finding = f"By estimates alone, we get {_share_told(bases[0], say)}"
        if _share_told(bases[0], say) == DASH:
            finding = "Nobody told us what they spend elsewhere, and nobody alike spends more"
    note = "No action rests on an estimate." if bases[-1]["basis"] == _ESTIMATE else ""
    return Card("wallet", "Share of wallet", finding, "Dark: what they spend here. Never added up"
                " over the ways it is known.", (table,), note, "half")  # fmt: skip


def _share_bar(one: Data) -> Cell:
    """A bar of what was told; of an estimate the range, which has no sharp end."""
    if one["basis"] != _ESTIMATE:
        return Bars(((min(one["share"], 1.0), "main"),))
    low, high = (min(one.get(name) or one["share"], 1.0) for name in ("share_low", "share_high"))
    return Dot(min(one["share"], 1.0), low, high) if low < high else ""


def _share_told(one: Data, say: NumberFormat) -> Cell:
    if one["basis"] != _ESTIMATE or not one.get("share_high"):
        return say.share(one["share"])
    return share_range(one) if one["share_low"] < one["share_high"] else DASH


def feedback(summary: Data, say: NumberFormat) -> Card | None:
    """Who brings buyers, and what surveys say, rung by rung."""
    said = summary["evidence_says"]
    if not said["referrals"] and not said["answers"]:
        return None
    brought = {row["stage"]: row for row in said["referrals"] or ()}
    answers = {row["stage"]: row for row in said["answers"] or ()}
    stages = list(dict.fromkeys([*answers, *brought]))
    from_below = {rung["stage"]: at for at, rung in enumerate(reversed(summary["ladder"]))}
    rows = tuple(
        (
            Name(stage, tone=stage_tone(stage, from_below.get(stage, 0))),
            *_answered(answers.get(stage), say),
            *_brought(brought.get(stage), say),
        )
        for stage in stages
    )
    table = Table(
        columns=(
            Column("Rung", "name"),
            Column("answered", "number", minor=True),
            Column("−100 to +100"),
            *numbers("NPS"),
            Column("friends named", "number", minor=True),
            *numbers("bought"),
            Column("they spent", "number", minor=True),
        ),
        rows=rows,
    )
    buyers = sum(row["bought"] for row in brought.values())
    money = sum(float(row["revenue"]) for row in brought.values())
    if brought:
        spent = say.rounded(money, 0)
        were = "was" if buyers == 1 else "were"
        finding = (
            f"{localized_count(say, buyers, 'buyer')} {were} brought by others; they spent {spent}"
        )
    else:
        finding = f"{say.count(sum(row['answered'] for row in answers.values())).shown} answered"
    return Card(
        "voices",
        "What they say",
        finding,
        "NPS: those who would recommend us less those who would not, of 100 who answered.",
        (table,),
        say.localized(" ".join([*complaints_in_words(said), *candidates_in_words(said)])),
        "half",
    )


def _answered(row: Data | None, say: NumberFormat) -> tuple[Cell, ...]:
    if row is None:
        return DASH, DASH, DASH
    many = f"{say.count(row['answered']).shown} of {say.count(row['people']).shown}"
    if row["answered"] < _FEW_ANSWERS:
        return many, TOO_FEW if row["answered"] else DASH, DASH
    return many, Dot((row["nps"] + 100) / 200, centred=True), say.number(row["nps"], 0)


def _brought(row: Data | None, say: NumberFormat) -> tuple[Cell, ...]:
    if row is None:
        return DASH, DASH, DASH
    bought, revenue = say.count(row["bought"]), say.money(row["revenue"], whole=True)
    return say.count(row["referred"]), bought, revenue


def margins(summary: Data, say: NumberFormat) -> Card | None:
    """What is left after costs, by the number of the order and by rung."""
    found = summary["margins"]
    if found is None or not found["stages"]:
        return None
    tables = []
    for title, rows in (("Order", found["orders"]), ("Rung", found["stages"])):
        averages = [float(one["average"]) for one in rows]
        most = max(averages, default=0.0)
        if most <= 0:
            continue
        whole = in_whole_units([one["average"] for one in rows])
        tables.append(
            Table(
                columns=(
                    Column(title, "name"),
                    Column(hidden_title="Left on average, as a bar"),
                    *numbers("left of one, on average", "of revenue"),
                    Column("many", "number", minor=True),
                ),
                rows=tuple(
                    (
                        Name(one["name"]),
                        Bars(((average / most, "main"),)) if average > 0 else "",
                        say.money(one["average"], whole=whole),
                        say.share(one["share"]),
                        say.count(one["many"]),
                    )
                    for one, average in zip(rows, averages, strict=True)
                ),
            )
        )
    if not tables:
        return None
    orders = found["orders"]
    finding = "What is left after costs"
    if len(orders) > 1:
        first, last = (say.rounded(float(one["average"]), 2) for one in (orders[0], orders[-1]))
        finding = f"{first} is left of a first order, {last} of order {orders[-1]['name']}"
    return Card("margins", "Margins", finding, "Revenue less costs.", tuple(tables))
