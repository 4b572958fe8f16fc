"""Share of wallet, feedback and margins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rfmtool.documents import Data
from rfmtool.pages.blocks import Bars, Cell, Column, Dot, Name, Table, numbers, table_of_columns
from rfmtool.pages.cards import Card
from rfmtool.pages.evidence import candidates_in_words, complaints_in_words
from rfmtool.pages.locales import DASH, Locale, in_whole_units
from rfmtool.pages.sections.ladder import stage_tone
from rfmtool.summaries.formatting import TOO_FEW, WALLET_BASES, share_range

_ESTIMATE: Final = "peer_estimate"
_FEW_ANSWERS: Final = 10


def wallet(summary: Data, locale: Locale) -> Card | None:
    """The share of wallet by basis."""
    bases = summary["wallet"]["bases"]
    if not bases:
        return None
    whole = in_whole_units([group["wallet"] for group in bases])
    shares = [_share_or_range(group, locale) for group in bases]
    spend, totals = (
        [locale.money(group[key], whole=whole) for group in bases] for key in ("spend", "wallet")
    )
    of_all = [DASH if share == DASH else total for share, total in zip(shares, totals, strict=True)]
    table = table_of_columns((
        (Column("How it is known", "name", folds=True),
         [Name(group["basis"], WALLET_BASES[group["basis"]]) for group in bases]),
        (Column("Spent here, of all they spend"), [*map(_share_bar, bases)]),
        (Column("share", "number"), shares),
        (Column("People", "number"), [locale.count(group["customers"]) for group in bases]),
        (Column("spent here", "number", minor=True), spend),
        (Column("all they spend", "number", minor=True), of_all),
    ))  # fmt: skip
    best, share = bases[0], shares[0]  # bases are not mixed in one figure
    if best["basis"] != _ESTIMATE:
        source = "told" if best["basis"] == "known" else "ranked"
        finding = f"Where people {source} us, we get {100 * best['share']:.0f} of 100"
    elif share == DASH:
        finding = "No wallet is stated, and no similar customer spends more"
    else:
        finding = f"By estimates alone, we get {share}"
    note = "No action rests on an estimate." if bases[-1]["basis"] == _ESTIMATE else ""
    how_to_read = "Rows are never added up."
    return Card("wallet", "Share of wallet", finding, how_to_read, (table,), note, "half")


def _share_bar(group: Data) -> Cell:
    """A bar of a declared share; of an estimate the range."""
    if group["basis"] != _ESTIMATE:
        return Bars(((min(group["share"], 1.0), "main"),))
    share = group["share"]
    low, high = (min(group.get(f"share_{end}") or share, 1.0) for end in ("low", "high"))
    return Dot(min(share, 1.0), low, high) if low < high else ""


def _share_or_range(group: Data, locale: Locale) -> Cell:
    if group["basis"] != _ESTIMATE or not group.get("share_high"):
        return locale.share(group["share"])
    return share_range(group) if group["share_low"] < group["share_high"] else DASH


def feedback(summary: Data, locale: Locale) -> Card | None:
    """Referrals and survey answers by rung."""
    evidence = summary["evidence_says"]
    if not evidence["referrals"] and not evidence["answers"]:
        return None
    referrals = {row["stage"]: row for row in evidence["referrals"] or ()}
    answers = {row["stage"]: row for row in evidence["answers"] or ()}
    ladder = [rung["stage"] for rung in reversed(summary["ladder"])]
    rows = tuple(
        (
            Name(stage, tone=stage_tone(stage, ladder.index(stage) if stage in ladder else 0)),
            *_answer_cells(answers.get(stage), locale),
            *_referral_cells(referrals.get(stage), locale),
        )
        for stage in dict.fromkeys([*answers, *referrals])
    )
    table = Table(
        columns=(
            Column("Rung", "name"),
            Column("answered", "number", minor=True),
            Column("−100 to +100"),
            *numbers("NPS"),
            Column("referrals", "number", minor=True),
            *numbers("bought"),
            Column("they spent", "number", minor=True),
        ),
        rows=rows,
    )
    if referrals:
        buyers = sum(row["bought"] for row in referrals.values())
        spent = locale.rounded(sum(float(row["revenue"]) for row in referrals.values()), 0)
        finding = locale.counted(buyers, "buyer") + (" was" if buyers == 1 else " were")
        finding += f" brought by others; they spent {spent}"
    else:
        finding = f"{locale.count(sum(row['answered'] for row in answers.values()))} answered"
    note = [*complaints_in_words(evidence), *candidates_in_words(evidence)]
    return Card(
        "voices",
        "What they say",
        finding,
        "NPS: promoters minus detractors, of 100 who answered.",
        (table,),
        locale.localized(" ".join(note)),
        "half",
    )


def _answer_cells(row: Data | None, locale: Locale) -> tuple[Cell, ...]:
    if row is None:
        return DASH, DASH, DASH
    answered = f"{locale.count(row['answered'])} of {locale.count(row['people'])}"
    if row["answered"] < _FEW_ANSWERS:
        return answered, TOO_FEW if row["answered"] else DASH, DASH
    return answered, Dot((row["nps"] + 100) / 200, centred=True), locale.number(row["nps"], 0)


def _referral_cells(row: Data | None, locale: Locale) -> tuple[Cell, ...]:
    if row is None:
        return DASH, DASH, DASH
    bought, revenue = locale.count(row["bought"]), locale.money(row["revenue"], whole=True)
    return locale.count(row["referred"]), bought, revenue


def margins(summary: Data, locale: Locale) -> Card | None:
    """Margins by order number and by rung."""
    data = summary["margins"]
    if data is None or not data["stages"]:
        return None
    tables = []
    for title, rows in (("Order", data["orders"]), ("Rung", data["stages"])):
        amounts = [row["average"] for row in rows]
        averages = [*map(float, amounts)]
        most = max(averages, default=0.0)
        if most <= 0:
            continue
        bars = [Bars(((average / most, "main"),)) if average > 0 else "" for average in averages]
        columns: tuple[tuple[Column, Sequence[Cell]], ...] = (
            (Column(title, "name"), [Name(row["name"]) for row in rows]),
            (Column(hidden_title="Average margin, as a bar"), bars),
            (Column("average margin", "number"), locale.money_column(amounts)),
            (Column("of revenue", "number"), [locale.share(row["share"]) for row in rows]),
            (Column("count", "number", minor=True), [locale.count(row["many"]) for row in rows]),
        )
        tables.append(table_of_columns(columns))
    if not tables:
        return None
    orders = data["orders"]
    finding = "Margin after costs"
    if len(orders) > 1:
        first, last = (locale.rounded(float(row["average"]), 2) for row in (orders[0], orders[-1]))
        finding = f"Margin: {first} on a first order, {last} on order {orders[-1]['name']}"
    return Card("margins", "Margins", finding, "Revenue less costs.", tuple(tables))
