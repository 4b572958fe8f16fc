"""What is free or in files goes back to the system."""

import errno
import os
import sys
import tempfile
import weakref
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from shell import python

from rfmtool import memory

in_files = pytest.mark.skipif(
    sys.platform != "linux" or memory.is_memory_filesystem(tempfile.gettempdir()),
    reason="temporary files are in memory here, or not to be had",
)
IN_A_PROCESS = """
import numpy as np
from rfmtool import memory

def resident_bytes():
    return int(open("/proc/self/statm").read().split()[1]) * 4096

{begin}
before = resident_bytes()
memory.release_memory()
print(before - resident_bytes())
{end}
"""
FREED = """
small = [np.ones(8_000) for _ in range(4_000)]  # 64 kB each, which stay in the heap
kept = small[-1]
del small
"""
IN_A_FILE = """
long = memory.allocate_column(30_000_000, np.int64)
long[:] = np.arange(30_000_000)
"""
STILL_THERE = "assert (long == np.arange(30_000_000)).all()"


def given_back(begin, end=""):
    """How many bytes go back to the system after some code; other code ends it."""
    code = IN_A_PROCESS.format(begin=begin, end=end)
    done = python("-c", code, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="the C library is not GNU's")
def test_what_is_free_goes_back_though_something_behind_it_is_held():
    assert given_back(FREED) > 200_000_000


@pytest.mark.long
@in_files
def test_a_long_column_takes_no_memory_while_nobody_looks_at_it():
    assert given_back(IN_A_FILE, STILL_THERE) > 200_000_000


@in_files
def test_a_long_column_and_its_parts_are_in_a_file_which_goes_with_them(monkeypatch):
    monkeypatch.setattr(memory, "FILE_BACKED_ROWS", 2)
    short, long = memory.allocate_column(2, np.int32), memory.allocate_column(3, np.int32)
    long[:] = 5, 6, 7
    part = long[1:]
    del long
    memory.release_memory()

    assert part.tolist() == [6, 7]
    assert memory.in_memory_bytes(part) == 0
    assert memory.in_memory_bytes(short) == 8
    in_file = weakref.ref(part.base.base.obj)
    del part
    assert in_file() is None


@in_files
def test_a_thread_may_make_long_columns_while_another_puts_them_away(monkeypatch):
    monkeypatch.setattr(memory, "FILE_BACKED_ROWS", 2)
    held, before = [], sys.getswitchinterval()

    def put_away_often():
        for _ in range(2_000):
            memory.release_file_pages()

    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(1) as pool:
            away = pool.submit(put_away_often)
            while not away.done():
                held.append(memory.allocate_column(3, np.int32))
                del held[:-100]
    finally:
        sys.setswitchinterval(before)

    assert away.exception() is None


def test_a_long_column_is_held_in_memory_where_there_is_no_room_for_its_file(monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(memory, "FILE_BACKED_ROWS", 2)
    monkeypatch.setattr(os, "posix_fallocate", full, raising=False)

    assert memory.in_memory_bytes(memory.allocate_column(3, np.int64)) == 24


@in_files
def test_short_columns_share_a_file(monkeypatch):
    columns = [np.arange(3), np.arange(5, dtype=np.int32), np.empty(0), np.array([7])]

    filed = memory.copy_to_file(columns)

    assert [one.tolist() for one in filed] == [one.tolist() for one in columns]
    assert [one.dtype for one in filed] == [one.dtype for one in columns]
    assert sum(map(memory.in_memory_bytes, filed)) == 0
    monkeypatch.setattr(memory, "is_memory_filesystem", lambda _: True)
    with pytest.raises(OSError, match="not implemented"):
        memory.copy_to_file(columns)


def test_the_innermost_mount_says_whether_files_are_in_memory(monkeypatch):
    mounts = """\
22 1 0:1 / / rw shared:1 - ext4 /dev/vda rw
23 22 0:2 / /quick rw - tmpfs tmpfs rw
24 23 0:3 / /quick/disk rw - ext4 /dev/vdb rw
25 22 0:4 / /both rw - ext4 /dev/vdc rw
26 25 0:5 / /both rw - tmpfs tmpfs rw
"""
    monkeypatch.setattr(memory.Path, "read_text", lambda *_, **__: mounts)
    monkeypatch.setattr(memory.Path, "resolve", lambda path: path)
    ask = memory.is_memory_filesystem.__wrapped__

    found = [ask(place) for place in ("/usr", "/quick", "/quick/a", "/quick/disk/a", "/both/a")]

    assert found == [False, True, True, False, True]


# Growth ------------------------------------------------------------------------------------------


def test_what_is_free_is_given_back_each_time_that_the_process_has_grown_by_much(monkeypatch):
    given_back = []
    resident = iter(
        [100 << 20, *(220 << 20, 229 << 20, 150 << 20), *(270 << 20, 279 << 20, 279 << 20)]
    )
    monkeypatch.setattr(memory, "_resident_bytes", lambda: next(resident))
    monkeypatch.setattr(memory, "release_memory", lambda: given_back.append(len(checked)))

    growth, checked = memory.MemoryGuard(), []
    for _ in range(4):
        growth.check()
        checked.append(None)

    assert given_back == [1, 3]


def test_where_the_system_does_not_say_how_large_a_process_is_nothing_is_given_back(
    monkeypatch, tmp_path
):
    monkeypatch.setattr(memory, "Path", lambda _: tmp_path / "none")
    monkeypatch.setattr(memory, "release_memory", lambda: pytest.fail("gave back"))

    memory.MemoryGuard().check()
