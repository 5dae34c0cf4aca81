"""Rasters of a draft: what each measures, in which unit, and whether it can be used as it is."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from flows.draft import Draft
from flows.draft_surveys import (
    NO_MAP,
    Extent,
    Surveyed,
    is_local,
    layer_name,
    question,
    refused,
    said,
    stem,
)
from geo.config import Names, RasterSource, StatedCrs
from geo.crs import check_crs, transform
from geo.findings import DataError, Finding
from geo.rasters.checks import names_word
from geo.rasters.facts import BandFacts, RasterFacts
from geo.rasters.reading import book
from geo.rasters.surveys import inspect_raster
from geo.recognise_rules import Recognised, words

SHORT = {"elevation": "dem", "magnetic_anomaly": "magnetics", "magnetic_total_field": "magnetics",
         "bouguer_gravity": "gravity"}  # fmt: skip
MOST_BANDS = 20
SKIP = "skip"
ANSWERABLE = {"BN-RAS-001", "BN-RAS-002", "BN-RAS-032"}
"""Refusals that a flag answers: no system, undeclared nodata, level of security."""


def draft_rasters(draft: Draft) -> list[Surveyed]:
    """Inspect every raster of a folder (once) and draft a layer for each band."""
    made: list[Surveyed] = []
    taken: set[str] = set()
    for table in (t for t in draft.files if t.kind == "raster"):
        made += _layers(draft, table, taken)
    return made


def _layers(draft: Draft, table: Recognised, taken: set[str]) -> list[Surveyed]:
    """The layers of one raster: one for each band with values."""
    facts, findings = inspect_raster(table.path, table.file)
    first = Surveyed(table, findings=findings, facts=_line(facts) if facts else "")
    grave = tuple(f for f in findings if f.code not in ANSWERABLE)
    first.aside = refused(grave) or (NO_MAP if is_local(draft) else None)
    if facts is None or first.aside is not None:
        return [first]
    if not facts.bands:
        listed = ", ".join(facts.variables[:8])
        first.aside = (f"多个变量，须指定：{listed}", f"several variables, none named: {listed}")
        return [first]
    if len(facts.bands) > MOST_BANDS:
        count = len(facts.bands)
        first.aside = (f"{count} 个波段，请手工选取", f"{count} bands: choose some by hand")
        return [first]
    made = [first, *(Surveyed(table) for _ in facts.bands[1:])]
    for layer, band in zip(made, facts.bands, strict=True):
        _draft_band(draft, layer, facts, band, findings, taken)
    return made


def _draft_band(
    draft: Draft,
    layer: Surveyed,
    facts: RasterFacts,
    band: BandFacts,
    findings: tuple[Finding, ...],
    taken: set[str],
) -> None:
    """Configure one band: quantity, unit, resampling, system, nodata, security."""
    table, several = layer.table, len(facts.bands) > 1
    kind = _kind(table, band)
    name = layer_name(table, SHORT.get(kind or "", kind or "raster"), taken)
    names = (name, stem(table), table.file)
    if said(draft.answers.raster_units, *names) == SKIP:
        layer.aside = ("不用（--raster-unit skip）", "left out by --raster-unit")
        return
    unit, why = _unit(draft, kind, band, table, names)
    if unit is None:
        zh = f"{table.file}：{band.minimum:.4g} 至 {band.maximum:.4g}，看不出是什么"
        en = f"{table.file}: {band.minimum:.4g} to {band.maximum:.4g}, nothing says what it is"
        flag = f"--raster-unit {name}=UNIT | {name}={SKIP}"
        layer.questions.append(question(f"raster:{name}", None, zh, en, flag))
    crs = said(draft.answers.raster_crs, *names)
    if facts.crs is None and crs is None:
        zh, en = f"{table.file} 没有坐标系", f"{table.file} has no coordinate system"
        flag = f"--raster-crs {name}=EPSG:… (--raster-unit {name}={SKIP})"
        layer.questions.append(question(f"raster:{name}", None, zh, en, flag))
    nodata = _nodata(draft, layer, band, name, names)
    security = _security(draft, layer, findings, name, names)
    classes = band.classes is not None and kind != "elevation"
    layer.source = RasterSource(
        name=name,
        root=str(draft.root.resolve()),
        path=table.file,
        quantity=_quantity(kind, table, band, several),
        unit=unit or "?",
        resampling="nearest" if classes else "bilinear",
        kind=kind,
        band=band.number if several else None,
        declared_nodata=nodata,
        categorical=classes,
        crs=StatedCrs(code=crs, reason="bornite init --raster-crs") if crs else None,
        security=security,
    )
    layer.why = why
    if layer.facts:
        layer.facts = f"{name}, {unit or '?'}: {layer.facts}"
    layer.spacing_m = facts.cell_m
    layer.extent = _extent(draft, facts, crs)


def _line(facts: RasterFacts) -> str:
    """A raster in a line."""
    crs = facts.crs.name if facts.crs is not None else "no CRS"
    return f"{facts.driver} {facts.width} × {facts.height}, {len(facts.bands)} band(s), {crs}"


def _kind(table: Recognised, band: BandFacts) -> str | None:
    """What a band measures, by the words of its name, where its figures agree."""
    text = f"{table.path.name} {band.name}"
    named = words()["raster_kinds"]
    kind = next((k for k, v in named.items() if any(names_word(text, w) for w in v)), None)
    if kind is None:
        return None
    tries = [kind, *(["magnetic_total_field"] if kind == "magnetic_anomaly" else [])]
    return next((k for k in tries if _fits(k, band)), None)


def _fits(kind: str, band: BandFacts) -> bool:
    """Whether a band's mean lies in the usual range of its kind."""
    usual = book()["kinds"][kind]
    return bool(usual["low"] <= band.mean <= usual["high"])


def _is_image_band(table: Recognised, band: BandFacts) -> bool:
    """Whether a name is that of a satellite's band (``LC08_…_B4``, ``sentinel2_red``)."""
    texts = (stem(table).casefold(), band.name.casefold())
    last = [re.split(r"[^a-z0-9]+", text)[-1] for text in texts]
    return any(re.fullmatch(r"b\d{1,2}a?|band\d+", t) or t in words()["image_bands"] for t in last)


def _unit(
    draft: Draft, kind: str | None, band: BandFacts, table: Recognised, names: tuple[str, ...]
) -> tuple[str | None, str]:
    """Unit of a band and why; None where nobody says it."""
    answer = said(draft.answers.raster_units, *names)
    if answer is not None:
        return answer, "--raster-unit"
    span = f"{band.minimum:.4g} to {band.maximum:.4g}"
    if kind is not None:
        usual = str(book()["kinds"][kind]["unit"])
        own = f", the file's unit is {band.unit}" if band.unit else ""
        return band.unit or usual, f"{kind} by its name, values {span} fit{own}"
    if band.unit:
        return band.unit, f"unit by the file, values {span}"
    if band.classes is not None:
        return "class", f"{band.classes} different whole numbers: classes"
    if _is_image_band(table, band):
        reflectance = band.minimum >= 0 and band.maximum <= 1.6
        unit = "1" if reflectance else "DN"
        return unit, f"an image's band, values {span}" + ("" if reflectance else ", uncalibrated")
    return None, ""


def _quantity(kind: str | None, table: Recognised, band: BandFacts, several: bool) -> Names:
    """Name of what is measured, for readers; the file's name tells how it was processed."""
    own = stem(table) + (f" {band.name}" if several else "")
    if kind is None:
        return Names(zh=own, en=own)
    usual = book()["kinds"][kind]
    return Names(zh=f"{usual['zh']}（{own}）", en=f"{usual['en']} ({own})")


def _nodata(
    draft: Draft, layer: Surveyed, band: BandFacts, name: str, names: tuple[str, ...]
) -> tuple[float, ...]:
    """Nodata as stated by a flag; a number that looks like nodata is asked about."""
    answer = said(draft.answers.raster_nodata, *names)
    if answer is not None:
        return () if answer == "none" else (float(answer),)
    if band.sentinels:
        value, count = band.sentinels[0]
        zh = f"{layer.table.file}：{count} 个像元等于 {value:g}，未声明无值"
        en = f"{layer.table.file}: {count} cells equal {value:g}, no nodata is declared"
        flag = f"--raster-nodata {name}={value:g}"
        layer.questions.append(question(f"raster:{name}", value, zh, en, flag))
    return ()


def _security(
    draft: Draft,
    layer: Surveyed,
    findings: tuple[Finding, ...],
    name: str,
    names: tuple[str, ...],
) -> Any:
    """Level of security as stated; asked for where the raster could be restricted."""
    answer = said(draft.answers.raster_security, *names)
    asked = next((f for f in findings if f.code == "BN-RAS-032"), None)
    if asked is not None and answer is None:
        zh, en = (
            f"{layer.table.file}：{asked.message_zh}",
            f"{layer.table.file}: {asked.message_en}",
        )
        flag = f"--raster-security {name}=public | {name}=internal | {name}=important"
        layer.questions.append(question(f"raster:{name}", None, zh, en, flag))
    return answer


def _extent(draft: Draft, facts: RasterFacts, stated: str | None) -> Extent | None:
    """A raster's outline in the belt's system; None where it can't be brought there."""
    try:
        own = check_crs(stated) if stated else facts.crs
        if own is None:
            return None
        share = np.linspace(0, 1, 9)
        edges = [(x, y) for x in share for y in share if {x, y} & {0.0, 1.0}]
        corners = [facts.transform * (x * facts.width, y * facts.height) for x, y in edges]
        x, y = np.array(corners).T
        east, north = transform(own, draft.crs, x, y)
    except DataError:
        return None
    if not (np.isfinite(east).all() and np.isfinite(north).all()):
        return None
    return float(east.min()), float(north.min()), float(east.max()), float(north.max())
