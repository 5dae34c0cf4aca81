"""Raster and line surveys on the belt's grid; rasterio is opened here and nowhere else."""
