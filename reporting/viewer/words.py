"""What the three-dimensional page's script must know beside numbers: names, units, colours."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from estimation.plan import CLASSES
from estimation.results import METAL_PER_GRADE, DepositResult, grade_unit
from reporting.figures.store import CLASS_COLOUR
from reporting.site.frame import file_name
from reporting.units import (
    CLASS_LETTER,
    CLASS_TEXT,
    Text,
    domain_text,
    element_text,
    grade_display,
    metal_display,
    symbol,
)
from reporting.viewer.columns import grade_decimals
from reporting.viewer.encode import encode
from reporting.viewer.scene import read_scene
from reporting.viewer.shades import DEVIATION, GRADE, MOST_BINS, shades

MOST_COLOURS = 30
"""Bins that the picture can tell apart."""


@dataclass(frozen=True)
class Payload:
    """A scene for a page; it is encoded only where the page is written."""

    key: str
    """What the scene was made from."""
    path: Path = field(repr=False)

    @property
    def text(self) -> str:
        """The encoded scene."""
        return encode(read_scene(self.path))


def layers_of(about: dict[str, Any], bins: list[float]) -> list[dict[str, Any]]:
    """What blocks can be coloured by: every element with a value, deviation, class.

    ``bins`` are the main element's, those of the section plates.
    """
    found = []
    for number, name in enumerate(about["elements"]):
        if name in about["valued"] or number == 0:
            found.append(_grade_layer(name, number, bins[:MOST_COLOURS]))
    main = about["elements"][0]
    if about["has_deviation"]:
        unit = grade_display(main)
        found.append(
            {
                "key": "deviation",
                "zh": f"{symbol(main)} 克里格标准差",
                "en": f"{symbol(main)} kriging SD",
                "unit": unit.sign,
                "decimals": unit.decimals + 1,
                "printed": unit.decimals + 1,
                "ramps": _ramps(DEVIATION),
            }
        )
    classes = class_words()
    colours = [CLASS_COLOUR[name] for name in CLASSES]
    words = {"key": "class", "zh": "资源量类别", "en": "Resource class", "unit": ""}
    return [*found, {**words, "names": classes, "colours": colours}]


def class_words() -> list[dict[str, str]]:
    """Letter and term of each class, in order of their codes."""
    return [
        {"letter": CLASS_LETTER[name], "zh": CLASS_TEXT[name].zh, "en": CLASS_TEXT[name].en}
        for name in CLASSES
    ]


def _grade_layer(name: str, number: int, bins: list[float]) -> dict[str, Any]:
    unit, label = grade_display(name), element_text(name)
    layer: dict[str, Any] = {
        "key": f"grade_{number}",
        "zh": label.zh,
        "en": label.en,
        "symbol": symbol(name),
        "unit": unit.sign,
        "decimals": unit.decimals,
        "printed": unit.decimals,
    }
    if number:
        return {**layer, "ramps": _ramps(GRADE)}
    metal = metal_display(name)
    factor = Decimal(repr(METAL_PER_GRADE[grade_unit(name)])) * Decimal(metal.scale)
    return {
        **layer,
        "bins": bins,
        "ramps": [list(shades(GRADE, len(bins) + 1))],
        "decimals": max(unit.decimals, *(decimals_of(one) for one in bins), 0),
        "kept": grade_decimals(name, main=True),
        "most": max(bins, default=1.0),
        "metal": float(factor),
        "metalUnit": metal.sign,
        "metalDecimals": metal.decimals,
    }


def decimals_of(value: float) -> int:
    """Decimals that a number is written with."""
    exponent = Decimal(repr(value)).normalize().as_tuple().exponent
    return max(0, -int(exponent))


def _ramps(ramp: tuple[str, ...]) -> list[list[str]]:
    """Colours for none, one, two ... limits between them."""
    return [list(shades(ramp, count)) for count in range(1, MOST_BINS + 2)]


def script_words(
    about: dict[str, Any], result: DepositResult, bins: list[float], title: Text, notice: Text
) -> dict[str, Any]:
    """Everything in one record of plain values."""
    date = result.vintage.isoformat()
    return {
        "layers": layers_of(about, bins),
        "classes": class_words(),
        "domains": [_plain(domain_text(name)) for name in about["domains"]],
        "cutoff": result.statement.reporting_cutoff,
        "title": _plain(title),
        "basis": {"zh": f"数据截止 {date}", "en": f"data to {date}"},
        "notice": _plain(notice),
        "file": f"bornite-3d-{file_name(result.deposit_id).removesuffix('.html')}-{date}",
        "model": result.model_hash[:8],
    }


def _plain(text: Text) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}
