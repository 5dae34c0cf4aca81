"""A door to the kernels for tests: plans and samples in, fields of blocks by element out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from estimation.engine.kernels_blocks import krige_groups
from estimation.engine.kernels_desk import Targets
from estimation.engine.visit import Samples, discretisation, visit_of
from estimation.models.layers import FIELDS
from estimation.plan import ElementPlan, Orientation, SearchPass, Structure, Variogram
from tests.book import Data

Floats = npt.NDArray[np.float64]
Numbers = dict[str, Floats]
"""Fields of blocks by name, (m,) each."""

LEVEL = Orientation(azimuth_deg=0.0, dip_deg=0.0, rake_deg=0.0)
TILTED = Orientation(azimuth_deg=30.0, dip_deg=-20.0, rake_deg=15.0)
PLAN_LIMIT = 64
"""Most samples that a plan allows; kernels take any number."""


class Block(NamedTuple):
    """Size of a block in metres and its discretization."""

    size_m: tuple[float, float, float] = (10.0, 10.0, 5.0)
    counts: tuple[int, int, int] = (1, 1, 1)

    @property
    def offsets(self) -> Floats:
        """Discretization points from the centre."""
        return discretisation(self.size_m, self.counts)


POINTS = Block()
EIGHT = Block(counts=(2, 2, 2))


def variogram(nugget: float, *structures: tuple[str, float, Any], turned: Any = LEVEL) -> Variogram:
    """Nugget and structures (model, sill, range or ranges)."""
    made = [
        Structure(model=m, sill=s, ranges_m=(r, r, r) if np.isscalar(r) else tuple(r))
        for m, s, r in structures
    ]
    return Variogram(nugget=nugget, structures=tuple(made), orientation=turned)


def one_pass(radii: Any = 1e4, most: int = 64, **changes: Any) -> SearchPass:
    """One search pass; by default everything within 10 km, up to ``most`` samples."""
    three = (radii, radii, radii) if np.isscalar(radii) else tuple(radii)
    rest = {"min_samples": 1, "max_per_hole": most, "min_holes": 1, "sectors": None, **changes}
    make = SearchPass if most <= PLAN_LIMIT else SearchPass.model_construct
    return make(radii_m=three, max_samples=most, **rest)


def element(model: Variogram, *passes: SearchPass, **changes: Any) -> ElementPlan:
    """Plan of one element: ordinary kriging, one wide pass."""
    plain: dict[str, Any] = {
        "source": "basic",
        "caps": {},
        "variogram": model,
        "method": "simple" if "known_mean" in changes else "ordinary",
        "known_mean": None,
        "search": passes or (one_pass(),),
        "search_orientation": None,
        "high_yield": None,
        "class_limit": "measured",
        "reason": "a test",
    }
    return ElementPlan(**{**plain, **changes})


def krige_elements(
    plans: dict[str, ElementPlan],
    data: Data,
    values: dict[str, Any],
    blocks: Any,
    block: Block = POINTS,
    *,
    group_start: Sequence[int] | None = None,
    own_hole: Any = None,
    drift: Any = None,
) -> dict[str, Numbers]:
    """Krige elements in one visit; ``drift`` (m, d) is that of the blocks.

    Each block is a group of its own unless ``group_start`` says otherwise.
    """
    centres = np.ascontiguousarray(np.asarray(blocks, dtype=float).reshape(-1, 3))
    m, n = len(centres), len(data.holes)
    visit = visit_of(plans, block.size_m, block.counts, np.zeros(3))
    ours = Samples(
        np.arange(n).astype("S64"), data.centres, data.points, data.holes,
        np.asarray(values[visit.names[0]], dtype=float), np.ones(n, np.int64), np.full(n, 2),
    )  # fmt: skip
    grades = np.array([values[name] for name in visit.names], dtype=float)
    kernel_samples = visit.kernel_samples(ours, grades)._replace(
        drift=np.ascontiguousarray(data.drift)
    )
    targets = Targets(
        centres,
        np.arange(m + 1) if group_start is None else np.asarray(group_start, dtype=np.int64),
        np.full(m, -1) if own_hole is None else np.asarray(own_hole, dtype=np.int64),
        np.zeros((m, 0)) if drift is None else np.array(drift, dtype=float).reshape(m, -1),
        visit.offsets,
    )
    out = krige_groups(
        targets, kernel_samples, visit.models, visit.elements, visit.search, visit.degree
    )
    return {name: dict(zip(FIELDS, out[e].T, strict=True)) for e, name in enumerate(visit.names)}


def krige(
    plan: ElementPlan, data: Data, blocks: Any, block: Block = POINTS, **rest: Any
) -> Numbers:
    """Krige one element."""
    return krige_elements({"a": plan}, data, {"a": data.values}, blocks, block, **rest)["a"]


def bytes_of(numbers: Numbers, rows: Any = slice(None)) -> bytes:
    """All fields of some blocks as bytes."""
    return np.ascontiguousarray([numbers[name][rows] for name in FIELDS]).tobytes()
