"""rfmtool done: tick off a list in the contact log."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from rfmtool.cli import options
from rfmtool.cli.parameters import Day
from rfmtool.errors import UsageError
from rfmtool.interrupts import uninterrupted


@click.command()
@click.argument("folder", metavar="DIR")
@click.argument("name", metavar="LIST")
@click.option("--contacted", required=True, metavar="FILE", help="The contact log, a CSV.")
@click.option("--customers", metavar="ID,...", help="Who of the list (default: everybody).")
@click.option("--file", "handed_back", metavar="CSV",
              help="The list handed back, with a column outcome filled in: reached, no_answer,"
                   " replied, refused, unsubscribed or bought. Who has none was not"
                   " contacted.")  # fmt: skip
@options.tool("Who of the list stands in that tool's export, or has such an address.")
@options.consent_unknown
@click.option("--on", "day", type=Day(), metavar="DATE",
              help="When they were contacted (default: today).")  # fmt: skip
@options.shared
@options.quiet
def command(  # noqa: PLR0913, PLR0917 - one for each option
    folder: str, name: str, contacted: str, customers: str | None, handed_back: str | None,
    day: date | None, tool: str | None, consent_unknown: str, *, shared: bool, quiet: bool,
) -> None:  # fmt: skip
    """Tick off a LIST of the run in DIR: append to the contact log who was contacted.

    LIST is an action, such as welcome. The next runs with --contacted let these people rest, and
    send nothing more to who unsubscribed or refused.
    """
    if (customers, handed_back, tool).count(None) < 2:  # noqa: PLR2004 - one may be given
        raise UsageError(
            "more than one of --customers, --file and --for is given", "Give one of them."
        )
    if consent_unknown == "keep" and tool is None:
        raise UsageError("--consent-unknown keep is said of an export", "Name it with --for TOOL.")
    if "" in (contacted, handed_back):
        raise UsageError("--contacted, --file: the name is empty", "Name a file.")
    with uninterrupted():
        from rfmtool.runs.contact_log import append_contacts
        from rfmtool.summaries.formatting import count_text

    ids = None if customers is None else list(filter(None, map(str.strip, customers.split(","))))
    if tool is not None:
        from rfmtool.runs.export import export

        keep, action = consent_unknown == "keep", Path(name).name.removesuffix(".csv")
        ids = export(Path(folder), tool, only=action, keep_unknown=keep).customers
    file = None if handed_back is None else Path(handed_back)
    day = day or date.today()  # noqa: DTZ011 - local time
    added, known = append_contacts(
        Path(folder), name, Path(contacted), day, customers=ids, file=file, shared=shared
    )
    if not quiet:
        again = f"; {known:,} stood in it already" if known else ""
        click.echo(f"{contacted}: {count_text(added, 'contact')} added{again}")
