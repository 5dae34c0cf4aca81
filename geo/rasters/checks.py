"""What follows from a raster's facts: findings on its place, its numbers and its layer.

Rules R01 to R10 of raster checking stand in ``data/dictionaries/rules/rasters.yaml``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.config import RasterSource
from geo.crs import check_crs
from geo.findings import Finding
from geo.rasters.facts import BandFacts, RasterFacts
from geo.rasters.reading import book
from geo.rules import finding

LINEAR = ("bilinear", "cubic", "average")
FLIPS = {
    "north-south / 南北": (slice(None, None, -1), slice(None)),
    "east-west / 东西": (slice(None), slice(None, None, -1)),
    "both ways / 两向": (slice(None, None, -1), slice(None, None, -1)),
}
SEAM_SPREADS = 2.0
STRIPE_TIMES = 3.0
TRUSTED_CORRELATION, BETTER_BY = 0.6, 0.3

Floats = NDArray[np.float64]


def place_findings(
    facts: RasterFacts, source: RasterSource | None, file: str, *, needs_crs: bool = True
) -> list[Finding]:
    """Findings on where a raster lies: its system, its transform, its rotation, its security."""
    if not facts.placed:
        has = [f"{facts.gcps} GCP"] * bool(facts.gcps) + ["RPC"] * facts.rpcs
        found = [finding("BN-RAS-014", file=file, found=", ".join(has) or "no transform / 无")]
    else:
        found = _transform_findings(facts, source, file)
    if needs_crs and facts.crs is None and not (source and source.crs):
        found.append(finding("BN-RAS-001", file=file))
    if facts.crs_from == "attribute" and facts.crs is not None:
        words = f"crs = {facts.crs.name}"
        found.append(finding("BN-RAS-035", file=file, found=words))
    found += _stated_system(facts, source, file)
    return found + security_findings(facts, source, file)


def _transform_findings(
    facts: RasterFacts, source: RasterSource | None, file: str
) -> list[Finding]:
    """Rotation, rows from the south, nodes, degrees that are none."""
    found = []
    if facts.rotation_deg:
        warped = source is not None and source.rotated == "warp"
        code = "BN-RAS-012" if warped else "BN-RAS-011"
        found.append(finding(code, file=file, angle=f"{facts.rotation_deg:.4g}"))
    if facts.south_up:
        found.append(finding("BN-RAS-013", file=file))
    if facts.at_nodes:
        found.append(finding("BN-RAS-027", file=file))
    if facts.crs is not None and facts.crs.is_geographic:
        corners = [facts.transform * (c, r) for c in (0, facts.width) for r in (0, facts.height)]
        far = max(corners, key=lambda p: max(abs(p[0]) / 360, abs(p[1]) / 90))
        if abs(far[0]) > 361 or abs(far[1]) > 91:
            words = f"{far[0]:.6g}, {far[1]:.6g}"
            found.append(finding("BN-RAS-043", file=file, found=words))
    return found


def _stated_system(facts: RasterFacts, source: RasterSource | None, file: str) -> list[Finding]:
    """What a person stated about the coordinate system, beside what the file says."""
    if source is None or source.crs is None:
        return []
    stated = check_crs(source.crs.code, file=file)
    if facts.crs is None or facts.crs == stated:
        words = f"{source.crs.code} ({source.crs.reason})"
        return [finding("BN-RAS-035", file=file, found=words)]
    wanted: dict[str, Any] = {"wanted": source.crs.code, "reason": source.crs.reason}
    return [finding("BN-RAS-044", file=file, found=facts.crs.name, **wanted)]


def security_findings(facts: RasterFacts, source: RasterSource | None, file: str) -> list[Finding]:
    """Ask for the level of security where a raster could be restricted (R10)."""
    if source is not None and source.security is not None:
        return [finding("BN-RAS-033", file=file)] if source.security == "secret" else []
    limits = book()["security"]
    kind = source.kind if source else None
    quantity = f"{source.quantity.zh} {source.quantity.en}" if source else ""
    text = f"{file.rsplit('/', 1)[-1]} {quantity}".casefold()
    cell, area = facts.cell_m, facts.area_km2
    reasons = None
    if not facts.placed or facts.crs is None:
        return []
    if kind == "elevation" or (kind is None and _names_any(text, limits["elevation_words"])):
        if cell <= limits["elevation_cell_m"] and area > limits["elevation_area_km2"]:
            reasons = (f"高程模型，像元 {cell:.3g} m，{area:.0f} km²", "elevation model")
    elif (
        kind == "bouguer_gravity" or (kind is None and _names_any(text, limits["gravity_words"]))
    ) and cell < limits["gravity_cell_m"]:
        reasons = (f"重力，像元 {cell:.4g} m", "gravity")
    if reasons is None:
        return []
    english = f"{reasons[1]}, cells of {cell:.4g} m over {area:.0f} km2"
    return [finding("BN-RAS-032", file=file, reason_zh=reasons[0], reason_en=english)]


def _names_any(text: str, words: Sequence[str]) -> bool:
    """Whether a text holds one of the words (Latin ones as whole words)."""
    return any(names_word(text, word) for word in words)


def names_word(text: str, word: str) -> bool:
    """Whether a text holds a word; a Latin one only where no letter touches it."""
    plain = re.escape(word.casefold())
    pattern = plain if not word.isascii() else rf"(?<![a-z]){plain}(?![a-z])"
    return re.search(pattern, text.casefold()) is not None


def band_findings(band: BandFacts, source: RasterSource | None, file: str) -> list[Finding]:
    """Findings on one band's numbers: type, gaps, sentinels, scale, unit, classes."""
    place: dict[str, Any] = {"file": file, "column": band.name}
    if band.dtype.startswith("complex"):
        return [finding("BN-RAS-015", dtype=band.dtype, **place)]
    if band.hidden == band.cells:
        return [finding("BN-RAS-010", **place)]
    found = [
        finding("BN-RAS-002", count=count, found=f"{value:g}", value=f"{value:g}", **place)
        for value, count in band.sentinels
    ]
    found += _gap_findings(band, place)
    found += _scale_findings(band, source, place)
    if source is not None and band.unit and band.unit.casefold() != source.unit.casefold():
        found.append(finding("BN-RAS-039", found=band.unit, wanted=source.unit, **place))
    return found + _class_findings(band, source, place)


def _gap_findings(band: BandFacts, place: dict[str, Any]) -> list[Finding]:
    """What hides cells, and what ought to."""
    found = []
    hiders = [mask for mask in band.masks if mask != "nodata"]
    names = {"alpha": "alpha 波段 / alpha band", "mask": "掩膜 / mask"}
    found += [finding("BN-RAS-021", found=names[mask], **place) for mask in hiders]
    if band.impossible_nodata is not None:
        words: dict[str, Any] = {"found": band.impossible_nodata, "dtype": band.dtype}
        found.append(finding("BN-RAS-018", **words, **place))
    if band.other_nodata is not None:
        used = "-" if band.nodata is None else f"{band.nodata:g}"
        found.append(finding("BN-RAS-040", found=band.other_nodata, used=used, **place))
    declared = band.masks or any(value == 0 for value, _ in band.stated_found)
    if not declared and band.corner_zeros > book()["outside_share"]:
        share = f"{100 * band.corner_zeros:.1f}"
        found.append(finding("BN-RAS-034", share=share, **place))
    found += [
        finding("BN-RAS-041", found=f"{value:g}", **place)
        for value, count in band.stated_found
        if not count
    ]
    return found


def _scale_findings(
    band: BandFacts, source: RasterSource | None, place: dict[str, Any]
) -> list[Finding]:
    """Scale and offset that were applied, or that contradict each other."""
    stated = (source.scale, source.offset) if source else (None, None)
    wanted = (1.0 if stated[0] is None else stated[0], stated[1] or 0.0)
    used = (band.scale, band.offset)
    if stated != (None, None) and wanted != used:
        words: dict[str, Any] = {
            "found": f"{used[0]:g}, {used[1]:g}",
            "wanted": f"{wanted[0]:g}, {wanted[1]:g}",
        }
        return [finding("BN-RAS-023", **words, **place)]
    if used == (1.0, 0.0):
        return []
    return [finding("BN-RAS-022", scale=f"{used[0]:g}", offset=f"{used[1]:g}", **place)]


def _class_findings(
    band: BandFacts, source: RasterSource | None, place: dict[str, Any]
) -> list[Finding]:
    """Classes must not be averaged."""
    if source is None or source.resampling not in LINEAR:
        return []
    if source.categorical:
        return [finding("BN-RAS-019", resampling=source.resampling, **place)]
    if band.classes is None or band.classes < 2:
        return []
    words: dict[str, Any] = {"count": band.classes, "resampling": source.resampling}
    return [finding("BN-RAS-020", **words, **place)]


def layer_findings(
    values: Floats, facts: RasterFacts, source: RasterSource, cell_m: float
) -> list[Finding]:
    """Findings on a layer on the belt's grid: range, over-gridding, stripes, seams, its name."""
    found = range_findings(values, source.kind, source.unit, source.path)
    spacing, limit = source.line_spacing_m, book()["cells_per_spacing"]
    if spacing is not None and facts.cell_m < spacing / limit:
        words: dict[str, Any] = {
            "cell": f"{facts.cell_m:.4g}",
            "spacing": f"{spacing:g}",
            "limit": limit,
        }
        found.append(finding("BN-RAS-026", file=source.path, **words))
    if spacing is not None and source.line_azimuth_deg is not None:
        times = stripe_power(values, cell_m, source.line_azimuth_deg, spacing)
        if times > STRIPE_TIMES:
            words = {"azimuth": f"{source.line_azimuth_deg:g}", "times": f"{times:.1f}"}
            found.append(finding("BN-RAS-029", file=source.path, **words))
    if not source.categorical:
        for band in facts.bands:
            found += seam_findings(band.thin, source.path)
    text = f"{source.quantity.zh} {source.quantity.en} {source.name}"
    for level, words_of in book()["processing"].items():
        name = source.path.rsplit("/", 1)[-1]
        word = next((w for w in words_of if names_word(name, w)), None)
        if word and not _names_any(text, [*words_of, level]):
            found.append(finding("BN-RAS-031", file=source.path, word=word, level=level))
    return found


def range_findings(values: Floats, kind: str | None, unit: str, file: str) -> list[Finding]:
    """Values outside the usual range of their kind of survey (R05)."""
    entry = book()["kinds"].get(kind) if kind else None
    known = values[np.isfinite(values)]
    if entry is None or not known.size or unit.casefold() != entry["unit"].casefold():
        if entry is None or not known.size:
            return []
        return [finding("BN-RAS-039", file=file, found=entry["unit"], wanted=unit)]
    share = float(((known < entry["low"]) | (known > entry["high"])).mean())
    if share <= book()["outside_share"]:
        return []
    words: dict[str, Any] = {"low": f"{entry['low']:g}", "high": f"{entry['high']:g}", "unit": unit}
    words |= {"kind_zh": entry["zh"], "kind_en": entry["en"]}
    return [finding("BN-RAS-024", file=file, share=f"{100 * share:.1f}", **words)]


def seam_findings(thin: Floats, file: str) -> list[Finding]:
    """Steps along a whole row or column (R08): the median step across it is more than twice the
    spread of steps between neighbours."""
    found = []
    for axis, name in ((1, "column / 列"), (0, "row / 行")):
        if min(thin.shape) < 16:
            continue
        steps = np.diff(thin, axis=axis)
        known = np.isfinite(steps)
        spread = float(np.nanstd(steps)) if known.any() else 0.0
        full = known.mean(axis=1 - axis) > 0.5
        kept = np.compress(full, steps, axis=axis)
        if not kept.size or spread == 0:
            continue
        across = np.zeros(full.shape)
        across[full] = np.nanmedian(kept, axis=1 - axis)
        across[full] -= np.median(across[full])
        worst = int(np.abs(across).argmax())
        # the seam itself widens the spread: take it from all other places
        spread = float(np.nanstd(np.delete(steps, worst, axis=axis)))
        height = abs(across[worst])
        spread = max(spread, 0.01 * float(np.nanstd(thin)))
        if height > SEAM_SPREADS * spread:
            words: dict[str, Any] = {"axis": name, "place": f"{worst + 1}/{len(across) + 1}"}
            words |= {"step": f"{height:.4g}", "times": f"{height / spread:.3g}"}
            found.append(finding("BN-RAS-030", file=file, **words))
    return found


def stripe_power(values: Floats, cell_m: float, azimuth_deg: float, spacing_m: float) -> float:
    """Power across the survey lines against that in other directions (R07).

    Power spectrum at wavelengths of one to four line spacings; the waves that cross the lines at
    right angles (within 10 degrees) against the median of all directions in 10-degree sectors.

    Parameters
    ----------
    values
        (rows, columns), north to south.
    cell_m
        Cell, metres.
    azimuth_deg
        Direction of the lines, clockwise from north.
    spacing_m
        Line spacing, metres.

    Returns
    -------
    float
        The ratio of mean powers; 0 where the grid is too coarse or too small to tell.
    """
    if spacing_m < 2 * cell_m or min(values.shape) * cell_m < 8 * spacing_m:
        return 0.0
    filled = np.where(np.isfinite(values), values, np.nanmean(values))
    window = np.outer(np.hanning(values.shape[0]), np.hanning(values.shape[1]))
    power = np.abs(np.fft.fft2((filled - filled.mean()) * window)) ** 2
    north = -np.fft.fftfreq(values.shape[0], cell_m)[:, None]
    east = np.fft.fftfreq(values.shape[1], cell_m)[None, :]
    wave = np.hypot(north, east)
    ring = (wave <= 1 / spacing_m) & (wave >= 1 / (4 * spacing_m))
    direction = np.degrees(np.arctan2(east + 0 * north, north + 0 * east)) % 180
    apart = np.abs((direction - azimuth_deg - 90 + 90) % 180 - 90)
    sectors = [ring & (np.abs((apart - at + 5) % 180) <= 10) for at in range(20, 90, 10)]
    background = [float(power[s].mean()) for s in sectors if s.any()]
    across = ring & (apart <= 10)
    if not background or not across.any() or np.median(background) == 0:
        return 0.0
    return float(power[across].mean() / np.median(background))


def flip_findings(values: Floats, other: Floats, name: str, file: str) -> list[Finding]:
    """Whether a layer agrees with another of its kind better when it is turned over (R06)."""
    plain = _correlation(values, other)
    turned = {flip: _correlation(values[at], other) for flip, at in FLIPS.items()}
    best = max(turned, key=lambda flip: turned[flip])
    if turned[best] < TRUSTED_CORRELATION or turned[best] < plain + BETTER_BY:
        return []
    words: dict[str, Any] = {"before": f"{plain:.2f}", "after": f"{turned[best]:.2f}", "flip": best}
    return [finding("BN-RAS-028", file=file, other=name, **words)]


def _correlation(one: Floats, two: Floats) -> float:
    """Correlation over cells that both have; 0 where it means nothing."""
    both = np.isfinite(one) & np.isfinite(two)
    if both.sum() < 16 or one[both].std() == 0 or two[both].std() == 0:
        return 0.0
    return float(np.corrcoef(one[both], two[both])[0, 1])
