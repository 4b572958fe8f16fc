"""Write results to files: tables, atomically published folders, manifest entries."""
