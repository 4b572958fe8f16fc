"""How the shop is, whether that can be believed, and what to do on Monday."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rfmtool.documents import Data
from rfmtool.pages.blocks import Column, Dot, Name, Number, Table, numbers
from rfmtool.pages.cards import Card, Figure, Mark, Sentence, Stack, day_in_words
from rfmtool.pages.number_format import DASH, MINUS, NumberFormat, in_whole_units
from rfmtool.pages.run import contact_count
from rfmtool.summaries.formatting import label_text

_FIRST: Final = 6
TOO_FEW: Final = "too few"


def lead_sentence(summary: Data) -> str:
    """What day it is, and what money is in."""
    given = {"last order": "the day of the last order", "last line": "the day of the last line"}
    day = day_in_words(summary["as_of"])
    what = given.get(summary["as_of_is"])
    currencies = summary["currencies"]
    money = currencies[0] if len(currencies) == 1 else "the export’s currency"
    off = ", refunds taken off" if summary["refunded"] != "0" else ""
    return f"Customers as of {day}{f', {what}' if what else ''}. Money in {money}{off}."


def figures(summary: Data, say: NumberFormat) -> tuple[Figure, ...]:
    """The five figures of the head, each with one line of context."""
    known, buyers, back = summary["customers"], summary["buyers"], summary["repeat"]["repeaters"]
    part = say.share(buyers / known if known else None, 0)
    again = say.share(back / buyers if buyers else None, 0)
    average = float(summary["revenue"]) / summary["orders"] if summary["orders"] else 0.0
    shown = [say.headline(str(known)), say.headline(str(buyers)), again,
             say.headline(summary["revenue"]), say.headline(str(summary["orders"]))]  # fmt: skip
    new = summary["funnel"]["new_buyers"]
    since = summary.get("since")
    titles = {
        "Customers known": since_then(say, since, known - since["customers"])
        if since
        else f"{say.count(new).shown} new in 90 days",
        "Have ordered": f"{_shown(part)} of those known",
        "Came back another day": f"{say.count(back).shown} of {localized_count(say, buyers, 'buyer')}",
        "Revenue": since_then(
            say, since, float(since["revenue"]["new"]) - float(since["revenue"]["old"])
        )
        if since
        else f"refunds of {say.headline(summary['refunded']).shown} taken off",
        "Orders": f"{say.rounded(average, 2)} each on average",
    }
    return tuple(
        Figure(title, _shown(one), one.exact if isinstance(one, Number) else "", context)
        for (title, context), one in zip(titles.items(), shown, strict=True)
    )


def since_then(say: NumberFormat, since: Data, change: float) -> str:
    """How a figure moved since the run before."""
    moved = say.headline(f"{abs(change):.0f}").shown
    sign = ("+" if change > 0 else MINUS) + moved if round(change) else "as many as"
    return f"{sign} {'on' if not round(change) else 'since'} {day_in_words(since['as_of'])}"


def _shown(one: Number | str) -> str:
    return one.shown if isinstance(one, Number) else one


def localized_count(say: NumberFormat, number: int, noun: str) -> str:
    """A number in the reader's marks, and what it counts."""
    return f"{say.count(number).shown} {noun}" + ("" if number == 1 else "s")


def data_quality(summary: Data, say: NumberFormat) -> tuple[Mark, ...]:
    """Where the rows went, which days they cover, and what to be careful with."""
    ledger = summary["ledger"]
    rows = ledger["rows"]
    out = sum(ledger["excluded"].values()) + ledger["blank"]
    rejected = sum(ledger["rejected"].values())
    bins = (
        (ledger["used"], "client", "used"),
        (ledger["anonymous"], "supporter", "without a customer"),
        (out, "suspect", "left out"),
        (rejected, "advocate", "not readable"),
    )
    parts = tuple((many / rows, tone, words) for many, tone, words in bins if many and rows)
    told = "; ".join(f"{say.count(many).shown} {words}" for many, _, words in bins if many)
    share = say.share(ledger["used"] / rows if rows else None)
    days = (
        f" They cover {day_in_words(summary['first_order_on'])} to"
        f" {day_in_words(summary['last_order_on'])}."
        if summary["first_order_on"]
        else ""
    )
    counts = f"{_shown(share)} of {localized_count(say, rows, 'row')} count: {told}.{days}"
    first = [
        Sentence(say.localized(text), is_warning=True)
        for text in summary["warnings"]
        if "of all money" in text
    ]
    unread = f"{localized_count(say, rejected, 'row')} cannot be read."
    broken = [Sentence(unread, is_warning=True)] * bool(rejected)
    return (*broken, Stack("Rows", parts), Sentence(counts), *first)


def to_do(summary: Data, say: NumberFormat) -> Card | None:
    """The first things to do, and who would have come anyway."""
    actions = summary["actions"]
    groups = [group for group in actions if group["channel"]]
    if not groups:
        return None
    first = groups[:_FIRST]
    people = localized_people(say, sum(map(contact_count, first)))
    spent = say.rounded(sum(float(group["revenue"]) for group in first), 0)
    unlisted = ", ".join(
        f"{say.count(group['customers']).shown} {label_text(group['name'])}"
        for group in actions
        if not group["channel"]
    )
    return Card(
        "first",
        "Do first",
        f"Start with {people}, who have spent {spent} with you",
        _how_to_read_lists(summary),
        (_table_of_lists(summary, groups, say),),
        f"In no list: {unlisted}." if unlisted else "",
    )


def _table_of_lists(summary: Data, groups: Sequence[Data], say: NumberFormat) -> Table:
    """A row for each list, where its file or sheet is named."""
    back, known = return_rates(summary, "action"), summary.get("contacts_known")
    whole = in_whole_units([group["revenue"] for group in groups])
    more = localized_people(say, sum(map(contact_count, groups[_FIRST:])))
    kind = summary.get("lists_as", "csv")  # not in summaries of older versions
    file_of = {None: "{}", "xlsx": "action {}"}.get(kind, f"{{}}.{kind}")
    rows = tuple(
        (
            str(place),
            Name(group["say"], file_of.format(group["name"]), is_sentence=True),
            group["channel"],
            say.count(contact_count(group)),
            *((say.count(group["reachable"]),) if known else ()),
            say.money(group["revenue"], whole=whole),
            *((return_rate_dot(back.get(group["name"])),) if back is not None else ()),
        )
        for place, group in enumerate(groups, start=1)
    )
    return Table(
        columns=(
            Column("", "number", minor=True, hidden_title="Place"),
            Column("What", "name", folds=True),
            Column("By"),
            *numbers("People"),
            *((Column("reached", "number", minor=True),) if known else ()),
            Column("Spent so far", "number", minor=True),
            *((return_rate_column(summary),) if back is not None else ()),
        ),
        rows=rows,
        first=_FIRST,
        rest=f"{len(groups) - _FIRST} more lists, {more}",
    )


def _how_to_read_lists(summary: Data) -> str:
    tested = summary["backtest"]
    reading = {
        None: "Each line is a list of people.",
        "xlsx": "Each line is a sheet of report.xlsx.",
    }.get(summary.get("lists_as", "csv"), "Each line is a list in the folder actions.")
    if not tested:
        return reading
    days = len(tested["looked_back"])
    ends = f", the thin marks are the lowest and highest of {days} such days" if days > 1 else ""
    return (
        f"{reading} The dot: how many such people ordered anyway in the {tested['days']} days after"
        f" {day_in_words(tested['from'])}; the bar through it holds 95 times in 100{ends}."
    )


def localized_people(say: NumberFormat, many: int) -> str:
    """How many people, in the reader's marks."""
    return "1 person" if many == 1 else f"{say.count(many).shown} people"


def return_rate_column(summary: Data) -> Column:
    """The column of `dot_of`."""
    return Column(f"Back in {summary['backtest']['days']} days, 0–100%", minor=True)


def return_rates(summary: Data, by: str) -> dict[str, Data] | None:
    """The groups of the look back by their names; None where nobody looked back."""
    if summary["backtest"] is None:
        return None
    return {group["name"]: group for group in summary["backtest"]["groups"] if group["by"] == by}


def return_rate_dot(group: Data | None) -> Dot | str:
    """The share of a group that came back, with its interval."""
    if group is None:
        return DASH
    if group["low"] is None:
        return TOO_FEW
    ends = (group["lowest"], group["highest"])
    shown = ends if None not in ends and ends[0] < ends[1] else ()
    return Dot(group["returned"] / group["customers"], group["low"], group["high"], ends=shown)
