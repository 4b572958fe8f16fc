"""Databases: named by URLs, read as streams of Arrow batches, written in one transaction."""
