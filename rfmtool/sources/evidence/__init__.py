"""Evidence tables: typed data on customers other than their orders, and exchange rates."""
