"""Where deposits lie, how much copper each holds, how it changed: the map's circles and its list.

Places are the middles of block models, generalised before anything else is done with them: to the
kilometre for the bureau, to what the settings say for the public.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from estimation.belts import Belt, Deposit
from estimation.plan import CLASSES
from estimation.results import DepositResult
from geo.crs import transform
from geo.findings import DataError
from reporting.report import MAIN_COPPER, SiteReport
from reporting.rounding import round_half_even
from reporting.settings import BaseMap
from reporting.site.frame import deposit_href, named, same
from reporting.sums import class_metal_t, statistical_total
from reporting.tables import Cell, Row, Table, column, columns, heading, number, words
from reporting.units import CLASS_TEXT, SHARE, TOTAL_TEXT, Text, Unit, summary_display
from reporting.views.brief import size_note, size_text
from reporting.views.deposit import CLASSES_NOTE, ROUNDING_NOTE
from reporting.views.summary import class_change_t, summary_basis

DEGREES = "EPSG:4490"
METRES_A_DEGREE = 111_000.0
NAMED = 12
"""Most deposits whose names are written on the map; where there are more, numbers alone are."""
STEADY, STRONG = 0.01, 0.05
"""Changes from which a circle counts as changed, and as changed much."""
SIGNS = (("--", "−−"), ("-", "−"), ("0", "="), ("+", "+"), ("++", "++"), ("new", "○"))
"""Bins of change, and the sign that each is known by besides its colour."""
LOCAL = Text("本地坐标，无法上图", "local grid: no place")
WITHHELD = Text("按设置不上图", "not shown, by the settings")


@dataclass(frozen=True)
class Spot:
    """One deposit of the map and its list."""

    order: int
    belt: Belt
    deposit: Deposit
    result: DepositResult
    place: tuple[float, float] | None
    """Longitude and latitude, degrees, rounded as far as readers may know them."""
    change: float | None
    """Of all classes together since the vintage before, as a share; None without one before."""
    why: Text | None = None
    """Why it has no place."""

    @property
    def bin(self) -> str:
        """Bin of its change: the key of :data:`SIGNS`."""
        if self.change is None:
            return "new"
        strong = "++" if self.change > 0 else "--"
        size = abs(self.change)
        return strong if size >= STRONG else strong[0] if size >= STEADY else "0"

    @property
    def metal_t(self) -> dict[str, float | None]:
        """Copper by class, tonnes."""
        return _metal(self.result)


def spots(report: SiteReport, metres: float | None) -> list[Spot]:
    """Every estimated deposit, numbered, with its place to ``metres``; None: no place is shown."""
    made: list[Spot] = []
    for belt in report.belts:
        for deposit in report.estimated(belt):
            result = report.results[deposit.id][-1]
            place = _place(belt, deposit, metres) if metres else None
            why = None if place else LOCAL if metres else WITHHELD
            change = _change(report, result)
            made.append(Spot(len(made) + 1, belt, deposit, result, place, change, why))
    return made


def decimals_of(metres: float | None) -> int:
    """Decimals of a degree that say no more than ``metres``."""
    return max(0, math.floor(math.log10(METRES_A_DEGREE / metres))) if metres else 0


def _place(belt: Belt, deposit: Deposit, metres: float) -> tuple[float, float] | None:
    """Longitude and latitude of a deposit's middle, generalised first; None on a local grid."""
    if belt.crs == "local":
        return None
    grid = deposit.grid
    middle = [grid.origin_m[a] + grid.block_m[a] * grid.shape[a] / 2 for a in (0, 1)]
    east, north = (round(value / metres) * metres for value in middle)
    try:
        lon, lat = transform(belt.crs, DEGREES, [east], [north])
    except DataError:  # no exact way to degrees: listed without a place
        return None
    if not np.isfinite([lon[0], lat[0]]).all():
        return None
    digits = decimals_of(metres)
    return float(round_half_even(lon[0], digits)), float(round_half_even(lat[0], digits))


def _change(report: SiteReport, result: DepositResult) -> float | None:
    """Change of all classes since the vintage before, as a share of what was there."""
    by_class = {n: class_change_t(report, result, n) for n in CLASSES}
    change, now = statistical_total(by_class), statistical_total(_metal(result))
    if change is None or now is None or now <= change:
        return None
    return change / (now - change)


def _metal(result: DepositResult) -> dict[str, float | None]:
    return {name: class_metal_t(result, MAIN_COPPER, name) for name in CLASSES}


def map_parameters(shown: Sequence[Spot], base: BaseMap | None) -> dict[str, Any]:
    """What the map drawing shows."""
    return {
        "spots": list(_circles(shown)),
        "base": _base(base) if base else None,
    }


def _circles(shown: Sequence[Spot]) -> Iterator[dict[str, Any]]:
    """A circle of each deposit that has a place."""
    for spot in shown:
        metal = [value or 0.0 for value in spot.metal_t.values()]
        if spot.place is not None and sum(metal) > 0:
            yield {
                "label": str(spot.order),
                "name": spot.deposit.name.zh if len(shown) <= NAMED else "",
                "lon": spot.place[0],
                "lat": spot.place[1],
                "kt": round(math.fsum(metal) / 1e3, 3),
                "mix": [round(value / math.fsum(metal), 4) for value in metal],
                "bin": spot.bin,
            }


def _base(base: BaseMap) -> dict[str, Any]:
    """The user's base map with its edges in degrees and the line that it may be shown with."""
    return {
        "png": base64.b64encode(base.png).decode("ascii"),
        "edges": [base.west_deg, base.east_deg, base.south_deg, base.north_deg],
        "said": base_line(base).both,
    }


def base_line(base: BaseMap) -> Text:
    """Approval number and source of a base map."""
    return Text(
        f"底图：{base.source}，审图号：{base.approval_no}",
        f"base map: {base.source}, approval no. {base.approval_no}",
    )


def map_table(report: SiteReport, shown: Sequence[Spot], metres: float | None) -> Table:
    """The map as a list: number, place, copper by class, change and its sign."""
    sign = {key: unit.sign for key, unit in summary_display(MAIN_COPPER).items()}
    head = [
        Cell(same("№"), head="col", numeric=True),
        column("矿床 · 成矿带", "Deposit · belt", numeric=False),
        column("东经", "Longitude E", "°"),
        column("北纬", "Latitude N", "°"),
        *(
            columns(
                Text(f"Cu {CLASS_TEXT[n].zh[:2]}", f"Cu {CLASS_TEXT[n].en}"),
                Text(sign["zh"], sign["en"]),
            )
            for n in CLASSES
        ),
        column("较上期", "Change", "%"),
        column("符号", "Sign", numeric=False),
        column("规模", "Size", numeric=False),
        column("数据截止", "Data to", numeric=False),
    ]
    rows = [_row(spot, decimals_of(metres)) for spot in shown]
    results = [spot.result for spot in shown]
    title = Text("图中矿床", "Deposits of the map")
    notes = (CLASSES_NOTE, _CHANGE_NOTE, size_note(), ROUNDING_NOTE)
    basis = summary_basis(results)
    return Table("map", title, basis, (tuple(head),), tuple(rows), notes, sortable=True)


_CHANGE_NOTE = Text(
    f"“较上期”为三类{TOTAL_TEXT.zh}的变动；○ 为没有上期。",
    f"'Change': of the three classes, {TOTAL_TEXT.en.lower()}; ○: no vintage before.",
)


def _row(spot: Spot, digits: int) -> Row:
    """One deposit of the list."""
    about = {"metal": MAIN_COPPER, "deposit": spot.deposit.id}
    lon, lat = spot.place or (None, None)
    degrees = Unit("°", "1", digits)
    units = summary_display(MAIN_COPPER)
    cells = [
        number(spot.order, Unit("", "1", 0), quantity="map_number"),
        heading(named(spot.deposit.name), _second(spot), href=deposit_href(spot.deposit, "")),
        number(lon, degrees, quantity="longitude_deg"),
        number(lat, degrees, quantity="latitude_deg"),
    ]
    for name, metal in spot.metal_t.items():
        cells.append(number(metal, units, quantity="metal_t", about={**about, "klass": name}))
    of = {**about, "klass": "total"}
    cells += [
        number(spot.change, SHARE, quantity="change", signed=True, about=of),
        words(dict(SIGNS)[spot.bin], "keep"),
        words(size_text(spot.result), "keep"),
        words(spot.result.vintage.isoformat(), "keep"),
    ]
    return Row(tuple(cells))


def _second(spot: Spot) -> Text:
    """The belt's name, and why a deposit is not on the map."""
    belt = named(spot.belt.name)
    if spot.why is None:
        return belt
    return Text(f"{belt.zh}；{spot.why.zh}", f"{belt.en}; {spot.why.en}")
