"""Customer care: tasks, follow-ups, equality of service, needs, introductions, communities."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rfmtool.documents import Data
from rfmtool.pages.blocks import Block, Column, Paragraph, Table, cells, numbers, share
from rfmtool.pages.profitability import returns_by_stage, rewards
from rfmtool.summaries.formatting import TOO_FEW, count_text, list_location, list_name

_MAX_NEEDS: Final = 8
_OUTCOMES: Final = {"met": "they met", "quote": "a quote", "order": "an order", "none": "nothing"}
_MEASURES: Final = {
    "complained": "complained in a year",
    "settled": "days until a complaint is settled",
    "answered": "messages answered",
    "contacted": "contacted in a year",
    "followed_up": "orders followed up",
}


def relationship(summary: Data) -> Iterator[list[Block]]:
    """The sections; some may be empty, and there are none in summaries of earlier versions."""
    if "tasks" not in summary:
        return
    yield tasks(summary)
    yield service_equality(summary)
    sections = {"needs": needs, "introductions": introductions, "memberships": communities}
    for name, section in sections.items():
        yield section(summary[name]) if summary[name] is not None else []
    yield returns_by_stage(summary)
    yield rewards(summary)
    yield missing_tables(summary)


def tasks(summary: Data) -> list[Block]:
    """The task lists, and whether orders are followed up."""
    lists = summary["tasks"]
    if not lists:
        return []
    where = list_location(summary, "tasks")
    table = Table(
        columns=(Column("BESIDE THE ACTIONS", "lead", folds=True), *numbers("people"),
                 Column(where, "name")),
        rows=tuple((task["say"], f"{task['people']:,}", list_name(task["name"], "tasks", where))
                   for task in lists),
    )  # fmt: skip
    lines, followed, influence = [], summary["follow_up"], summary["reach"]
    if followed is not None and followed["all"]["of"]:
        days, every = count_text(followed["within_days"], "day"), followed["all"]
        verdict = "In part" if every["people"] else "No"
        verdict = "Yes" if every["people"] == every["of"] else verdict
        lines.append(
            f"Is every order followed up within {days}? {verdict}: {share_with_interval(every)};"
            f" of first orders {share_with_interval(followed['first'])}, of later ones"
            f" {share_with_interval(followed['later'])}."
        )
    if influence is not None and influence["with_reach"]:
        people = count_text(influence["open"], "person").replace("persons", "people")
        lines.append(
            f"Others listen to {influence['with_reach']:,} of {people} with an open complaint; the"
            " call sheet says so, and nobody waits for it."
        )
    return [table, *map(Paragraph, lines)]


def share_with_interval(group: Data) -> str:
    """The counts of a share, with its interval unless they are too few."""
    counts = f"{group['people']:,} of {group['of']:,}"
    if group["too_few"]:
        return f"{counts} ({TOO_FEW})"
    return f"{counts}, {share(group['share'])} [{share(group['low'])}, {share(group['high'])}]"


def service_equality(summary: Data) -> list[Block]:
    """How low spenders are served compared with high ones, and the worst rung with the best."""
    equality = summary["equality"]
    if equality is None or not any(thing["by"]["spend"] for thing in equality["things"].values()):
        return []
    rows = []
    for name, thing in equality["things"].items():
        if thing["by"]["spend"]:
            ratios = (thing["worst_to_best"].get(by) for by in ("stage", "segment"))
            texts = ("–" if ratio is None else f"{ratio:.2f}" for ratio in ratios)
            rows.append((_MEASURES[name], *_lowest_and_highest(name, thing["by"]["spend"]), *texts))
    titles = ("lowest fifth", "highest fifth", "worst ÷ best rung", "segment")
    table = Table(
        columns=(Column("SAME SERVICE?", "name", folds=True), *numbers(*titles)),
        rows=tuple(rows),
        optional_columns=("segment", "worst ÷ best rung"),
    )
    note = "By buyers' spend, a plain comparison with 95% intervals; under 30 buyers: too few."
    return [table, Paragraph(_verdict(equality)), Paragraph(note, "quiet")]


def _lowest_and_highest(name: str, rows: list[Data]) -> Iterator[str]:
    for group in (rows[0], rows[-1]):
        if group["too_few"] or group["value"] is None:
            yield TOO_FEW
        elif name == "settled":
            high = "…" if group["high"] is None else f"{group['high']:,}"
            yield f"{group['value']:,.0f} [{group['low']:,}, {high}]"
        else:
            yield f"{group['value']:.0%} [{group['low']:.0%}, {group['high']:.0%}]"


def _verdict(equality: Data) -> str:
    if equality["worse"]:
        things = ", ".join(_MEASURES[name] for name in equality["worse"])
        return f"Low spenders are served worse than high spenders: {things}."
    if equality["alike"]:
        things = ", ".join(_MEASURES[name] for name in equality["alike"])
        return f"No difference is seen between low and high spenders: {things}."
    return "Too early to say whether low spenders are served as well as others."


def needs(data: Data) -> list[Block]:
    """Needs not met yet, the most frequent first, and how many are met."""
    columns = Column("UNMET NEEDS", "name", folds=True), *numbers("people", "they spent")
    unmet, days = data["unmet"][:_MAX_NEEDS], data["days"]
    rows = tuple(cells(need, "need", "people:,", "revenue:money") for need in unmet)
    text = f"Needs met: {share_with_interval(data['met'])}"
    if days["median"] is not None and not days["too_few"]:
        high = "…" if days["high"] is None else f"{days['high']:,}"
        text += f", half within {days['median']:,} days [{days['low']:,}, {high}]"
    text += f". Asked what they need: {share_with_interval(data['asked'])} of those who bought."
    return [*([Table(columns, rows)] if unmet else []), Paragraph(text)]


def introductions(data: Data) -> list[Block]:
    """Introductions of business customers: outcomes, and who gave and got them."""
    table = Table(
        (Column("WORK FOUND", "name"), *numbers("introductions", "share"), Column("95% interval")),
        tuple(
            (_OUTCOMES[name], f"{outcome['people']:,}", *_share_and_interval(outcome))
            for name, outcome in data["outcomes"].items()
        ),
    )
    balance, months = data["balance"], data["months"]
    text = (
        f"{count_text(data['introductions'], 'introduction')}, {data['lately']:,} of the last"
        f" {months} months, {data['by_us']:,} made by us. Customers giving more than getting:"
        f" {balance['gave_only'] + balance['gave_more']:,}; as much: {balance['even']:,}; less:"
        f" {balance['got_only'] + balance['got_more']:,}."
    )
    if data["businesses"]:
        none = share_with_interval(data["found_none"])
        second = f"Businesses without any for {months} months: {none}."
    else:
        second = f"Nobody is marked as a business in the column {data['marked_by']} of contacts."
    return [table, Paragraph(text), Paragraph(second)]


def communities(data: Data) -> list[Block]:
    """Communities, attendance, and members compared with matched customers."""
    table = Table(
        (Column("COMMUNITY", "name", folds=True), *numbers("members", "events in a year", "came")),
        tuple(
            (*cells(row, "community", "members:,", "events:,"), share_with_interval(row["came"]))
            for row in data["communities"]
        ),
    )
    text = (
        f"Advocates in no community: {share_with_interval(data['advocates_in_none'])}. Invited by"
        f" a customer: {data['invited']:,}, by {data['inviters']:,} of them."
    )
    return [table, Paragraph(text), Paragraph(_members_and_matches(data["compared"]))]


def _members_and_matches(compared: Data | None) -> str:
    """Members compared with customers of the same rung, tenure and past spend."""
    if compared is None:
        return "History is too short to compare members with others."
    members, points = compared["members"], compared["difference"]
    if points is None:
        return f"Members with similar others to compare: {members['of']:,}, {TOO_FEW}."
    gap, low, high = (100 * points[name] for name in ("difference", "low", "high"))
    return (
        f"Ordered within 90 days: {share(members['share'])} of {members['of']:,} members. Matched"
        " with others of the same rung, tenure and past spend that is"
        f" {gap:+.1f} points [{low:+.1f}, {high:+.1f}], an association: who joins may be keener to"
        " begin with."
    )


def _share_and_interval(group: Data) -> tuple[str, str]:
    if group["too_few"]:
        return TOO_FEW, ""
    return share(group["share"]), f"{share(group['low'])} – {share(group['high'])}"


def missing_tables(summary: Data) -> list[Block]:
    """The tables that are not given, and what they would add."""
    if not summary["opens"]:
        return []
    pages = "; ".join(f"--{table}: {page}" for table, page in summary["opens"].items())
    return [Paragraph(f"To see more, add {pages}.", "quiet")]
