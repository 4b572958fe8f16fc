"""The files of an export and their bytes: listing, unpacking, temporary copies of pipes."""
