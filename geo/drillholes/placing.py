"""Collars to the belt's coordinate system: judged by their numbers first, then transformed.

The configuration says what the numbers are; here the numbers are asked as well, and a file that
contradicts its configuration waits. Nothing is exchanged, shifted or re-zoned silently.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pyproj import CRS

from geo import coordinates as co
from geo.config import DrillholeSources
from geo.crs import check_crs, identity_note, is_legacy, known_crs, transform
from geo.datum import shift_datum, shift_heights
from geo.findings import DataError, Finding
from geo.rules import Flag, blocks, finding, flag_findings
from geo.tables.table import REFUSED_COLUMNS, refused_rows

REPOSITORY = Path(__file__).resolve().parents[2]
METRES = 4
"""Decimals of transformed coordinates (a tenth of a millimetre)."""


@dataclass
class Placed:
    """Collars in the belt's system, the conventions that hold for them now, and what was found."""

    collar: pd.DataFrame
    sources: DrillholeSources
    findings: list[Finding] = field(default_factory=list)
    refused: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=REFUSED_COLUMNS))

    def flag(self, code: str, mask: Any, column: str, words: list[dict[str, Any]]) -> None:
        """Report the rows of ``mask`` and take them out where the rule refuses rows."""
        rows = np.flatnonzero(mask)
        values = [str(v) for v in self.collar[column].to_numpy()[rows]]
        flag = Flag(code, rows, column, values, [words[int(i)] for i in rows])
        self.findings += flag_findings(flag, self.collar)
        gone = refused_rows([flag], self.collar, "collar")
        if len(gone):
            parts = [part for part in (self.refused, gone) if len(part)]
            self.refused = pd.concat(parts, ignore_index=True)
            self.collar = self.collar[~np.asarray(mask)].reset_index(drop=True)

    def hold(self) -> None:
        """Where a finding stops the table, every collar waits with its code: none is accepted."""
        code = next((found.code for found in self.findings if blocks(found)), None)
        if code is None or not len(self.collar):
            return
        rows = self.collar[["file", "sheet", "row"]].astype({"file": "str", "sheet": "str"})
        waiting = rows.assign(code=code, table="collar")[REFUSED_COLUMNS].drop_duplicates()
        parts = [part for part in (self.refused, waiting) if len(part)]
        self.refused = pd.concat(parts, ignore_index=True)


def place_collars(
    collar: pd.DataFrame, sources: DrillholeSources, belt_crs: str, base: Path
) -> Placed:
    """Judge and transform the collars of a deposit.

    Parameters
    ----------
    collar
        Frame with ``easting_m``, ``northing_m`` (degrees where the source is geographic),
        ``elevation_m``, ``hole_id``, ``file``, ``sheet``, ``row``.
    sources
        The deposit's sources: ``crs``, ``datum_shift``, ``heights``, conventions.
    belt_crs, base
        The belt's system, and the folder that paths are relative to.

    Returns
    -------
    Placed
        ``collar`` in the belt's system. Where it was transformed, ``sources`` has no zone prefix
        any more. Findings of effect ``table`` say that the collars can't be used.
    """
    placed = Placed(collar.reset_index(drop=True), sources)
    _place(placed, sources, belt_crs, base)
    placed.hold()
    return placed


def _place(placed: Placed, sources: DrillholeSources, belt_crs: str, base: Path) -> None:
    """Judge and transform, as far as nothing stands against it."""
    collar = placed.collar
    file = str(collar["file"].iloc[0]) if len(collar) else sources.root
    try:
        belt = check_crs(belt_crs, file=file)
        source = known_crs(sources.crs, file=file) if sources.crs else belt
        if _refused_before(placed, source, belt, file, base):
            return
        if source is not None:
            _judge(placed, source, file)
        if any(f.severity == "error" and f.row is None for f in placed.findings):
            return
        _heights(placed, source, file, base)
        if source is not None and belt is not None and sources.crs and source != belt:
            _transform(placed, source, belt, file, base)
        elif (source is None) != (belt is None):
            words: dict[str, Any] = {"found": sources.crs or belt_crs, "wanted": belt_crs}
            placed.findings.append(finding("BN-CRS-003", file=file, **words))
    except DataError as error:
        placed.findings += error.findings


def _refused_before(
    placed: Placed, source: CRS | None, belt: CRS | None, file: str, base: Path
) -> bool:
    """Refusals that need no look at the numbers."""
    sources = placed.sources
    found: list[Finding] = []
    if source is not None and is_legacy(source) and sources.datum_shift is None:
        found.append(finding("BN-CRS-002", file=file, value=sources.crs, found=source.name))
    shift = sources.datum_shift
    for path in (shift.parameters, shift.grid) if shift is not None else ():
        if path is not None and REPOSITORY in (base / path).resolve().parents:
            found.append(finding("BN-CRS-020", file=file, value=Path(path).name))
    belt_zone = co.zone_of(belt)
    if belt is not None and belt_zone is not None and belt_zone[1]:
        wanted = co.zone_code(belt_zone[0], prefixed=False)
        found.append(finding("BN-CRS-019", file=file, found=belt.name, wanted=wanted))
    if sources.heights != "belt" and sources.height_shift is None:
        found.append(finding("BN-CRS-017", file=file, found=sources.heights))
    placed.findings += found
    return bool(found)


def _judge(placed: Placed, source: CRS, file: str) -> None:
    """What the numbers say against what the source's system says."""
    frame = placed.collar
    if not len(frame):
        return
    if placed.sources.conventions.angles == "packed_dms":
        for column in ("easting_m", "northing_m"):
            frame[column] = co.unpack_dms(frame[column])
    _exchanged(placed)
    frame = placed.collar
    east, north = (frame[c].to_numpy(dtype=float) for c in ("easting_m", "northing_m"))
    zone = co.zone_of(source)
    if source.is_geographic or zone is None:
        _area(placed, source, file)
        return
    rows = co.classify(east, north)
    verdict = co.judge(rows)
    words: dict[str, Any] = {"found": source.name, "share": f"{100 * verdict.share:.0f}"}
    if verdict.sure and verdict.kind == co.GEOGRAPHIC:
        placed.findings.append(finding("BN-CRS-010", file=file, column="X/Y", **words))
    elif verdict.sure and verdict.kind == co.LOCAL:
        placed.findings.append(finding("BN-CRS-011", file=file, column="X/Y", **words))
    elif verdict.sure and verdict.kind == co.PREFIXED and verdict.zone != zone[0]:
        words |= {"zone": verdict.zone, "wanted": co.zone_code(verdict.zone, prefixed=False)}
        placed.findings.append(finding("BN-CRS-012", file=file, column="X/Y", **words))
    elif verdict.kind == co.UNKNOWN:  # eastings that no zone has, as of a zone far away
        _area(placed, source, file)
    elif verdict.sure and verdict.kind in (co.PREFIXED, co.PLAIN) and verdict.first_is_east:
        _zone_reach(placed, rows, zone[0], source, file)
        _strangers(placed, rows, verdict)


def _exchanged(placed: Placed) -> None:
    """Rows with X and Y exchanged among rows that agree; a whole file's exchange is told later."""
    frame = placed.collar
    verdict = co.judge(co.classify(frame["easting_m"], frame["northing_m"]))
    if verdict.settled and verdict.first_is_east:
        words = [{"hole": hole} for hole in frame["hole_id"]]
        placed.flag("BN-COL-029", verdict.exchanged, "easting_m", words)


def _zone_reach(placed: Placed, rows: co.Rows, zone: int, source: CRS, file: str) -> None:
    """Eastings far outside the zone: a wrong zone, or six degrees taken for three."""
    out = co.outside_zone(rows, co.zone_width(zone))
    if out.mean() > 1 - co.MAJORITY:
        words: dict[str, Any] = {"found": source.name, "share": f"{100 * out.mean():.0f}"}
        placed.findings.append(finding("BN-CRS-013", file=file, column="easting_m", **words))


def _strangers(placed: Placed, rows: co.Rows, verdict: co.FileVerdict) -> None:
    """Rows of another kind or in the other order; zones are checked later."""
    odd = (rows.kind != verdict.kind) & ~np.isin(rows.kind, (co.PREFIXED, co.PLAIN))
    odd |= rows.first_is_east != verdict.first_is_east
    blank = ~np.isfinite(rows.east) | ~np.isfinite(rows.north)
    words = [
        {"hole": hole, "found_zh": zh, "found_en": en}
        for hole, (zh, en) in zip(
            placed.collar["hole_id"],
            [(co.kind_words(k, "zh"), co.kind_words(k, "en")) for k in rows.kind],
            strict=True,
        )
    ]
    placed.flag("BN-CRS-014", odd & ~blank, "easting_m", words)


def _area(placed: Placed, source: CRS, file: str) -> None:
    """Collars outside the area the system is made for."""
    frame = placed.collar
    known = frame["easting_m"].notna().to_numpy() & frame["northing_m"].notna().to_numpy()
    east, north = frame["easting_m"].to_numpy()[known], frame["northing_m"].to_numpy()[known]
    lon, lat = _degrees(source, east, north)
    out = np.zeros(len(frame), dtype=bool)
    out[known] = co.outside_area(source, lon, lat)
    if out.mean() > 1 - co.MAJORITY:
        words: dict[str, Any] = {"found": source.name, "share": f"{100 * out.mean():.0f}"}
        placed.findings.append(finding("BN-CRS-015", file=file, column="X/Y", **words))
        return
    words_of = [{"hole": hole, "found": source.name} for hole in frame["hole_id"]]
    placed.flag("BN-CRS-016", out, "easting_m", words_of)


def _degrees(source: CRS, east: Any, north: Any) -> tuple[Any, Any]:
    """Longitude and latitude on the system's own datum."""
    degrees = source.geodetic_crs
    return (
        (east, north)
        if degrees is None or source.is_geographic
        else transform(source, degrees, east, north)
    )


def _heights(placed: Placed, source: CRS | None, file: str, base: Path) -> None:
    """Heights of another system to the belt's."""
    shift = placed.sources.height_shift
    if placed.sources.heights == "belt" or shift is None:
        return
    frame = placed.collar
    east, north = (frame[c].to_numpy(dtype=float) for c in ("easting_m", "northing_m"))
    lon, lat = (east, north) if source is None else _degrees(source, east, north)
    before = frame["elevation_m"].to_numpy(dtype=float)
    frame["elevation_m"] = shift_heights(shift, lon, lat, before, base)
    moved = frame["elevation_m"].to_numpy(dtype=float) - before
    words: dict[str, Any] = {"found": placed.sources.heights, "citation": shift.citation}
    middle = f"{np.nanmedian(moved):.3f}" if len(moved) else "0"
    placed.findings.append(finding("BN-CRS-018", file=file, moved=middle, **words))


def _transform(placed: Placed, source: CRS, belt: CRS, file: str, base: Path) -> None:
    """Coordinates to the belt's system; the zone prefix goes with the old one."""
    frame, sources = placed.collar, placed.sources
    east, north = (frame[c].to_numpy(dtype=float) for c in ("easting_m", "northing_m"))
    zone = co.zone_of(source)
    prefix = (sources.conventions.zone_prefix or 0) * 1e6
    if zone is not None and prefix and not zone[1]:
        east = east - prefix
    known = np.isfinite(east) & np.isfinite(north)
    made = np.full((2, len(frame)), np.nan)
    if sources.datum_shift is not None:
        shifted = shift_datum(sources.datum_shift, belt, east[known], north[known], base, file)
        made[:, known] = shifted.east, shifted.north
        placed.findings += shifted.findings
    else:
        made[:, known] = transform(source, belt, east[known], north[known])
        placed.findings += identity_note(source, belt, file)
        words: dict[str, Any] = {"found": source.name, "wanted": belt.name}
        placed.findings.append(finding("BN-CRS-009", file=file, count=int(known.sum()), **words))
    frame["easting_m"], frame["northing_m"] = np.round(made, METRES) + 0.0
    _belt_reach(placed, belt, file)
    plain = sources.conventions.model_copy(
        update={"zone_prefix": None, "x_is": "east", "angles": "degrees"}
    )
    placed.sources = sources.model_copy(update={"conventions": plain, "crs": None})


def _belt_reach(placed: Placed, belt: CRS, file: str) -> None:
    """Transformed collars outside the zone of the belt's system: a wrong source, or belt."""
    zone = co.zone_of(belt)
    width = co.zone_width(zone[0]) if zone is not None else _utm_width(belt)
    places = placed.collar[["easting_m", "northing_m"]].to_numpy(dtype=float)
    east, north = places[np.isfinite(places).all(axis=1)].T
    far = co.beyond_zone(east, north, width) if width else np.zeros(len(east), dtype=bool)
    if far.any():
        reach = float(np.median(co.half_width_m(north[far], width)))
        words: dict[str, Any] = {"wanted": belt.name, "reach": f"{reach / 1000:.0f}"}
        words["distance"] = f"{np.abs(east[far] - 5e5).max() / 1000:.0f}"
        placed.findings.append(finding("BN-CRS-021", file=file, count=int(far.sum()), **words))


def _utm_width(belt: CRS) -> int:
    """Six degrees for a northern UTM zone, 0 for any other system."""
    return 6 if (belt.utm_zone or "").endswith("N") else 0
