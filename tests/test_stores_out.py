"""A run's folder in an object store: readers see the old run or the new, and it remembers."""

import json
import os
import signal

import pytest
from editions import STEP
from pyarrow import fs
from shell import SHOP, python, rfmtool

from rfmtool.errors import ForeignFolderError, InputError, SystemFailureError
from rfmtool.stores import writing
from rfmtool.stores.urls import parse_store_url
from rfmtool.stores.writing import LATEST_FILE, fetch_latest, publishing_run

pytestmark = pytest.mark.services
FILES = [f"lists/{number:02}.csv" for number in range(28)]


@pytest.fixture
def place(s3, request):
    """A folder of the store for each test."""
    assert s3
    return f"s3://shops/out/{request.node.name.replace('[', '-').replace(']', '')}"


def run_folder(folder, text, files=FILES):
    """A small run's folder, of thirty files."""
    for name in files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (folder / "customers.csv").write_text(text)
    outputs = [{"name": name} for name in (*files, "customers.csv")]
    manifest = {"tool": "rfmtool", "kind": "run", "as_of": "2024-01-01", "text": text,
                "outputs": outputs}  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def latest_of(s3, place):
    """What says which run is the latest."""
    with s3.open_input_stream(f"{place.removeprefix('s3://')}/{LATEST_FILE}") as stream:
        return json.loads(stream.read())


def publish(url, folder):
    with publishing_run(parse_store_url(url), folder):
        pass


def seen(url, folder):
    """What a reader finds there: the one text of all files."""
    fetch_latest(parse_store_url(url), folder)
    [text] = {path.read_text() for path in folder.rglob("*.csv")}
    return text


def test_a_run_stands_in_a_store_and_remembers_the_one_before(place, s3, tmp_path):
    (tmp_path / "shop.csv").write_text(SHOP)
    words = ["run", tmp_path / "shop.csv", "-o", place, "--quiet", "--no-page"]

    for more in (["--as-of", "2024-04-30"], []):
        done = rfmtool(*words, *more)
        assert (done.exit_code, done.output) == (0, "")

    fetch_latest(parse_store_url(place), tmp_path / "here")
    shown = rfmtool("report", tmp_path / "here")
    assert shown.exit_code == 0, shown.stderr
    assert (tmp_path / "here" / "changes.csv").read_text().count("\n") > 1
    assert (tmp_path / "here" / "previous" / "summary.json").is_file()
    latest = latest_of(s3, place)
    assert latest["as_of"] == "2024-05-20"
    assert latest["run"].startswith("2024-05-20-")


def test_a_folder_a_database_and_a_store_hold_the_same_run(place, tmp_path):
    (tmp_path / "shop.csv").write_text(SHOP)
    places = [word for one in (tmp_path / "out", f"duckdb:{tmp_path / 'x.duckdb'}", place)
              for word in ("-o", one)]  # fmt: skip

    done = rfmtool("run", tmp_path / "shop.csv", *places, "--quiet", "--no-page")

    assert (done.exit_code, done.output) == (0, "")
    fetch_latest(parse_store_url(place), tmp_path / "here")
    for name in ("customers.csv", "manifest.json"):
        assert (tmp_path / "here" / name).read_bytes() == (tmp_path / "out" / name).read_bytes()


def test_a_run_that_fails_leaves_the_one_before(place, tmp_path):
    publish(place, run_folder(tmp_path / "old", "old", FILES[:3]))

    with (
        pytest.raises(ZeroDivisionError),
        publishing_run(parse_store_url(place), run_folder(tmp_path / "new", "new")),
    ):
        raise ZeroDivisionError

    assert seen(place, tmp_path / "here") == "old"


def test_whoever_fails_at_any_point_leaves_the_run_before(place, s3, tmp_path, monkeypatch):
    publish(place, run_folder(tmp_path / "old", "old"))
    before = latest_of(s3, place)
    new, stream = run_folder(tmp_path / "new", "new"), writing.stream_into

    for point in range(0, 31, STEP):  # the last is the word that all else stands
        left = [None] * point

        def breaking(*words, left=left):
            if not left:
                raise OSError("AWS Error NETWORK_CONNECTION during PutObject operation: hush")
            left.pop()
            return stream(*words)

        monkeypatch.setattr(writing, "stream_into", breaking)
        with pytest.raises(SystemFailureError, match="cannot be reached") as raised:
            publish(place, new)

        assert "hush" not in str(raised.value)
        assert latest_of(s3, place) == before

    monkeypatch.setattr(writing, "stream_into", stream)
    publish(place, new)
    assert seen(place, tmp_path / "here") == "new"


KILLED = """
import os, signal, sys
from pathlib import Path
from rfmtool.stores import writing
from rfmtool.stores.urls import parse_store_url

left, stream = [None] * int(sys.argv[3]), writing.stream_into
def killed(*words):
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)
    left.pop()
    return stream(*words)
writing.stream_into = killed
with writing.publishing_run(parse_store_url(sys.argv[1]), Path(sys.argv[2])):
    pass
"""


@pytest.mark.parametrize("point", [0, 4, 5])
def test_whoever_is_killed_leaves_the_run_before(place, tmp_path, point):
    publish(place, run_folder(tmp_path / "old", "old", FILES[:3]))
    new = run_folder(tmp_path / "new", "new", FILES[:3])

    done = python("-c", KILLED, place, new, str(point))

    assert done.returncode == -signal.SIGKILL
    assert seen(place, tmp_path / "here") == "old"


def test_what_says_which_run_is_the_latest_must_be_ours(place, s3, tmp_path):
    with s3.open_output_stream(f"{place.removeprefix('s3://')}/{LATEST_FILE}") as stream:
        stream.write(b'{"run": "../elsewhere"}')

    with pytest.raises(ForeignFolderError, match="no run of rfmtool wrote"):
        fetch_latest(parse_store_url(place), tmp_path / "here")

    done = rfmtool("run", os.devnull, "-o", place)  # told before anything is read
    assert done.exit_code == 2


def test_a_run_that_lost_a_file_is_not_taken_up(place, s3, tmp_path):
    publish(place, run_folder(tmp_path / "old", "old", FILES[:3]))
    run = next(info for info in s3.get_file_info(
        fs.FileSelector(place.removeprefix("s3://"), recursive=True)
    ) if info.base_name == "customers.csv")  # fmt: skip
    s3.delete_file(run.path)

    with pytest.raises(InputError, match=r"lacks customers\.csv"):
        fetch_latest(parse_store_url(place), tmp_path / "here")


@pytest.mark.usefixtures("s3")
def test_a_bucket_that_is_not_there_is_told_at_once():
    done = rfmtool("run", os.devnull, "-o", "s3://nobodys/out")

    assert done.exit_code == 2
    assert "s3://nobodys/out" in done.stderr
