"""探明 / 控制 / 推断 (Measured / Indicated / Inferred) by rules on each block.

Terms: GB/T 17766-2020 clause 3; the limits are the plan's, with its citation.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from estimation.plan import CLASSES, ClassificationPlan

Floats = npt.NDArray[np.float64]

UNCLASSIFIED = 0

CLASS_FIELDS = ("estimate", "holes", "slope")
"""Fields of the main element that its classes rest on."""


def classify(
    main: Mapping[str, Floats], mean_distance_m: Floats, rules: ClassificationPlan
) -> npt.NDArray[np.int8]:
    """Class of each block: 0 none, 1 measured, 2 indicated, 3 inferred.

    Parameters
    ----------
    main : results of the main element by field, :data:`CLASS_FIELDS` at least, each (...).
    mean_distance_m : (...) mean distance to the nearest three holes, metres.
    """
    holes, slope = main["holes"], main["slope"]
    estimated = ~np.isnan(main["estimate"])
    codes = np.zeros(mean_distance_m.shape, np.int8)
    for code, name in reversed(list(enumerate(CLASSES, start=1))):
        rule = getattr(rules, name)
        with np.errstate(invalid="ignore"):
            meets = (
                estimated
                & (mean_distance_m <= rule.max_mean_distance_m)
                & (holes >= rule.min_holes)
                & (slope >= rule.min_slope)
            )
        codes[meets] = code
    return codes
