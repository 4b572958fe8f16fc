"""Databases: named by URLs, read as streams of Arrow batches, written in one transaction.

Whatever names or asks one, also within the block of a context, raises UsageError where the URL,
table, query, login or driver is not right, or a table or column there is in the way, InputError
where a file or the cells of a query are not, AmbiguousInputError where two columns have one name,
ForeignFolderError where a table is not ours, and SystemFailureError where the database cannot be
reached, breaks off, or denies what is asked.
"""
