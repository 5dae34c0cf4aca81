"""The chain of entries, what is folded from it, and the database that keeps it."""
