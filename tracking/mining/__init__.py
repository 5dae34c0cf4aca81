"""Mined quantities of a period, and what is left as of a date."""
