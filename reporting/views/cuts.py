"""The plates of a model: cross sections and level plans, evenly apart, with their captions."""

from __future__ import annotations

from pathlib import Path

from estimation.belts import Belt
from estimation.results import DepositResult
from reporting.figures.store import FigureStore, Picture
from reporting.rounding import printed
from reporting.units import Text
from reporting.viewer.cuts import Cut
from reporting.viewer.scene import plates_path, scene_cuts
from reporting.viewer.words import decimals_of
from reporting.views.plates import block_parameters

DPI = 100
BANNER = "合成数据 / SYNTHETIC DATA"


def model_plates(
    belt: Belt, result: DepositResult, scene: Path, store: FigureStore
) -> tuple[Picture, ...]:
    """Plates of a model, sections first; none where the scene has none.

    ``scene`` is the file that :func:`reporting.viewer.scene.write_scene` wrote.
    """
    cuts, found = scene_cuts(scene), []
    basis = f"数据截止 / data to {result.vintage.isoformat()} · {result.model_hash[:8]}"
    for number, cut in enumerate(cuts):
        mine = [one for one in cuts if one.axis == cut.axis]
        name = f"{'P' if cut.axis == 2 else 'S'}{mine.index(cut) + 1}"
        parameters = {
            **block_parameters(result),
            "plate": number,
            "along": "northing" if cut.axis == 0 else "easting",
            "title": f"{name} · {_place(cut)} · {basis}",
            "mark": BANNER if belt.synthetic else "",
        }
        png = store.png("model_plate", plates_path(scene), parameters, DPI)
        found.append(Picture(png, *_words(cut, mine.index(cut) + 1, len(mine))))
    return tuple(found)


def middle_plates(scene: Path, plates: tuple[Picture, ...]) -> tuple[Picture, ...]:
    """The middle section and the middle plan of a scene's plates; all where there are but two."""
    sections = sum(cut.axis < 2 for cut in scene_cuts(scene))
    chosen = {sections // 2, (sections + len(plates)) // 2}
    return tuple(plate for number, plate in enumerate(plates) if number in chosen)


def _place(cut: Cut) -> str:
    """Where a plate lies, in a figure's few signs."""
    return f"{('E', 'N', 'RL')[cut.axis]} {_metres(cut.at_m)} m"


def _words(cut: Cut, number: int, count: int) -> tuple[Text, Text]:
    """Alternative text and caption of one plate."""
    at = _metres(cut.at_m)
    if cut.axis == 2:
        name = Text(f"平面 P{number}（共 {count} 幅）", f"Level plan P{number} of {count}")
        place = Text(f"{at} m 中段，上北", f"at {at} m, north up")
        holes = Text("钻孔取本中段内的孔段", "drill-holes where they pass this row of blocks")
    else:
        east = cut.axis == 0
        name = Text(f"剖面 S{number}（共 {count} 条）", f"Section S{number} of {count}")
        place = Text(
            f"南北向（方位 0°），东坐标 {at} m，向西看"
            if east
            else f"东西向（方位 90°），北坐标 {at} m，向北看",
            f"north–south (azimuth 000°) at easting {at} m, looking west"
            if east
            else f"east–west (azimuth 090°) at northing {at} m, looking north",
        )
        beside = _beside(cut)
        holes = Text(
            f"钻孔取{beside.zh}，纵横比 1:1",
            f"drill-holes within {beside.en}, no vertical exaggeration",
        )
    alt = Text(
        f"{name.zh}：块段品位与资源量类别，{place.zh}",
        f"{name.en}: grade and class of blocks, {place.en}",
    )
    caption = Text(
        f"{name.zh}：{place.zh}；{holes.zh}。",
        f"{name.en}: {place.en}; {holes.en}.",
    )
    return alt, caption


def _beside(cut: Cut) -> Text:
    """How far from a section drill-holes are shown."""
    low, high = _metres(cut.at_m - cut.low_m), _metres(cut.high_m - cut.at_m)
    if low == high:
        return Text(f"两侧各 {low} m", f"{low} m on either side")
    before, after = (("西", "west"), ("东", "east")) if cut.axis == 0 else (
        ("南", "south"), ("北", "north"))  # fmt: skip
    return Text(
        f"{before[0]}侧 {low} m、{after[0]}侧 {high} m",
        f"{low} m to the {before[1]} and {high} m to the {after[1]}",
    )


def _metres(value: float) -> str:
    """A length as printed: as many decimals as it has."""
    return printed(value, decimals_of(round(value, 3)))
