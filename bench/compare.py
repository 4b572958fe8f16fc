"""Time rfmtool against hand-written scripts: the same job, the whole `score`, and `run -o`.

Every contender is a process of its own. They take turns (A B C, A B C, ...), so that a busy minute
of the machine hits all of them; the table shows medians. At the end both answers of `score` are
compared with that of DuckDB doing the very same job.
"""

import argparse
import importlib.metadata
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from processes import Measure, RunFailed, measure, medians

# Nothing heavy is imported here: a child's peak memory is never counted below its parent's.
HERE = Path(__file__).parent
RFMTOOL = [sys.executable, "-m", "rfmtool"]
YARDSTICK = "duckdb_same"
FLOOR = "scan_floor"  # only reads
SELECT, SCORE, RUN = "select", "score", "run"
OURS = (SELECT, SCORE, RUN)
CONTENDERS = (*OURS, YARDSTICK, "duckdb_usual", "polars_usual", "pandas_usual", FLOOR)
# What the script of the yardstick writes, in its order.
SAME_COLUMNS = (
    "customer_id,stage,segment,rfm,rfm_total,recency_score,frequency_score,monetary_score,"
    "recency_days,frequency,monetary,first_order_on,last_order_on,order_days,average_order,refunds"
)
FORMATS = ("csv", "parquet")
LIBRARIES = ("rfmtool", "duckdb", "polars", "pandas", "pyarrow", "numpy")
STARTS = 7
GIB = 1 << 30
READ_BYTES = 8 << 20


def command(contender: str, source: Path, out: Path) -> list[str]:
    """Return the command line by which a contender scores `source` into `out`."""
    if contender in OURS:
        words = ["score", "--select", SAME_COLUMNS] if contender == SELECT else [contender]
        return [*RFMTOOL, *words, str(source), "-o", str(out), "--quiet"]
    return [sys.executable, str(HERE / "peers" / f"{contender}.py"), str(source), str(out)]


def insist_on(out: Path) -> None:
    """Check that there is an answer.

    Raises:
        RunFailed: there is none.
    """
    if not out.exists():
        raise RunFailed("exit 0, but nothing was written")


def remove(out: Path) -> None:
    """Take an answer away, a file or a folder."""
    if out.is_dir():
        shutil.rmtree(out)
    else:
        out.unlink(missing_ok=True)


def take_turns(
    contenders: Sequence[str], source: Path, outs: dict[str, Path], runs: int
) -> tuple[dict[str, list[Measure]], dict[str, str]]:
    """Run every contender `runs` times, in turns; one that fails drops out.

    Returns the measures of those that finished, and what the others said.
    """
    measures: dict[str, list[Measure]] = {contender: [] for contender in contenders}
    failures: dict[str, str] = {}
    for turn in range(1, runs + 1):
        for contender in list(measures):
            remove(outs[contender])
            try:
                taken = measure(command(contender, source, outs[contender]))
                if contender != FLOOR:
                    insist_on(outs[contender])
            except RunFailed as failure:
                failures[contender] = str(failure)
                del measures[contender]
                said = "failed"
            else:
                measures[contender].append(taken)
                said = f"{taken.wall_s:.2f} s"
            progress(f"{source.name}, run {turn} of {runs}: {contender} {said}")
    return measures, failures


def table(measures: dict[str, list[Measure]], failures: dict[str, str]) -> Iterator[str]:
    """Lines of the table: medians, the range of the wall time, ratios to the yardstick."""
    yield (
        f"{'contender':<14}{'wall s':>8}{'from-to':>15}{'CPU s':>8}{'peak MiB':>10}"
        f"   x {YARDSTICK}: {'wall':>5}{'CPU':>7}{'peak':>7}"
    )
    base = medians(measures[YARDSTICK]) if YARDSTICK in measures else None
    for contender, taken in measures.items():
        mid = medians(taken)
        walls = [each.wall_s for each in taken]
        spread = f"{min(walls):.2f}-{max(walls):.2f}"
        ratios = (
            f"{mid.wall_s / base.wall_s:>21.2f}{mid.cpu_s / base.cpu_s:>7.2f}"
            f"{mid.peak_mib / base.peak_mib:>7.2f}"
            if base
            else ""
        )
        yield (
            f"{contender:<14}{mid.wall_s:>8.2f}{spread:>15}{mid.cpu_s:>8.2f}{mid.peak_mib:>10,.0f}"
            f"{ratios}"
        )
    for contender, said in failures.items():
        yield f"{contender:<14}  FAILED, {said}"


def version(library: str) -> str:
    """Return the installed version of a library."""
    try:
        return importlib.metadata.version(library)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def machine() -> Iterator[str]:
    """Lines that say where the figures come from."""
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count()
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / GIB
    yield (
        f"{cores} cores, {memory:.0f} GiB memory, {platform.system()} {platform.machine()}, "
        f"load {os.getloadavg()[0]:.1f} before the start"
    )
    versions = ", ".join(f"{library} {version(library)}" for library in LIBRARIES)
    yield f"Python {platform.python_version()}, {versions}"


def start_time() -> str:
    """Say how long `rfmtool --help` takes, beside a Python that does nothing.

    Raises:
        RunFailed: rfmtool did not start.
    """
    measure([*RFMTOOL, "--help"])  # the first start writes the bytecode
    ours = medians([measure([*RFMTOOL, "--help"]) for _ in range(STARTS)])
    bare = medians([measure([sys.executable, "-c", ""]) for _ in range(STARTS)])
    return (
        f"rfmtool --help: {ours.wall_s * 1000:.0f} ms, of which Python itself "
        f"{bare.wall_s * 1000:.0f} ms (medians of {STARTS})"
    )


def generated(options: argparse.Namespace) -> dict[str, Path]:
    """Return the source of every format, generating what is not there."""
    order = "-shuffled" if options.shuffle else ""
    stem = options.folder / f"{options.orders}-orders-{options.customers}-customers{order}"
    sources = {kind: stem.with_name(f"{stem.name}.{kind}") for kind in options.formats}
    if missing := [kind for kind, source in sources.items() if not source.exists()]:
        progress(f"generating {' and '.join(missing)} in {options.folder} ...")
        words = [sys.executable, str(HERE / "generate.py"), str(stem)]
        words += ["--orders", str(options.orders), "--customers", str(options.customers)]
        words += ["--formats", ",".join(missing)]
        words += ["--shuffle"] if options.shuffle else []
        # In a process of its own: see the note on memory at the imports.
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    return sources


def warm(source: Path) -> None:
    """Read a file once, so that the first contender does not pay for the disk."""
    with source.open("rb", buffering=0) as file:
        while file.read(READ_BYTES):
            pass


def verdict(ours: Path, theirs: Path) -> tuple[bool, list[str]]:
    """Compare two answers; return whether they are the same, and the lines that say so."""
    from answers import differences, read_answer, totals

    try:
        left, right = read_answer(ours), read_answer(theirs)
    except ValueError as problem:
        return False, [f"no comparison: {problem}"]
    if found := list(differences(left, right)):
        return False, [f"rfmtool (left) and {YARDSTICK} (right) differ", *found]
    counts = totals(left)
    facts = ", ".join(f"{counts[name]:,} {name}" for name in ("customers", "orders", "order days"))
    return True, [f"same answer: {facts}, revenue, segments and every score"]


def progress(text: str) -> None:
    """Say on stderr how far we are."""
    print(text, file=sys.stderr, flush=True)


def choice_of(allowed: Sequence[str], text: str) -> list[str]:
    """Read a comma-separated choice; the order is that of `allowed`."""
    chosen = text.split(",")
    if unknown := set(chosen) - set(allowed):
        names = ", ".join(sorted(unknown))
        raise argparse.ArgumentTypeError(f"unknown: {names} (there are {', '.join(allowed)})")
    return [name for name in allowed if name in chosen]


def out_name(contender: str, kind: str) -> str:
    """The name of what a contender writes: a folder of `run`, else a table."""
    return f"{contender}-from-{kind}{'' if contender == RUN else '.csv'}"


def positive(text: str) -> int:
    """Read a whole number of at least 1."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError("a whole number of at least 1 is needed")
    return int(text)


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--orders", type=positive, default=2_200_000)
    parser.add_argument("--customers", type=positive, default=500_000)
    parser.add_argument("--shuffle", action="store_true", help="the lines in random order")
    parser.add_argument("--runs", type=positive, default=3, help="turns for each contender")
    parser.add_argument(
        "--formats", type=lambda text: choice_of(FORMATS, text), default=list(FORMATS)
    )
    parser.add_argument(
        "--only",
        metavar="NAME,...",
        type=lambda text: choice_of(CONTENDERS, text),
        default=list(CONTENDERS),
        help=f"of {', '.join(CONTENDERS)}",
    )
    parser.add_argument(
        "--folder", type=Path, default=Path("build/bench"), help="where the data is kept"
    )
    return parser.parse_args()


def main() -> int:
    """Measure, print, compare the answers; 1 when something failed or differs."""
    options = arguments()
    facts = list(machine())  # before our own work shows in the load
    sources = generated(options)
    outs = {
        kind: {name: options.folder / out_name(name, kind) for name in options.only}
        for kind in sources
    }
    print(f"{options.orders:,} orders, {options.customers:,} customers at most", end="")
    print(", lines in random order" if options.shuffle else ", lines in order of time")
    print(*facts, sep="\n")
    print(
        "Timings are of whole processes: interpreter, imports, reading, the job, writing.\n"
        f"Medians of {options.runs}, contenders in turns, source files in the page cache."
    )
    good = True
    if not {*OURS}.isdisjoint(options.only):
        try:
            print(start_time())
        except RunFailed as failure:
            print(f"rfmtool --help: FAILED, {failure}")
            good = False

    finished: dict[str, set[str]] = {}
    for kind, source in sources.items():
        warm(source)
        measures, failures = take_turns(options.only, source, outs[kind], options.runs)
        print(f"\n{kind}, {source.stat().st_size / 1e6:,.0f} MB")
        print(*table(measures, failures), sep="\n", flush=True)
        finished[kind] = set(measures)
        good = good and not failures

    # Last of all, because the comparison needs memory (see the note at the imports).
    print()
    for kind, names in finished.items():
        for name in (SELECT, SCORE):
            if names >= {name, YARDSTICK}:
                same, said = verdict(outs[kind][name], outs[kind][YARDSTICK])
                good = good and same
            else:
                said = [f"not compared: that takes {name} and {YARDSTICK}, both finished"]
            print(f"{kind}, {name}: ", "\n  ".join(said), sep="")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
