"""Opening to closing: movements, the geologist's split, growth types, statutory tables."""
