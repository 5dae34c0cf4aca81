"""Limits that hold a figure back for a person."""
