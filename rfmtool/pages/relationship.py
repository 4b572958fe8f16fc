"""How people are looked after: tasks, follow-ups, who is served how, and what tables would tell."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rfmtool.documents import Data
from rfmtool.pages.blocks import Block, Column, Paragraph, Table, cells, numbers, share
from rfmtool.pages.effort_and_rewards import return_on_effort, rewards
from rfmtool.summaries.formatting import count_text, list_location, list_name

TOO_FEW: Final = "too few"
_SHOWN: Final = 8
_OUTCOMES: Final = {"met": "they met", "quote": "a quote", "order": "an order", "none": "nothing"}
_THINGS: Final = {
    "complained": "complained in a year",
    "settled": "days until a complaint is settled",
    "answered": "messages answered",
    "contacted": "contacted in a year",
    "followed_up": "orders followed up",
}


def relationship(summary: Data) -> Iterator[list[Block]]:
    """A section for each thing that the tables tell; none of an earlier version."""
    if "tasks" not in summary:
        return
    yield tasks(summary)
    yield service_equality(summary)
    for name, section in (
        ("needs", needs),
        ("introductions", introductions),
        ("memberships", communities),
    ):
        yield section(summary[name]) if summary[name] is not None else []
    yield return_on_effort(summary)
    yield rewards(summary)
    yield missing_tables(summary)


def tasks(summary: Data) -> list[Block]:
    """The lists beside the actions, and whether orders are followed up."""
    found = summary["tasks"]
    if not found:
        return []
    where = list_location(summary, "tasks")
    table = Table(
        columns=(Column("BESIDE THE ACTIONS", "lead", folds=True), *numbers("people"),
                 Column(where, "name")),
        rows=tuple((one["say"], f"{one['people']:,}", list_name(one["name"], "tasks", where))
                   for one in found),
    )  # fmt: skip
    lines, followed, reach = [], summary["follow_up"], summary["reach"]
    if followed is not None and followed["all"]["of"]:
        within, every = followed["within_days"], followed["all"]
        some = "In part" if every["people"] else "No"
        yes = "Yes" if every["people"] == every["of"] else some
        lines.append(
            f"Is every order followed up within {count_text(within, 'day')}? {yes}: {share_with_interval(every)}; of"
            f" first orders {share_with_interval(followed['first'])}, of later ones {share_with_interval(followed['later'])}."
        )
    if reach is not None and reach["with_reach"]:
        people = count_text(reach["open"], "person").replace("persons", "people")
        lines.append(
            f"Of {people} with an open complaint others listen to {reach['with_reach']:,}; the call"
            " sheet says so, and nobody waits for it."
        )
    return [table, *map(Paragraph, lines)]


def share_with_interval(one: Data) -> str:
    """A share with its interval; of too few only the counts."""
    counts = f"{one['people']:,} of {one['of']:,}"
    if one["too_few"]:
        return f"{counts} ({TOO_FEW})"
    return f"{counts}, {share(one['share'])} [{share(one['low'])}, {share(one['high'])}]"


def service_equality(summary: Data) -> list[Block]:
    """How those who spend least fare beside those who spend most, and the worst beside the best."""
    found = summary["equality"]
    if found is None or not any(thing["by"]["spend"] for thing in found["things"].values()):
        return []
    titles = ("lowest fifth", "highest fifth", "worst ÷ best rung", "segment")
    table = Table(
        columns=(Column("SERVED ALIKE?", "name", folds=True), *numbers(*titles)),
        rows=tuple(
            (
                _THINGS[name],
                *_of_ends(name, thing["by"]["spend"]),
                *(
                    "–" if ratio is None else f"{ratio:.2f}"
                    for ratio in map(thing["worst_to_best"].get, ("stage", "segment"))
                ),
            )
            for name, thing in found["things"].items()
            if thing["by"]["spend"]
        ),
        optional_columns=("segment", "worst ÷ best rung"),
    )
    return [table, Paragraph(_verdict(found)), Paragraph(
        "By what buyers spent, a plain comparison with 95% intervals; under 30 of them too few.",
        "quiet",
    )]  # fmt: skip


def _of_ends(name: str, rows: list[Data]) -> Iterator[str]:
    for one in (rows[0], rows[-1]):
        if one["too_few"] or one["value"] is None:
            yield TOO_FEW
        elif name == "settled":
            high = "…" if one["high"] is None else f"{one['high']:,}"
            yield f"{one['value']:,.0f} [{one['low']:,}, {high}]"
        else:
            yield f"{one['value']:.0%} [{one['low']:.0%}, {one['high']:.0%}]"


def _verdict(found: Data) -> str:
    if found["worse"]:
        what = ", ".join(_THINGS[name] for name in found["worse"])
        return f"Those who spend little are served worse than those who spend much: {what}."
    if found["alike"]:
        what = ", ".join(_THINGS[name] for name in found["alike"])
        return f"No difference is seen between those who spend little and much: {what}."
    return "Whether those who spend little are served as well as others cannot be told yet."


def needs(found: Data) -> list[Block]:
    """What people need, that of most of them first, and how much of it is met."""
    columns = Column("NOT MET YET", "name", folds=True), *numbers("people", "they spent")
    unmet = found["unmet"][:_SHOWN]
    table = Table(columns, tuple(cells(one, "need", "people:,", "revenue:money") for one in unmet))
    days = found["days"]
    words = f"Needs met: {share_with_interval(found['met'])}"
    if days["median"] is not None and not days["too_few"]:
        high = "…" if days["high"] is None else f"{days['high']:,}"
        words += f", half within {days['median']:,} days [{days['low']:,}, {high}]"
    words += f". Asked what they need: {share_with_interval(found['asked'])} of those who bought."
    return [*([table] if unmet else []), Paragraph(words)]


def introductions(found: Data) -> list[Block]:
    """Work found for business customers: what came of it, who gives and who gets."""
    table = Table(
        (Column("WORK FOUND", "name"), *numbers("introductions", "share"), Column("95% interval")),
        tuple(
            (_OUTCOMES[name], f"{one['people']:,}", *_share_of(one))
            for name, one in found["outcomes"].items()
        ),
    )
    balance, months = found["balance"], found["months"]
    made = (
        f"{count_text(found['introductions'], 'introduction')}, {found['lately']:,} of the last"
        f" {months} months, {found['by_us']:,} made by us. Customers who gave more than they got"
        f" {balance['gave_only'] + balance['gave_more']:,}, as much {balance['even']:,}, less"
        f" {balance['got_only'] + balance['got_more']:,}."
    )
    lines = [made]
    if found["businesses"]:
        lines.append(
            f"Businesses without any for {months} months: {share_with_interval(found['found_none'])}."
        )
    else:
        lines.append(
            f"Nobody is marked as a business in the column {found['marked_by']} of contacts."
        )
    return [table, *map(Paragraph, lines)]


def communities(found: Data) -> list[Block]:
    """Communities, who comes, and how members fare beside others alike."""
    table = Table(
        (Column("COMMUNITY", "name", folds=True), *numbers("members", "events in a year", "came")),
        tuple(
            (*cells(one, "community", "members:,", "events:,"), share_with_interval(one["came"]))
            for one in found["communities"]
        ),
    )
    none = (
        f"Of all advocates in none: {share_with_interval(found['advocates_in_none'])}. Invited by a customer:"
        f" {found['invited']:,}, by {found['inviters']:,} of them."
    )
    lines = [none]
    both = found["compared"]
    if both is None:
        lines.append("History is too short to hold members against others.")
    elif both["difference"] is None:
        alike = both["members"]["of"]
        lines.append(f"Members with others alike to hold them against: {alike:,}, {TOO_FEW}.")
    else:
        gap, low, high = (100 * both["difference"][name] for name in ("difference", "low", "high"))
        lines.append(
            f"Ordered within 90 days: {share(both['members']['share'])} of"
            f" {both['members']['of']:,} members. Matched with others of the same rung, tenure and"
            f" past spend that is {gap:+.1f} points [{low:+.1f}, {high:+.1f}], an association:"
            " who joins may be keener to begin with."
        )
    return [table, *map(Paragraph, lines)]


def _share_of(one: Data) -> tuple[str, str]:
    if one["too_few"]:
        return TOO_FEW, ""
    return share(one["share"]), f"{share(one['low'])} – {share(one['high'])}"


def missing_tables(summary: Data) -> list[Block]:
    """Which tables would open which pages, in one line."""
    if not summary["opens"]:
        return []
    pages = "; ".join(f"--{table}: {page}" for table, page in summary["opens"].items())
    return [Paragraph(f"More could be told with {pages}.", "quiet")]
