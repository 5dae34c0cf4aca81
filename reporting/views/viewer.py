"""What the three-dimensional page says beside its picture."""

from __future__ import annotations

from typing import Any

from estimation.belts import Belt
from reporting.rounding import printed
from reporting.site.frame import crs_text, same
from reporting.units import Text, bilingual
from reporting.viewer.words import decimals_of


def scene_facts(about: dict[str, Any], belt: Belt) -> tuple[tuple[Text, Text], ...]:
    """How many blocks and holes are shown, how large, and where."""
    count, holes = printed(about["cells"], 0), printed(len(about["holes"]), 0)
    size = " × ".join(printed(one, decimals_of(one)) for one in about["cell_m"])
    found = [
        (Text("显示块段", "Blocks shown"), same(count)),
        (Text("块段尺寸", "Block size"), same(f"{size} m")),
        (Text("钻孔", "Drill-holes"), same(holes)),
        (Text("坐标系", "Coordinates"), crs_text(belt)),
        (Text("高程基准", "Vertical datum"), bilingual(belt.vertical_datum)),
    ]
    return tuple(found)


def joined_note(about: dict[str, Any]) -> Text | None:
    """That blocks are shown joined, and what that does to them; None where they are not."""
    if about["join"] == [1, 1, 1]:
        return None
    join = "×".join(str(one) for one in about["join"])
    limit = printed(about["limit"], 0)
    return Text(
        f"显示为 {join} 合并块（模型块段多于 {limit} 个）：品位按矿石量加权，金属量不变；类别取其中"
        "最不可靠者，样品数与钻孔数取最少者。",
        f"Shown as {join} joined blocks (the model has more than {limit}): grades weighted with "
        "ore, so metal is kept; each shows the least sure class and the fewest samples and holes "
        "among its blocks.",
    )
