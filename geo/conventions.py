"""How a table is written, told from its cells: signs, axes, units, marks, dates.

Each function looks at columns as written and gives a :class:`Verdict`: a value, the evidence in
both languages, and whether it is sure. What is not sure names the flag a person answers with;
nothing is decided here, and nothing is changed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo import coordinates as co
from geo.dictionary import dictionary, normal
from geo.recognise_rules import words

Floats = NDArray[np.float64]

MAJORITY = 0.95
"""A table speaks for one way of writing when this share of its rows does."""
DEEPEST_M = 2500.0
"""Holes of ore exploration are rarely deeper in metres; in feet they often are."""
SENTINEL_TIMES = 2.0
"""A survey this many times deeper than every hole is a mark, not a station (working rule)."""
ROUNDING_DEG = 1e-3
FEW_ZEROS = 0.01
"""Zeros above this share need a meaning (working rule)."""


@dataclass(frozen=True)
class Verdict:
    """What one convention is taken for.

    ``value`` is None where the cells can't say; ``share`` is the share of rows that speak for it;
    ``flag`` is what a person adds to decide otherwise, or at all.
    """

    name: str
    value: Any
    evidence_zh: str
    evidence_en: str
    sure: bool
    share: float = 1.0
    flag: str = ""
    rows: tuple[int, ...] = ()
    """Positions of rows that say otherwise."""


def numbers(texts: Sequence[str], decimal: str = "point") -> Floats:
    """Cells as numbers, NaN where they are none (limits such as ``<0.01`` too)."""
    series = pd.Series(list(texts), dtype="object").astype(str).str.strip()
    if decimal == "comma":
        series = series.str.replace(".", "", regex=False).str.replace(",", ".", regex=False)
    return pd.to_numeric(series, errors="coerce").to_numpy(dtype=float)


def dip_sign(values: Floats, heading: str, *, is_zenith: bool) -> Verdict:
    """Sign of dips: ``positive_down``, ``negative_down``, or ``zenith``.

    At least 95 % of the non-zero dips of one sign: that sign is down. Dips that never exceed 30
    (or stay within 30-60) under a plain heading may be zenith angles: asked.
    """
    flag = "--dip positive-down | negative-down | zenith"
    if is_zenith:
        zh, en = f"表头“{heading}”是顶角", f"the heading '{heading}' says zenith angle"
        return Verdict("dip", "zenith", zh, en, True, flag=flag)
    known = values[np.isfinite(values)]
    slanted = known[known != 0]
    if not len(slanted):
        return Verdict("dip", None, "没有倾角", "no dips", False, 0.0, flag)
    size, down = np.abs(slanted), float((slanted > 0).mean())
    low, high = slanted.min(), slanted.max()
    facts_zh = f"{len(slanted)} 个倾角在 {low:g} 至 {high:g} 之间，{100 * down:.1f} % 为正"
    facts_en = f"{len(slanted)} dips from {low:g} to {high:g}, {100 * down:.1f} % positive"
    share = max(down, 1 - down)
    if share < MAJORITY or size.max() > 90 + ROUNDING_DEG:
        return Verdict("dip", None, facts_zh, facts_en, False, share, flag)
    value = "positive_down" if down >= 0.5 else "negative_down"
    small = size.max() <= 30 or (size.max() <= 60 and size.min() >= 30)
    if small and value == "positive_down":
        zh, en = f"{facts_zh}，可能是顶角", f"{facts_en}: they may be zenith angles"
        return Verdict("dip", "zenith" if size.max() <= 30 else None, zh, en, False, share, flag)
    odd = np.flatnonzero(np.sign(values) == (-1 if down >= 0.5 else 1))
    return Verdict("dip", value, facts_zh, facts_en, True, share, flag, tuple(map(int, odd)))


def azimuth_range(values: Floats) -> Verdict:
    """``0_360``, or ``signed`` (-180..180); None where angles go beyond both."""
    known = values[np.isfinite(values)]
    flag = "--azimuth 0-360 | signed"
    if not len(known):
        return Verdict("azimuth", "0_360", "没有方位角", "no azimuths", True, flag=flag)
    zh = f"{len(known)} 个方位角在 {known.min():g} 至 {known.max():g} 之间"
    en = f"{len(known)} azimuths from {known.min():g} to {known.max():g}"
    plain = float(((known >= 0) & (known <= 360)).mean())
    signed = float((np.abs(known) <= 180).mean())
    if plain >= MAJORITY:
        odd = np.flatnonzero((values < 0) | (values > 360))
        return Verdict("azimuth", "0_360", zh, en, True, plain, flag, tuple(map(int, odd)))
    if signed >= MAJORITY:
        return Verdict("azimuth", "signed", zh, en, True, signed, flag)
    return Verdict("azimuth", None, zh, en, False, max(plain, signed), flag)


def axis_order(
    x: Floats, y: Floats, *, bare: bool, local: bool = False, deep: bool = False
) -> Verdict:
    """What a column headed X holds: ``east`` or ``north``.

    Told by the ranges that eastings and northings have in China. ``bare`` says that the headings
    are X and Y, not east and north. A mine grid is read with X east. Where no system is stated
    (``local``), a column X of millions may be a Chinese northing or an American easting in feet:
    asked, and holes deeper than metres allow (``deep``) make the second likelier.
    """
    flag = "--x east | north"
    if not bare:
        zh, en = "表头写明东、北", "the headings say east and north"
        return Verdict("x_is", "east", zh, en, True, flag=flag)
    rows = co.classify(x, y)
    verdict = co.judge(rows)
    zh_kind, en_kind = co.KINDS[verdict.kind]
    zh = f"{100 * verdict.share:.1f} % 的行是{zh_kind}"
    en = f"{100 * verdict.share:.1f} % of the rows are {en_kind}"
    if verdict.kind == co.UNKNOWN:
        zh, en = "坐标不像国内的投影坐标", "no projected coordinates of China"
    if verdict.kind in (co.LOCAL, co.UNKNOWN):
        zh, en = f"{zh}，X 按东读", f"{en}; X is read as east"
        return Verdict("x_is", "east", zh, en, True, verdict.share, flag)
    value = "east" if verdict.first_is_east else "north"
    if local and verdict.kind == co.PLAIN and value == "north":
        zh = "X 是百万级：中国的北坐标，或美国州平面的东坐标（英尺）"
        en = "X is in millions: a Chinese northing, or an American easting in feet"
        return Verdict("x_is", "east" if deep else "north", zh, en, False, verdict.share, flag)
    odd = tuple(map(int, verdict.minority[:20]))
    return Verdict("x_is", value, zh, en, verdict.settled, verdict.share, flag, odd)


def zone_prefix(easting: Floats, northing: Floats) -> Verdict:
    """Zone number in front of the eastings; None where there is none."""
    verdict = co.judge(co.classify(easting, northing))
    flag = "--zone N | none"
    if verdict.kind != co.PREFIXED:
        zh, en = "东坐标没有带号", "the eastings carry no zone"
        return Verdict("zone_prefix", None, zh, en, True, verdict.share, flag)
    width = co.zone_width(verdict.zone)
    zh = f"{100 * verdict.share:.1f} % 的东坐标带 {width}° 带带号 {verdict.zone}"
    en = f"{100 * verdict.share:.1f} % of the eastings carry {width}-degree zone {verdict.zone}"
    odd = tuple(map(int, verdict.minority[:20]))
    return Verdict("zone_prefix", verdict.zone, zh, en, verdict.settled, verdict.share, flag, odd)


def source_system(belt: str, own_zone: int, zone: Verdict) -> Verdict | None:
    """System of collars whose prefix names another zone than the belt's: asked, never assumed.

    None where prefix and belt have one central meridian (zones 16 and 31 have 93), or no prefix
    is written.
    """
    if zone.value is None or co.meridian_deg(zone.value) == co.meridian_deg(own_zone):
        return None
    code = co.zone_code(zone.value, prefixed=False)
    apart = f"{co.meridian_deg(zone.value)}°E", f"{co.meridian_deg(own_zone)}°E"
    zh = (f"{zone.evidence_zh}（{apart[0]}），而 {belt} 是 {own_zone} 带（{apart[1]}）："
          "带号对就写明孔口的坐标系，不对就改 --crs")  # fmt: skip
    en = (f"{zone.evidence_en} ({apart[0]}), but {belt} is zone {own_zone} ({apart[1]}): "
          "name the collars' system if the zone is right, else change --crs")  # fmt: skip
    return Verdict("source_crs", code, zh, en, False, zone.share, f"--source-crs {code}")


def depth_unit(
    written: str | None, deepest: float, lengths: Floats, coordinates: Verdict | None = None
) -> Verdict:
    """Unit of depths: by the heading, else metres unless the size of things says feet.

    Parameters
    ----------
    written
        Unit in the headings.
    deepest
        Largest depth as written.
    lengths
        Lengths of the samples as written.
    coordinates
        Verdict on the coordinates' unit; state-plane feet beside feet of depth are evidence.
    """
    flag = "--depth-unit m | ft"
    if written in ("m", "ft", "us_survey_ft"):
        zh, en = f"表头单位 {written}", f"the heading's unit is {written}"
        return Verdict("depth_unit", written, zh, en, True, flag=flag)
    usual = _usual(lengths)
    zh = f"最深 {deepest:g}，常见样长 {usual:g}，没有单位"
    en = f"deepest {deepest:g}, usual sample {usual:g}, no unit written"
    plane = coordinates is not None and coordinates.value == "ft"
    if deepest > DEEPEST_M or (plane and usual >= 4):
        zh, en = f"{zh}：像英尺", f"{en}: it looks like feet"
        return Verdict("depth_unit", "ft", zh, en, False, flag=flag)
    return Verdict("depth_unit", "m", zh, en, True, flag=flag)


def coordinate_unit(
    written: str | None, x: Floats, y: Floats, *, local: bool, deep: bool
) -> Verdict:
    """Unit of coordinates: by the heading, else metres unless they look like state-plane feet.

    A stated system has its unit. Without one (``local``), an X of millions without a zone prefix
    is asked about; ``deep`` (holes deeper than metres allow) makes feet the likelier answer.
    """
    flag = "--coordinate-unit m | ft | us-survey-ft"
    if written in ("m", "ft", "us_survey_ft"):
        zh, en = f"表头单位 {written}", f"the heading's unit is {written}"
        return Verdict("coordinate_unit", written, zh, en, True, flag=flag)
    if not (np.isfinite(x).any() and np.isfinite(y).any()):
        return Verdict("coordinate_unit", None, "没有坐标", "no coordinates", False, 0.0, flag)
    middle = float(np.nanmedian(x)), float(np.nanmedian(y))
    kind = co.judge(co.classify(x, y)).kind
    zh = f"X {middle[0]:.0f}、Y {middle[1]:.0f}，没有单位"
    en = f"X {middle[0]:.0f}, Y {middle[1]:.0f}, no unit written"
    if local and kind in (co.PLAIN, co.UNKNOWN) and 9e5 < middle[0] < 1.3e7:
        zh, en = f"{zh}：可能是州平面坐标（英尺）", f"{en}: may be a state plane, in feet"
        return Verdict("coordinate_unit", "ft" if deep else "m", zh, en, False, flag=flag)
    return Verdict("coordinate_unit", "m", zh, en, True, flag=flag)


def grade_unit(element: str, written: str | None, values: Floats) -> Verdict:
    """Unit of a column of grades: by the heading, else by what the median can't be.

    A median below a tenth of the crust's mean is not in that unit, nor one above what the element's
    assays reach. Where two units remain, it is asked.
    """
    flag = f"--unit {element}=pct | {element}=ppm | {element}=ppb"
    if written:
        zh, en = f"表头单位 {written}", f"the heading's unit is {written}"
        return Verdict(f"unit:{element}", written, zh, en, True, flag=flag)
    positive = values[np.isfinite(values) & (values > 0)]
    median = float(np.median(positive)) if len(positive) else float("nan")
    able = [unit for unit in ("pct", "ppm", "ppb") if _possible(element, unit, median)]
    zh = f"没有单位，中位数 {median:.3g}，可能是 {' 或 '.join(able) or '无'}"
    en = f"no unit written, median {median:.3g}: can be {' or '.join(able) or 'none'}"
    value = able[0] if able else None
    return Verdict(f"unit:{element}", value, zh, en, len(able) == 1, 1.0, flag)


def decimal_mark(columns: Mapping[str, Sequence[str]]) -> Verdict:
    """Commas inside numbers: a decimal comma, thousands, or none; a comma is always asked about."""
    flag = "--decimal point | comma"
    comma = re.compile(r"[+-]?\d{1,3}(?:\.\d{3})*,\d+|[+-]?\d+,\d+")
    thousands = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
    found = [
        text
        for texts in columns.values()
        for text in dict.fromkeys(map(str.strip, texts))
        if "," in text and comma.fullmatch(text)
    ]
    if not found:
        zh, en = "数字里没有逗号", "no comma inside numbers"
        return Verdict("decimal", "point", zh, en, True, flag=flag)
    like = sum(bool(thousands.fullmatch(text)) for text in found)
    zh = f"{len(found)} 种写法带逗号，例如 {found[0]}；其中 {like} 种也可能是千分位"
    en = f"{len(found)} texts with a comma, such as {found[0]}; {like} may mark thousands"
    return Verdict("decimal", "comma", zh, en, False, 1 - like / len(found), flag)


_DATE = re.compile(r"(\d{1,4})[-/.年](\d{1,2})[-/.月](\d{1,4})日?(?:[ T].*)?")


def date_order(texts: Sequence[str]) -> Verdict:
    """How dates are written: ``iso`` (year first), ``dmy``, ``mdy``, or ``serial`` (a workbook's).

    Day and month can be told only by a number above 12; where none is, it is asked.
    """
    flag = "--dates dmy | mdy"
    cells = [text.strip() for text in texts if text.strip()]
    parts = [found.groups() for found in map(_DATE.fullmatch, cells) if found]
    if not parts:
        days = numbers(cells)
        serial = len(cells) > 0 and bool(((days > 15000) & (days < 65000)).mean() >= MAJORITY)
        zh, en = (
            ("表格软件的日期序号", "a workbook's day numbers") if serial else ("没有日期", "none")
        )
        return Verdict("dates", "serial" if serial else None, zh, en, True, flag=flag)
    if all(len(p[0]) == 4 for p in parts):
        return Verdict("dates", "iso", "年月日", "year first", True, flag=flag)
    first = max(int(p[0]) for p in parts)
    second = max(int(p[1]) for p in parts)
    zh = f"第一个数最大 {first}，第二个数最大 {second}"
    en = f"first number up to {first}, second up to {second}"
    value = "dmy" if first > 12 >= second else "mdy" if second > 12 >= first else None
    return Verdict("dates", value, zh, en, value is not None, 1.0, flag)


def survey_sentinel(depths: Floats, deepest: float) -> Verdict:
    """Depth beyond which survey rows are marks, as written: rounded above the deepest hole.

    Parameters
    ----------
    depths
        Survey depths as written.
    deepest
        The deepest interval or hole as written; NaN where unknown.
    """
    flag = "--no-survey-deeper-than DEPTH"
    known = depths[np.isfinite(depths)]
    name = "no_survey_deeper_than"
    if not len(known):
        return Verdict(name, None, "没有测斜深度", "no survey depths", False, 0.0, flag)
    bottom = deepest if np.isfinite(deepest) and deepest > 0 else float(np.median(known)) * 10
    limit = _above(bottom * 1.2)
    beyond = known[known > limit]
    if not len(beyond):
        zh, en = f"测斜都不深于 {limit:g}", f"no survey is deeper than {limit:g}"
        return Verdict(name, limit, zh, en, True, flag=flag)
    marks = np.unique(beyond)
    shown = ", ".join(f"{mark:g}" for mark in marks[:3])
    zh = f"{len(beyond)} 行测斜深度（{shown}）远超最深的孔 {bottom:g}：是标记，不是测点"
    en = f"{len(beyond)} survey rows ({shown}) are far below the deepest hole, {bottom:g}: marks"
    sure = bool(beyond.min() > SENTINEL_TIMES * bottom) and len(marks) <= 3
    return Verdict(name, limit, zh, en, sure, 1.0, flag)


def zero_meaning(columns: Mapping[str, Floats]) -> Verdict:
    """What exact zeros in columns of grades mean; many of them are asked about.

    A laboratory reports no zero: zeros stand for "below detection" or "not assayed" (domain
    practice), and which of the two changes means.
    """
    flag = "--zero below-detection | not-assayed | zero"
    shares = {}
    for name, values in columns.items():
        known = np.isfinite(values)
        if known.any():
            shares[name] = float((values[known] == 0).mean())
    worst = max(shares, key=lambda name: shares[name], default=None)
    if worst is None or shares[worst] <= 0:
        return Verdict("zero_is", "zero", "没有零值", "no zeros", True, flag=flag)
    count = {n: int((columns[n] == 0).sum()) for n in shares if shares[n] > 0}
    listed = ", ".join(f"{n} {c}" for n, c in sorted(count.items(), key=lambda p: -p[1])[:5])
    zh, en = f"零值：{listed}", f"zeros: {listed}"
    few = shares[worst] <= FEW_ZEROS
    return Verdict("zero_is", "zero" if few else None, zh, en, few, shares[worst], flag)


def angle_texts(longitude: Sequence[str], latitude: Sequence[str]) -> Verdict:
    """How degrees are written: plain, degrees-minutes-seconds, or packed (always asked about)."""
    flag = "--angles degrees | dms | packed-dms"
    both = [t.strip() for t in (*longitude, *latitude) if t.strip()]
    odd = [t for t in both if re.search(r"[°′″'\"度分秒:]|\d\s+\d", normal(t))]
    if odd and len(odd) >= MAJORITY * len(both):
        zh, en = f"度分秒，例如 {odd[0]}", f"degrees, minutes, seconds, such as {odd[0]}"
        return Verdict("angles", "dms", zh, en, True, len(odd) / len(both), flag)
    if co.may_be_packed([t for t in longitude if t.strip()]) and co.may_be_packed(
        [t for t in latitude if t.strip()]
    ):
        zh = f"没有一行的分或秒达到 60，例如 {both[0]}：可能是 度.分秒"
        en = f"no row has 60 minutes or seconds, such as {both[0]}: it may be ddd.mmss"
        return Verdict("angles", "packed_dms", zh, en, False, 1.0, flag)
    return Verdict("angles", "degrees", "十进制度", "decimal degrees", True, 1.0, flag)


def _usual(lengths: Floats) -> float:
    """The most frequent length, to a centimetre (0 where there is none)."""
    known = np.round(lengths[np.isfinite(lengths) & (lengths > 0)], 2)
    if not len(known):
        return 0.0
    values, counts = np.unique(known, return_counts=True)
    return float(values[counts.argmax()])


def _above(value: float) -> float:
    """The next round number above a value (two digits)."""
    size = 10.0 ** (np.floor(np.log10(value)) - 1)
    return float(np.ceil(value / size) * size)


def _possible(element: str, unit: str, median: float) -> bool:
    """Whether a column's median can be in a unit."""
    if not np.isfinite(median):
        return False
    book = dictionary()
    factor = {"pct": 1e4, "ppm": 1.0, "ppb": 1e-3}[unit]
    known = book.elements.get(element)
    crust = words()["crust_ppm"].get(element)
    if known is None or crust is None:
        return unit == "ppm"
    if unit == "ppb" and element not in ("au", "re", "hg", "ag"):
        return False
    stored = {"pct": 1e4, "ppm": 1.0, "gpt": 1.0, "ppb": 1e-3}[known.unit]
    return crust / 10 <= median * factor <= known.median_most * stored
