"""The font of figures and documents: it lies in a package, so no machine's own fonts are used."""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path


def font_path() -> Path:
    """The Chinese-capable font file.

    Raises
    ------
    ModuleNotFoundError
        The package that carries it is missing.
    """
    spec = importlib.util.find_spec("mplfonts")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("mplfonts: the package that carries the font")
    return Path(spec.submodule_search_locations[0]) / "fonts" / "NotoSansCJKsc-Regular.otf"


@cache
def drawable() -> frozenset[int]:
    """Code points that the font has a sign for."""
    from fontTools.ttLib import TTFont

    with TTFont(font_path(), lazy=True) as font:
        return frozenset(font.getBestCmap())
