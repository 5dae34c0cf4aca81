"""Conditional simulation: how far a figure may be off (docs/uncertainty.md)."""
