"""Every name stands in one place of each list, and columns are written in one order."""

import itertools
from typing import get_args

import pytest

from rfmtool import columns


@pytest.mark.parametrize(
    "names", [columns.BINS, columns.REJECTIONS, [one.name for one in columns.COLUMNS]]
)
def test_no_name_stands_twice(names):
    assert len({*names}) == len(names)


def test_the_table_of_columns_has_known_words_only():
    assert {column.kind for column in columns.COLUMNS} == {*get_args(columns.Kind)}
    assert {column.written for column in columns.COLUMNS} == {*get_args(columns.Written)}
    assert {column.rule_scope for column in columns.COLUMNS} == {*get_args(columns.RuleScope)}


def test_a_column_is_of_one_kind_at_most_and_of_those_that_are_written():
    kinds = (columns.MONEY, columns.DATES, columns.INTEGERS, columns.RATIOS)

    assert not any(one & other for one, other in itertools.combinations(kinds, 2))
    assert frozenset().union(*kinds) <= {*columns.WRITTEN}


def test_contact_columns_follow_the_id_and_kept_ones_come_last():
    known = {"country", "stage", "phone", "email", "customer_id", "margin", "owner"}

    written = columns.written_columns(known, ["country"])

    assert written == ("customer_id", "email", "phone", "stage", "margin", "country")
