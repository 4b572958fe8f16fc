"""The accounting of rows, the warnings, the columns and the cut points."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest

from rfmtool.columns import DIMENSIONS
from rfmtool.documents import Data
from rfmtool.pages.blocks import Bars, Cell, Column, Name, Table, numbers, table_of_columns
from rfmtool.pages.cards import Card, Folded, Mark, Sentence, day_in_words
from rfmtool.pages.data_quality import column_roles
from rfmtool.pages.locales import Locale
from rfmtool.summaries.formatting import EMPTY_RANGE, label_text


def row_accounting(summary: Data, locale: Locale) -> Card:
    """The rows by use, warnings, columns, cut points, drift and evidence tables."""
    ledger = summary["ledger"]
    rows = ledger["rows"]
    bar = Column(hidden_title="Share as a bar")
    columns = (Column("Rows", "name"), bar, *numbers("rows", "share"))
    roles = [*summary["columns"].items(), *(("kept", name) for name in summary["kept"])]
    read = Table(
        columns=(Column("Role", "name"), Column("Column", folds=True)),
        rows=tuple((Name(role), Name(name)) for role, name in roles),
    )
    marks: list[Mark] = [
        Table(columns, tuple(_bins(ledger, rows, locale))),
        *(Sentence(locale.localized(text), is_warning=True) for text in summary["warnings"]),
        Folded(f"How {len(summary['columns'])} columns were read", (read,)),
        Folded("Score cut points", (_cuts(summary, locale),)),
    ]
    if summary["drift"]:
        marks.append(Sentence(_drift(summary["drift"], locale)))
    if summary["evidence"]:
        marks.append(Folded("Evidence tables", (_evidence(summary, locale),)))
    if summary.get("timeline") is None:
        marks.append(Sentence("rfmtool timeline shows where everybody stood on earlier dates."))
    if summary["concentration"]["gini"] is None and summary["buyers"]:
        text = "Buyers got back as much as they paid: no shares of revenue are shown."
        marks.append(Sentence(text))
    return Card(
        "known",
        "How we know",
        f"Every one of {locale.count(rows)} rows is accounted for",
        f"Read as {', '.join(column_roles(summary))}.",
        tuple(marks),
    )


def _drift(drift: Data, locale: Locale) -> str:
    """How far the cut points in force differ from those fitted today."""
    share = str(locale.share(drift["share"]))
    text = (
        f"Cut points date from {day_in_words(drift['fitted_on'])}; on cut points fitted today"
        f" {share} of all buyers would score otherwise."
    )
    indices = {name: index for name, index in drift["stability"].items() if index is not None}
    if not indices:
        return text
    listed = ", ".join(f"{name} {locale.rounded(index, 3)}" for name, index in indices.items())
    limit = locale.number(0.25, 2).shown
    return f"{text} Population stability index: {listed} (over {limit} is a lot)."


def _bins(ledger: Data, rows: int, locale: Locale) -> Iterator[tuple[Cell, ...]]:
    bins = [
        ("used", "", ledger["used"]),
        ("without a customer", "", ledger["anonymous"]),
        *(("left out", reason, count) for reason, count in ledger["excluded"].items()),
        *(("not readable", reason, count) for reason, count in ledger["rejected"].items()),
        ("blank", "", ledger["blank"]),
    ]
    for name, reason, count in bins:
        if count:
            share, tone = count / rows, "main" if name == "used" else "look"
            bar = Bars(((share, tone),))
            yield Name(name, label_text(reason)), bar, locale.count(count), locale.share(share)


def _cuts(summary: Data, locale: Locale) -> Table:
    ascending = (reversed(summary["bands"][name]) for name in DIMENSIONS)
    rows = [*enumerate(zip_longest(*ascending, fillvalue=EMPTY_RANGE), start=1)]
    return Table(
        columns=(Column("Score", "name"), *(Column(name, folds=True) for name in DIMENSIONS)),
        rows=tuple(
            (str(score), *("" if text == EMPTY_RANGE else locale.localized(text) for text in texts))
            for score, texts in reversed(rows)
        ),
    )


def _evidence(summary: Data, locale: Locale) -> Table:
    tables = summary["evidence"]
    return table_of_columns((
        (Column("Table", "name"), [*map(Name, tables)]),
        *((Column(key, "number"), [locale.count(table[key]) for table in tables.values()])
          for key in ("rows", "people", "matched")),
    ))  # fmt: skip
