"""One question per file: pure functions of customers and their order days, and frozen answers.

In all of them `people` has one row each, of `count` in all; `days` are their order days, `entries`
the amounts of their orders by day, and `log` the contact log. Frames of evidence have `owner`, and
referrals `referred`, as places of people. `as_of_day` counts from 1970-01-01.
"""

from __future__ import annotations

from typing import Final

import rfmtool.columns as names

MONEY: Final = names.MONEY | {"revenue"}
"""Columns of answer tables that hold money, in whole 1/10,000 until written."""
