"""What a belt's page says: its deposits, its maps, its data's findings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from estimation.belts import Belt
from estimation.plan import CLASSES
from estimation.results import DepositResult
from geo.config import RasterSource
from reporting.figures.store import FigureStore, Plate
from reporting.limits import mark_notes, marked
from reporting.report import SiteReport
from reporting.site.frame import named
from reporting.sums import element_sum, of_class, ore_t
from reporting.tables import Row, Table, column, columns, heading, number, words
from reporting.units import (
    ORE,
    Text,
    class_text,
    grade_display,
    metal_display,
    symbol,
)
from reporting.views.deposit import CLASSES_NOTE, ROUNDING_NOTE
from reporting.views.summary import latest_of, summary_basis

BELT_BYPRODUCT_NOTE = Text(
    "伴生组分品位为已评价矿石的平均值（所占比例见各矿床页）；“—”为未评价，不是零。",
    "By-product grades are means over evaluated ore (its share: see each deposit's page); "
    "'—' means not evaluated, not zero.",
)
GENERALISED_M = 1000.0
"""Deposits are marked on maps to the nearest kilometre."""


def belt_table(report: SiteReport, belt: Belt) -> Table | None:
    """Deposits of the belt by class at each one's reporting cut-off, then each class's subtotal."""
    results = latest_of(report, [belt])
    if not results:
        return None
    elements = tuple(dict.fromkeys(e for r in results for e in r.statement.elements))
    head = [
        column("矿床", "Deposit", numeric=False),
        column("类别", "Class", numeric=False),
        columns(Text("矿石量", "Ore"), Text(ORE["zh"].sign, ORE["en"].sign)),
    ]
    for element in elements:
        name = symbol(element)
        head.append(column(name, name, grade_display(element).sign))
        head.append(column(f"{name} 金属量", f"{name} metal", metal_display(element).sign))
    rows = [
        _class_row(
            named(deposit.name), (deposit.id, name), (report.results[deposit.id][-1],), elements
        )
        for deposit in report.estimated(belt)
        for name in CLASSES
    ]
    if len(results) > 1:
        rows += [_class_row(SUBTOTAL, (belt.id, name), results, elements) for name in CLASSES]
    title = Text("矿床资源量", "Resources of the deposits")
    byproducts = [BELT_BYPRODUCT_NOTE] * (len(elements) > 1)
    notes = (CLASSES_NOTE, *byproducts, *mark_notes(results), ROUNDING_NOTE)
    basis = summary_basis(results)
    return Table("belt", title, basis, (tuple(head),), tuple(rows), notes, sortable=True)


SUBTOTAL = Text("本带小计（同类别）", "Belt subtotal, within the class")


def _class_row(
    label: Text,
    place: tuple[str, str],
    results: Sequence[DepositResult],
    elements: Sequence[str],
) -> Row:
    """One class of one deposit, or of all deposits of a belt; ``place``: its id and the class."""
    identity, name = place
    kept = [row for r in results for row in of_class(r.statement.at_cutoff(), name)]
    about = {"klass": name, "deposit": identity, "domain": "*"}
    cells = [heading(label), words(class_text(name), "keep")]
    cells.append(number(ore_t(kept) if kept else None, ORE, quantity="ore_t", about=about))
    for element in elements:
        own = [row for row in kept if element in row.elements]
        total = element_sum(own, element)
        about["metal"] = element
        grade = number(total.grade, grade_display(element), quantity="grade", about=about)
        metal = number(total.metal_t, metal_display(element), quantity="metal_t", about=about)
        cells += [marked(cell, results, element, name) for cell in (grade, metal)]
    return Row(tuple(cells), "total" if label is SUBTOTAL else "")


def belt_plates(report: SiteReport, belt: Belt, store: FigureStore) -> list[Plate]:
    """The copper map, then each raster on the belt's grid."""
    source = report.belt_maps.get(belt.id)
    if source is None or not source.exists():
        return []
    with np.load(source, allow_pickle=False) as stored:
        names = set(stored.files)
        drift = str(stored["drift_used"]) if "drift_used" in names else ""
        samples = len(stored["samples"]) if "samples" in names else 0
    deposits = _places(belt)
    plates = []
    if "cu_ppm" in names:
        svg = store.svg("copper_map", source, {"deposits": deposits})
        plates.append(Plate(svg, COPPER_MAP, _copper_caption(belt, samples, drift)))
    for raster in belt.rasters:
        if raster.name in names:
            plates.append(_raster_plate(raster, source, deposits, store))
    return plates


COPPER_MAP = Text("水系沉积物铜含量图", "Copper in stream sediments")


RESAMPLING = {
    "nearest": Text("取最近格", "nearest cell"),
    "bilinear": Text("双线性内插", "bilinear"),
    "cubic": Text("三次内插", "cubic"),
    "average": Text("格内平均", "mean of the cells"),
    "mode": Text("格内众数", "most frequent of the cells"),
}


def _raster_plate(
    raster: RasterSource, source: Path, deposits: list[list[float]], store: FigureStore
) -> Plate:
    """One raster survey on the belt's grid."""
    title = named(raster.quantity)
    how = RESAMPLING.get(raster.resampling, Text(raster.resampling, raster.resampling))
    parameters: dict[str, Any] = {
        "name": raster.name,
        "unit": raster.unit,
        "relief": raster.unit == "m" and _is_elevation(raster),
        "deposits": deposits,
    }
    caption = Text(
        f"{title.zh}（{raster.unit}），重采样至成矿带格网（{how.zh}）。",
        f"{title.en} ({raster.unit}), resampled to the belt's grid ({how.en}).",
    )
    return Plate(store.svg("raster_map", source, parameters), title, caption)


def _is_elevation(raster: RasterSource) -> bool:
    """Whether a raster holds the ground's height."""
    words_of = f"{raster.name} {raster.quantity.en} {raster.quantity.zh}".lower()
    return any(sign in words_of for sign in ("dem", "elevation", "高程"))


def _copper_caption(belt: Belt, samples: int, drift: str) -> Text:
    """How the copper map was made."""
    used = drift not in ("", "None", "none", "False")
    rasters = {raster.name: named(raster.quantity) for raster in belt.rasters}
    by = rasters.get(drift, Text(drift, drift))
    zh = f"以{by.zh}为外部漂移" if used else "不用外部漂移"
    en = f"with {by.en} as external drift" if used else "without external drift"
    media = "、".join(source.medium.zh for source in belt.geochemistry)
    medium = ", ".join(source.medium.en for source in belt.geochemistry)
    return Text(
        f"铜含量（ppm）：{media} {samples} 件样品，对数克里格，{zh}，值为反变换中位数；"
        "◇ 矿床（至千米）。",
        f"Copper (ppm): {samples} samples ({medium}), kriged in logarithms {en}; values are "
        "back-transformed medians; ◇ deposits (to the kilometre).",
    )


def _places(belt: Belt) -> list[list[float]]:
    """Deposits' places, generalised to the kilometre; none on a local mine grid."""
    if belt.crs == "local":
        return []
    places = []
    for deposit in belt.deposits:
        grid = deposit.grid
        centre = [grid.origin_m[a] + grid.block_m[a] * grid.shape[a] / 2 for a in (0, 1)]
        places.append([round(value / GENERALISED_M) * GENERALISED_M for value in centre])
    return places
