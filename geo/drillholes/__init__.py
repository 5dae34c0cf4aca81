"""Drill-holes: gathered, placed, read, desurveyed, composited."""
