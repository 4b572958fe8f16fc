"""The head of the report: lead, key figures, data quality, and the first actions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rfmtool.documents import Data
from rfmtool.pages.blocks import Cell, Column, Dot, Name, Number, Table, table_of_columns
from rfmtool.pages.cards import Card, Figure, Mark, Sentence, Stack, day_in_words
from rfmtool.pages.groups import return_rates
from rfmtool.pages.locales import DASH, MINUS, Locale
from rfmtool.pages.run import contact_count
from rfmtool.summaries.formatting import TOO_FEW, label_text

_FIRST: Final = 6


def lead_sentence(summary: Data) -> str:
    """The as-of day and the currency, in a sentence."""
    day, reason = day_in_words(summary["as_of"]), summary["as_of_is"]
    day += f", the day of the {reason}" if reason in ("last order", "last line") else ""
    currencies = summary["currencies"]
    currency = currencies[0] if len(currencies) == 1 else "the export’s currency"
    refunds = ", refunds taken off" if summary["refunded"] != "0" else ""
    return f"Customers as of {day}. Money in {currency}{refunds}."


def figures(summary: Data, locale: Locale) -> tuple[Figure, ...]:
    """The five key figures, each with one line of context."""
    known, buyers = summary["customers"], summary["buyers"]
    repeaters = summary["repeat"]["repeaters"]
    revenue, orders = summary["revenue"], summary["orders"]
    of_known = str(locale.share(buyers / known if known else None, 0))
    average = float(revenue) / orders if orders else 0.0
    known_context = f"{locale.count(summary['funnel']['new_buyers'])} new in 90 days"
    revenue_context = f"refunds of {locale.headline(summary['refunded'])} taken off"
    if since := summary.get("since"):
        change = float(since["revenue"]["new"]) - float(since["revenue"]["old"])
        known_context = _change_since(locale, since, known - since["customers"])
        revenue_context = _change_since(locale, since, change)
    of_buyers = f"{locale.count(repeaters)} of {locale.counted(buyers, 'buyer')}"
    again = locale.share(repeaters / buyers if buyers else None, 0)
    rows: tuple[tuple[str, Number | str, str], ...] = (
        ("Customers known", locale.headline(str(known)), known_context),
        ("Have ordered", locale.headline(str(buyers)), f"{of_known} of those known"),
        ("Came back another day", again, of_buyers),
        ("Revenue", locale.headline(revenue), revenue_context),
        ("Orders", locale.headline(str(orders)), f"{locale.rounded(average, 2)} each on average"),
    )
    return tuple(
        Figure(title, str(value), value.exact if isinstance(value, Number) else "", context)
        for title, value, context in rows
    )


def _change_since(locale: Locale, since: Data, change: float) -> str:
    """The change of a figure since the run before."""
    amount = locale.headline(f"{abs(change):.0f}").shown
    sign = ("+" if change > 0 else MINUS) + amount if round(change) else "as many as"
    return f"{sign} {'on' if not round(change) else 'since'} {day_in_words(since['as_of'])}"


def trust_marks(summary: Data, locale: Locale) -> tuple[Mark, ...]:
    """The rows by use, the days they cover, and the gravest warnings."""
    ledger = summary["ledger"]
    rows = ledger["rows"]
    left_out = sum(ledger["excluded"].values()) + ledger["blank"]
    rejected = sum(ledger["rejected"].values())
    bins = (
        (ledger["used"], "client", "used"),
        (ledger["anonymous"], "supporter", "without a customer"),
        (left_out, "suspect", "left out"),
        (rejected, "advocate", "not readable"),
    )
    parts = tuple((count / rows, tone, label) for count, tone, label in bins if count and rows)
    listed = "; ".join(f"{locale.count(count)} {label}" for count, _, label in bins if count)
    share = str(locale.share(ledger["used"] / rows if rows else None))
    counts = f"{share} of {locale.counted(rows, 'row')} count: {listed}."
    if summary["first_order_on"]:
        first, last = (day_in_words(summary[f"{end}_order_on"]) for end in ("first", "last"))
        counts += f" They cover {first} to {last}."
    on_money = (locale.localized(text) for text in summary["warnings"] if "of all money" in text)
    money_warnings = [Sentence(text, is_warning=True) for text in on_money]
    unread = f"{locale.counted(rejected, 'row')} cannot be read."
    unreadable = [Sentence(unread, is_warning=True)] * bool(rejected)
    return (*unreadable, Stack("Rows", parts), Sentence(counts), *money_warnings)


def to_do(summary: Data, locale: Locale) -> Card | None:
    """The first actions, and how many such people ordered without them."""
    actions = summary["actions"]
    groups = [group for group in actions if group["channel"]]
    if not groups:
        return None
    first = groups[:_FIRST]
    people = locale.people(sum(map(contact_count, first)))
    spent = locale.rounded(sum(float(group["revenue"]) for group in first), 0)
    unlisted = ", ".join(
        f"{locale.count(group['customers'])} {label_text(group['name'])}"
        for group in actions
        if not group["channel"]
    )
    return Card(
        "first",
        "Do first",
        f"Start with {people}, who have spent {spent} with you",
        _how_to_read_lists(summary),
        (_table_of_lists(summary, groups, locale),),
        f"In no list: {unlisted}." if unlisted else "",
    )


def _table_of_lists(summary: Data, groups: Sequence[Data], locale: Locale) -> Table:
    """A row for each list, with its file or sheet."""
    rates = return_rates(summary, "action")
    others = locale.people(sum(map(contact_count, groups[_FIRST:])))
    kind = summary.get("lists_as", "csv")  # not in summaries of older versions
    file_of = {None: "{}", "xlsx": "action {}"}.get(kind, f"{{}}.{kind}")
    columns: list[tuple[Column, Sequence[Cell]]] = [
        (Column("", "number", minor=True, hidden_title="Place"),
         [str(number) for number in range(1, len(groups) + 1)]),
        (Column("What", "name", folds=True),
         [Name(group["say"], file_of.format(group["name"]), is_sentence=True) for group in groups]),
        (Column("By"), [group["channel"] for group in groups]),
        (Column("People", "number"), [locale.count(contact_count(group)) for group in groups]),
    ]  # fmt: skip
    if summary.get("contacts_known"):
        reached = [locale.count(group["reachable"]) for group in groups]
        columns.append((Column("reached", "number", minor=True), reached))
    spent = locale.money_column([group["revenue"] for group in groups])
    columns.append((Column("Spent so far", "number", minor=True), spent))
    if rates is not None:
        dots = [return_rate_dot(rates.get(group["name"])) for group in groups]
        columns.append((return_rate_column(summary), dots))
    return table_of_columns(columns, _FIRST, f"{len(groups) - _FIRST} more lists, {others}")


def _how_to_read_lists(summary: Data) -> str:
    backtest = summary["backtest"]
    texts = {None: "a list of people", "xlsx": "a sheet of report.xlsx"}
    place = texts.get(summary.get("lists_as", "csv"), "a list in the folder actions")
    text = f"Each line is {place}."
    if not backtest:
        return text
    days = len(backtest["looked_back"])
    ends = f", the thin marks are the lowest and highest of {days} such days" if days > 1 else ""
    return (
        f"{text} The dot: how many such people ordered anyway in the {backtest['days']} days after"
        f" {day_in_words(backtest['from'])}; the bar through it: 95% interval{ends}."
    )


def return_rate_column(summary: Data) -> Column:
    """The column of `return_rate_dot`."""
    return Column(f"Back in {summary['backtest']['days']} days, 0–100%", minor=True)


def return_rate_dot(group: Data | None) -> Dot | str:
    """The return rate of a group with its interval."""
    if group is None:
        return DASH
    if group["low"] is None:
        return TOO_FEW
    ends = (group["lowest"], group["highest"])
    shown = ends if None not in ends and ends[0] < ends[1] else ()
    return Dot(group["returned"] / group["customers"], group["low"], group["high"], ends=shown)
