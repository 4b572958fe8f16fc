"""The card of one customer: their orders, where they stand and why, and the next step."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from typing import Final

from rfmtool.documents import Data
from rfmtool.pages.blocks import Block, Column, Gap, Line, Pairs, Rule, Table, numbers, share
from rfmtool.summaries.formatting import (
    NOUNS,
    REST_REASON_TEXTS,
    WALLET_BASES,
    count_text,
    format_money,
    label_text,
)

_BETWEEN_LETTERS: Final = re.compile(r"(?<=[a-z])_(?=[a-z])")
_CENT: Final = Decimal("0.01")


def page(card: Data) -> list[Block]:
    """The page of a card made by `runs.explain`."""
    by = f", by {card['channel']}" if card["channel"] else ""
    facts = {
        "Stands": " · ".join(label_text(card[name]) for name in ("stage", "segment", "activity")),
        "Because": card["stage_reason"].removeprefix(f"{card['stage']}: "),
        "To do": f"{card['say']} (action {label_text(card['action'])}{by})",
        **_orders(card),
        **_outlook(card),
        "Wallet": _wallet(card),
        "Contact": _contact(card),
        **_evidence(card),
        "In": ", ".join(sorted({row["community"] for row in card.get("memberships", ())})),
    }
    scores: list[Block] = [Gap(), _scores(card["scores"])] if card["scores"] else []
    return [
        Line(((card["customer_id"], "strong"),)),
        Rule(),
        Pairs(tuple((name, words) for name, words in facts.items() if words)),
        *scores,
        Gap(),
        Pairs((("Next step", _BETWEEN_LETTERS.sub(" ", card["next_step"])),)),
        Rule(),
    ]


def _orders(card: Data) -> dict[str, str]:
    """The orders and the money spent; no `Spent` where there is neither."""
    orders, first, last = (card[name] for name in ("frequency", "first_order_on", "last_order_on"))
    if not orders and card["monetary"] == "0":
        return {"Orders": "none that counts"}
    spent = format_money(card["monetary"])
    spent += f", {format_money(card['average_order'])} an order" if orders > 1 else ""
    spent += f", {format_money(card['refunds'])} refunded" if card["refunds"] != "0" else ""
    if not orders:
        return {"Orders": "none that counts", "Spent": spent}
    days = f"{count_text(card['order_days'], 'day')}, the first {first}, the last {last}"
    when = last if card["order_days"] == 1 else days
    ago = f"({count_text(card['recency_days'], 'day')} before {card['as_of']})"
    return {"Orders": f"{count_text(orders, 'order')} on {when} {ago}", "Spent": spent}


def _outlook(card: Data) -> dict[str, str]:
    """The usual gap, favourite, last and next category, and the forecast, where known."""
    facts = {}
    if card["usual_gap_days"] is not None:
        facts["Rhythm"] = (
            f"usually every {card['usual_gap_days']:,.1f} days; now at {card['overdue_ratio']:.2f}"
            f" of that (overdue from {card['overdue_from']:g}, lapsed from {card['lapsed_from']:g})"
        )
    if favourite := card.get("favourite_category"):
        last, next_ = card.get("last_category"), card.get("next_category")
        text = f"mostly {favourite}; last {last}"
        if last == favourite:
            text = f"mostly, and last, {favourite}"
        if next_ and (lift := card.get("next_category_lift")):
            text += f"; next perhaps {next_}: {lift:.1f} times as many similar people buy it"
        facts["Buys"] = text
    if card.get("return_probability") is not None:
        likely, spend = card["return_probability"], format_money(card["expected_spend"])
        facts["Outlook"] = f"{likely:.0%} likely to order within 90 days; {spend} expected"
    return facts


def _wallet(card: Data) -> str:
    if not card["wallet_basis"]:
        return ""
    total, basis = format_money(card["wallet"]), WALLET_BASES[card["wallet_basis"]]
    if card["wallet_basis"] == "peer_estimate":
        # An estimate is shown as a range and never as all of the wallet.
        low, high = (card.get(f"wallet_{end}") or card["wallet"] for end in ("low", "high"))
        if low == high:
            return f"not stated; spends more than nearly all similar customers ({basis})"
        return f"not stated; between {format_money(low)} and {format_money(high)} ({basis})"
    if card["headroom"] == "0":
        return f"all of {total} is spent here ({basis})"
    share_ = f"{share(card['share_of_wallet'])} of {total}"
    return f"{share_}, and {format_money(card['headroom'])} elsewhere ({basis})"


def _contact(card: Data) -> str:
    """Contact details, consent, and the last contact with its outcome."""
    details = [card[name] for name in ("name", "phone", "email") if card.get(name)]
    if details and card.get("consent"):
        details.append(f"consent {card['consent']}")
    text = ", ".join(details)
    if not card.get("last_contacted_on"):
        return text
    names = ("last_contacted_for", "last_outcome")
    reason, outcome = (label_text(card.get(name) or "") for name in names)
    last = f"last contacted {card['last_contacted_on']}{f' for {reason}' if reason else ''}"
    return "; ".join(filter(None, [text, last + (f": {outcome}" if outcome else "")]))


def _evidence(card: Data) -> dict[str, str]:
    """Complaints, survey answers, referrals, reasons for no contact, and needs."""
    statements, names = [], card.get("friends", {})
    if card.get("open_complaints"):
        since, about = card.get("open_complaint_on"), card.get("open_complaint_cause")
        text = count_text(card["open_complaints"], "open complaint")
        text += f" since {since}" if since else ""
        statements.append(text + (f" ({about})" if about else ""))
    if (nps := card.get("latest_nps")) is not None:
        statements.append(f"{nps} of 10 when last asked whether they would recommend us")
    friends = [
        f"{relation} " + ", ".join(f"{names[friend]} ({friend})" if friend in names else friend
                              for friend in card[column].split(", "))
        for relation, column in (("referred by", "recommended_by"), ("referred", "brought"))
        if card.get(column)
    ]  # fmt: skip
    needs = [
        f"{row['need']} ({'met ' + row['met_on'] if row['met_on'] else 'not met yet'})"
        for row in card.get("needs", ())
    ]
    return {
        "Says": "; ".join(statements),
        "Friends": "; ".join(friends),
        "Left alone": _reasons_for_no_contact(card),
        "Needs": ", ".join(needs) or ("nobody has asked" if "needs" in card else ""),
    }


def _reasons_for_no_contact(card: Data) -> str:
    """Why they are on no list at present: held out, resting, or snoozed."""
    reasons = []
    if card.get("holdout"):
        reasons.append("in the holdout, to compare with those who are contacted")
    if card.get("resting"):
        reasons.append(f"resting: {REST_REASON_TEXTS[card['resting']]}")
    if card.get("snooze_until"):
        reason = f" ({card['snooze_reason']})" if card.get("snooze_reason") else ""
        reasons.append(f"asked to wait until {card['snooze_until']}{reason}")
    return "; ".join(reasons)


def _scores(scores: Mapping[str, Data]) -> Table:
    return Table(
        columns=(Column("SCORE", "name"), *numbers("now", "value", "better at", "worse at")),
        rows=tuple(
            (
                name,
                f"{score['score']} of {score['bins']}",
                _value_text(name, score["value"], ROUND_HALF_EVEN),
                # The value shown must reach the score, so it is rounded away from the limit.
                _value_text(name, score["next_better"], ROUND_CEILING),
                _value_text(name, score["next_worse"], ROUND_FLOOR),
            )
            for name, score in scores.items()
        ),
    )


def _value_text(dimension: str, value: int | str | None, rounding: str) -> str:
    if value is None:
        return "–"
    if dimension in NOUNS:
        return count_text(int(value), NOUNS[dimension])
    return format_money(str(Decimal(value).quantize(_CENT, rounding)))
