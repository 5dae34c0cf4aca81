"""One element's choices: top cuts, variogram, search, method."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from estimation.errors import EstimationError
from estimation.plan import (
    Choices,
    DomainGrade,
    ElementPlan,
    Method,
    Orientation,
    Structure,
    Variogram,
)
from estimation.proposal.grades import Cuts, top_cuts
from estimation.proposal.models import held_range, say_nugget, settled
from estimation.proposal.reasons import Reasons, two_languages
from estimation.proposal.samples import Source, Spread, busiest_domain, spread_of
from estimation.proposal.search import UPRIGHT, Counts, say_search, search_passes
from estimation.rotation import axes_from_gslib
from estimation.statement.standards import standard
from estimation.variography.proposal import Evidence, ProposedVariogram, propose_variogram
from geo.drillholes.composite import Composites

SURE = 0.5
"""Relative standard error of ranges below which a domain's own model is believed."""
LEVEL = Orientation(azimuth_deg=0.0, dip_deg=0.0, rake_deg=0.0)


@dataclass(frozen=True)
class Modelled:
    """One element before its search is known."""

    name: str
    source: Source
    samples: Composites
    cuts: Cuts
    domain: str
    """Where it has the most samples: its variogram is of these."""
    spread: Spread
    variogram: Variogram
    fitted: bool
    """Whether the variogram is of the data."""
    own: dict[str, Variogram]
    """Variograms of domains that clearly differ."""


def nominal_variogram(spacing_m: float, variance: float = 1.0) -> Variogram:
    """A variogram of no data, for a search's shape where inverse distance is the method."""
    figures = standard("proposal")["nominal_variogram"]
    distance = spacing_m if spacing_m > 0 else 100.0
    variance = variance if variance > 0 else 1.0
    a, b, c = (float(f"{times * distance:.3g}") for times in figures["ranges_over_spacing"])
    sill = float(f"{(1.0 - figures['nugget']) * variance:.6g}")
    return Variogram(
        nugget=float(f"{figures['nugget'] * variance:.6g}"),
        structures=(Structure(model="spherical", sill=sill, ranges_m=(a, b, c)),),
        orientation=LEVEL,
    )


def model_element(
    name: str, source: Source, samples: Composites, domains: tuple[str, ...], told: Reasons
) -> Modelled:
    """Top cuts and variogram of one element.

    A domain's variogram is that of the domain with the most samples, unless its own clearly
    differs.

    Raises
    ------
    EstimationError
        Grades that are all alike.
    """
    cuts = top_cuts(name, samples, domains, told)
    domain = busiest_domain(samples, name, domains)
    spread = spread_of(samples, name, domain, cuts.caps.get(domain))
    if not spread.values.size or np.ptp(spread.values) == 0:
        told.forget(f"elements.{name}")
        raise EstimationError(
            f"{name}: all {spread.values.size} samples in domain {domain} are alike: nothing to "
            f"estimate; correct the assays / {name}:矿化域 {domain} 品位全部相同,无从估算"
        )
    path = f"elements.{name}.variogram"
    found = _fitted(spread, domain, path, told)
    if found is None:
        variance = float(np.average((spread.values - spread.values.mean()) ** 2))
        shape = nominal_variogram(spread.spacing_m, variance)
        return Modelled(name, source, samples, cuts, domain, spread, shape, False, {})
    part = f"，取自样品最多的矿化域 {domain}" if len(domains) > 1 else ""
    part_en = f"; of domain {domain}, which has the most samples" if len(domains) > 1 else ""
    told.because(path, found.reason.zh + part, found.reason.en + part_en)
    for words in found.remarks:
        told.because(path, words.zh, words.en)
    say_nugget(found, path, told)
    if _level_range(found.variogram) < spread.spacing_m:
        told.because(
            path,
            f"水平变程小于工程间距 {spread.spacing_m:.0f} m：须加密方能确定",
            f"level range below the spacing of {spread.spacing_m:.0f} m: closer holes must tell",
        )
    own = _own_variograms(name, samples, cuts, found, [d for d in domains if d != domain], told)
    return Modelled(name, source, samples, cuts, domain, spread, found.variogram, True, own)


def _fitted(spread: Spread, domain: str, path: str, told: Reasons) -> ProposedVariogram | None:
    """A proposed variogram; None where there is too little for one, with the reason."""
    fewest = int(standard("proposal")["fewest_for_variogram"])
    if spread.values.size < fewest:
        told.because(
            path,
            f"矿化域 {domain} 样品 {spread.values.size} 个，少于 {fewest}：名义模型，仅定搜索形状",
            f"{spread.values.size} samples in domain {domain}, fewer than {fewest}: a nominal "
            "model that only gives the search its shape",
        )
        return None
    try:
        found = propose_variogram(_evidence(spread))
    except EstimationError as error:
        words = two_languages(error)
        told.because(path, f"名义模型：{words.zh}", f"a nominal model: {words.en}")
        return None
    variogram, lengthened = settled(found.variogram, spread.length_m)
    remarks = (*found.remarks, held_range(spread.length_m)) if lengthened else found.remarks
    return replace(found, variogram=variogram, remarks=remarks)


def _evidence(spread: Spread) -> Evidence:
    """Samples as the variogram's proposal takes them."""
    return Evidence(spread.xyz_m, spread.values, spread.holes, spread.length_m, spread.weights)


def like_main(one: Modelled, main: Modelled, told: Reasons) -> Modelled:
    """An element whose own range no two holes can tell, on the main element's structures.

    Only where both go together along the same composites (intrinsic correlation: Wackernagel 2003,
    chapter 22); nugget and sill stay its own.
    """
    if one.source != main.source or not (one.fitted and main.fitted):
        return one
    own, whole = _level_range(one.variogram), _level_range(main.variogram)
    if own >= one.spread.spacing_m or whole <= own:
        return one
    table = one.samples.table
    both = table[table[one.name].notna() & table[main.name].notna()]
    r = float(both[one.name].corr(both[main.name])) if len(both) > 2 else float("nan")
    if not r >= standard("proposal")["like_main"]["correlation"]:
        return one
    sill, shape = one.variogram.total_sill - one.variogram.nugget, main.variogram
    partial = shape.total_sill - shape.nugget
    structures = tuple(
        s.model_copy(update={"sill": float(f"{s.sill * sill / partial:.6g}")})
        for s in shape.structures
    )
    variogram = shape.model_copy(update={"nugget": one.variogram.nugget, "structures": structures})
    path = f"elements.{one.name}.variogram"
    told.forget(path)
    told.because(
        path,
        f"自身水平变程 {own:.0f} m 小于工程间距 {one.spread.spacing_m:.0f} m，两孔无法分辨；"
        f"与 {main.name} 的相关系数 {r:.2f}：采用其结构与变程，块金与基台值为自身",
        f"its own level range, {own:.0f} m, is less than the spacing of {one.spread.spacing_m:.0f} "
        f"m, which no two holes can tell; r = {r:.2f} with {main.name}: its structures and ranges, "
        "with the element's own nugget and sill",
    )
    return replace(one, variogram=variogram, own={})


def _level_range(variogram: Variogram) -> float:
    """Longest range along an axis nearer level than upright."""
    level = np.abs(axes_from_gslib(variogram.orientation)[:, 2]) < UPRIGHT
    ranges = np.max([s.ranges_m for s in variogram.structures], axis=0)
    return float(ranges[level].max()) if level.any() else float(ranges.max())


def _own_variograms(
    name: str,
    samples: Composites,
    cuts: Cuts,
    main: ProposedVariogram,
    others: list[str],
    told: Reasons,
) -> dict[str, Variogram]:
    """Variograms of other domains with samples enough and a clearly different shape."""
    limits = standard("proposal")["by_domain"]
    own: dict[str, Variogram] = {}
    for domain in others:
        spread = spread_of(samples, name, domain, cuts.caps.get(domain))
        if spread.values.size < limits["samples"] or np.unique(spread.holes).size < limits["holes"]:
            continue
        try:
            found = propose_variogram(_evidence(spread))
        except EstimationError:
            continue
        found = replace(found, variogram=settled(found.variogram, spread.length_m)[0])
        ranges = [max(max(s.ranges_m) for s in v.variogram.structures) for v in (found, main)]
        nuggets = [v.variogram.nugget / v.variogram.total_sill for v in (found, main)]
        ratio = max(ranges) / min(ranges)
        apart = abs(nuggets[0] - nuggets[1])
        known = ranges[0] >= spread.spacing_m  # a shorter one no two holes can tell
        sure = known and max(found.confidence.range_error) < SURE
        if sure and (ratio > limits["ratio"] or apart > limits["nugget_share"]):
            own[domain] = found.variogram
            told.because(
                f"elements.{name}.by_domain",
                f"{domain}：样品 {spread.values.size} 个，最长变程 {ranges[0]:.0f} m(主域 "
                f"{ranges[1]:.0f} m)，块金占比 {nuggets[0]:.0%}(主域 {nuggets[1]:.0%})："
                "用自己的模型",
                f"{domain}: {spread.values.size} samples, longest range {ranges[0]:.0f} m (main "
                f"domain {ranges[1]:.0f} m), nugget {nuggets[0]:.0%} of the sill ({nuggets[1]:.0%})"
                ": a model of its own",
            )
    return own


def element_plan(
    one: Modelled, counts: Counts, limits_m: tuple[float, float], told: Reasons
) -> ElementPlan:
    """The plan of one element that is estimated from its own samples alone.

    ``limits_m``: a block's height, and the farthest that a hole counts for a class.
    """
    long = one.source == "combined"
    bounds = (max(2.0 * one.spread.length_m, limits_m[0]), limits_m[1])
    passes = search_passes(one.variogram, one.spread.spacing_m, counts, bounds, long=long)
    path = f"elements.{one.name}"
    say_search(f"{path}.search", passes, one.variogram, one.spread.spacing_m, told)
    method: Method = "ordinary" if one.fitted else "inverse_distance"
    held = one.cuts.high_yield
    whole = Choices(
        variogram=one.variogram,
        method=method,
        known_mean=None,
        search=passes,
        search_orientation=None,
        high_yield=held.get(one.domain),
    )
    by_domain = {}
    # where the main domain's high grades are held near, the others say that theirs are not
    others = set(one.samples.table["domain"]) if one.domain in held else set()
    for domain in sorted({*one.own, *held, *others} - {one.domain}):
        variogram = one.own.get(domain, one.variogram)
        spread = spread_of(one.samples, one.name, domain, None)
        update = {
            "variogram": variogram,
            "search": search_passes(variogram, spread.spacing_m, counts, bounds, long=long),
            "high_yield": held.get(domain),
        }
        by_domain[domain] = whole.model_copy(update=update)
    _say_samples(one, told)
    return ElementPlan(
        source=one.source,
        caps=one.cuts.caps,
        by_domain=by_domain,
        class_limit="measured",
        reason="-",
        **{name: getattr(whole, name) for name in Choices.model_fields},
    )


def _say_samples(one: Modelled, told: Reasons) -> None:
    """How many samples there are, and why they are not kriged where they aren't."""
    long, path = one.source == "combined", f"elements.{one.name}"
    if not one.fitted:
        told.because(
            f"{path}.method",
            "距离平方反比法：没有可信的变异函数",
            "inverse distance: there is no variogram to trust",
        )
    known = one.samples.table[one.name].notna()
    count, holes = int(known.sum()), one.samples.table.loc[known, "hole_id"].nunique()
    told.because(
        path,
        f"{'组合分析样' if long else '组合样'}长 {one.spread.length_m:.3g} m，"
        f"{holes} 孔 {count} 个样品",
        f"{count} {'combined samples' if long else 'composites'} of about "
        f"{one.spread.length_m:.3g} m in {holes} holes",
    )


def domain_grades(
    name: str, samples: Composites, domains: tuple[str, ...]
) -> dict[str, DomainGrade]:
    """Declustered mean of each domain with samples, and its standard error between holes."""
    found = {}
    for domain in domains:
        spread = spread_of(samples, name, domain, None)
        if not spread.values.size:
            continue
        mean = float(np.average(spread.values, weights=spread.weights))
        count = np.bincount(spread.holes)
        holes = np.bincount(spread.holes, spread.values) / count
        several = holes.std(ddof=1) / np.sqrt(holes.size) if holes.size > 1 else 0.0
        alone = spread.values.std() / np.sqrt(spread.values.size)
        found[domain] = DomainGrade(
            grade=float(f"{max(mean, 0.0):.4g}"),
            standard_error=float(f"{max(several, alone):.3g}"),
            samples=spread.values.size,
        )
    return found
