"""What is free goes back to the system."""

import sys

import pytest
from shell import python

HELD_AND_FREED = """
import sys
import numpy as np
from rfmtool import heap

def resident_bytes():
    return int(open("/proc/self/statm").read().split()[1]) * 4096

small = [np.ones(8_000) for _ in range(4_000)]  # 64 kB each, which stay in the heap
kept = small[-1]
del small
before = resident_bytes()
heap.give_back()
print(before - resident_bytes())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the C library is not GNU's")
def test_what_is_free_goes_back_though_something_behind_it_is_held():
    freed = python("-c", HELD_AND_FREED, capture_output=True, text=True)

    assert freed.returncode == 0, freed.stderr
    assert int(freed.stdout) > 200_000_000
