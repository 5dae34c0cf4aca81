"""Classes, density, cut-offs and tables of a proposed plan."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from estimation.deposit import DepositData
from estimation.domains.volumes import volumes_of
from estimation.plan import (
    ClassificationPlan,
    CutoffPlan,
    DensityPlan,
    DensityRegression,
    DomainPlan,
    LowGrade,
    Smoothing,
    StatementPlan,
    Variogram,
)
from estimation.proposal.reasons import Reasons
from estimation.statement.density import measured_by_domain
from estimation.statement.spacing import propose_classes, type_of_kind
from estimation.statement.standards import standard
from estimation.studies import Words
from geo.drillholes.composite import Composites


def classification(
    data: DepositData, variogram: Variogram | None, told: Reasons
) -> ClassificationPlan:
    """Class rules of the exploration type's spacing, Inferred no farther than the range."""
    kind = f"{data.deposit.kind.zh} {data.deposit.kind.en}"
    body = type_of_kind(kind)
    rules = propose_classes(body)
    assert rules.spacing is not None
    strike, dip = rules.spacing.indicated_m
    told.because(
        "classification.spacing",
        f"勘查类型按矿床类型({data.deposit.kind.zh})假定为 {body} 类，须由地质人员核定；"
        f"控制间距 {strike:g} x {dip:g} m(未核对原文)",
        f"body type {body} is assumed from the deposit's kind ({data.deposit.kind.en}), for a "
        f"geologist to confirm; Indicated spacing {strike:g} x {dip:g} m (unverified)",
    )
    told.because(
        "classification.measured",
        "至三孔平均距离：探明为控制间距(几何平均)之半，推断为其两倍；回归斜率限值为经验值",
        "mean distance to three holes: Measured half the Indicated spacing (geometric mean), "
        "Inferred twice; limits of the slope are working values",
    )
    if variogram is not None:
        rules = _within_the_range(rules, variogram, told)
    update: dict[str, Any] = {"smoothing": _smoothing(data, told)}
    if data.deposit.plan is not None:
        present = data.deposit.plan.classification
        update |= {"caps": present.caps, "overrides": present.overrides}
        if present.caps or present.overrides:
            told.because("classification.caps", "沿用现有方案中由人作出的类别上限与调整",
                         "a person's caps and overrides of the present plan are kept")  # fmt: skip
    return rules.model_copy(update=update)


def _smoothing(data: DepositData, told: Reasons) -> Smoothing:
    """A window of blocks that a class must fill half of."""
    figures = standard("proposal")["classes"]["smoothing"]
    window = tuple(1 if n == 1 else w for n, w in
                   zip(data.grid.spec.shape, figures["window"], strict=True))  # fmt: skip
    smoothing = Smoothing(
        window=(window[0], window[1], window[2]), least_share=figures["least_share"]
    )
    told.because(
        "classification.smoothing",
        f"消除孤立块(斑点)：{' x '.join(map(str, window))} 块窗口内"
        f"至少 {figures['least_share']:.0%} 同级或更高",
        f"no spotted dog: a block keeps its class where {figures['least_share']:.0%} of a window "
        f"of {' x '.join(map(str, window))} blocks is as sure",
    )
    return smoothing


def _within_the_range(
    rules: ClassificationPlan, variogram: Variogram, told: Reasons
) -> ClassificationPlan:
    """No class farther than the main element's longest range: beyond it samples say nothing."""
    longest = max(max(s.ranges_m) for s in variogram.structures)
    changed = {}
    for name in ("measured", "indicated", "inferred"):
        rule = getattr(rules, name)
        if rule.max_mean_distance_m > longest:
            nearer = rule.model_copy(update={"max_mean_distance_m": float(f"{longest:.3g}")})
            changed[name] = nearer
            told.because(
                f"classification.{name}",
                f"距离由 {rule.max_mean_distance_m:g} 收至主元素最长变程 {longest:.0f} m",
                f"distance {rule.max_mean_distance_m:g} m drawn in to the main element's longest "
                f"range, {longest:.0f} m",
            )
    return rules.model_copy(update=changed)


def assigned_densities(data: DepositData, domains: DomainPlan) -> dict[str, float]:
    """A density for every domain: the present plan's, else the middle of its kind's usual range."""
    present = data.deposit.plan.density.assigned_tpm3 if data.deposit.plan else {}
    kind = f"{data.deposit.kind.zh} {data.deposit.kind.en}"
    return {name: present.get(name, _usual_density(name, kind)[0]) for name in domains.names}


def _usual_density(domain: str, deposit_kind: str) -> tuple[float, Words]:
    """Middle of a kind of ore's usual range, known by words of the domain, else deposit; its basis.

    Of an unknown kind a default, and the words say that it is to be replaced.
    """
    for text in (domain, deposit_kind):
        for kind in standard("density")["kinds"]:
            if any(word in text.casefold() for word in kind["words"]):
                low, high = kind["range"]
                return round((low + high) / 2.0, 2), Words(
                    f"{kind['zh']}常见范围 {low:g}–{high:g} 之中值，未核对",
                    f"middle of {low:g}-{high:g}, usual of {kind['en']}, unverified",
                )
    return float(standard("proposal")["density"]["unknown"]), Words(
        "程序不识此矿床类型：默认值，须以实测值代替",
        "kind of ore unknown to the program: a default, to be replaced",
    )


def _assigned_basis(data: DepositData, domain: str) -> Words:
    """What a domain's assigned density rests on: the present plan, or its kind of ore."""
    if data.deposit.plan is not None and domain in data.deposit.plan.density.assigned_tpm3:
        return Words("沿用现有方案", "kept from the present plan")
    return _usual_density(domain, f"{data.deposit.kind.zh} {data.deposit.kind.en}")[1]


def density(
    data: DepositData,
    domains: DomainPlan,
    main: str,
    samples: dict[str, Composites],
    told: Reasons,
) -> DensityPlan:
    """Density regressed on the main grade where it follows it, else domain means, else assigned."""
    figures, least = standard("proposal")["density"], standard("density")["least_measurements"]
    assigned = assigned_densities(data, domains)
    # volumes are the present plan's: a proposal makes none of its own
    volumes = volumes_of(data) if data.deposit.plan is not None else None
    measured = measured_by_domain(data.drillholes, domains, volumes)
    lines: dict[str, DensityRegression] = {}
    cited: list[str] = []
    for name in domains.names:
        table = measured.get(name)
        count = 0 if table is None else len(table)
        if table is None or count < least:
            basis = _assigned_basis(data, name)
            cited.append(f"{name} {assigned[name]:g} t/m3: {basis.zh} / {basis.en}")
            _say_assigned(name, count, assigned[name], basis, told)
            continue
        mean = float(table["density_tpm3"].mean())
        assigned[name] = round(mean, 3)
        line, r = _regressed(table, main, samples["basic"])
        said = f"r = {r:.2f}" if math.isfinite(r) else "r: -"
        if line is not None:
            lines[name] = line
        told.because(
            "density.method",
            f"{name}：实测 {count} 个，均值 {mean:.3f} t/m3；与 {main} 的相关系数 {said}，"
            + (f"达 {figures['correlation']:g}：回归" if line else "不足以回归：取均值"),
            f"{name}: {count} measurements, mean {mean:.3f} t/m3; {said} with {main}, "
            + (f"{figures['correlation']:g} or more: regressed" if line else "too weak: the mean"),
        )
    any_mean = len(cited) < len(domains.names)
    if any_mean:
        cited.append(f"{figures['citation']}; {standard('density')['citation']}")
    return DensityPlan(
        method="regressed" if lines else "domain_mean" if any_mean else "assigned",
        assigned_tpm3=assigned,
        regressions=lines,
        citation="; ".join(cited),
    )


def _say_assigned(domain: str, count: int, value: float, basis: Words, told: Reasons) -> None:
    """Why a domain has an assigned density, and what that rests on."""
    least = standard("density")["least_measurements"]
    told.because(
        "density.assigned_tpm3",
        f"{domain}：实测 {count} 个，少于 {least}：取 {value:g} t/m3({basis.zh})",
        f"{domain}: {count} measurements, fewer than {least}: {value:g} t/m3 ({basis.en})",
    )


def _regressed(
    table: pd.DataFrame, main: str, samples: Composites
) -> tuple[DensityRegression | None, float]:
    """Density on the grade of the composite at its middle, where they go together; and r."""
    figures = standard("proposal")["density"]
    middle = ((table["from_m"] + table["to_m"]) / 2.0).rename("middle_m")
    left = pd.concat([table[["hole_id", "density_tpm3"]], middle], axis=1).sort_values("middle_m")
    right = samples.table[["hole_id", "from_m", "to_m", main]].sort_values("from_m")
    pairs = pd.merge_asof(left, right, left_on="middle_m", right_on="from_m", by="hole_id")
    pairs = pairs[(pairs["middle_m"] <= pairs["to_m"]) & pairs[main].notna()]
    x, y = pairs[main].to_numpy(float), pairs["density_tpm3"].to_numpy(float)
    if len(x) < figures["samples"] or np.ptp(x) == 0 or np.ptp(y) == 0:
        return None, float("nan")
    r = float(np.corrcoef(x, y)[0, 1])
    if abs(r) < figures["correlation"]:
        return None, r
    slope, intercept = np.polyfit(x, y, 1)
    low, high = (float(f"{v:.3g}") for v in (y.min(), y.max()))
    line = DensityRegression(
        on=main,
        intercept=float(f"{intercept:.4g}"),
        slope=float(f"{slope:.3g}"),
        correlation=float(f"{r:.3g}"),
        samples=len(x),
        limits_tpm3=(low, high),
    )
    return line, r


def cutoffs(main: str, samples: dict[str, Composites], source: str, told: Reasons) -> CutoffPlan:
    """General indices of an element that has them; of others the median, for a person to set."""
    known = standard("proposal")["cutoffs"].get(main)
    if known is not None:
        citation = known["citation"]
        told.because("cutoffs.reporting", f"边界品位：{citation}", f"cut-off: {citation}")
        told.because("cutoffs.low_grade", "边界品位与最低工业品位之间为低品位矿，单列",
                     "ore between the cut-off and 最低工业品位 is stated apart")  # fmt: skip
        low = LowGrade(min_industrial=known["min_industrial"], citation=citation)
        return CutoffPlan(
            reporting=known["reporting"],
            others=tuple(known["others"]),
            low_grade=low,
            citation=citation,
        )
    grades = samples[source].table[main]
    above = grades[grades > 0]
    middle = float(f"{float(above.median()):.2g}") if len(above) else 0.0
    told.because(
        "cutoffs.reporting",
        "无该元素的一般工业指标：暂取组合样中位数，须由人确定",
        "no general index is known: the composites' median, for a person to set",
    )
    return CutoffPlan(
        reporting=middle,
        others=(0.0,) if middle > 0 else (),
        citation="median of the composites: no general index is known here; to be set by a person",
    )


def tables(data: DepositData, told: Reasons) -> StatementPlan:
    """The present plan's statement; else benches of the block's height or a multiple of it."""
    if data.deposit.plan is not None:
        told.because("statement", "沿用现有方案", "kept from the present plan")
        return data.deposit.plan.statement
    height = data.grid.spec.block_m[2]
    bench = height * math.ceil(float(standard("proposal")["bench_m"]) / height - 1e-9)
    told.because("statement.bench_m", f"中段高取块高的整数倍 {bench:g} m",
                 f"benches of {bench:g} m, a multiple of the block's height")  # fmt: skip
    told.because("statement.ore_types", "每个矿化域为一个矿石类型",
                 "every domain is an ore type of its own")  # fmt: skip
    return StatementPlan(bench_m=float(bench))
