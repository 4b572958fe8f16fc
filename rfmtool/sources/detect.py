"""An export: its files, their layouts, and the formats they share."""

from __future__ import annotations

import itertools
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import pyarrow as pa

from rfmtool.columns import CONTACT_COLUMNS
from rfmtool.errors import (
    AmbiguousInputError,
    ErrorContext,
    InputError,
    NoTableError,
    errors_naming,
)
from rfmtool.rules.presets import Preset
from rfmtool.sources import read
from rfmtool.sources.cells import format_inference
from rfmtool.sources.cells.currencies import currency_code, distinct_currencies
from rfmtool.sources.cells.date_formats import ISO, check_zone, parse_date_format, with_time_zone
from rfmtool.sources.files.exports import ExportFile
from rfmtool.sources.files.listing import list_export_files
from rfmtool.sources.files.spools import spool_batches
from rfmtool.sources.frames import is_arrow_stream, is_frame, mixed_types_error, table_of
from rfmtool.sources.layout import (
    KEPT_PREFIX,
    KNOWN_LAYOUT,
    MAY_LACK,
    NUMBER_ROLES,
    Asked,
    Detail,
    FileLayout,
    Formats,
)
from rfmtool.sources.layout_detection import parquet_layout, text_layout, typed_layout
from rfmtool.sources.names import normalized
from rfmtool.sources.presets import GENERIC
from rfmtool.sources.roles import EXPORT, Roles
from rfmtool.sources.rows.fill_down import FillCounts, counting_fills, roles_to_fill_down
from rfmtool.sources.source import FileSource, FrameSource, Source, StreamSource, TableSource
from rfmtool.sources.synonyms import is_in_cents, unit_behind
from rfmtool.sources.tables import source_of_stored, split_sources
from rfmtool.sources.text.dialect import SAMPLE_BYTES

_FRAMES: Final = ("pandas", "polars", "pyarrow")
"""Libraries whose frames are held in memory, so that they can be read more than once."""
_LEAST_SAMPLE_BYTES: Final = 1 << 13
"""The least sample of a file, however many files there are."""
SourcesAndNotices = tuple[list[Source], tuple[str, ...]]


@dataclass(frozen=True)
class Export:
    """Everything needed to read an export: its sources and the formats they share."""

    sources: tuple[Source, ...]
    formats: Formats
    asked: Asked
    is_fully_scanned: bool = False
    """Whether the formats come from whole columns, not from a sample."""
    other_dates: str = ""
    """The likely format of the dates that do not fit, after a full scan."""
    may_need_fill_down: bool = False
    """Whether rows that name neither order nor buyer may belong to the order above."""
    left_out: tuple[str, ...] = ()
    """Files in its folders that are not read, because their endings are not those of data."""
    notices: tuple[str, ...] = ()
    """Sentences for the user: on unused or ambiguous columns, files passed over and more."""

    @property
    def name(self) -> str:
        """Its name in messages: its file, or its first file and how many more."""
        first, more = self.sources[0].name, len(self.sources) - 1
        return f"{first} and {more:,} more file{'s' * (more > 1)}" if more else first

    @property
    def preset(self) -> Preset:
        """The preset it was recognised by."""
        return self.formats.preset

    @property
    def columns(self) -> dict[str, str]:
        """Role to column name, from the first source with it; kept ones by KEPT_PREFIX + name."""
        names: dict[str, str] = {}
        for layout in (source.layout for source in self.sources):
            for role, place in layout.places.items():
                names.setdefault(role, layout.header[place].strip())
        return names

    @property
    def roles(self) -> dict[str, str]:
        """The `columns` that play a role."""
        return {
            role: name for role, name in self.columns.items() if not role.startswith(KEPT_PREFIX)
        }

    @property
    def kept(self) -> list[str]:
        """The `columns` that are only carried through."""
        return [name for role, name in self.columns.items() if role.startswith(KEPT_PREFIX)]

    @property
    def remote(self) -> str | None:
        """The cluster of its tables; None where it has none."""
        tables = (source for source in self.sources if isinstance(source, TableSource))
        return next((source.table.remote for source in tables), None)

    def with_detail(self, detail: Detail) -> Export:
        """The same export without the columns that are not wanted."""
        sources = (
            source.with_layout(places=detail.places(source.layout.places))
            for source in self.sources
        )
        return replace(self, sources=tuple(sources))


KNOWN_EXPORT: Final = ErrorContext[Export]()
"""The export as far as it was found before an error."""


def detect_formats(sources: Sequence[Source], asked: Asked, preset: Preset = GENERIC) -> Export:
    """Detect how dates and numbers are written, by a sample or, if it is ambiguous, by all rows."""
    if asked.timezone:
        check_zone(asked.timezone)
    if preset.timezone:
        check_zone(preset.timezone, f"preset {preset.name}: timezone")
    size = max(SAMPLE_BYTES // len(sources), _LEAST_SAMPLE_BYTES)
    export = Export(tuple(sources), Formats(preset=preset), asked)
    names = {role: name for role, name in export.roles.items() if role in NUMBER_ROLES}
    in_cents = frozenset(role for role, name in names.items() if is_in_cents(name)) - {"quantity"}
    export = replace(export, formats=replace(export.formats, in_cents=in_cents))
    jobs = (itertools.islice(source.jobs(block_bytes=size), 1) for source in sources)
    firsts = (job() for first in jobs for job in first)
    fills = FillCounts()
    with KNOWN_EXPORT.attached(export):
        counts = format_inference.count_formats(counting_fills(firsts, fills))
        export = _with_fill_down(export, fills)
    with KNOWN_EXPORT.attached(export):
        # A first day of nothing but 01/01/2024 decides nothing about the days that follow it.
        if not asked.date_format and format_inference.is_undecided(counts):
            return scan_fully(export)
        try:
            detected = _with_formats(export, counts)
        except AmbiguousInputError:
            return scan_fully(export)
        return scan_fully(export) if detected.formats.quantities else detected


def _with_fill_down(export: Export, fills: FillCounts) -> Export:
    """The export with the roles to fill down, if only the first row of an order has their cells.

    The preset decides, or the first rows of files; the rows of database tables have no order.
    """
    preset, sources = export.preset, export.sources
    carry_down: tuple[str, ...] = ()
    if preset.carry_down and "order_id" in sources[0].layout.places:
        # A heading is a name alone, and what is below it the orders of that customer.
        others = () if preset.undated == "blank" else CONTACT_COLUMNS
        carry_down = (*preset.carry_down, *others)
    is_ordered = all(isinstance(source, (FileSource, FrameSource)) for source in sources)
    roles, is_unclear = roles_to_fill_down(fills) if is_ordered else ((), False)
    if not preset.columns:
        # An empty date of payment means that the row is not paid.
        paid = "paid", "payment", "tanggalpembayaran", normalized("결제")
        is_paid_on = normalized(export.columns["ordered_at"]).startswith(paid)
        carry_down = () if is_paid_on and "ordered_at" in roles else roles
    elif carry_down and "order_id" in roles and fills["lacks_number"]:
        carry_down = ("order_id", *carry_down)  # plugins can leave numbers of orders out too
    sources = tuple(source.with_layout(fill_down=carry_down) for source in sources)
    may_need_fill_down = is_unclear and not preset.columns
    return replace(export, sources=sources, may_need_fill_down=may_need_fill_down)


def scan_fully(export: Export) -> Export:
    """Detect the formats from all rows."""
    batches = (job() for source in export.sources for job in source.jobs())
    counts = format_inference.count_formats(batches)
    detected = _with_formats(export, counts)
    other_dates = format_inference.likely_format_of_unread_dates(counts, detected.formats.dates)
    return replace(detected, is_fully_scanned=True, other_dates=other_dates)


def _with_formats(export: Export, counts: format_inference.FormatCounts) -> Export:
    asked = export.asked
    counts = format_inference.counts_given_header(counts, export.sources[0].layout.header)
    with errors_naming(export.name):
        if asked.date_format:
            dates = parse_date_format(asked.date_format)
        elif not counts["dates"]:
            dates = ISO  # typed dates only, or no date at all, for which rows are then rejected
        else:
            column = export.columns["ordered_at"]
            dates = format_inference.infer_date_format(counts, column, usual=export.preset.dates)
        numbers = format_inference.infer_number_format(counts, asked)
    quantities = format_inference.infer_quantity_format(counts, numbers, asked)
    dates = with_time_zone(dates, asked.timezone, export.preset.timezone)
    formats = replace(export.formats, dates=dates, numbers=numbers, quantities=quantities)
    return replace(export, formats=formats)


def sources_of(source: Any, asked: Asked, roles: Roles = EXPORT) -> SourcesAndNotices:  # noqa: ANN401
    """The sources that a path, paths or a frame stand for, and notices on files passed over."""
    if isinstance(source, (str, os.PathLike)):
        source = [source]
    if is_frame(source):
        return [_source_of_frame(source, asked, roles)], ()
    is_sequence = isinstance(source, Sequence)
    if not is_sequence or not all(isinstance(path, (str, os.PathLike)) for path in source):
        kind = type(source).__name__ + " of other things" * is_sequence
        what = f"a source is a path, paths, a frame, or a list of dicts, not a {kind}"
        hint = "Pass one of these: frames in one (pandas.concat), lazy ones collected."
        raise InputError(what, hint)
    stored, paths = split_sources([os.fspath(path) for path in source], asked)
    tables = [source_of_stored(table, asked, roles) for table in stored]
    if stored and not paths:
        return tables, ()
    files = list_export_files(paths, asked.max_bytes)
    if len(files) == 1 or asked.strict:
        return [*tables, *(source_of_file(file, asked, roles) for file in files)], ()
    readable, passed_over = _readable_files(files, asked, roles)
    return [*tables, *readable], passed_over


def _readable_files(files: Sequence[ExportFile], asked: Asked, roles: Roles) -> SourcesAndNotices:
    """The files that hold tables, and a notice on each that is passed over because it has none."""
    sources: list[Source] = []
    refused: dict[str, InputError] = {}
    for file in files:
        try:
            sources.append(source_of_file(file, asked, roles))
        except InputError as error:
            what: str = error.args[0]
            if not isinstance(error, NoTableError):
                known = KNOWN_LAYOUT.of(error)
                dialect = known.dialect if known else None
                if dialect is None or not dialect.has_no_columns:
                    raise
                what = f"{what.partition(': ')[0]}: it is no table"
            refused[what] = error
    if not sources:
        raise next(iter(refused.values()))
    return sources, tuple(f"Passed over: {what} (--strict stops here)." for what in refused)


def _source_of_frame(frame: Any, asked: Asked, roles: Roles) -> Source:  # noqa: ANN401
    """A frame as it is; a stream is spooled: it can be read only once, and may exceed memory."""
    library = type(frame).__module__.partition(".")[0]
    is_held = library in _FRAMES and not isinstance(frame, pa.RecordBatchReader)
    if is_held or not is_arrow_stream(frame):
        table = table_of(frame)
        return FrameSource("table", typed_layout(table.schema, asked, "table", roles), table)
    try:
        reader = pa.RecordBatchReader.from_stream(frame)
        layout = typed_layout(reader.schema, asked, "table", roles)
        return StreamSource("table", layout, spool_batches(reader, "table", read.BATCH_ROWS))
    except pa.ArrowException:
        raise mixed_types_error() from None


def source_of_file(file: ExportFile, asked: Asked, roles: Roles = EXPORT) -> Source:
    """A file with its layout detected."""
    try:
        detect_layout = parquet_layout if file.kind == "parquet" else text_layout
        return FileSource(file, detect_layout(file, asked, roles))
    except InputError as error:
        layout = KNOWN_LAYOUT.of(error) or FileLayout((), {})
        KNOWN_EXPORT.attach(error, Export((FileSource(file, layout),), Formats(), asked))
        raise


def check_same_roles(sources: Sequence[Source]) -> None:
    """Check that all files of an export offer the same roles, and money in the same unit."""
    first = sources[0]
    for source in sources[1:]:
        differing = (source.layout.places.keys() ^ first.layout.places.keys()) - MAY_LACK
        if roles := ", ".join(sorted(differing)):
            what = f"{source.name} and {first.name} differ: only one of them has {roles}"
            raise InputError(what, "Name the columns with --column, or read the files apart.")
    names = [source.layout.header[source.layout.places[role]] for source in sources
             for role in ("amount", "unit_price") if role in source.layout.places]  # fmt: skip
    units = distinct_currencies(currency_code(unit) for unit in map(unit_behind, names) if unit)
    if len(units) > 1 and "currency" not in first.layout.places:
        what = f"{first.name} and other files differ: money in {' and '.join(sorted(units))}"
        raise AmbiguousInputError(what, "Read the files apart.")
    if len({is_in_cents(name) for name in names}) > 1:
        what = f"{first.name} and other files differ: only some have money in cents"
        raise AmbiguousInputError(what, "Read the files apart.")
