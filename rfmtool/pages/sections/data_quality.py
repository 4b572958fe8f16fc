"""How all was counted: where the rows went, what to bear in mind, and where scores part."""

from __future__ import annotations

from collections.abc import Iterator

from rfmtool.columns import DIMENSIONS
from rfmtool.documents import Data
from rfmtool.pages.blocks import Bars, Cell, Column, Name, Table, numbers
from rfmtool.pages.cards import Card, Folded, Mark, Sentence, day_in_words
from rfmtool.pages.data_quality import column_roles
from rfmtool.pages.number_format import NumberFormat
from rfmtool.summaries.formatting import EMPTY_RANGE, label_text


def row_accounting(summary: Data, say: NumberFormat) -> Card:
    """The ledger, the warnings, the columns and the cut points."""
    ledger = summary["ledger"]
    rows = ledger["rows"]
    marks: list[Mark] = [
        Table(
            columns=(
                Column("Rows", "name"),
                Column(hidden_title="Share as a bar"),
                *numbers("rows", "share"),
            ),
            rows=tuple(_bins(ledger, rows, say)),
        ),
        *(Sentence(say.localized(text), is_warning=True) for text in summary["warnings"]),
        Folded(f"How {len(summary['columns'])} columns were read", (_columns(summary),)),
        Folded("Where the scores part", (_cuts(summary, say),)),
    ]
    if summary["drift"]:
        marks.append(Sentence(_drift(summary["drift"], say)))
    if summary["evidence"]:
        marks.append(Folded("The tables beside the orders", (_evidence(summary, say),)))
    if summary.get("timeline") is None:
        marks.append(Sentence("rfmtool timeline shows where everybody stood on earlier dates."))
    if summary["concentration"]["gini"] is None and summary["buyers"]:
        marks.append(
            Sentence("Buyers got back as much as they paid: no shares of revenue are shown.")
        )
    return Card(
        "known",
        "How we know",
        f"Every one of {say.count(rows).shown} rows is accounted for",
        f"Read as {', '.join(column_roles(summary))}.",
        tuple(marks),
    )


def _drift(drift: Data, say: NumberFormat) -> str:
    """How far the cut points in force lie from those that would be fitted today."""
    share = say.share(drift["share"])
    words = share if isinstance(share, str) else share.shown
    indices = ", ".join(
        f"{name} {say.rounded(index, 3)}"
        for name, index in drift["stability"].items()
        if index is not None
    )
    a_lot = say.number(0.25, 2).shown
    told = f" Population stability index: {indices} (over {a_lot} is a lot)." if indices else ""
    return (
        f"Cut points are of {day_in_words(drift['fitted_on'])}; on cut points fitted today"
        f" {words} of all buyers would score otherwise.{told}"
    )


def _bins(ledger: Data, rows: int, say: NumberFormat) -> Iterator[tuple[Cell, ...]]:
    bins = [
        ("used", "", ledger["used"]),
        ("without a customer", "", ledger["anonymous"]),
        *(("left out", reason, many) for reason, many in ledger["excluded"].items()),
        *(("not readable", reason, many) for reason, many in ledger["rejected"].items()),
        ("blank", "", ledger["blank"]),
    ]
    for name, reason, many in bins:
        if many:
            tone = "main" if name == "used" else "look"
            bar = Bars(((many / rows, tone),))
            yield Name(name, label_text(reason)), bar, say.count(many), say.share(many / rows)


def _columns(summary: Data) -> Table:
    kept = [("kept", name) for name in summary["kept"]]
    return Table(
        columns=(Column("Role", "name"), Column("Column", folds=True)),
        rows=tuple((Name(role), Name(name)) for role, name in [*summary["columns"].items(), *kept]),
    )


def _cuts(summary: Data, say: NumberFormat) -> Table:
    bands = summary["bands"]
    most = max(len(bands[name]) for name in DIMENSIONS)
    return Table(
        columns=(Column("Score", "name"), *(Column(name, folds=True) for name in DIMENSIONS)),
        rows=tuple(
            (str(score), *(say.localized(_band(bands[name], score)) for name in DIMENSIONS))
            for score in range(most, 0, -1)
        ),
    )


def _band(bands: list[str], score: int) -> str:
    words = bands[len(bands) - score] if score <= len(bands) else EMPTY_RANGE
    return "" if words == EMPTY_RANGE else words


def _evidence(summary: Data, say: NumberFormat) -> Table:
    return Table(
        columns=(Column("Table", "name"), *numbers("rows", "people", "known elsewhere")),
        rows=tuple(
            (
                Name(name),
                say.count(one["rows"]),
                say.count(one["people"]),
                say.count(one["matched"]),
            )
            for name, one in summary["evidence"].items()
        ),
    )
