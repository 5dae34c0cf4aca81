"""Figures: one style, one font, SVG with text as paths, each drawn once."""
