"""Object stores and the web: found by URLs, listed, read and written."""
