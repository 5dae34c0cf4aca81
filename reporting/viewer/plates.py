"""Section plates of a large model as small pictures: its page is full of blocks."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reporting.figures.store import Plate, draw_png
from reporting.units import Text

LARGE = 80_000
"""Cells from which plates are small."""
DPI, COLOURS = 120, 40


@dataclass(frozen=True)
class SmallPlate:
    """A plate as a picture of few colours; it is drawn only where the page is written."""

    alt: Text
    caption: Text
    drawing: str
    parameters: dict[str, Any]
    source: Path = field(repr=False)

    @property
    def data_uri(self) -> str:
        """The picture as a ``data:`` address."""
        from PIL import Image

        drawn = Image.open(io.BytesIO(draw_png(self.drawing, self.source, self.parameters, DPI)))
        few = drawn.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
        buffer = io.BytesIO()
        few.save(buffer, format="PNG", optimize=True)
        return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def small_plate(
    plate: Plate | None, drawing: str, source: Path, parameters: dict[str, Any]
) -> SmallPlate | None:
    """The same plate in few bytes."""
    if plate is None:
        return None
    return SmallPlate(plate.alt, plate.caption, drawing, parameters, source)
