"""What the plan decides under the headings of a report, in both languages, with its reasons."""

from __future__ import annotations

from estimation.plan import CLASSES, Plan, Variogram
from estimation.rotation import axes_from_gslib, trend_plunge
from estimation.statement.study_spacing import spacing_remarks
from estimation.statement.support import METHODS
from reporting.pack.facts import Known
from reporting.units import CLASS_TEXT, Text, grade_display, symbol


def _plan(known: Known) -> Plan:
    return known.bench.data.plan


def domains(known: Known) -> list[Text]:
    """Domains and their boundaries."""
    plan = _plan(known).domains
    names = "、".join(plan.names)
    by = f"{len(plan.volumes)} volumes" if plan.volumes else f"column {plan.column}"
    zh = f"{len(plan.volumes)} 个实体/曲面" if plan.volumes else f"编录列 {plan.column}"
    if plan.names == ("all",):
        return [Text("不分域。", "The ground is not divided into domains.")]
    lines = [
        Text(
            f"矿化域: {names}（依据 {zh}）。",
            f"Domains: {', '.join(plan.names)} (from {by}).",
        )
    ]
    for rule in plan.soft:
        lines.append(
            Text(
                f"{rule.blocks_of} 的块可用 {rule.samples_of} 中 {rule.within_m:g} m "
                f"内的样品（软边界）。",
                f"Blocks of {rule.blocks_of} see samples of {rule.samples_of} within "
                f"{rule.within_m:g} m (soft boundary).",
            )
        )
    if not plan.soft:
        lines.append(Text("域边界均为硬边界。", "All boundaries are hard."))
    return lines


def composites(known: Known) -> list[Text]:
    """Length and coverage of composites."""
    plan = _plan(known).composites
    count = len(known.bench.samples["basic"].table)
    return [
        Text(
            f"组合长度 {plan.length_m:g} m，域内组合，最低覆盖 {plan.min_coverage:.0%}；共 "
            f"{count:,} 个。",
            f"Composites of {plan.length_m:g} m within domains, least coverage "
            f"{plan.min_coverage:.0%}; {count:,} in all.",
        )
    ]


def caps(known: Known) -> list[Text]:
    """Top cuts by element and domain."""
    lines = []
    for name, element in _plan(known).elements.items():
        unit = grade_display(name).sign
        words = ", ".join(f"{domain} {cap:g} {unit}" for domain, cap in element.caps.items())
        lines.append(
            Text(
                f"{symbol(name)}: {words or '不作处理'}。",
                f"{symbol(name)}: {words or 'no top cut'}.",
            )
        )
    return lines


def variograms(known: Known) -> list[Text]:
    """Models, with trend and plunge of the three axes."""
    lines = []
    for name, element in _plan(known).elements.items():
        words = _model(element.variogram)
        lines.append(Text(f"{symbol(name)}: {words}", f"{symbol(name)}: {words}"))
    return lines


def _model(variogram: Variogram) -> str:
    """A model on one line; axes as trend/plunge, which a stereonet can check."""
    axes = [trend_plunge(axis) for axis in axes_from_gslib(variogram.orientation)]
    words = ", ".join(f"{trend + 0.0:03.0f}/{abs(plunge):02.0f}" for trend, plunge in axes)
    return f"{variogram.said}; axes (trend/plunge) {words}"


def block_model(known: Known) -> list[Text]:
    """Grid and discretization."""
    data = known.bench.data
    spec, plan = data.deposit.grid, data.plan
    size = " × ".join(f"{b:g}" for b in spec.block_m)
    count = " × ".join(f"{n:,}" for n in spec.shape)
    points = " × ".join(str(n) for n in plan.discretisation)
    corner = ", ".join(f"{o:,.1f}" for o in spec.origin_m)
    return [
        Text(
            f"块体 {size} m，{count} 个，原点（角点）{corner} m；离散 {points}。",
            f"Blocks of {size} m, {count}, origin (corner) {corner} m; discretization {points}.",
        )
    ]


def search(known: Known) -> list[Text]:
    """Search passes."""
    lines = []
    for name, element in _plan(known).elements.items():
        for number, one in enumerate(element.search, start=1):
            radii = " × ".join(f"{r:g}" for r in one.radii_m)
            lines.append(
                Text(
                    f"{symbol(name)} 第 {number} 次: {radii} m，样品 {one.min_samples}–"
                    f"{one.max_samples}，每孔最多 {one.max_per_hole} 个，最少 {one.min_holes} 孔。",
                    f"{symbol(name)}, pass {number}: {radii} m, {one.min_samples}–"
                    f"{one.max_samples} samples, at most {one.max_per_hole} a hole, at least "
                    f"{one.min_holes} holes.",
                )
            )
    return lines


def estimation(known: Known) -> list[Text]:
    """Methods and the reasons for them."""
    plan = _plan(known)
    lines = []
    for name in plan.all_elements:
        one = plan.elements[name] if name in plan.elements else plan.derived[name]
        en, zh = METHODS[one.method].split(" / ")
        lines.append(Text(f"{symbol(name)}: {zh}。", f"{symbol(name)}: {en}."))
        lines.append(Text(one.reason, one.reason))
    return lines


def by_products(known: Known) -> list[Text]:
    """Support of every element but the main one."""
    result = known.bench.result
    if result is None:
        return []
    lines = []
    for s in result.statement.support:
        if s.element == result.statement.main_element:
            continue
        r = "—" if s.correlation_with_main is None else f"{s.correlation_with_main:.2f}"
        limit = CLASS_TEXT[s.class_limit]
        en, zh = s.method.split(" / ")
        lines.append(
            Text(
                f"{symbol(s.element)}: {zh}；{s.samples:,} 样，{s.holes} 孔，占组合样米数 "
                f"{s.assayed_share:.0%}；与主元素相关 {r}；至多 {limit.zh}。",
                f"{symbol(s.element)}: {en}; {s.samples:,} samples in {s.holes} holes, "
                f"{s.assayed_share:.0%} of composited metres; correlation with the main element "
                f"{r}; "
                f"{limit.en} at best.",
            )
        )
    return lines


def cutoffs(known: Known) -> list[Text]:
    """Cut-offs and their source."""
    plan = _plan(known)
    unit = grade_display(plan.main_element).sign
    others = ", ".join(f"{c:g}" for c in plan.cutoffs.others)
    said = plan.cutoffs.citation
    lines = [
        Text(
            f"报告边界品位 {symbol(plan.main_element)} {plan.cutoffs.reporting:g} {unit}；"
            f"另列 {others} {unit}。依据: {said}",
            f"Reporting cut-off {plan.cutoffs.reporting:g} {unit} {symbol(plan.main_element)}; "
            f"also "
            f"{others} {unit}. Source: {said}",
        )
    ]
    low = plan.cutoffs.low_grade
    if low is not None:
        lines.append(
            Text(
                f"最低工业品位 {low.min_industrial:g} {unit}，其下为低品位矿，单列。依据: "
                f"{low.citation}",
                f"Minimum industrial grade {low.min_industrial:g} {unit}; ore below it is stated "
                f"apart. Source: {low.citation}",
            )
        )
    return lines


def density(known: Known) -> list[Text]:
    """Basis of density."""
    result, plan = known.bench.result, _plan(known)
    basis = result.statement.density_basis if result else plan.density.method
    said = plan.density.citation
    return [Text(f"体重: {basis}。依据: {said}", f"Density: {basis}. Source: {said}")]


def moisture(known: Known) -> list[Text]:
    """Tonnages are dry."""
    return [Text("吨位按干体重计。", "Tonnages are dry.")]


def classification(known: Known) -> list[Text]:
    """Class rules."""
    plan = _plan(known).classification
    lines = []
    for name in CLASSES:
        rule = getattr(plan, name)
        text = CLASS_TEXT[name]
        lines.append(
            Text(
                f"{text.zh}: 至最近三孔平均距离 ≤ {rule.max_mean_distance_m:g} m，≥ "
                f"{rule.min_holes} 孔，"
                f"回归斜率 ≥ {rule.min_slope:g}。",
                f"{text.en}: mean distance to three holes ≤ {rule.max_mean_distance_m:g} m, ≥ "
                f"{rule.min_holes} holes, slope ≥ {rule.min_slope:g}.",
            )
        )
    said = plan.citation
    last = Text(
        f"单孔块至多推断；人工修改 {len(plan.overrides)} 处。依据: {said}",
        f"Blocks from one hole are Inferred at best; {len(plan.overrides)} manual overrides. "
        f"Source: "
        f"{said}",
    )
    wide = spacing_remarks(_plan(known), known.bench.data.deposit.kind)
    return [*lines, last, *(Text(w.zh, w.en) for w in wide)]


def constraints(known: Known) -> list[Text]:
    """Constraints of reasonable prospects."""
    found = _plan(known).statement.constraints
    lines = [
        Text(f"{c.name}（{c.kind}）: {c.reason}", f"{c.name} ({c.kind}): {c.reason}") for c in found
    ]
    mined = known.bench.data.deposit.mined
    lines += [
        Text(
            f"采空{'面' if m.kind == 'surface' else '实体'} {m.as_of}: {m.path}；"
            f"损失率 {_rate(m.loss_rate)}，贫化率 {_rate(m.dilution_rate)}",
            f"Mined {m.kind} of {m.as_of}: {m.path}; loss {_rate(m.loss_rate)}, dilution "
            f"{_rate(m.dilution_rate)}",
        )
        for m in mined
    ]
    return lines


def _rate(share: float | None) -> str:
    """A rate in per cent; a dash where it is not known."""
    return "—" if share is None else f"{100 * share:g} %"


def equivalent(known: Known) -> list[Text]:
    """Prices and recoveries of an equivalent, where one is planned."""
    plan = _plan(known).statement.equivalent
    if plan is None:
        return []
    words = "; ".join(
        f"{symbol(n)} {m.price:g}, recovery {m.recovery:.0%}, payable {m.payable:.0%} ({m.source})"
        for n, m in plan.metals.items()
    )
    return [
        Text(
            f"当量品位价格表 {plan.as_of}（{plan.currency}）: {words}",
            f"Equivalent: prices of {plan.as_of} ({plan.currency}): {words}",
        )
    ]


def dimensions(known: Known) -> list[Text]:
    """Extent of the estimated ground."""
    data = known.bench.data
    spec = data.deposit.grid
    size = [b * n for b, n in zip(spec.block_m, spec.shape, strict=True)]
    words = " × ".join(f"{s:,.0f}" for s in size)
    return [
        Text(
            f"块体模型范围 {words} m（东×北×高）；矿体形态须由地质人员描述。",
            f"Extent of the block model {words} m (east × north × up); the ore body's shape is "
            f"for a "
            "person to describe.",
        )
    ]


def _remarks(known: Known, topic: str) -> list[Text]:
    """What a study recommends or warns of."""
    studies = [study for study in known.studies if study.topic == topic]
    return [Text(w.zh, w.en) for study in studies for w in study.remarks]


def statistics(known: Known) -> list[Text]:
    """Remarks of exploratory data analysis."""
    return _remarks(known, "exploration")


def validation(known: Known) -> list[Text]:
    """Remarks of the validation."""
    return _remarks(known, "validation")


def changes(known: Known) -> list[Text]:
    """Depletion since the previous vintage; the movement itself is the ledger's."""
    result = known.bench.result
    if result is None or not result.depletion:
        return []
    ore = sum(row.ore_t for row in result.depletion)
    main = result.statement.main_element
    metal = sum(row.elements[main].metal_t for row in result.depletion)
    return [
        Text(
            f"上期以来采出矿石 {ore / 1e4:,.2f} 万t，{symbol(main)} {metal:,.0f} "
            f"t（按上期模型计）；"
            "变动明细见台账。",
            f"Mined since the last vintage: {ore / 1e6:,.2f} Mt, {metal:,.0f} t {symbol(main)} "
            f"(by the "
            "last vintage's model); movements are in the ledger.",
        )
    ]
