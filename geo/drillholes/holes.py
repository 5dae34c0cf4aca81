"""What a hole's name and type say: wedges and daughters of a hole, trenches and adits."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.checks.screening import hole_key

_WEDGE = re.compile(r"(.+?)[-_]?(?:W|DW|WEDGE)[-_]?\d{1,2}")
"""ZK0801W1, ZK0801-W1: certain by the name alone."""
_REDRILLED = re.compile(r"(.+?)[-_]?[补甲乙丙丁]\d?")
_LETTER = re.compile(r"(.*\d)[-_]?[A-Z]\d?")
"""ZK0801A: a daughter only where ZK0801 is there too."""

FAMILIES = {
    "ZK": "drill-hole",
    "KNZK": "underground hole",
    "TC": "trench",
    "BT": "trench",
    "QJ": "shaft",
    "SJ": "shaft",
    "PD": "adit",
    "CM": "adit",
    "YM": "adit",
}
"""Prefixes of Chinese exploration workings: ZK 钻孔, KNZK 坑内钻, TC 探槽, BT 剥土, QJ 浅井,
SJ 竖井, PD 平硐, CM 穿脉, YM 沿脉."""
WORDS = {
    "underground hole": ("坑内", "井下", "KNZK", "UNDERGROUND", "UG"),
    "trench": ("探槽", "槽探", "剥土", "TRENCH", "TC", "BT", "CHANNEL", "刻槽"),
    "adit": ("平硐", "坑道", "坑探", "穿脉", "沿脉", "ADIT", "TUNNEL", "DRIFT", "PD", "CM", "YM"),
    "shaft": ("浅井", "竖井", "SHAFT", "PIT", "QJ", "SJ"),
    "drill-hole": (
        "钻",
        "ZK",
        "DD",
        "DDH",
        "RC",
        "RCD",
        "AC",
        "RAB",
        "CORE",
        "DIAMOND",
        "DRILL",
        "HOLE",
    ),
}
"""Words of a hole type, in the order in which they are asked."""
BESIDE_M = 15.0
"""A redrilled hole stands this near to the first (a working rule, no standard)."""
ALONG_GROUND = ("trench", "adit")
"""Workings whose trace is a polyline near the horizontal, up or down."""


def parent_of(name: str, names: Collection[str]) -> str | None:
    """The key of the hole that ``name`` was wedged or redrilled from; None for a hole of its own.

    ``names`` holds the keys (:func:`geo.checks.screening.hole_key`) of all holes. A wedge's parent
    is named even where it isn't among them.
    """
    key = hole_key(name)
    for pattern in (_WEDGE, _REDRILLED):
        match = pattern.fullmatch(key)
        if match and re.search(r"\d", match[1]):
            return match[1]
    match = _LETTER.fullmatch(key)
    if match and match[1] in names:
        return match[1]
    return None


def related(one: str, other: str) -> bool:
    """Whether two holes are one's wedge or daughter of the other, or daughters of one parent."""
    return _stem(one) == _stem(other)


def as_one_hole(names: NDArray[Any], xyz_m: NDArray[np.float64]) -> dict[str, str]:
    """Wedges and daughters whose samples lie beside those of their parent: hole -> first of them.

    Parameters
    ----------
    names, xyz_m : (n,) hole of each sample, and (n, 3) its middle, metres.

    Holes of one stem (:func:`related`) count as one where half of the samples of the shorter lie
    within :data:`BESIDE_M` of the other's: they see the same ground, and three of them are not
    three holes. Names alone don't make a daughter, nor does a shared collar of holes that fan out.
    Only holes that are not the first of their family are returned.
    """
    from scipy.spatial import cKDTree

    stems: dict[str, list[str]] = {}
    for name in sorted(set(names.tolist())):
        stems.setdefault(_stem(str(name)), []).append(str(name))
    first: dict[str, str] = {}
    for family_names in stems.values():
        if len(family_names) < 2:
            continue
        trees = {name: cKDTree(xyz_m[names == name]) for name in family_names}
        for at, name in enumerate(family_names):
            for other in family_names[:at]:
                if _run_together(trees[name], trees[other]):
                    first[name] = first.get(other, other)
                    break
    return first


def _run_together(one: Any, other: Any) -> bool:
    """Whether half of the samples of the shorter of two holes (cKDTree) lie beside the longer."""
    few, many = sorted((one, other), key=lambda tree: int(tree.n))
    distance, _ = many.query(few.data, distance_upper_bound=BESIDE_M)
    return bool(np.isfinite(distance).mean() >= 0.5)


def _stem(name: str) -> str:
    """The name without every mark of a wedge, a redrilled hole or a daughter."""
    key = hole_key(name)
    for pattern in (_WEDGE, _REDRILLED, _LETTER):
        match = pattern.fullmatch(key)
        if match and any(sign.isdigit() for sign in match[1]):
            return _stem(match[1])
    return key


def family(text: str) -> str | None:
    """Kind of working that a hole type's text names; None where it says nothing."""
    upper = hole_key(text)
    if not upper:
        return None
    for kind, words in WORDS.items():
        if any(
            (word in upper) if len(word) > 2 or not word.isascii() else upper == word
            for word in words
        ):
            return kind
    return None


def family_of_name(name: str) -> str | None:
    """Kind of working that the letters before a hole's number stand for (ZK0801, PL-ZK0801)."""
    letters = re.findall(r"(?:^|[-_])([A-Z]+)", hole_key(name))
    return next((FAMILIES[part] for part in letters if part in FAMILIES), None)


def is_along_ground(types: Any) -> NDArray[np.bool_]:
    """Whether each hole type (n,) is a trench or an adit."""
    known = {text: family(str(text)) in ALONG_GROUND for text in set(types)}
    return np.array([known[text] for text in types], dtype=bool)


def is_underground(types: Any) -> NDArray[np.bool_]:
    """Whether a hole of each type (n,) may point up: underground holes, trenches and adits."""
    may = (*ALONG_GROUND, "underground hole")
    known = {text: family(str(text)) in may for text in set(types)}
    return np.array([known[text] for text in types], dtype=bool)
