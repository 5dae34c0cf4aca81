"""Meshes, polygons and surfaces: read from other programs' files, checked, asked for points.

Coordinates are the belt's (easting, northing, elevation), metres; no format of meshes carries a
coordinate system that could be checked, so where a mesh lies is compared with the samples instead.
"""
