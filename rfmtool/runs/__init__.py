"""The folder of a run: written, read back, compared, and checked against limits."""
