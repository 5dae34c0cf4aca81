"""Permissible deviations of DZ/T 0130-2006, and the unit they are taken in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.dictionary import bare, dictionary, load_words

Floats = NDArray[np.float64]


@lru_cache(maxsize=1)
def _book() -> dict[str, Any]:
    """The words and figures of data/dictionaries/qaqc.yaml, read once."""
    return load_words("qaqc.yaml")


def words(block: str) -> Any:
    """One block of data/dictionaries/qaqc.yaml."""
    return _book()[block]


def limits() -> dict[str, Any]:
    """The block ``limits`` of data/dictionaries/qaqc.yaml, every figure with its source."""
    found: dict[str, Any] = words("limits")
    return found


def relative_limit_pct(grade_pct: Any, coefficient: float = 1.0) -> Floats:
    """Y_C, the permissible relative deviation of a pair, in %.

    Y_C = C (14.37 X^(-0.1263) - 7.659), X the pair's mean in %, at most 30 % (DZ/T 0130.3-2006;
    the coefficient C of copper and molybdenum ores and the cap are unverified).

    Parameters
    ----------
    grade_pct
        Mean grades in %, any shape.
    coefficient
        C of the mineral in the standard's annex.

    Returns
    -------
    numpy.ndarray
        Limits in %; NaN where the grade isn't above zero.
    """
    figures = limits()["relative_deviation"]
    grade = _positive(grade_pct)
    limit = coefficient * (figures["a"] * grade ** figures["b"] - figures["c"])
    return np.minimum(limit, figures["cap_pct"])


def precious_limit_pct(grade_gpt: Any, coefficient: float = 1.0) -> Floats:
    """Y_G, the permissible relative deviation of a pair of precious metals, in %.

    Y_G = 14.43 C X^(-0.3012), X the pair's mean in g/t, at most 30 % (DZ/T 0130-2006,
    unverified).
    """
    figures = limits()["precious"]
    limit = coefficient * figures["a"] * _positive(grade_gpt) ** figures["b"]
    return np.minimum(limit, limits()["relative_deviation"]["cap_pct"])


def pair_limit_pct(element: str, unit: str | None, mean: Any) -> Floats | None:
    """Y_C or Y_G for means written in ``unit``; None where unit or element isn't known.

    ``element`` is a determination as the table calls it (``Cu``, ``Ag_INAA``).
    """
    known = known_element(element)
    factor = mass_fraction(unit)
    if known is None or factor is None:
        return None
    fraction = np.asarray(mean, dtype=float) * factor
    if known in limits()["precious"]["elements"]:
        return precious_limit_pct(fraction * 1e6, limits()["precious"]["coefficient"])
    return relative_limit_pct(fraction * 100, limits()["relative_deviation"]["coefficient"])


def standard_limit_pct(element: str, unit: str | None, value: float) -> float | None:
    """Y_B = Y_C / sqrt(2) (or Y_G / sqrt(2)) of a certified value, in % (DZ/T 0130.3-2006).

    The factor is unverified. None where the unit or the element isn't known.
    """
    limit = pair_limit_pct(element, unit, [value])
    if limit is None or not np.isfinite(limit[0]):
        return None
    return float(limit[0]) / float(limits()["standard_divisor"]["value"])


def mass_fraction(unit: str | None) -> float | None:
    """Mass fraction of one ``unit`` (ppm: 1e-6); None where it isn't a unit of grade."""
    book = dictionary()
    name = book.unit(unit) if unit else None
    if name is None or book.units[name].kind != "grade":
        return None
    return book.units[name].factor


@lru_cache(maxsize=4096)
def known_element(label: str) -> str | None:
    """Element of a determination: ``Ag_INAA`` -> ``ag``; None for pH, sums and the like."""
    for text in (label, re.split(r"[ ._(/-]", label.strip() + " ")[0]):
        key = bare(text)
        found = dictionary().element_words.get(key)
        if found:
            return found
        if key in words("determinations"):
            return key
    return None


def tidy(label: str) -> str:
    """A determination's label with a bare symbol as chemists write it: ``CU`` -> ``Cu``."""
    is_symbol = label.isascii() and label.isalpha() and len(label) <= 2
    return label.capitalize() if is_symbol and known_element(label) else label


def _positive(values: Any) -> Floats:
    """Values above zero; NaN elsewhere."""
    grade = np.asarray(values, dtype=float)
    return np.where(grade > 0, grade, np.nan)


@dataclass(frozen=True)
class Certified:
    """A material's certified value, with its standard deviation where the certificate has one."""

    material: str
    element: str
    unit: str
    value: float
    sd: float | None
    source: str

    def in_unit(self, unit: str | None) -> tuple[float, float | None] | None:
        """Value and standard deviation in another unit; None where either unit isn't known."""
        own, other = mass_fraction(self.unit), mass_fraction(unit)
        if own is None or other is None:
            return None
        factor = own / other
        return self.value * factor, None if self.sd is None else self.sd * factor
