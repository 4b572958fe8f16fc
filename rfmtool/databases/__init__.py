"""Databases: named by URLs, read as streams of Arrow batches, written in one transaction.

Every function that parses a URL or contacts a database, also within the block of a context manager,
raises UsageError where the URL, table, query, login or driver is wrong, or a table or column there
is in the way; InputError where a file or the cells of a query are wrong; AmbiguousInputError where
two columns have one name; ForeignFolderError where rfmtool did not write a table; and
SystemFailureError where the database cannot be reached, breaks off, or denies permission.
"""
