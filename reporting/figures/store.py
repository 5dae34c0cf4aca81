"""The workshop of figures: one style, one font, SVG with text as paths, each made once.

A figure is asked for by its drawing's name, its inputs and its parameters; their digest, together
with the source of the drawing modules, names the stored file. matplotlib is imported only when
something must be drawn.
"""

from __future__ import annotations

import base64
import hashlib
import importlib
import io
import json
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geo.files import sha256, write_whole
from reporting.figures.fonts import font_path
from reporting.units import Text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DRAWINGS = {
    "grade_tonnage": "deposit",
    "section": "blocks",
    "plan": "blocks",
    "model_plate": "blocks",
    "swath": "deposit",
    "grade_distribution": "exploration",
    "box_plots": "exploration",
    "scatter_matrix": "exploration",
    "declustering_curves": "cuts",
    "top_cut": "cuts",
    "contact": "cuts",
    "copper_map": "belt",
    "raster_map": "belt",
    "class_trend": "trend",
    "deposit_map": "places",
    "target": "target",
    "waterfall": "target",
    "element_distribution": "geochemistry",
    "concentration_area": "geochemistry",
    "levelling_seams": "geochemistry",
    "survey_map": "geochemistry",
    "variogram_panels": "variography",
    "variogram_estimators": "variography",
    "variogram_map": "variography",
    "cross_variograms": "variography",
    "rotation_conventions": "variography",
    "shewhart": "qaqc",
    "blank_chart": "qaqc",
    "domain_section": "domains",
    "domain_shares": "domains",
    "pair_views": "qaqc",
    "byproduct_regression": "byproducts",
    "byproduct_methods": "byproducts",
    "block_weights": "explain",
    "neighbourhood": "validation",
    "cross_validation": "validation",
    "validation_swaths": "validation",
    "quantiles": "validation",
    "support_curves": "validation",
    "validation_section": "validation",
    "class_curves": "statement",
    "class_cut": "statement",
    "class_shares": "statement",
    "bench_profile": "statement",
}
"""Drawing -> the module that holds it. A drawing takes (arrays, parameters), gives a Figure."""

INK = "#22282f"
MUTED = "#6b7480"
GRID = "#d9dee3"
COPPER = "#9c4a1a"
CLASS_COLOUR = {"measured": "#9e2f2a", "indicated": "#5da06a", "inferred": "#bcd6ec"}
"""探明 red, 控制 green, 推断 blue as the trade draws them, dark to light for grey print."""
COLOURS = 64
"""Of a picture of few bytes: bins, classes, and the greys of its letters."""
Colour = tuple[int, int, int]
"""Red, green, blue, each up to 255."""
_SALT = "bornite"
_RC: dict[Any, Any] = {
    "svg.fonttype": "path",
    "svg.hashsalt": _SALT,
    "text.parse_math": False,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.7,
    # ticks are read by people: plain figures, no common offset, no power of ten
    "axes.formatter.useoffset": False,
    "axes.formatter.limits": (-9, 12),
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "text.color": INK,
    "font.size": 8.5,
    "axes.labelsize": 8.5,
    "axes.titlesize": 9,
    "axes.titleweight": "normal",
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "figure.dpi": 130,
    "savefig.dpi": 130,
}


@dataclass(frozen=True)
class Plate:
    """A finished figure as a page takes it in."""

    svg: str
    alt: Text
    caption: Text

    @property
    def data_uri(self) -> str:
        """The SVG as a ``data:`` address, so that the page needs no other file."""
        body = re.sub(r"\s+", " ", self.svg[self.svg.index("<svg") :]).replace('"', "'")
        for sign, code in (("%", "%25"), ("#", "%23"), ("<", "%3C"), (">", "%3E")):
            body = body.replace(sign, code)
        return f"data:image/svg+xml;charset=utf-8,{body}"


@dataclass(frozen=True)
class Picture:
    """A finished figure as a picture of few bytes, for a page that holds many."""

    png: bytes
    alt: Text
    caption: Text

    @property
    def data_uri(self) -> str:
        """The picture as a ``data:`` address."""
        return "data:image/png;base64," + base64.b64encode(self.png).decode("ascii")


def figures_folder(site: Path) -> Path:
    """Where the figures of a site are kept: beside it, for every audience."""
    place = site.resolve()
    return place.with_name(f".{place.name}-figures")


@dataclass
class FigureStore:
    """Figures already drawn, by the digest of all that they show."""

    folder: Path
    made: int = 0
    reused: int = 0
    used: set[str] = field(default_factory=set)

    def svg(self, drawing: str, source: Path | None, parameters: dict[str, Any]) -> str:
        """Return the drawing's SVG, drawn anew only where no stored one has the same inputs.

        ``source`` is an ``.npz`` whose arrays the drawing reads (or None); ``parameters`` are
        plain values.
        """
        name = f"{_digest(drawing, source, parameters)}.svg"
        drawn = self._kept(name, lambda: draw(drawing, source, parameters).encode("utf-8"))
        return drawn.decode("utf-8")

    def png(self, drawing: str, source: Path | None, parameters: dict[str, Any], dpi: int) -> bytes:
        """Return the drawing as a picture of few colours, as :meth:`svg` otherwise."""
        name = f"{_digest(drawing, source, {**parameters, 'dpi': dpi})}.png"
        return self._kept(name, lambda: draw_few(drawing, source, parameters, dpi))

    def prune(self) -> None:
        """Remove the figures that the pages just built do not use."""
        for stored in (*self.folder.glob("*.svg"), *self.folder.glob("*.png")):
            if stored.name not in self.used:
                stored.unlink()

    def _kept(self, name: str, make: Callable[[], bytes]) -> bytes:
        """A stored figure, made where there is none."""
        self.used.add(name)
        stored = self.folder / name
        if stored.exists():
            self.reused += 1
            return stored.read_bytes()
        made = make()
        write_whole(stored, made)
        self.made += 1
        return made


def draw(drawing: str, source: Path | None, parameters: dict[str, Any]) -> str:
    """Draw one figure and return it as deterministic SVG text.

    Raises
    ------
    KeyError
        The drawing is unknown, or ``source`` lacks an array that it needs.
    """
    return str(_drawn(drawing, source, parameters, _svg))


def draw_png(drawing: str, source: Path | None, parameters: dict[str, Any], dpi: int) -> bytes:
    """Draw one figure as PNG, for a document or a notebook that can't hold SVG; as :func:`draw`."""

    def png(figure: Figure) -> bytes:
        buffer = io.BytesIO()
        figure.savefig(
            buffer, format="png", dpi=dpi, bbox_inches="tight", metadata={"Software": None}
        )
        return buffer.getvalue()

    return bytes(_drawn(drawing, source, parameters, png))


def draw_few(drawing: str, source: Path | None, parameters: dict[str, Any], dpi: int) -> bytes:
    """Draw one figure as a PNG of few colours and bytes; as :func:`draw`.

    The picture is the figure as it stands, so that a place in it can be worked out. The module of
    the drawing names its ``fills``, which keep their colours.
    """
    fills = importlib.import_module(f"reporting.figures.{DRAWINGS[drawing]}").fills(parameters)

    def few(figure: Figure) -> bytes:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from PIL import Image

        figure.set_dpi(dpi)
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        drawn = Image.frombuffer("RGBA", canvas.get_width_height(), canvas.buffer_rgba())
        buffer = io.BytesIO()
        picture = drawn.convert("RGB")
        palette = Image.new("P", (1, 1))
        palette.putpalette([band for colour in _palette(picture, fills) for band in colour])
        few = picture.quantize(palette=palette, dither=Image.Dither.NONE)
        few.save(buffer, "PNG", compress_level=6)
        return buffer.getvalue()

    return bytes(_drawn(drawing, source, parameters, few))


def _palette(picture: Any, fills: list[Colour]) -> list[Colour]:
    """Fills as they are, for a legend must match its blocks, and what else a picture has most."""
    counted: Any = picture.getcolors(picture.width * picture.height) or []
    alike = {tuple(band >> 3 for band in one[1]): one for one in sorted(counted)}
    often = [colour for _, colour in sorted(alike.values(), reverse=True)]

    def apart(colour: Colour) -> bool:
        return all(max(abs(a - b) for a, b in zip(colour, fill, strict=True)) > 4 for fill in fills)

    return [*fills, *filter(apart, often)][: max(COLOURS, len(fills))]


def _drawn(
    drawing: str,
    source: Path | None,
    parameters: dict[str, Any],
    write: Callable[[Figure], Any],
) -> Any:
    """The figure as ``write`` gives it."""
    import matplotlib as mpl
    import numpy as np

    function: Callable[[dict[str, Any], dict[str, Any]], Figure] = getattr(
        importlib.import_module(f"reporting.figures.{DRAWINGS[drawing]}"), drawing
    )
    arrays: dict[str, Any] = {}
    if source is not None:
        with np.load(source, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
    with mpl.rc_context(style()), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        return write(function(arrays, parameters))


def style() -> dict[Any, Any]:
    """matplotlib settings of every figure, with the package's own font."""
    return {**_RC, "font.family": [_font()]}


def plain(text: str, limit: int = 40) -> str:
    """A name fit for a figure: printable characters only, shortened to ``limit``."""
    kept = "".join(sign for sign in text if sign.isprintable() and ord(sign) < 0x1F000)
    return kept if len(kept) <= limit else kept[: limit - 1] + "…"


def _svg(figure: Figure) -> str:
    """The figure as SVG without a date; coordinates of ten and more keep two decimals."""
    buffer = io.StringIO()
    figure.savefig(
        buffer, format="svg", bbox_inches="tight", pad_inches=0.04, metadata={"Date": None}
    )
    return re.sub(r"(\d{2,}\.\d{2})\d+", r"\1", buffer.getvalue())


@cache
def _font() -> str:
    """Register the package's Chinese-capable font with matplotlib and return its family."""
    from matplotlib import font_manager

    path = font_path()
    font_manager.fontManager.addfont(path)
    return font_manager.FontProperties(fname=path).get_name()


@cache
def _source_digest() -> str:
    """SHA-256 of the drawing modules: a changed style draws every figure anew."""
    here = Path(__file__).parent
    words = (here.parent / f"{name}.py" for name in ("rounding", "units"))
    total = hashlib.sha256()
    for path in (*sorted(here.glob("*.py")), *words):
        total.update(path.read_bytes())
    return total.hexdigest()


def _digest(drawing: str, source: Path | None, parameters: dict[str, Any]) -> str:
    """Name of a figure: what is drawn, from which bytes, by which code."""
    content = _content(source) if source else ""
    words = [drawing, content, _source_digest(), parameters]
    text = json.dumps(words, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _content(source: Path) -> str:
    """SHA-256 of a file, read again only where it may be another."""
    found = source.stat()
    return _content_of(source, found.st_ino, found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=4096)
def _content_of(source: Path, _file: int, _changed_ns: int, _bytes: int) -> str:
    """SHA-256 of one version of a file."""
    return sha256(source)
