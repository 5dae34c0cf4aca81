"""Domains: meshes, polygons and surfaces, shells, and how blocks share them."""
