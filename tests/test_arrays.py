"""Parts, places and bytes of columns."""

from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest

from rfmtool import arrays
from rfmtool.money import exact_total, exact_totals

TEXTS = pa.array(["ab", None, "", "cé", "d"])


@pytest.mark.parametrize("count", [0, 1, 5, 6, 7, 12, 13, 31])
def test_parts_hold_everybody_once_and_none_more_than_a_part_may(count, monkeypatch):
    monkeypatch.setattr(arrays, "PART_SIZE", 6)

    parts = list(arrays.part_bounds(count))

    places = [place for start, stop in parts for place in range(start, stop)]
    assert places == list(range(count))
    assert all(stop - start <= 6 for start, stop in parts)
    assert len(parts) <= max(-(-count // 6), 1)


def test_the_places_of_some_customers_are_those_of_their_entries():
    owner = np.array([0, 0, 2, 3, 3, 7], dtype=np.int32)

    for start, stop in [(0, 1), (1, 2), (2, 4), (3, 9), (8, 9)]:
        inside = (owner >= start) & (owner < stop)
        assert owner[arrays.owner_slice(owner, start, stop)].tolist() == owner[inside].tolist()


@pytest.mark.parametrize("texts", [TEXTS, TEXTS[1:4], TEXTS[:0], pa.nulls(3, pa.string())])
def test_the_bytes_of_texts_are_those_of_each(texts):
    starts, letters = arrays.text_bytes(texts)

    found = [bytes(letters[a:b]) for a, b in pairwise(starts)]
    assert found == [(text or "").encode() for text in texts.to_pylist()]


def test_sums_of_groups_are_exact_beyond_64_bits_and_below_zero():
    groups = np.array([2, 0, 2, 2, 0])
    units = np.array([2**62, -5, 2**62, 2**62, 3])

    sums = exact_totals(groups, units, 4)

    assert sums == [-2, 0, 3 * 2**62, 0]
    assert sums == [exact_total(units[groups == group]) for group in range(4)]
