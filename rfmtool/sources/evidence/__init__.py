"""Tables beside the orders: what each may hold, read by roles that are values."""
