"""By-products against truth: combined samples at their support, under-sampled elements cokriged.

Run: ``python -m benchmarks.byproducts [combined] [long] [thinned] [jura] [norway]``. The sample
deposits have exhaustive truth; Jura and Norway have samples that were held out
(``BORNITE_SHARED_DATA``).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

import numpy as np

from benchmarks.byproducts_errors import Row, compared
from benchmarks.byproducts_flat import FLAT
from benchmarks.byproducts_ground import (
    DEPOSITS,
    basic_only,
    ground_of,
    krige,
    read_deposit,
    sulphide,
)
from benchmarks.byproducts_support import combined_samples, long_samples
from estimation.byproducts.methods import intrinsic_model
from estimation.deposit import DepositData, composite_samples
from estimation.engine.cokriging import Pair, Targets, along_own, estimate_pair
from estimation.engine.visit import Samples
from estimation.plan import Partner

REACH_M = 120.0
"""Blocks this near to a sample of the partner are compared."""


def thinned() -> Iterator[Row]:
    """Gold and silver left in a fifth of the holes, kriged alone and with copper."""
    for deposit in DEPOSITS[2:]:
        data = read_deposit(deposit)
        problem = basic_only(data, composite_samples(data)["basic"])
        partner = sulphide(problem, "cu_pct")
        for name in ("au_gpt", "ag_gpt"):
            whole = sulphide(problem, name)
            for seed in (1, 2, 3):
                holes = np.unique(whole.holes)
                rng = np.random.default_rng(seed)
                chosen = rng.choice(holes, round(0.2 * len(holes)), replace=False)
                own = whole.take(np.isin(whole.holes, chosen))
                case = f"{deposit} {name}, 20 % holes #{seed}"
                yield from _thin_case(case, data, name, own, partner)


def _thin_case(
    case: str, data: DepositData, name: str, own: Samples, partner: Samples
) -> Iterator[Row]:
    """One thinned element on all blocks near any copper sample."""
    ground = ground_of(data, partner.xyz_m, REACH_M)
    element, beside = data.plan.elements[name], data.plan.elements["cu_pct"]
    far = tuple(
        p.model_copy(update={"radii_m": tuple(2.5 * r for r in p.radii_m), "min_holes": 1})
        for p in element.search
    )
    cu = along_own(own, partner)
    known = np.isfinite(cu)
    r = float(np.corrcoef(own.values[known], cu[known])[0, 1])
    model = intrinsic_model(
        beside.variogram, float(np.var(own.values)), r, float(np.var(partner.values))
    )
    most = beside.search[0].max_samples
    choices = element.model_copy(
        update={"search": far, "partner": Partner(element="cu_pct", model=model, max_samples=most)}
    )
    found = {"kriged alone": krige(ground, data, own, choices)}
    for method in ("cokriging", "collocated"):
        planned = choices.model_copy(update={"method": method})
        pair = Pair(own, partner, planned, beside, ground.origin_m)
        targets = Targets(ground.centres_m, ground.offsets_m, ground.shares)
        found[f"{method} with Cu (r {r:.2f})"] = estimate_pair(pair, targets)[:, :2]
    yield from compared(case, ground.truth[name], found)


CASES: dict[str, Callable[[], Iterator[Row]]] = {
    "combined": combined_samples,
    "long": long_samples,
    "thinned": thinned,
    **FLAT,
}


def main(names: list[str]) -> None:
    """Print the errors of the asked cases (all without one)."""
    for name in names or list(CASES):
        for row in CASES[name]():
            print(row, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
