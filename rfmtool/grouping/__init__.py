"""Grouping of an export and its evidence by customer, before any scoring."""
