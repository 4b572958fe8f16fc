"""Object stores and the web: named by URLs, listed, read and written.

Every function that contacts a store, also within the block of a context manager, raises UsageError
where the URL is wrong, a library is missing or the login is refused; InputError where an object is
missing or has changed; ForeignFolderError where rfmtool did not write a folder; and
SystemFailureError where the store cannot be reached, breaks off, or denies permission.
"""
