"""探明 / 控制 / 推断 (Measured / Indicated / Inferred) by rules on each block.

Terms: GB/T 17766-2020 clause 3; the limits are the plan's, with its citation. What needs a block's
neighbours or a person's word comes after, in ``class_field``.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from estimation.plan import CLASSES, ClassificationPlan, ClassRule

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int8]

UNCLASSIFIED = 0
INFERRED = CLASSES.index("inferred") + 1

CLASS_FIELDS = ("estimate", "holes", "slope", "efficiency", "pass")
"""Fields of the main element that its classes rest on."""


def classify(
    main: Mapping[str, Floats], mean_distance_m: Floats, rules: ClassificationPlan
) -> Codes:
    """Class of each block by the rules: 0 none, 1 measured, 2 indicated, 3 inferred.

    A block of one hole, and a block without a slope (inverse distance, nearest neighbour: nothing
    says how sure they are), is never above Inferred. A block without a slope is not asked for one.

    Parameters
    ----------
    main : results of the main element by field, :data:`CLASS_FIELDS`, each (...); ``efficiency``
        and ``pass`` only where a rule asks for them.
    mean_distance_m : (...) mean distance to the nearest three holes, metres.
    """
    estimated = ~np.isnan(main["estimate"])
    codes = np.zeros(mean_distance_m.shape, np.int8)
    for code, name in reversed(list(enumerate(CLASSES, start=1))):
        codes[estimated & _meets(main, mean_distance_m, getattr(rules, name))] = code
    return np.where((codes > 0) & held_back(main), np.int8(INFERRED), codes)


def _meets(main: Mapping[str, Floats], mean_distance_m: Floats, rule: ClassRule) -> Bools:
    """Blocks that meet all limits of one class; limits are inclusive."""
    unsure = np.isnan(main["slope"])
    with np.errstate(invalid="ignore"):
        meets = (
            (mean_distance_m <= rule.max_mean_distance_m)
            & (main["holes"] >= rule.min_holes)
            & (unsure | (main["slope"] >= rule.min_slope))
        )
        if rule.min_efficiency is not None:
            meets &= unsure | (main["efficiency"] >= rule.min_efficiency)
        if rule.max_pass is not None:
            meets &= main["pass"] <= rule.max_pass
    return np.asarray(meets)


def held_back(main: Mapping[str, Floats]) -> Bools:
    """Blocks that nothing may raise above Inferred: of one hole, or without a slope."""
    with np.errstate(invalid="ignore"):
        return np.asarray(~(main["holes"] >= 2) | np.isnan(main["slope"]))
