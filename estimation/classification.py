"""探明 / 控制 / 推断 (Measured / Indicated / Inferred) by rules on each block.

Terms: GB/T 17766-2020 clause 3; the limits are the plan's, with its citation.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from estimation.krige import FIELDS
from estimation.plan import CLASSES, ClassificationPlan

Floats = npt.NDArray[np.float64]

UNCLASSIFIED = 0


def classify(
    main: Floats, mean_distance_m: Floats, rules: ClassificationPlan
) -> npt.NDArray[np.int8]:
    """Class of each block: 0 none, 1 measured, 2 indicated, 3 inferred.

    Parameters
    ----------
    main : (fields, ...) results of the main element.
    mean_distance_m : (...) mean distance to the nearest three holes, metres.
    """
    holes = main[FIELDS.index("holes")]
    slope = main[FIELDS.index("slope")]
    estimated = ~np.isnan(main[FIELDS.index("estimate")])
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
