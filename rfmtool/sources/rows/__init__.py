"""Batches of raw cells to exact lines and tallies of their rows."""
