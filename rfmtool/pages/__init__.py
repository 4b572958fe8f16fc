"""Pages for readers, made of plain data; nothing is computed here."""
