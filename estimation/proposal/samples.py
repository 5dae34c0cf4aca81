"""What a plan is proposed from: which elements, composites of which length, the main element."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from estimation.deposit import DepositData
from estimation.errors import EstimationError
from estimation.exploratory.declustering import declustering_weights, usual_spacing
from estimation.exploratory.gather import PLACES
from estimation.plan import CompositePlan, Plan
from estimation.proposal.reasons import Reasons
from estimation.statement.standards import standard
from geo.drillholes.composite import Composites

Floats = npt.NDArray[np.float64]
Source = Literal["basic", "combined"]
UNITS = ("pct", "ppm", "gpt")
WHOLE_M = 0.05
"""Lengths that differ by no more are the same."""


@dataclass(frozen=True)
class Assayed:
    """Elements with assays: where each is best sampled, and how often."""

    source: dict[str, Source]
    """In the order of the columns, the main element first."""
    count: dict[str, int]
    main: str


@dataclass(frozen=True)
class Spread:
    """Samples of one element in some domains, capped, with their weights."""

    xyz_m: Floats
    values: Floats
    holes: npt.NDArray[np.int64]
    weights: Floats
    length_m: float
    spacing_m: float


def assayed(data: DepositData, main: str | None) -> Assayed:
    """Elements with assays enough to say something, and the main one among them.

    ``main`` names it by symbol or column (``ni``, ``ni_pct``); without it that of the present plan,
    else the configured one, else copper, else the first.

    Raises
    ------
    EstimationError
        Nothing is assayed, the main element isn't, or it has too few samples or holes.
    """
    holes = data.drillholes
    counts: dict[Source, dict[str, int]] = {
        "basic": _counts(holes.assay), "combined": _counts(holes.combined),
    }  # fmt: skip
    enough = int(standard("proposal")["fewest_for_variogram"])
    source: dict[str, Source] = {}
    for name in dict.fromkeys([*counts["basic"], *counts["combined"]]):
        basic, long = counts["basic"].get(name, 0), counts["combined"].get(name, 0)
        source[name] = "basic" if basic >= enough or basic >= long else "combined"
    count = {name: counts[source[name]][name] for name in source}
    if not source:
        raise EstimationError(
            f"{data.deposit.id}: no sample has a grade of any element; correct the assays, their "
            "columns or the vintage / 没有任何元素的化验值,请检查样品表、列名或期次"
        )
    chosen = _main(data, main, list(source))
    _enough(data, chosen, holes.assay if source[chosen] == "basic" else holes.combined)
    order = sorted(source, key=lambda n: n != chosen)
    return Assayed({n: source[n] for n in order}, count, chosen)


def _counts(table: pd.DataFrame) -> dict[str, int]:
    """Assays of every element column that has any."""
    columns = [c for c in table.columns if c.rsplit("_", 1)[-1] in UNITS]
    found = {c: int(table[c].notna().sum()) for c in columns}
    return {c: n for c, n in found.items() if n}


def _main(data: DepositData, wanted: str | None, found: list[str]) -> str:
    """The main element: as wanted, of the present plan, as configured, copper, or the first."""
    plan, stated = data.deposit.plan, data.deposit.main_element
    present = plan.main_element if plan else "cu_pct"
    wanted = wanted or (None if plan else stated)
    if wanted is None:
        return present if present in found else found[0]
    match = [n for n in found if wanted.casefold() in (n, n.partition("_")[0])]
    if not match:
        raise EstimationError(
            f"{data.deposit.id}: no plan for '{wanted}': it has no assays; there are "
            f"{', '.join(found)} / 主元素没有化验值,请用 --main 另选"
        )
    return match[0]


def _enough(data: DepositData, name: str, table: pd.DataFrame) -> None:
    """Refuse a main element that is too little sampled for any estimate."""
    known = table[table[name].notna()]
    least = standard("proposal")["least"]
    samples, holes = len(known), int(known["hole_id"].nunique())
    if samples < least["samples"] or holes < least["holes"]:
        raise EstimationError(
            f"{data.deposit.id}: {name} has {samples} samples in {holes} holes; a plan needs at "
            f"least {least['samples']} in {least['holes']}: add campaigns, or name another element "
            f"with --main / {name} 仅 {holes} 孔 {samples} 个样品,不足以提出方案:请补充工程数据,"
            "或用 --main 另选主元素"
        )
    if known[name].nunique() == 1:
        raise EstimationError(
            f"{data.deposit.id}: all {samples} assays of {name} are {known[name].iloc[0]:g}: "
            "nothing to estimate; correct the assays, or name another element with --main / "
            f"{name} 品位全部相同,无从估算:请检查样品表,或用 --main 另选主元素"
        )


def composites(data: DepositData, told: Reasons) -> CompositePlan:
    """Length: the multiple of the usual sample nearest to a share of the bench."""
    figures = standard("proposal")["composites"]
    table, bench = data.drillholes.assay, data.grid.spec.block_m[2]
    lengths = (table["to_m"] - table["from_m"]).round(3)
    mode = float(lengths.mode().iloc[0])
    times = _times(lengths, mode, bench)
    length = round(times * mode, 3)
    told.because(
        "composites.length_m",
        f"常用样长 {mode:g} m 的 {times} 倍，台阶(块高 {bench:g} m)的 {length / bench:.0%}；"
        f"{_whole(lengths, length):.0%} 的样品不被切分",
        f"{times} times the usual sample of {mode:g} m, {length / bench:.0%} of the bench (block "
        f"height {bench:g} m); {_whole(lengths, length):.0%} of samples have a length that goes "
        "into it whole",
    )
    share = float(figures["min_coverage"])
    told.because(
        "composites.min_coverage",
        f"已化验长度不足 {share:.0%} 的组合样无品位",
        f"a composite with less than {share:.0%} of its length assayed has no grade",
    )
    return CompositePlan(length_m=length, min_coverage=share)


def _times(lengths: pd.Series, mode: float, bench: float) -> int:
    """How many usual samples make a composite.

    Not shorter than most samples, at most half a bench; of these the lengths that most samples go
    into whole, and of those the one nearest to the wanted share of the bench.
    """
    figures = standard("proposal")["composites"]
    longest = float(lengths.quantile(figures["covered_samples"]))
    least = max(1, int(np.ceil(longest / mode - 0.01)))
    most = max(least, int(0.5 * bench / mode + 0.01))
    tried = range(least, most + 1)
    fits = {k: _whole(lengths, k * mode) for k in tried}
    good = [k for k in tried if fits[k] >= max(fits.values()) - figures["nearly"]]
    return min(good, key=lambda k: abs(k * mode - figures["bench_share"] * bench))


def _whole(lengths: pd.Series, length: float) -> float:
    """Share of samples whose length goes into a composite's a whole number of times."""
    times = length / lengths.where(lengths > 0)
    return float(((times - times.round()).abs() * lengths <= WHOLE_M).mean())


def with_plan(data: DepositData, plan: Plan) -> DepositData:
    """The deposit as if it had this plan."""
    return replace(data, deposit=data.deposit.model_copy(update={"plan": plan}))


def busiest_domain(samples: Composites, name: str, domains: tuple[str, ...]) -> str:
    """The domain with the most samples of an element, the first of equals."""
    known = samples.table.loc[samples.table[name].notna(), "domain"]
    return max(domains, key=lambda d: int((known == d).sum()))


def spread_of(samples: Composites, name: str, domain: str, cap: float | None) -> Spread:
    """Samples of an element in a domain, with declustering weights."""
    table = samples.table
    table = table[table[name].notna() & (table["domain"] == domain)]
    places = table[PLACES].to_numpy(float)
    holes = pd.factorize(table["hole_id"])[0].astype(np.int64)
    values = np.minimum(table[name].to_numpy(float), np.inf if cap is None else cap)
    weights = declustering_weights(places, holes)
    length = float(table["length_m"].median()) if len(table) else float("nan")
    spacing = usual_spacing(places, holes) if len(table) else float("nan")
    return Spread(places, values, holes, weights, length, spacing)
