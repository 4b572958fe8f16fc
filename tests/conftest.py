"""What several test files need: real data, files to write, how hard Hypothesis tries."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager, nullcontext
from itertools import count
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest
from hypothesis import settings

from rfmtool.engines import local
from rfmtool.pipeline import run
from rfmtool.settings import Settings
from rfmtool.sources import read
from rfmtool.sources.layout import Detail

pytest_plugins = ["servers"]

# Shells start jobs in the background, and nohup starts anything, with signals ignored; what tests
# start would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
for _name in ("SIGHUP", "SIGQUIT"):
    if hasattr(signal, _name):
        signal.signal(getattr(signal, _name), signal.SIG_DFL)

# Derandomized, so that a red test is red for everybody and stays red until it is mended.
settings.register_profile("suite", deadline=None, max_examples=30, derandomize=True)
# Before a release: HYPOTHESIS_PROFILE=thorough pytest
settings.register_profile("thorough", deadline=None, max_examples=1_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))


def pytest_cmdline_main(config):
    """Give each process tests that stand together, so that what they share is made once."""
    if config.getoption("dist", "no") == "load":
        config.option.dist = "worksteal"


DUCKDB = local.duckdb
IN_DETAIL = Settings(detail=Detail("product", cost=False, contacts=False, entries=True))
SHARED = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture(scope="session", autouse=True)
def one_database():
    """Groupings borrow one database and have a catalog each, because opening one takes longest.

    What memory there is is asked anew each time; `own_database` opens one each time.
    """
    numbers = count()
    with DUCKDB.connect() as root, pytest.MonkeyPatch.context() as patch:

        @contextmanager
        def borrowed():
            name = f"grouping_{next(numbers)}"
            try:
                with root.cursor() as cursor:
                    cursor.execute(f"reset memory_limit; attach ':memory:' as {name}; use {name}")
                    yield cursor
            finally:
                root.cursor().execute(f"detach {name}")

        borrowing = ModuleType("duckdb")
        borrowing.__dict__.update(vars(DUCKDB), connect=borrowed)
        patch.setattr(local, "duckdb", borrowing)
        yield


@pytest.fixture
def own_database(monkeypatch):
    """Let each grouping open a database of its own, as outside of tests."""
    monkeypatch.setattr(local, "duckdb", DUCKDB)


@pytest.fixture(scope="session")
def real_data():
    """The path of a file or folder of real data; skips where the data is not there."""

    def find(name):
        if not (SHARED / name).exists():
            pytest.skip(f"the real data {name} is not in ../shared/data")
        return SHARED / name

    return find


@pytest.fixture
def in_blocks(monkeypatch):
    """Have files of text read in blocks of so many bytes, the sample included."""
    text_jobs = read.text_jobs

    def cut(block_bytes):
        monkeypatch.setattr(read, "text_jobs", lambda *asked: text_jobs(*asked[:3], block_bytes))

    return cut


@pytest.fixture
def cannot_spill(monkeypatch, own_database):  # noqa: ARG001 - which has not spilled elsewhere
    """Afterwards what does not fit into memory fails, for want of a place on disk."""
    nowhere = Path(os.devnull)
    return lambda: monkeypatch.setattr(
        local, "scratch_folder", lambda prefix: nullcontext(nowhere / prefix)
    )


@pytest.fixture(scope="session")
def online_retail_file(real_data, tmp_path_factory):
    """Online Retail, whose days are a file each, as one file, which takes a tenth of the time."""
    days = [path.read_bytes().partition(b"\n") for path in real_data("online_retail").glob("*.csv")]
    path = tmp_path_factory.mktemp("online_retail") / "online_retail.csv"
    path.write_bytes(b"\n".join([days[0][0], b"".join(lines for _, _, lines in days)]))
    return path


@pytest.fixture(scope="session")
def online_retail(online_retail_file):
    """The result of a run on Online Retail, products and entries kept."""
    return run(online_retail_file, settings=IN_DETAIL)


@pytest.fixture(scope="session")
def cdnow(real_data):
    """The result of a run on CDNOW, which is handed over as a frame."""
    kinds = {"customer_id": str, "date": str}
    frame = pd.read_csv(real_data("cdnow/CDNOW_master.txt"), sep=r"\s+", dtype=kinds)
    return run(frame, columns={"amount": "dollar_value"}, settings=IN_DETAIL)


@pytest.fixture
def write(tmp_path):
    """Write a file from text, bytes or lines, and give its path."""

    def write_file(content, name="export.csv"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, list):
            content = "".join(f"{line}\n" for line in content)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write_file


@pytest.fixture(scope="session")
def scratch(tmp_path_factory):
    """A folder for the files of a property's examples, each of which overwrites the last."""
    return tmp_path_factory.mktemp("examples")
