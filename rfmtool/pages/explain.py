"""One customer on a card: what they did, where they stand, why, and what would move them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from typing import Any, Final

from rfmtool.pages.blocks import Block, Column, Gap, Line, Pairs, Rule, Table, numbers, share
from rfmtool.summaries.words import WALLET_BASES, counted, money

Data = Mapping[str, Any]

_UNITS: Final = {"recency": "day", "frequency": "order"}
_CENT: Final = Decimal("0.01")


def page(card: Data) -> list[Block]:
    """The card of one customer, of what `runs.explain` found."""
    scores: list[Block] = [Gap(), _scores(card["scores"])] if card["scores"] else []
    return [
        Line(((card["customer_id"], "strong"),)),
        Rule(),
        _facts(card),
        *scores,
        Gap(),
        Pairs((("Next step", card["next_step"]),)),
        Rule(),
    ]


def _facts(card: Data) -> Pairs:
    facts = {
        "Stands": f"{card['stage']} · {card['segment']} · {card['activity']}",
        "Because": card["stage_reason"].removeprefix(f"{card['stage']}: "),
        "To do": _to_do(card),
        "Orders": _orders(card),
        "Spent": _spent(card),
        "Rhythm": _rhythm(card),
        "Wallet": _wallet(card),
        "Needs": _needs(card),
        "In": ", ".join(sorted({row["community"] for row in card.get("memberships", ())})),
    }
    return Pairs(tuple((name, words) for name, words in facts.items() if words))


def _to_do(card: Data) -> str:
    channel = f", by {card['channel']}" if card["channel"] else ""
    return f"{card['say']} (action {card['action']}{channel})"


def _orders(card: Data) -> str:
    if not card["frequency"]:
        return "none that counts"
    orders, first, last = (card[name] for name in ("frequency", "first_order_on", "last_order_on"))
    ago = f"({counted(card['recency_days'], 'day')} before {card['as_of']})"
    if card["order_days"] == 1:
        return f"{counted(orders, 'order')} on {last} {ago}"
    days = f"{counted(orders, 'order')} on {counted(card['order_days'], 'day')}"
    return f"{days}, the first {first}, the last {last} {ago}"


def _spent(card: Data) -> str:
    if not card["frequency"] and card["monetary"] == "0":
        return ""
    average = f", {money(card['average_order'])} an order" if card["frequency"] > 1 else ""
    given_back = f", {money(card['refunds'])} given back" if card["refunds"] != "0" else ""
    return f"{money(card['monetary'])}{average}{given_back}"


def _rhythm(card: Data) -> str:
    if card["usual_gap_days"] is None:
        return ""
    return (
        f"usually every {card['usual_gap_days']:,.1f} days; now at {card['overdue_ratio']:.2f} of"
        f" that (overdue from {card['overdue_from']:g}, lapsed from {card['lapsed_from']:g})"
    )


def _wallet(card: Data) -> str:
    if not card["wallet_basis"]:
        return ""
    whole, known = money(card["wallet"]), WALLET_BASES[card["wallet_basis"]]
    if card["headroom"] == "0":
        return f"all of {whole} is spent here ({known})"
    part = f"{share(card['share_of_wallet'])} of {whole}"
    return f"{part}, and {money(card['headroom'])} elsewhere ({known})"


def _needs(card: Data) -> str:
    """What they said they need, and what of it was met."""
    if "needs" not in card:
        return ""
    told = [
        f"{row['need']} ({'met ' + row['met_on'] if row['met_on'] else 'not met yet'})"
        for row in card["needs"]
    ]
    return ", ".join(told) or "nobody has asked"


def _scores(scores: Mapping[str, Data]) -> Table:
    return Table(
        columns=(Column("SCORE", "name"), *numbers("now", "value", "better at", "worse at")),
        rows=tuple(
            (
                name,
                f"{score['score']} of {score['bins']}",
                _said(name, score["value"], ROUND_HALF_EVEN),
                # What is shown must reach the score, so never rounded towards the other side.
                _said(name, score["next_better"], ROUND_CEILING),
                _said(name, score["next_worse"], ROUND_FLOOR),
            )
            for name, score in scores.items()
        ),
    )


def _said(dimension: str, value: int | str | None, rounding: str) -> str:
    if value is None:
        return "–"
    if dimension in _UNITS:
        return counted(int(value), _UNITS[dimension])
    return money(str(Decimal(value).quantize(_CENT, rounding)))
