"""A set of files appears whole or not at all, whatever fails and whenever."""

import contextlib
import errno
import os
import signal
import stat
import sys
import threading
from pathlib import Path

import faults
import pytest
from faults import FILES, SET, Fault, write_set
from hypothesis import given
from hypothesis import strategies as st
from shell import files_of, names_in, python

from rfmtool.errors import ForeignFolderError, SystemFailureError, UsageError
from rfmtool.outputs import lock as lock_of
from rfmtool.outputs import publish
from rfmtool.outputs.files import file_stems
from rfmtool.outputs.publish import published_file, published_folder
from rfmtool.outputs.system_errors import system_failures

pytestmark = pytest.mark.long

LINUX = sys.platform == "linux"


def word_of(folder):
    """The word that all files of a set hold; anything but one whole set fails."""
    assert files_of(folder) == sorted(SET)
    words = {(folder / name).read_text() for name in FILES}
    assert len(words) == 1
    return words.pop()


def leftovers(folder):
    return [name for name in names_in(folder.parent) if name != folder.name]


@pytest.fixture(params=["exchange", "two renames"])
def out(request, tmp_path, monkeypatch):
    """Where an old set stands; with two renames where the system cannot exchange folders."""
    if request.param == "exchange" and not LINUX:
        pytest.skip("only Linux exchanges folders in one step")
    if request.param == "two renames":
        monkeypatch.setattr(publish, "_exchanged_in_one_step", lambda *_: False)
    write_set(tmp_path / "out", "old")
    return tmp_path / "out"


# A folder ----------------------------------------------------------------------------------------


def test_a_set_takes_the_place_of_the_one_before(out):
    write_set(out, "new")
    assert word_of(out) == "new"
    assert not leftovers(out)


def test_an_error_while_writing_leaves_the_old_set(out):
    with pytest.raises(TypeError), published_folder(out) as place:  # noqa: PT012
        (place / "customers.csv").write_text("half")
        (place / "scales.json").write_text(b"no text")
    assert word_of(out) == "old"
    assert not leftovers(out)


@pytest.mark.parametrize("publish_at", [published_folder, published_file])
def test_what_fails_while_reading_is_not_said_of_the_place_written_to(tmp_path, publish_at):
    with pytest.raises(OSError, match="elsewhere"), publish_at(tmp_path / "out"):
        raise OSError(errno.EIO, "Input/output error", "elsewhere")
    assert not files_of(tmp_path)


def test_folders_on_the_way_are_made_and_taken_away_again_when_it_comes_to_nothing(tmp_path):
    with pytest.raises(RuntimeError), published_folder(tmp_path / "a" / "b" / "c"):
        raise RuntimeError
    assert not files_of(tmp_path)
    write_set(tmp_path / "a" / "b" / "c", "new")
    assert word_of(tmp_path / "a" / "b" / "c") == "new"


@pytest.fixture(scope="session")
def fault():
    """An audit hook that stays for good, and is idle unless told otherwise."""
    hook = Fault()
    sys.addaudithook(hook)
    yield hook
    hook.left = 0


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EIO])
def test_whatever_step_fails_the_old_set_or_the_new_one_is_there(out, fault, number):
    def fail():
        raise OSError(number, os.strerror(number))

    fault.below, fault.act = os.fspath(out.parent), fail
    failed, step, reached = 0, 0, True
    while reached:
        write_set(out, "old")
        step += 1
        fault.left = step
        try:
            write_set(out, "new")
        except SystemFailureError:
            failed += 1
        finally:
            reached, fault.left = not fault.left, 0
        if not out.exists():  # between the two renames: the next run brings it back
            assert any(".rfmtool-old" in name for name in leftovers(out))
        else:
            assert word_of(out) in ("old", "new")
        write_set(out, "next")
        assert word_of(out) == "next"
        assert not leftovers(out)
    assert failed > 5


@pytest.mark.parametrize("name", ["fsync", "replace"])
def test_a_disk_that_fails_to_flush_leaves_the_old_file_and_the_old_set(out, name, monkeypatch):
    def fail(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    path = out / "customers.csv"
    with monkeypatch.context() as patch:
        patch.setattr(os, name, fail)
        with pytest.raises(SystemFailureError, match="Free some space"), published_file(path) as to:
            to.write(b"new")
        if name == "fsync":
            with pytest.raises(SystemFailureError, match="Free some space"):
                write_set(out, "new")
    assert word_of(out) == "old"
    assert not leftovers(out)


@pytest.mark.skipif(not LINUX, reason="SIGKILL is Unix; one system is enough")
@pytest.mark.parametrize("two_renames", [False, True], ids=["exchange", "two renames"])
def test_a_kill_at_any_step_leaves_one_whole_set_and_the_next_run_cleans_up(tmp_path, two_renames):
    out = tmp_path / "out"
    write_set(out, "old")
    for step in range(1, 40):
        child = python(faults.__file__, "set", out, str(two_renames), str(step))
        if two_renames and not out.exists():
            assert (tmp_path / ".out.rfmtool-old").is_dir()
        else:
            assert word_of(out) in ("old", "new")
        if child.returncode == 0:
            break
        assert child.returncode == -signal.SIGKILL
        write_set(out, "old")
        assert word_of(out) == "old"
        assert not leftovers(out)
    assert step > 15


@pytest.mark.skipif(not LINUX, reason="another way to hold a place is used elsewhere")
def test_the_second_of_two_runs_is_told_to_wait(out):
    with (
        published_folder(out),
        pytest.raises(SystemFailureError, match="another run is writing it"),
        published_folder(out),
    ):
        pass
    write_set(out, "new")
    assert word_of(out) == "new"


@pytest.mark.parametrize("name", [".out.rfmtool-new-mine", ".out.rfmtool-new-abcdefgh",
                                  ".out.rfmtool-old", ".other", "out.csv"])  # fmt: skip
def test_what_stands_beside_and_only_looks_like_ours_stays(out, name):
    beside = out.parent / name
    beside.mkdir()
    (beside / "thesis").write_text("precious")
    with contextlib.suppress(SystemFailureError):  # where the old set would have to go there
        write_set(out, "new")
    assert (beside / "thesis").read_text() == "precious"
    assert word_of(out) in ("old", "new")


def test_a_link_that_stands_where_a_scratch_folder_might_is_not_followed(out):
    (out.parent / ".out.rfmtool-new-abcdefgh").symlink_to(out)
    write_set(out, "new")
    assert word_of(out) == "new"


def test_an_interrupt_as_the_lock_is_taken_leaves_none(out, monkeypatch):
    take = lock_of._lock  # noqa: SLF001 - the moment that nobody can wait for

    def taken(*where):
        handle = take(*where)
        signal.pthread_kill(threading.get_ident(), signal.SIGINT)
        return handle

    monkeypatch.setattr(lock_of, "_lock", taken)
    with pytest.raises(KeyboardInterrupt), published_folder(out):
        pass
    assert names_in(out.parent) == ["out"]


@pytest.mark.parametrize("kind", ["link", "folder", "pipe"])
def test_what_is_no_file_in_the_place_of_the_lock_is_named_and_nothing_is_made(out, kind):
    lock, elsewhere = out.parent / ".out.rfmtool-lock", out.parent / "elsewhere"
    make = {"link": lambda: lock.symlink_to(elsewhere), "folder": lock.mkdir,
            "pipe": lambda: os.mkfifo(lock)}[kind]  # fmt: skip
    make()
    with pytest.raises(SystemFailureError, match="rfmtool-lock: stands where the lock"):
        write_set(out, "new")
    assert not elsewhere.exists()
    assert word_of(out) == "old"


# What is not ours --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["mine.txt", "segments/mine.txt", ".hidden"])
def test_a_file_of_the_users_comes_along_untouched(out, name):
    (out / name).write_text("precious")
    (out / name).chmod(0o640)
    before = (out / name).stat()

    write_set(out, "new")

    assert (out / name).read_text() == "precious"
    after = (out / name).stat()
    assert (after.st_mode, after.st_mtime_ns) == (before.st_mode, before.st_mtime_ns)
    assert (out / "customers.csv").read_text() == "new"
    assert not leftovers(out)


def test_a_folder_of_the_users_comes_along_with_what_it_holds(out):
    (out / "mine" / "deep").mkdir(parents=True)
    (out / "mine" / "deep" / "note").write_text("precious")
    (out / "mine").chmod(0o750)

    write_set(out, "new")

    assert (out / "mine" / "deep" / "note").read_text() == "precious"
    assert stat.S_IMODE((out / "mine").stat().st_mode) == 0o750


def test_a_link_of_the_users_comes_along_as_a_link(out, tmp_path):
    (out / "mine").symlink_to(tmp_path / "elsewhere")
    write_set(out, "new")
    assert (out / "mine").readlink() == tmp_path / "elsewhere"


def test_a_link_where_we_write_a_folder_is_named_and_stays(out, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (out / "segments").rename(tmp_path / "moved")
    (out / "segments").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ForeignFolderError, match="segments"):
        write_set(out, "new")
    assert (out / "segments").is_symlink()
    assert (out / "customers.csv").read_text() == "old"


def test_a_file_of_the_users_whose_name_we_must_write_is_named_and_stays(out):
    (out / "manifest.json").write_text('{"tool": "rfmtool", "outputs": []}')
    with pytest.raises(ForeignFolderError, match=r"customers\.csv"):
        write_set(out, "new")
    assert (out / "customers.csv").read_text() == "old"
    assert not leftovers(out)


@pytest.mark.parametrize("manifest", [None, "{}", "[]", "nonsense", '{"tool": "other"}', "\xff"])
def test_without_a_manifest_of_ours_nothing_in_a_folder_is_ours(out, manifest):
    if manifest is None:
        (out / "manifest.json").unlink()
    else:
        (out / "manifest.json").write_bytes(manifest.encode("latin-1"))
    with pytest.raises(ForeignFolderError, match=r"holds customers\.csv"):
        write_set(out, "new")


def test_an_empty_folder_is_taken(tmp_path):
    (tmp_path / "out").mkdir()
    write_set(tmp_path / "out", "new")
    assert word_of(tmp_path / "out") == "new"


@pytest.mark.parametrize("path", ["file", "file/out", "file/a/b"])
def test_a_file_where_a_folder_should_be_is_refused(tmp_path, path):
    (tmp_path / "file").write_text("precious")
    with pytest.raises((ForeignFolderError, UsageError), match="is a file"):
        write_set(tmp_path / path, "new")
    assert files_of(tmp_path) == ["file"]


@pytest.mark.parametrize(
    ("number", "way_out"), [(errno.ENOENT, "as under /proc"), (errno.ENAMETOOLONG, "shorter")]
)
def test_a_place_where_nothing_can_be_made_is_told_with_a_way_out(tmp_path, number, way_out):
    with (
        pytest.raises(SystemFailureError, match="cannot be written") as raised,
        system_failures(str(tmp_path / "out")),
    ):
        raise OSError(number, os.strerror(number))
    assert way_out in raised.value.hint


def test_a_link_to_a_folder_keeps_pointing_there(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    for word in ("old", "new"):
        write_set(tmp_path / "link", word)
    assert (tmp_path / "link").is_symlink()
    assert word_of(tmp_path / "real") == "new"
    assert names_in(tmp_path) == ["link", "real"]


@pytest.mark.parametrize("mask", [0o000, 0o022])
@pytest.mark.parametrize("there_before", [False, True])
def test_what_is_written_is_its_owners_alone(tmp_path, mask, there_before):
    out, path = tmp_path / "out", tmp_path / "table.csv"
    before = os.umask(mask)
    try:
        if there_before:
            out.mkdir(mode=0o755)
            path.touch()
        write_set(out, "new")
        with published_file(path) as target:
            target.write(b"new")
    finally:
        os.umask(before)
    modes = {stat.S_IMODE((out / name).stat().st_mode) for name in SET if name != "segments"}
    assert modes | {stat.S_IMODE(path.stat().st_mode)} == {0o600}
    assert {stat.S_IMODE(place.stat().st_mode) for place in (out, out / "segments")} == {0o700}


def test_what_is_shared_has_its_old_mode_or_that_of_the_umask(tmp_path):
    before = os.umask(0o027)
    try:
        (tmp_path / "kept").mkdir(mode=0o755)
        for name in ("kept", "made"):
            with published_folder(tmp_path / name, shared=True) as place:
                (place / "a.csv").write_text("new")
        with published_file(tmp_path / "made.csv", shared=True) as target:
            target.write(b"new")
    finally:
        os.umask(before)
    modes = {name: stat.S_IMODE((tmp_path / name).stat().st_mode)
             for name in ("kept", "made", "made/a.csv", "made.csv")}  # fmt: skip
    assert modes == {"kept": 0o750, "made": 0o750, "made/a.csv": 0o640, "made.csv": 0o640}


@pytest.mark.parametrize(
    "name", ["s3://bucket/x", "postgresql://u:secret@h/db", "https:/h/x", "sqlite:shop.db"]
)
def test_a_url_is_no_folder_and_no_file_and_is_not_shown(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    for publish_at in (published_folder, published_file):
        with pytest.raises(UsageError, match="only files and folders") as raised, \
                publish_at(Path(name)):  # fmt: skip
            pass
        assert "secret" not in str(raised.value)
    assert not files_of(tmp_path)


# A file ------------------------------------------------------------------------------------------


def test_a_file_takes_its_name_only_when_it_is_complete(tmp_path):
    path = tmp_path / "table.csv"
    path.write_bytes(b"old")
    with published_file(path) as target:
        target.write(b"new")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    with pytest.raises(TypeError), published_file(path) as target:  # noqa: PT012
        target.write(b"half")
        target.write("no bytes")
    assert path.read_bytes() == b"new"
    assert files_of(tmp_path) == ["table.csv"]


def test_a_link_to_a_file_keeps_pointing_there(tmp_path):
    (tmp_path / "link.csv").symlink_to("real.csv")
    with published_file(tmp_path / "link.csv") as target:
        target.write(b"new")
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "real.csv").read_bytes() == b"new"


@pytest.mark.parametrize(("path", "words"), [(".", "is a folder"), ("no/x.csv", "no such folder")])
def test_a_file_needs_a_name_in_a_folder_that_is_there(tmp_path, path, words):
    with pytest.raises(UsageError, match=words), published_file(tmp_path / path):
        pass
    assert not files_of(tmp_path)


# Names -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "label",
    ["../x", "/etc/x", "..", ".", "", " ", "CON", "nul", "Com1", "a\\b", "C:x", "x" * 300, "\0",
     "-rf", ".hidden", "a/b", "\u202egnp.exe", "\u65e5\u672c", "x.", "aux"],
)  # fmt: skip
def test_a_label_never_becomes_a_path_or_a_name_that_a_system_reserves(label):
    (stem,) = file_stems([label]).values()
    assert set(stem) <= set("abcdefghijklmnopqrstuvwxyz0123456789_-")
    assert 0 < len(stem) <= 64
    assert stem[0] != "-"
    assert stem not in {"con", "prn", "aux", "nul", "com1", "lpt1"}


def test_labels_that_differ_only_in_what_is_lost_get_names_of_their_own():
    stems = file_stems(["Loyal", "loyal", "LOYAL!", "Zo\u00eb", "Zoe\u0308", "a_2", "A", "a"])
    assert len(set(stems.values())) == len(stems)
    assert file_stems(["loyal"]) == {"loyal": "loyal"}


@given(st.lists(st.text(max_size=80), unique=True, max_size=12))
def test_no_two_labels_share_a_file_even_where_case_is_ignored(labels):
    stems = file_stems(labels)
    assert list(stems) == labels
    assert len({stem.casefold() for stem in stems.values()}) == len(labels)
