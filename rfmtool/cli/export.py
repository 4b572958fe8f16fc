"""rfmtool export: the lists of a finished run, as a mail or advertising tool takes them."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rfmtool.cli.destination import check_not_an_input, output_path
from rfmtool.errors import UsageError
from rfmtool.interrupts import uninterrupted

if TYPE_CHECKING:
    import pandas as pd

    from rfmtool.runs.export import Uploads


@click.command()
@click.argument("folder", metavar="DIR")
@click.option("--for", "tool", required=True,
              type=click.Choice(["klaviyo", "mailchimp", "hubspot", "brevo", "meta", "google"]),
              help="Whose columns, names and forms to write.")  # fmt: skip
@click.option("-o", "--output", metavar="DIR|FILE",
              help="A folder with a file for each list, or FILE.csv with all of them; stdout"
                   " otherwise.")  # fmt: skip
@click.option("--list", "only", metavar="NAME", help="Only the people of one action.")
@click.option("--changed", is_flag=True, help="Only who stands elsewhere than the run before.")
@click.option("--consent-unknown", type=click.Choice(["drop", "keep"]), default="drop",
              show_default=True,
              help="What becomes of people of whom nobody knows whether they agreed.")  # fmt: skip
@click.option("--shared", is_flag=True, help="Let others read what is written.")
@click.option("--quiet", is_flag=True, help="Do not say who was left out.")
def command(folder: str, tool: str, output: str | None, **params: Any) -> None:
    """Write the lists of the finished run in DIR as a mail or advertising tool takes them.

    Only people who agreed and can be reached are in them; who was left out, and why, is counted on
    stderr. Meta and Google get e-mail addresses and phone numbers hashed (SHA-256).
    """
    with uninterrupted():
        from rfmtool.runs.export import export

    place = output_path(output)
    if place:
        check_not_an_input(place, folder)
        if place.resolve().is_relative_to(Path(folder).resolve()):
            raise UsageError(
                f"-o {output}: lies in {folder}, which the next run exchanges",
                "Name another place.",
            )
    found = export(
        Path(folder),
        tool,
        only=params["only"],
        changed=params["changed"],
        keep_unknown=params["consent_unknown"] == "keep",
    )
    shared = params["shared"]
    if place and not place.suffix:
        _write_folder(found, place, shared=shared)
    else:
        _write_file(found.combined, place, shared=shared)
    if not params["quiet"]:
        _say(found)


def _write_folder(found: Uploads, place: Path, *, shared: bool) -> None:
    """Write a file for each list; lists of an earlier export that are none now go."""
    from rfmtool.outputs.system_errors import system_failures

    with system_failures(str(place)):
        place.mkdir(mode=0o777 if shared else 0o700, parents=True, exist_ok=True)
        there = {path.name for path in place.iterdir()}
    foreign = there - {f"{stem}.csv" for stem in found.stems}
    if foreign:
        raise UsageError(
            f"-o {place}: holds {min(foreign)}, which is no list of ours",
            "Name a folder of its own.",
        )
    for stem, people in found.lists.items():
        _write_file(people, place / f"{stem}.csv", shared=shared)
    with system_failures(str(place)):
        for name in there - {f"{stem}.csv" for stem in found.lists}:
            (place / name).unlink()


def _write_file(people: pd.DataFrame, place: Path | None, *, shared: bool) -> None:
    """Write a table of texts as CSV."""
    import pyarrow as pa

    from rfmtool.outputs.publish import published_file
    from rfmtool.outputs.text import TextOptions, write_csv

    with (
        published_file(place, shared=shared) if place else nullcontext(sys.stdout.buffer) as target
    ):
        table = pa.Table.from_pandas(people.astype("str"), preserve_index=False)
        table = table.cast(pa.schema([(name, pa.string()) for name in table.column_names]))
        write_csv(table.to_reader(), target, TextOptions())
        target.flush()


def _say(found: Uploads) -> None:
    """Count on stderr who is written, and who is left out for what."""
    taken = sum(map(len, found.lists.values()))
    why = ", ".join(f"{many:,} {reason}" for reason, many in sorted(found.left_out.items()))
    out = sum(found.left_out.values())
    click.echo(f"{taken:,} people written; {out:,} left out{f': {why}' if why else ''}", err=True)
    if not taken and "consent not known" in found.left_out:
        click.echo(
            "  Nobody's consent is known: have --contacts say it, or take all who did not refuse"
            " with --consent-unknown keep.",
            err=True,
        )
