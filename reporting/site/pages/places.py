"""The map: where deposits lie, sized by copper, coloured by change, with the same in a list."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reporting.figures.store import Plate
from reporting.rounding import printed
from reporting.site.frame import HOME
from reporting.site.room import Leaf, Room
from reporting.units import Text
from reporting.views.belt import GENERALISED_M
from reporting.views.places import base_line, map_parameters, map_table, spots
from reporting.views.summary import latest_of


def leaves(room: Room, _item: str) -> Iterator[Leaf]:
    """The map."""
    yield Leaf("map.html", "map", map_page(room))


def map_page(room: Room) -> dict[str, Any]:
    """Context of the map: the bureau sees places to the kilometre, the public as configured."""
    report = room.report
    base = report.settings.base_map
    metres = GENERALISED_M if room.audience.holes else report.settings.public.coordinates_m
    shown = spots(report, metres)
    placed = [spot for spot in shown if spot.place is not None]
    plate = None
    if placed:
        title = Text("矿床分布与变动", "Deposits: where, how much, how changed")
        svg = room.store.svg("deposit_map", None, map_parameters(shown, base))
        plate = Plate(svg, title, _caption(room, metres or 0.0, len(shown) - len(placed)))
    results = latest_of(report, report.belts)
    title = Text("矿床分布图", "Map of deposits")
    return {
        "page": room.page(title, "map", results, above=((HOME, "index.html"),)),
        "plate": plate,
        "table": map_table(report, shown, metres) if shown else None,
        "boundary": base_line(base) if base else None,
    }


def _caption(room: Room, metres: float, without: int) -> Text:
    """How exactly circles are placed, and what is not on the map."""
    kilometres = printed(metres, 0, scale="1e-3")
    base = room.report.settings.base_map
    kind = (
        Text("底图由使用者提供", "On the user's base map") if base else Text("示意图", "Schematic")
    )
    zh = f"{kind.zh}：位置概化至 {kilometres} km，重叠的圆错开排列并以线连至原位。"
    en = (
        f"{kind.en}: places generalised to {kilometres} km; circles that would lie on each other "
        "stand aside, with a line to their place."
    )
    if without:
        zh += f"另有 {without} 个矿床无法上图，见列表。"
        en += f" {without} more without a place: see the list."
    return Text(zh, en)
