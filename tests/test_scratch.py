"""What a kill leaves is removed by a later run when it is surely ours, and nothing else ever is."""

import os
import signal
import sys
from pathlib import Path

import pytest
from shell import python

from rfmtool import scratch
from rfmtool.scratch import MARK_FILE, scratch_folder

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="nothing there tells who holds it")
DIE = """
import os, signal, sys
from pathlib import Path
from rfmtool.scratch import scratch_folder
with scratch_folder("job-", Path(sys.argv[1])) as place:
    (place / "rows").write_text("customers")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def left_by_a_kill(folder):
    assert python("-c", DIE, folder).returncode == -signal.SIGKILL
    (left,) = folder.iterdir()
    assert (left / "rows").exists()
    return left


@pytest.mark.long
def test_a_later_run_removes_what_a_kill_left(tmp_path):
    left = left_by_a_kill(tmp_path)
    with scratch_folder("job-", tmp_path):
        assert not left.exists()
    assert not list(tmp_path.iterdir())


def test_what_another_run_still_works_in_stays(tmp_path):
    with scratch_folder("job-", tmp_path) as place:
        (place / "rows").write_text("customers")
        with scratch_folder("job-", tmp_path) as other:
            assert other != place
        assert (place / "rows").exists()


@pytest.mark.parametrize("mark", [None, "something else", "a link", "a folder"])
def test_a_folder_whose_mark_is_not_ours_stays(tmp_path, mark):
    left = left_by_a_kill(tmp_path)
    ours = (left / MARK_FILE).read_text()
    (left / MARK_FILE).unlink()
    if mark == "a link":
        (tmp_path / "elsewhere").write_text(ours)
        (left / MARK_FILE).symlink_to(tmp_path / "elsewhere")
    elif mark == "a folder":
        (left / MARK_FILE).mkdir()
    elif mark:
        (left / MARK_FILE).write_text(mark)
    with scratch_folder("job-", tmp_path):
        pass
    assert (left / "rows").exists()


def test_a_marked_folder_of_another_name_stays(tmp_path):
    left = left_by_a_kill(tmp_path)
    kept = left.rename(tmp_path / "job-of-mine")
    with scratch_folder("job-", tmp_path):
        pass
    assert (kept / "rows").exists()


def test_a_link_to_a_marked_folder_stays(tmp_path):
    away = tmp_path / "away"
    away.mkdir()
    place = tmp_path / "place"
    place.mkdir()
    left = left_by_a_kill(away)
    (place / "job-abcdefgh").symlink_to(left)
    with scratch_folder("job-", place):
        pass
    assert (left / "rows").exists()
    assert (place / "job-abcdefgh").is_symlink()


def test_only_its_owner_may_enter_it(tmp_path):
    before = os.umask(0)
    try:
        with scratch_folder("job-", tmp_path) as place:
            assert place.stat().st_mode & 0o777 == 0o700
    finally:
        os.umask(before)
    assert not list(Path(tmp_path).iterdir())


def test_ctrl_c_while_it_is_removed_waits_until_it_is_gone(tmp_path, monkeypatch):
    remove = scratch._remove  # noqa: SLF001 - the moment that nobody can wait for

    def removed(place):
        signal.raise_signal(signal.SIGINT)
        remove(place)

    monkeypatch.setattr(scratch, "_remove", removed)
    with pytest.raises(KeyboardInterrupt), scratch_folder("job-", tmp_path):
        pass
    assert not list(tmp_path.iterdir())
