"""The rules by which a table is named: each looks at the columns, the first to answer decides."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from geo.dictionary import load_words, normal
from geo.tables.sheets import UnreadableError

SAMPLE_ROWS = 5000
"""Rows looked at to tell a lattice or repeated analyses."""
WIDE_LABORATORY = 3

TABLES = ("collar", "survey", "assay", "lithology", "density", "combined")
"""Kinds that a deposit's sources can name."""
KINDS: dict[str, tuple[str, str]] = {
    "collar": ("孔口表", "collars"),
    "survey": ("测斜表", "surveys"),
    "assay": ("样品化验表", "assays"),
    "lithology": ("岩性表", "lithology"),
    "density": ("体重表", "densities"),
    "combined": ("组合分析表", "composite assays"),
    "members": ("组合样的组成", "members of composites"),
    "laboratory": ("化验室报告", "laboratory sheet"),
    "qaqc": ("质量控制", "QA/QC"),
    "geochemistry": ("化探", "geochemistry"),
    "line_survey": ("测线测量", "line survey"),
    "raster": ("栅格", "raster"),
    "surface": ("面、线框或三维文件", "surface or 3-D file"),
    "block_model": ("块体模型", "block model"),
    "points": ("点数据", "points"),
    "not_for_us": ("不读取", "not read"),
    "unreadable": ("读不出", "unreadable"),
}
"""Kind -> name in Chinese and English."""


@dataclass(frozen=True)
class RawColumn:
    """One column as written: its heading, the unit in it, and the cells as text."""

    heading: str
    unit: str | None
    texts: Sequence[str]


@dataclass(frozen=True)
class Recognised:
    """What one file or sheet is taken for.

    ``score`` is the share of the kind's needed columns that are there; ``columns`` maps canonical
    names to the cells as written (elements too); ``rows`` counts data rows.
    """

    path: Path
    file: str
    sheet: str | None
    kind: str
    score: float
    reason_zh: str
    reason_en: str
    rows: int = 0
    header: int | None = None
    columns: dict[str, RawColumn] = field(default_factory=dict)
    strangers: tuple[str, ...] = ()
    sampled: int = 0
    """Rows that were looked at, where a big text was not looked at as a whole."""
    spoilt: int = 0
    """Cells of free text in which characters are lost."""
    trouble: UnreadableError | None = None
    """Why it can't be opened, where it can't."""

    @property
    def is_table(self) -> bool:
        """Whether a deposit's sources can name it."""
        return self.kind in TABLES


@dataclass(frozen=True)
class Look:
    """One sheet as the rules see it."""

    name: str
    keys: frozenset[str]
    columns: dict[str, RawColumn]
    elements: tuple[str, ...]
    headings: tuple[str, ...]
    first: tuple[str, ...]
    """Cells of the first column, as far as they are looked at."""

    def has(self, *names: str) -> bool:
        """Whether all of these columns are there."""
        return all(name in self.columns for name in names)

    def any(self, group: str) -> str | None:
        """A heading of one group of words."""
        return next((key for key in words()[group] if key in self.keys), None)


@lru_cache(maxsize=1)
def words() -> dict[str, Any]:
    """The words files are recognised by (``data/dictionaries/recognise.yaml``)."""
    return load_words("recognise.yaml")


def key_of(text: str) -> str:
    """Letters and digits of a heading, as words are compared."""
    return "".join(sign for sign in normal(text) if sign.isalnum())


def is_number(text: str) -> bool:
    """Whether a cell is a number, or a limit such as ``<0.01``."""
    try:
        float(text.strip().lstrip("<>"))
    except ValueError:
        return False
    return True


Verdict = tuple[str, float, str, str] | None


def _named(look: Look, *names: str) -> str:
    """Headings of some columns, for a reason."""
    return ", ".join(look.columns[n].heading for n in names if n in look.columns)


def _made(kind: str, look: Look, *names: str, score: float = 1.0, more: str = "") -> Verdict:
    """A verdict with the headings it rests on."""
    shown = ", ".join(t for t in (_named(look, *names), more) if t)
    return kind, score, f"有列 {shown}", f"has {shown}"


def _place(look: Look) -> tuple[str, str] | None:
    for pair in (("easting_m", "northing_m"), ("x", "y")):
        if look.has(*pair):
            return pair
    return None


def _symbols(look: Look) -> str:
    shown = [look.columns[n].heading for n in look.elements[:4]]
    rest = len(look.elements) - len(shown)
    return ", ".join(shown) + (f" +{rest}" if rest > 0 else "")


def _is_qaqc(look: Look) -> Verdict:
    if look.has("from_m", "to_m") or (_place(look) and not look.any("qaqc") and not _pairs(look)):
        return None
    word = look.any("qaqc")
    if word is not None and (look.elements or _pairs(look) or len(look.headings) > 5):
        return _made("qaqc", look, more=f"{word}, {_symbols(look)}")
    pair = _pairs(look) or _paired_ids(look) or _old_and_new(look)
    if pair:
        return _made("qaqc", look, more=pair)
    name = next((w for w in words()["names"]["qaqc"] if w in look.name.casefold()), None)
    if name is not None and look.elements and not _place(look):
        return _made("qaqc", look, more=f"{name} (name), {_symbols(look)}", score=0.7)
    return None


def _pairs(look: Look) -> str | None:
    """Two sets of analyses side by side (``A1_Cu`` and ``A2_Cu``, ``MS.1`` and ``MS.2``)."""
    heads = set(look.headings)
    before = {h for h in heads if re.match(r"[A-Za-z]1_", h) and f"{h[0]}2{h[2:]}" in heads}
    after = {h for h in heads if h.endswith(".1") and h[:-2] + ".2" in heads}
    after = {h for h in after if h[:-2] not in heads}
    pair = sorted(before) or sorted(after)
    return f"{pair[0]} × 2" if pair else None


def _paired_ids(look: Look) -> str | None:
    """Sample numbers that come twice (``CS01.1``, ``CS01.2``) in a table of few columns."""
    if len(look.headings) > 4:
        return None
    ids = look.first
    ones = {t[:-2] for t in ids if t.endswith(".1")}
    twos = {t[:-2] for t in ids if t.endswith(".2")}
    if len(ones) >= 5 and len(ones & twos) >= 0.9 * len(ones):
        return f"{sorted(ones)[0]}.1/.2"
    return None


def _old_and_new(look: Look) -> str | None:
    """A lone column of repeated analyses (``AuOLD``, ``AuNEW``)."""
    if len(look.headings) != 1:
        return None
    found = re.fullmatch(r"([A-Z][a-z]?)[_ ]?(OLD|NEW|old|new|check|rep)", look.headings[0])
    return look.headings[0] if found else None


def _is_long(look: Look) -> Verdict:
    """One row an analysis: a laboratory's long form."""
    code, value = look.any("long_form"), look.any("long_value")
    if code is None or value is None:
        return None
    return _made("laboratory", look, more=f"{code} + {value}")


def _is_members(look: Look) -> Verdict:
    group, member = look.any("combined"), look.any("member")
    if group is None or member is None:
        return None
    return _made("members", look, more=f"{group}, {member}")


def _is_interval(look: Look) -> Verdict:
    """Tables of intervals down a hole."""
    if not look.has("hole_id", "from_m", "to_m"):
        return None
    base = ("hole_id", "from_m", "to_m")
    place = _place(look)
    if place is not None and (look.has("elevation_m") or look.has(*place)):
        surveyed = look.columns[place[0]].texts
        if len(set(surveyed)) > len(set(look.columns["hole_id"].texts)) * 2:
            return _made("points", look, *base, *place)
    if look.elements:
        combined = look.any("combined") or any(
            w in look.name.casefold() for w in words()["names"]["combined"]
        )
        return _made("combined" if combined else "assay", look, *base, more=_symbols(look))
    if look.has("density_tpm3"):
        return _made("density", look, *base, "density_tpm3")
    if look.has("lithology") or look.has("domain") or look.has("oxidation"):
        return _made("lithology", look, *base, "lithology", "oxidation", "domain")
    if look.has("sample_id"):  # its grades stand in a laboratory sheet
        return _made("assay", look, *base, "sample_id", score=0.8)
    return _made("not_for_us", look, *base, score=0.6, more="-")


def _is_survey(look: Look) -> Verdict:
    angle = "zenith_deg" if look.has("zenith_deg") else "dip_deg"
    if not look.has("hole_id", "depth_m", "azimuth_deg", angle) or _place(look):
        return None
    return _made("survey", look, "hole_id", "depth_m", "azimuth_deg", angle)


def _is_block_model(look: Look) -> Verdict:
    """Centroids on a lattice, without holes."""
    place = _place(look)
    if place is None or look.has("hole_id", "from_m"):
        return None
    word = look.any("block")
    if look.has("elevation_m") and (word or look.elements) and _lattice(look, *place):
        return _made("block_model", look, *place, "elevation_m", more=word or _symbols(look))
    return None


def _lattice(look: Look, *names: str) -> bool:
    """Whether all three coordinates step by a few whole multiples of one size."""
    for name in (*names, "elevation_m"):
        values = np.array(
            [float(t) for t in look.columns[name].texts[:SAMPLE_ROWS] if is_number(t)]
        )
        steps = np.diff(np.unique(values))
        if len(values) < 50 or not len(steps) or len(steps) > 0.5 * len(values):
            return False
        if not np.allclose(steps / steps.min(), np.round(steps / steps.min()), atol=1e-3):
            return False
    return True


def _is_collar(look: Look) -> Verdict:
    place = _place(look)
    if place is None or not look.has("hole_id") or look.has("from_m"):
        return None
    heading = look.columns["hole_id"].heading
    bare_id = key_of(heading) in {"id", "rownames", "no", "sample"}
    if bare_id and not look.has("elevation_m", "depth_m"):
        return None
    if len(look.elements) >= 2 and not look.has("depth_m"):
        return None
    need = [*place, *(n for n in ("elevation_m", "depth_m") if look.has(n))]
    score = 1.0 if look.has("elevation_m") else 0.75
    return _made("collar", look, "hole_id", *need, score=score)


def _is_deposits(look: Look) -> Verdict:
    word = look.any("deposit_list")
    if word is None:
        return None
    return "not_for_us", 0.8, f"矿床清单（{word}）", f"a list of deposits ({word})"


def _is_line_survey(look: Look) -> Verdict:
    place, measured = _place(look), look.any("field")
    if place is None or measured is None:
        return None
    line = look.any("line")
    score = 1.0 if line else 0.8
    return _made("line_survey", look, *place, more=", ".join(filter(None, (line, measured))),
                 score=score)  # fmt: skip


def _is_geochemistry(look: Look) -> Verdict:
    place = _place(look)
    if place is None or not look.elements:
        return None
    return _made("geochemistry", look, *place, more=_symbols(look))


def _is_laboratory_sheet(look: Look) -> Verdict:
    """Samples with a laboratory's numbers or checks, whether or not they have a place."""
    word = look.any("laboratory")
    if word is None or len(look.elements) < WIDE_LABORATORY:
        return None
    return _made("laboratory", look, "sample_id", more=f"{word}, {_symbols(look)}")


def _is_laboratory(look: Look) -> Verdict:
    if len(look.elements) < WIDE_LABORATORY:
        return None
    score = 0.9 if look.has("sample_id") else 0.7
    return _made("laboratory", look, "sample_id", more=_symbols(look), score=score)


def _is_points(look: Look) -> Verdict:
    """Places with values that are no analyses: grids, benchmarks, class codes."""
    place = _place(look)
    if place is None or look.has("hole_id") or len(look.headings) < 3:
        return None
    return _made("points", look, *place, score=0.5)


def _is_nothing(look: Look) -> Verdict:
    shown = ", ".join(h for h in look.headings[:5] if h)
    return "not_for_us", 0.5, f"列 {shown}：不是我们要的表", f"columns {shown}: no table of ours"


RULES: tuple[Callable[[Look], Verdict], ...] = (
    _is_long,
    _is_members,
    _is_deposits,
    _is_qaqc,
    _is_block_model,
    _is_interval,
    _is_survey,
    _is_collar,
    _is_line_survey,
    _is_laboratory_sheet,
    _is_geochemistry,
    _is_laboratory,
    _is_points,
    _is_nothing,
)
"""Asked in this order; the first that answers decides."""
