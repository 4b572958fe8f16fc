"""Grouping of an export and its evidence by customer, before any scoring.

Checks raise AmbiguousInputError where an option could tell what is right, else InputError.
"""
