"""Geochemical surveys: read with their limits, checked, levelled, mapped."""
