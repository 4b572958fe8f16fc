"""Object stores and the web: found by URLs, listed, read and written.

Whatever asks a store, also within the block of a context, raises UsageError where the URL names
none, a library is missing or the login is refused, InputError where something is not there or not
what it was, ForeignFolderError where it is not ours, and SystemFailureError where the store cannot
be reached, breaks off, or denies what is asked.
"""
