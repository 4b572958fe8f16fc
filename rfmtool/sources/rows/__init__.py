"""A batch of raw cells to exact lines, and a tally of where every row went."""
