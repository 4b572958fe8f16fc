"""Results to files: tables, a folder published in one step, the manifest."""
