"""rfmtool export: the lists of a finished run, as a mail or advertising tool takes them."""

from __future__ import annotations

import os
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

import click

from rfmtool.cli import options
from rfmtool.cli.destination import check_not_an_input, output_path
from rfmtool.errors import UsageError
from rfmtool.interrupts import uninterrupted

if TYPE_CHECKING:
    import pandas as pd

    from rfmtool.runs.export import Uploads

_NEW: Final = ".rfmtool-new-"


@click.command()
@click.argument("folder", metavar="DIR")
@options.tool("Whose columns, names and forms to write.", required=True)
@click.option("-o", "--output", metavar="DIR|FILE",
              help="A folder with a file for each list, or FILE.csv with all of them; stdout"
                   " otherwise.")  # fmt: skip
@click.option("--list", "only", metavar="NAME", help="Only the people of one action.")
@click.option("--changed", is_flag=True,
              help="Only people whose stage, segment or action changed since the last"
                   " run.")  # fmt: skip
@options.consent_unknown
@click.option("--shared", is_flag=True, help="Let others read what is written.")
@click.option("--quiet", is_flag=True, help="Do not say who was left out.")
def command(folder: str, tool: str, output: str | None, **params: Any) -> None:
    """Write the lists of the finished run in DIR as a mail or advertising tool takes them.

    Only people who agreed and can be reached are in them; who was left out, and why, is counted on
    stderr. Meta and Google get e-mail addresses and phone numbers hashed (SHA-256).
    """
    with uninterrupted():
        from rfmtool.runs.export import export

    target = output_path(output)
    if target:
        check_not_an_input(target, folder)
        if target.resolve().is_relative_to(Path(folder).resolve()):
            raise UsageError(
                f"-o {output}: lies in {folder}, which the next run exchanges",
                "Name another place.",
            )
    uploads = export(
        Path(folder),
        tool,
        only=params["only"],
        changed=params["changed"],
        keep_unknown=params["consent_unknown"] == "keep",
    )
    shared = params["shared"]
    if target and not target.suffix:
        _write_folder(uploads, target, shared=shared)
    else:
        from rfmtool.outputs.publish import published_file

        stdout = nullcontext(sys.stdout.buffer)
        with published_file(target, shared=shared) if target else stdout as file:
            _write_rows(uploads.combined, file)
    if not params["quiet"]:
        _print_counts(uploads)


def _write_folder(uploads: Uploads, folder: Path, *, shared: bool) -> None:
    """Write a file for each list asked for; those among them that are empty now are deleted.

    All are written before the first is replaced, so that a full disk leaves no mixture.
    """
    from rfmtool.outputs.system_errors import system_failures
    from rfmtool.scratch import scratch_folder

    names = {f"{stem}.csv" for stem in uploads.lists}
    with system_failures(str(folder)):
        folder.mkdir(mode=0o777 if shared else 0o700, parents=True, exist_ok=True)
        with scratch_folder(_NEW, folder) as scratch:
            existing = {path.name for path in folder.iterdir() if not path.name.startswith(_NEW)}
            foreign = existing - {f"{stem}.csv" for stem in uploads.stems}
            if foreign:
                raise UsageError(
                    f"-o {folder}: holds {min(foreign)}, which is no list of ours",
                    "Name a folder of its own.",
                )
            for stem, people in uploads.lists.items():
                path = scratch / f"{stem}.csv"
                with path.open("wb") as file:
                    _write_rows(people, file)
                    os.fsync(file.fileno())
                if not shared:
                    path.chmod(0o600)
            for name in sorted(names):
                (scratch / name).replace(folder / name)
            for name in existing & {f"{stem}.csv" for stem in uploads.asked} - names:
                (folder / name).unlink()


def _write_rows(people: pd.DataFrame, target: IO[bytes]) -> None:
    """Write a table of text as CSV."""
    import pyarrow as pa

    from rfmtool.outputs.text import TextOptions, write_csv

    table = pa.Table.from_pandas(people.astype("str"), preserve_index=False)
    table = table.cast(pa.schema([(name, pa.string()) for name in table.column_names]))
    write_csv(table.to_reader(), target, TextOptions())
    target.flush()


def _print_counts(uploads: Uploads) -> None:
    """Print the numbers of people written and left out to stderr."""
    written, left_out = sum(map(len, uploads.lists.values())), sum(uploads.left_out.values())
    counts = sorted(uploads.left_out.items())
    reasons = ", ".join(f"{count:,} {reason}" for reason, count in counts)
    people = "person" if written == 1 else "people"
    text = f"{written:,} {people} written; {left_out:,} left out{f': {reasons}' if reasons else ''}"
    click.echo(text, err=True)
    if not written and "consent not known" in uploads.left_out:
        click.echo(
            "  No consent is known: give it in --contacts, or take all who did not refuse"
            " with --consent-unknown keep.",
            err=True,
        )
