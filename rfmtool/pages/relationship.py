"""How people are looked after: tasks, follow-ups, who is served how, and what tables would tell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from rfmtool.pages.blocks import Block, Column, Paragraph, Table, numbers, share
from rfmtool.summaries.words import counted

Data = Mapping[str, Any]

TOO_FEW: Final = "too few"
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
    yield equality(summary)
    yield opens(summary)


def tasks(summary: Data) -> list[Block]:
    """The lists beside the actions, and whether orders are followed up."""
    found = summary["tasks"]
    if not found:
        return []
    table = Table(
        columns=(Column("BESIDE THE ACTIONS", "lead", folds=True), *numbers("people"),
                 Column("list in tasks/", "name")),
        rows=tuple((one["say"], f"{one['people']:,}", one["name"]) for one in found),
    )  # fmt: skip
    return [table, *(Paragraph(line) for line in _followed(summary["follow_up"]))]


def _followed(found: Data | None) -> Iterator[str]:
    if found is None or not found["all"]["of"]:
        return
    within, every = found["within_days"], found["all"]
    yes = "Yes" if every["people"] == every["of"] else "No" if not every["people"] else "In part"
    yield (
        f"Is every order followed up within {counted(within, 'day')}? {yes}: {told(every)}; of"
        f" first orders {told(found['first'])}, of later ones {told(found['later'])}."
    )


def told(one: Data) -> str:
    """A share with its interval; of too few only the counts."""
    counts = f"{one['people']:,} of {one['of']:,}"
    if one["too_few"]:
        return f"{counts} ({TOO_FEW})"
    return f"{counts}, {share(one['share'])} [{share(one['low'])}, {share(one['high'])}]"


def equality(summary: Data) -> list[Block]:
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
                *(_times(thing["worst_to_best"][by]) for by in ("stage", "segment")),
            )
            for name, thing in found["things"].items()
            if thing["by"]["spend"]
        ),
        spare=("segment", "worst ÷ best rung"),
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


def _times(ratio: float | None) -> str:
    return "–" if ratio is None else f"{ratio:.2f}"


def _verdict(found: Data) -> str:
    if found["worse"]:
        what = ", ".join(_THINGS[name] for name in found["worse"])
        return f"Those who spend little are served worse than those who spend much: {what}."
    if found["alike"]:
        what = ", ".join(_THINGS[name] for name in found["alike"])
        return f"No difference is seen between those who spend little and much: {what}."
    return "Whether those who spend little are served as well as others cannot be told yet."


def opens(summary: Data) -> list[Block]:
    """Which tables would open which pages, in one line."""
    if not summary["opens"]:
        return []
    pages = "; ".join(f"--{table}: {page}" for table, page in summary["opens"].items())
    return [Paragraph(f"More could be told with {pages}.", "quiet")]
