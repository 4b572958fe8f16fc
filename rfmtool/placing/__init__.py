"""From scores and evidence to segment, rung of the ladder, action and channel.

Everywhere frames of evidence, by the name of their table, have `owner` (and `referred`) as places
among the customers, and days from 1970-01-01, which may be missing; `as_of_day` is such a day too.
"""
