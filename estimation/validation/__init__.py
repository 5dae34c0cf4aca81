"""Validation: does the estimate reproduce what is known, and by how much."""
