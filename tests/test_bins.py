"""Which cells are empty."""

import re
import sys

import pyarrow as pa
import pytest

from rfmtool.sources.rows.bins import is_blank

SPACES = re.findall(r"\s", "".join(map(chr, range(sys.maxunicode + 1))))


@pytest.mark.parametrize("space", SPACES, ids=ascii)
def test_white_space_of_any_kind_is_empty_whatever_stands_beside_it(space):
    assert is_blank(pa.array([space, "x", f"{space}x", None])).tolist() == [
        True,
        False,
        False,
        True,
    ]


def test_what_is_no_text_is_empty_only_where_it_is_missing():
    assert is_blank(pa.array([0, None])).tolist() == [False, True]
    assert is_blank(pa.array([], pa.string())).tolist() == []
