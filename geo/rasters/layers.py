"""Every layer of a belt's map in one data set: rasters, gridded lines, derived layers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from geo.config import MapGrid, RasterSource, resolve_root
from geo.files import sha256
from geo.findings import Finding
from geo.inbox import lies_inside
from geo.rasters.config import Covariate, LineSource
from geo.rasters.covariates import derive
from geo.rasters.lines import grid_lines
from geo.rasters.surveys import align_rasters
from geo.rules import finding

if TYPE_CHECKING:
    import xarray as xr


def belt_layers(
    rasters: Sequence[RasterSource],
    lines: Sequence[LineSource],
    covariates: Sequence[Covariate],
    crs: str,
    map_grid: MapGrid | None,
    base: Path,
) -> tuple[xr.Dataset, tuple[Finding, ...], dict[str, str]]:
    """Bring a belt's surveys onto its grid and derive what is wanted from them.

    Parameters
    ----------
    rasters, lines, covariates
        From the belt's file; a covariate may rest on a raster, a line survey or an earlier one.
    crs, map_grid, base
        The belt's CRS and map grid; folder of the belt's file.

    Returns
    -------
    dataset, findings, files
        As :func:`geo.rasters.surveys.align_rasters`; files of line surveys are among the files.
    """
    from geo.drillholes.reading import sort_findings

    dataset, found, files = align_rasters(rasters, crs, map_grid, base)
    findings = list(found)
    if map_grid is None:
        return dataset, found, files
    for source in lines:
        root = resolve_root(source.root, base)
        path = root / source.path
        if not lies_inside(root, source.path):
            findings.append(finding("BN-INB-004", file=source.path, value=source.path))
            continue
        if path.is_file():
            files[source.path] = sha256(path)
        if source.name in dataset:
            findings.append(finding("BN-RAS-042", file=source.path, name=source.name))
            continue
        layer, found = grid_lines(source, crs, map_grid, base)
        findings += found
        if layer is not None:
            dataset[source.name] = layer
    dataset, found = derive(dataset, covariates)
    return dataset, sort_findings([*findings, *found]), files
