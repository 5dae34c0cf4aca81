"""Checks of a survey: places, sheets, contents, repeats. Each is a named rule."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats
from scipy.spatial import cKDTree

from geo.dictionary import dictionary
from geo.geochemistry.config import GeochemistrySource, Levelling
from geo.geochemistry.headings import words
from geo.geochemistry.levelling import find_seams, seam_ratios
from geo.geochemistry.sheets import parse_sheet
from geo.geochemistry.tables import SurveyTable, medium_kind, spike
from geo.rules import finding

Floats = NDArray[np.float64]


def figures() -> dict[str, Any]:
    """Limits of the checks (``data/dictionaries/survey.yaml``)."""
    limits: dict[str, Any] = words().raw["checks"]
    return limits


def check_media(table: SurveyTable, source: GeochemistrySource) -> None:
    """One medium at a time: skip the rows of others, or ask which is wanted."""
    if "medium" not in table.points:
        return
    texts = table.points["medium"]
    found = [word for word in texts.unique() if word]
    where: dict[str, Any] = {"file": source.path, "column": "medium"}
    if source.only_medium is not None:
        others = (texts != source.only_medium).to_numpy()
        if others.all():
            table.findings.append(
                finding("BN-GCH-020", count=len(found), found=", ".join(found), **where)
            )
        elif others.any():
            count = int(others.sum())
            table.skipped += count
            table.keep(~others)
            table.findings.append(
                finding("BN-GCH-021", value=count, count=count, found=source.only_medium, **where)
            )
        return
    kinds = {medium_kind(word) or word for word in found}
    if len(kinds) > 1:
        table.findings.append(
            finding("BN-GCH-020", count=len(found), found=", ".join(found), **where)
        )


def check_contents(table: SurveyTable, source: GeochemistrySource) -> None:
    """Report rates, units by magnitude, unmarked limits, oxide sums, missing elements, batches."""
    limits = figures()
    for column in table.columns:
        values, below = table.values[column.name], table.limits[column.name].notna()
        where: dict[str, Any] = {"file": source.path, "column": column.heading}
        analysed = int(values.notna().sum() + below.sum())
        if not analysed:
            continue
        share = round(100 * float(below.sum()) / analysed, 1)
        if share > limits["report_rate_most_below_pct"]:
            count = int(below.sum())
            table.findings.append(finding("BN-GCH-003", value=count, share=share, **where))
        _magnitude(table, column.symbol, values, where)
        if source.censoring == "none" and not below.any():
            _unmarked(table, values.dropna().to_numpy(float), where)
    _tally(table, source)
    _oxides(table)
    _missing(table, source)
    _batches(table, source)


def _tally(table: SurveyTable, source: GeochemistrySource) -> None:
    """How many contents are below detection and how many were not analysed, by column."""
    below = table.limits.notna()
    for code, mask in (("BN-GCH-032", below), ("BN-GCH-033", table.values.isna() & ~below)):
        counts = mask.sum()
        counts = counts[counts > 0]
        if len(counts):
            found = ", ".join(f"{name} {count}" for name, count in counts.items())
            total = int(counts.sum())
            table.findings.append(
                finding(code, file=source.path, value=total, count=total, found=found)
            )


def _magnitude(table: SurveyTable, symbol: str, values: pd.Series, where: dict[str, Any]) -> None:
    """A median that only another unit explains."""
    median = float(values.median()) if values.notna().any() else float("nan")
    most = dictionary().elements[symbol].survey_median_most
    unit = dictionary().elements[symbol].survey_unit
    gold = figures()["au_median_ppb"]
    if symbol == "au" and not np.isnan(median):
        if not gold["least"] <= median <= gold["most"]:
            table.findings.append(finding("BN-GCH-013", median=f"{median:g}", **gold, **where))
    elif median > most:
        found = finding("BN-TAB-009", unit=unit, median=f"{median:g}", limit=most, **where)
        table.findings.append(found)


def _unmarked(table: SurveyTable, values: Floats, where: dict[str, Any]) -> None:
    """The lowest value stands so often that it must be a limit."""
    if len(np.unique(values)) < 3:
        return
    lowest, count = spike(values)
    if count:
        share = round(100 * count / len(values), 1)
        words_: dict[str, Any] = {"lowest": f"{lowest:g}", "count": count, "share": share}
        table.findings.append(finding("BN-GCH-022", value=count, **words_, **where))


def _oxides(table: SurveyTable) -> None:
    """Rows whose oxides add up to more than a whole."""
    names = [c.name for c in table.columns if c.symbol in words().raw["oxides"] and not c.method]
    if len(names) < 3:
        return
    most = figures()["oxide_sum_most_pct"]
    total = table.values[names].sum(axis=1).to_numpy(float)
    over = total > most
    parts = [{"total": round(float(t), 1), "limit": most} for t in total[over]]
    table.report("BN-GCH-015", over, "+".join(names), words=parts)


def _missing(table: SurveyTable, source: GeochemistrySource) -> None:
    """What a regional survey lacks of its 39 determinations (only where it has half of them)."""
    wanted = words().raw["rgnr_39"]
    have = {column.symbol for column in table.columns}
    lacking = [symbol for symbol in wanted if symbol not in have]
    if lacking and len(lacking) <= len(wanted) / 2:
        found = ", ".join(lacking)
        table.findings.append(
            finding("BN-GCH-017", file=source.path, value=found, found=found, count=len(lacking))
        )


def _batches(table: SurveyTable, source: GeochemistrySource) -> None:
    """Batches whose contents don't have the distribution of the others (copper and gold)."""
    if "batch" not in table.points:
        return
    limits = figures()
    for column in (c for c in table.columns if c.symbol in ("cu", "au")):
        values = table.values[column.name].fillna(table.limits[column.name] / 2)
        known = values.notna().to_numpy()
        for batch in sorted(filter(None, table.points["batch"].unique())):
            mine = known & (table.points["batch"] == batch).to_numpy()
            rest = known & ~mine
            if min(mine.sum(), rest.sum()) < limits["batch_least_samples"]:
                continue
            p = float(stats.ks_2samp(values[mine], values[rest]).pvalue)
            if p < limits["batch_drift_p"]:
                medians = (f"{values[part].median():g}" for part in (mine, rest))
                parts: dict[str, Any] = dict(zip(("median", "rest"), medians, strict=True))
                where: dict[str, Any] = {"file": source.path, "column": column.heading}
                table.findings.append(
                    finding("BN-GCH-016", value=batch, batch=batch, p=f"{p:.1g}", **parts, **where)
                )


def check_sheets(table: SurveyTable, lon: Floats, lat: Floats, source: GeochemistrySource) -> None:
    """Sheet numbers against coordinates (degrees); rows off their sheet are refused."""
    if "map_sheet" not in table.points:
        return
    names = table.points["map_sheet"].to_numpy(object)
    sheets = {name: parse_sheet(name) for name in sorted(set(names)) if name}
    unknown = [name for name, sheet in sheets.items() if sheet is None]
    if unknown:
        count = int(np.isin(names, unknown).sum())
        found = ", ".join(unknown[:5])
        where: dict[str, Any] = {"file": source.path, "column": "map_sheet", "value": found}
        table.findings.append(finding("BN-GCH-010", count=count, found=found, **where))
    off = np.zeros(len(names), dtype=bool)
    for name, sheet in sheets.items():
        if sheet is not None:
            own = names == name
            off[own] = ~sheet.holds(lon[own], lat[own], figures()["sheet_tolerance_deg"])
    rows = np.flatnonzero(off)
    parts = [
        {"found": names[i], "lon": round(float(lon[i]), 4), "lat": round(float(lat[i]), 4)}
        for i in rows
    ]
    table.report("BN-GCH-009", off, "map_sheet", values=[names[i] for i in rows], words=parts)


def check_twice(
    table: SurveyTable, first: tuple[Floats, Floats], second: tuple[Floats, Floats], file: str
) -> None:
    """Coordinates given twice: how far the pairs (metres, one system) are apart."""
    apart = np.hypot(first[0] - second[0], first[1] - second[1])
    known = np.isfinite(apart)
    if not known.any():
        return
    table.findings.append(
        finding(
            "BN-GCH-023",
            file=file,
            column="X/Y",
            value=int(known.sum()),
            count=int(known.sum()),
            mean=round(float(apart[known].mean()), 1),
            most=round(float(apart[known].max()), 1),
            missing=int((~known).sum()),
        )
    )
    far = known & (apart > figures()["two_coordinates_most_m"])
    parts = [{"distance": round(float(d))} for d in apart[far]]
    table.report("BN-GCH-024", far, "X/Y", words=parts)


def check_spacing(table: SurveyTable, places: Floats, source: GeochemistrySource) -> None:
    """Points nearer than half the nominal spacing, and a spacing that isn't the nominal one."""
    if source.spacing_m is None or len(places) < 3:
        return
    nearest = cKDTree(places).query(places, k=2)[0][:, 1]
    median = float(np.median(nearest))
    share = figures()["spacing_least_share"]
    if not share <= median / source.spacing_m <= 1 / share:
        words_: dict[str, Any] = {"distance": round(median), "spacing": f"{source.spacing_m:g}"}
        table.findings.append(finding("BN-GCH-012", file=source.path, column="X/Y", **words_))
        return
    close = nearest < share * source.spacing_m
    parts = [{"distance": round(float(d)), "spacing": f"{source.spacing_m:g}"} for d in nearest]
    at = [parts[i] for i in np.flatnonzero(close)]
    table.report("BN-GCH-011", close, "X/Y", words=at)


def check_seams(table: SurveyTable, places: Floats, source: GeochemistrySource) -> None:
    """Steps at the edges of map sheets, for copper and the elements to be levelled."""
    if "map_sheet" not in table.points or source.spacing_m is None:
        return
    ratio = figures()["sheet_edge_ratio"]
    settings = Levelling(
        group="map_sheet",
        method="median",
        elements=(),
        neighbour_distance_m=3 * source.spacing_m,
        min_samples=figures()["batch_least_samples"],
        step_ratio=ratio,
        max_factor=1e9,
        citation="check of sheet edges",
    )
    seams = find_seams(table.points["map_sheet"].to_numpy(object), places, settings)
    for column in table.columns:
        values = table.values[column.name].fillna(table.limits[column.name] / 2).to_numpy(float)
        for _, seam in seam_ratios(column.name, values, places, seams, settings).iterrows():
            # a slope of the ground makes a ratio too; only a ratio that is a step counts
            if min(seam["ratio_before"], seam["step_before"]) > ratio:
                table.findings.append(
                    finding(
                        "BN-GCH-014",
                        file=source.path,
                        column=column.heading,
                        value=f"{seam['ratio_before']:.2f}",
                        a=seam["group_a"],
                        b=seam["group_b"],
                        ratio=f"{seam['ratio_before']:.2f}",
                        median_a=f"{seam['median_a_before']:.3g}",
                        median_b=f"{seam['median_b_before']:.3g}",
                        limit=ratio,
                    )
                )


def check_repeats(table: SurveyTable, source: GeochemistrySource) -> None:
    """Take coded repeats out and compare them with their originals."""
    if "repeat_of" not in table.points or "sample_id" not in table.points:
        return
    is_repeat = (table.points["repeat_of"] != "").to_numpy()
    if not is_repeat.any():
        return
    first = {name: i for i, name in reversed(list(enumerate(table.points["sample_id"])))}
    pairs = [(int(i), first.get(table.points["repeat_of"][i])) for i in np.flatnonzero(is_repeat)]
    limits = figures()["repeat_most_pct"]
    for column in table.columns:
        values, below = table.values[column.name], table.limits[column.name]
        lowest = below.max() if below.notna().any() else 0.0
        judged = [_pair(values, lowest, i, j, limits) for i, j in pairs if j is not None]
        known = [one for one in judged if one is not None]
        if not known:
            continue
        bad = np.zeros(len(values), dtype=bool)
        bad[[row for row, passed, _ in known if not passed]] = True
        parts = [part for _, passed, part in known if not passed]
        for part in parts:
            part["other"] = table.points["sample_id"][part["other"]]
        table.report("BN-GCH-018", bad, column.heading, words=parts)
        passed_count = sum(passed for _, passed, _ in known)
        where: dict[str, Any] = {"file": source.path, "column": column.heading}
        share = round(100 * passed_count / len(known), 1)
        facts: dict[str, Any] = {"count": len(known), "passed": passed_count, "share": share}
        table.findings.append(finding("BN-GCH-019", element=column.name, **facts, **where))
    parts_ = [table.points, table.values, table.limits.add_suffix("__lod")]
    table.repeats = pd.concat(parts_, axis=1)[is_repeat].reset_index(drop=True)
    table.keep(~is_repeat)


def _pair(
    values: pd.Series, lowest: float, i: int, j: int, limits: dict[str, float]
) -> tuple[int, bool, dict[str, Any]] | None:
    """One repeat against its original: row, whether it passes, words; None where one is missing."""
    a, b = float(values[i]), float(values[j])
    if np.isnan(a) or np.isnan(b):
        return None
    mean = (a + b) / 2
    error = 100 * abs(a - b) / mean
    most = limits["near_limit"] if mean < 3 * lowest else limits["above"]
    words_ = {"other": j, "error": round(error), "limit": most, "a": f"{a:g}", "b": f"{b:g}"}
    return i, error <= most, words_


def check_doubles(table: SurveyTable, places: Floats) -> None:
    """Refuse rows that repeat place and contents; report places and sample numbers used twice."""
    spots = pd.DataFrame(np.round(places, 3), columns=["x", "y"])
    whole = pd.concat([spots, table.values, table.limits.add_suffix("__lod")], axis=1)
    double = whole.duplicated().to_numpy()
    origin = _first_rows(whole, table.points["row"])
    parts = [{"other": int(origin[i])} for i in np.flatnonzero(double)]
    table.report("BN-GCH-002", double, "X/Y", words=parts)
    shared = spots[~double].duplicated(keep=False)
    if shared.any():
        count, groups = int(shared.sum()), len(spots[~double][shared].drop_duplicates())
        words_: dict[str, Any] = {"count": count, "groups": groups}
        file = str(table.points["file"].iloc[0])
        table.findings.append(finding("BN-GCH-031", file=file, column="X/Y", value=count, **words_))
    if "sample_id" in table.points:
        names = table.points["sample_id"]
        again = (names.duplicated() & (names != "")).to_numpy()
        first = _first_rows(names.to_frame(), table.points["row"])
        found = [{"found": names[i], "other": int(first[i])} for i in np.flatnonzero(again)]
        table.report("BN-GCH-027", again, "sample_id", words=found)


def _first_rows(keys: pd.DataFrame, rows: pd.Series) -> NDArray[np.int64]:
    """For each row the number of the first row with the same keys."""
    groups = keys.groupby(list(keys.columns), dropna=False).ngroup().to_numpy()
    return np.asarray(rows.groupby(groups).transform("min"), dtype=np.int64)
