"""Parsers for the cells of a column, and inference of the formats that a column uses."""
