"""Where things are: tables, drill-holes, geochemistry, rasters, coordinate systems, formats."""

from geo.checks.drillholes import check_drillholes
from geo.crs import check_crs, transform
from geo.curated import read_rasters, write_rasters, write_table
from geo.dictionary import dictionary
from geo.drillholes.composite import Composites, combined_composites, composite
from geo.drillholes.desurvey import desurvey
from geo.drillholes.reading import DrillholeReading, Drillholes, read_drillholes
from geo.findings import DataError, Finding, RowBalance, worst
from geo.geochemistry.survey import GeochemistryReading, read_geochemistry
from geo.grids import BlockGrid, Tile
from geo.quarantine import write_quarantine
from geo.rasters.surveys import align_rasters, surface_elevation
from geo.rules import finding, rules
from geo.tables.table import Table, read_table
from geo.vault import keep

__all__ = [
    "BlockGrid",
    "Composites",
    "DataError",
    "DrillholeReading",
    "Drillholes",
    "Finding",
    "GeochemistryReading",
    "RowBalance",
    "Table",
    "Tile",
    "align_rasters",
    "check_crs",
    "check_drillholes",
    "combined_composites",
    "composite",
    "desurvey",
    "dictionary",
    "finding",
    "keep",
    "read_drillholes",
    "read_geochemistry",
    "read_rasters",
    "read_table",
    "rules",
    "surface_elevation",
    "transform",
    "worst",
    "write_quarantine",
    "write_rasters",
    "write_table",
]
