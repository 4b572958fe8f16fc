"""Cells of one column to days, money, ids and currencies; how a whole column is written."""
