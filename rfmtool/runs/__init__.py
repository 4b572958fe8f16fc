"""The folder of a run: written, read back, compared, and held against limits."""
