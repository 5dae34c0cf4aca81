"""What the data and the result say under the headings of a report, in both languages.

Each function answers one ``fill`` word of ``data/dictionaries/report/*.yaml``. What is not known is
not written: an empty answer leaves the heading to a person.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from estimation.plan import CLASSES
from estimation.results import Check
from estimation.studies import Study, Workbench
from geo.dictionary import load_words
from geo.drillholes.reading import Drillholes
from geo.qaqc import QaqcReading
from reporting.rounding import printed
from reporting.units import CLASS_TEXT, Text, grade_display, symbol


@dataclass(frozen=True)
class Known:
    """What a pack may speak of."""

    bench: Workbench
    studies: tuple[Study, ...]
    quality: QaqcReading | None = None
    """The judged quality control; None where it was not read."""

    @property
    def elements(self) -> str:
        """Symbols of the planned elements."""
        return ", ".join(symbol(name) for name in self.bench.data.plan.all_elements)


def database(known: Known) -> list[Text]:
    """Tables, rows and files."""
    data = known.bench.data
    holes = data.drillholes
    metres = _drilled_m(holes)
    length = f"，{metres:,.0f} m" if metres else ""
    counts = [len(t) for t in (holes.collar, holes.survey, holes.assay, holes.density)]
    return [
        Text(
            f"钻孔等工程 {counts[0]:,} 个{length}；测斜 {counts[1]:,} 行，基本分析 {counts[2]:,} "
            f"行，"
            f"体重 {counts[3]:,} 行；数据截止 {data.vintage}。原件按 SHA-256 保存，"
            f"数据指纹 {data.data_hash()[:16]}。",
            f"{counts[0]:,} holes{length.replace('，', ', ')}; {counts[1]:,} survey rows, "
            f"{counts[2]:,} assay rows, {counts[3]:,} density rows; data to {data.vintage}. "
            f"Originals are kept by SHA-256; data hash {data.data_hash()[:16]}.",
        ),
        Text(
            "文件: " + "、".join(sorted(data.files)),
            "Files: " + ", ".join(sorted(data.files)),
        ),
    ]


def _drilled_m(holes: Drillholes) -> float:
    """Metres drilled: each hole's own depth, else its deepest sample or survey; 0 where unknown."""
    depth = holes.collar.set_index("hole_id")["depth_m"]
    for table, column in ((holes.assay, "to_m"), (holes.survey, "depth_m")):
        depth = depth.combine_first(table.groupby("hole_id")[column].max())
    return float(depth.sum())


def findings(known: Known) -> list[Text]:
    """What checking found, by severity."""
    result = known.bench.result
    if result is None:
        return []
    errors, warnings, notes = (result.findings.get(k, 0) for k in ("error", "warning", "info"))
    return [
        Text(
            f"逐行检查: 错误 {errors:,}，警告 {warnings:,}，提示 {notes:,}；有误的行已隔离，"
            f"未参与估算。",
            f"Every row was checked: {errors:,} errors, {warnings:,} warnings, {notes:,} notes; "
            f"rows in "
            "error are quarantined and take no part.",
        )
    ]


def samples(known: Known) -> list[Text]:
    """Kinds of samples."""
    found = []
    for source, composites in known.bench.samples.items():
        zh = "基本分析" if source == "basic" else "组合分析"
        table = composites.table
        median = float(table["length_m"].median()) if len(table) else float("nan")
        found.append(
            Text(
                f"{zh}: {len(table):,} 个样，中位长度 {median:.2f} m。",
                f"{source} samples: {len(table):,}, median length {median:.2f} m.",
            )
        )
    return found


def hole_types(known: Known) -> list[Text]:
    """Kinds of workings."""
    collar = known.bench.data.drillholes.collar
    if "hole_type" not in collar or not collar["hole_type"].notna().any():
        return []
    counts = collar["hole_type"].value_counts()
    words = ", ".join(f"{name} {count}" for name, count in counts.items())
    return [Text(f"工程类型: {words}。", f"Types of holes: {words}.")]


def logging(known: Known) -> list[Text]:
    """Logged metres."""
    log = known.bench.data.drillholes.lithology
    if log.empty:
        return []
    metres = float((log["to_m"] - log["from_m"]).sum())
    return [
        Text(
            f"编录 {len(log):,} 段，{metres:,.0f} m。",
            f"{len(log):,} logged intervals, {metres:,.0f} m.",
        )
    ]


def special_values(known: Known) -> list[Text]:
    """How values below detection are treated."""
    conventions = known.bench.data.deposit.drillholes.conventions
    zh = {"half_limit": "检出限之半", "zero": "零"}[conventions.below_detection]
    en = {"half_limit": "half the limit", "zero": "zero"}[conventions.below_detection]
    rules = len(conventions.special_values)
    return [
        Text(
            f"低于检出限按{zh}计；另有 {rules} 条逐列规则；未测不作零。",
            f"Below detection counts as {en}; {rules} rules by column beside it; not assayed is "
            f"never "
            "zero.",
        )
    ]


def qaqc(known: Known) -> list[Text]:
    """Control samples, the share that keeps its limits, and batches that failed."""
    quality = known.quality
    if quality is None or not quality.controls.count:
        return []
    names = load_words("qaqc.yaml")["names"]
    zh, en = [], []
    for kind, count in quality.controls.count.items():
        rate = quality.pass_rates.get(kind)
        name = names.get(kind, {"zh": kind, "en": kind})
        zh.append(f"{name['zh']} {count:,} 个" + ("" if rate is None else f"，合格 {rate:.1f} %"))
        en.append(f"{name['en']} {count:,}" + ("" if rate is None else f", {rate:.1f} % in limits"))
    batches, identity = len(quality.failures), known.bench.data.deposit.id
    return [
        Text(
            f"质控样: {'；'.join(zh)}；不合格批次 {batches} 个。图表见 bornite qaqc {identity}。",
            f"Controls: {'; '.join(en)}; {batches} failed batches. Page: bornite qaqc {identity}.",
        )
    ]


def locations(known: Known) -> list[Text]:
    """Coordinate system, heights, desurvey."""
    data = known.bench.data
    local = data.belt.crs == "local"
    zh, en = ("本地矿山坐标", "local mine grid") if local else (data.belt.crs,) * 2
    how = data.deposit.drillholes.desurvey.replace("_", " ")
    return [
        Text(
            f"坐标系 {zh}；高程 {data.belt.vertical_datum}；测斜计算 {how}。",
            f"Coordinates {en}; heights {data.belt.vertical_datum}; desurveyed by {how}.",
        )
    ]


def spacing(known: Known) -> list[Text]:
    """Usual distance between holes."""
    from scipy.spatial import cKDTree

    table = known.bench.samples["basic"].table
    middles = table.groupby("hole_id")[["easting_m", "northing_m"]].mean().to_numpy()
    if len(middles) < 2:
        return []
    distance = cKDTree(middles).query(middles, k=2)[0][:, 1]
    low, middle, high = np.percentile(distance, [10, 50, 90])
    return [
        Text(
            f"相邻工程平面间距: 中位 {middle:.0f} m（10–90 % 为 {low:.0f}–{high:.0f} m）。",
            f"Distance to the nearest hole in plan: median {middle:.0f} m (10–90 %: "
            f"{low:.0f}–{high:.0f} m).",
        )
    ]


def orientation(known: Known) -> list[Text]:
    """Dips of holes."""
    survey = known.bench.data.drillholes.survey
    if survey.empty:
        return []
    low, middle, high = np.percentile(survey["dip_down_deg"].abs(), [10, 50, 90])
    return [
        Text(
            f"测点倾角中位 {middle:.0f}°（10–90 %: {low:.0f}–{high:.0f}°）；"
            f"与矿体的交角须由地质人员评述。",
            f"Dip at survey stations: median {middle:.0f}° (10–90 %: {low:.0f}–{high:.0f}°); the "
            f"angle "
            "to the ore body is for a person to discuss.",
        )
    ]


def holes(known: Known) -> list[Text]:
    """Number of holes in the estimate."""
    count = known.bench.samples["basic"].table["hole_id"].nunique()
    total = len(known.bench.data.drillholes.collar)
    return [
        Text(
            f"共 {total:,} 个工程，其中 {count:,} 个有组合样参与估算。",
            f"{total:,} holes, of which {count:,} have composites in the estimate.",
        )
    ]


def deposit_kind(known: Known) -> list[Text]:
    """Type of deposit, as configured."""
    kind = known.bench.data.deposit.kind
    return [Text(f"矿床类型（配置）: {kind.zh}。", f"Type of deposit (as configured): {kind.en}.")]


def surveys(known: Known) -> list[Text]:
    """Geochemical and raster surveys of the belt."""
    belt = known.bench.data.belt
    names = [s.medium for s in belt.geochemistry] + [r.quantity for r in belt.rasters]
    if not names:
        return []
    return [
        Text(
            "成矿带测量: " + "、".join(n.zh for n in names) + "。",
            "Surveys of the belt: " + ", ".join(n.en for n in names) + ".",
        )
    ]


def acceptance(known: Known) -> list[Text]:
    """Who accepted the plan."""
    held = known.bench.data.plan.acceptance
    if held.status != "accepted":
        return [Text("估算方案待审定。", "The plan is proposed; nobody has accepted it.")]
    return [
        Text(
            f"估算方案由 {held.by} 于 {held.date} 审定: {held.reason}",
            f"Plan accepted by {held.by} on {held.date}: {held.reason}",
        )
    ]


def statement(known: Known) -> list[Text]:
    """Resource by class; classes are never added."""
    result = known.bench.result
    if result is None:
        return []
    said = result.statement
    main = said.main_element
    unit = grade_display(main)
    lines = []
    for name in CLASSES:
        rows = [row for row in said.at_cutoff() if row.class_name == name]
        ore = sum(row.ore_t for row in rows)
        metal = said.metal_t(main, (name,))
        if ore:
            text = CLASS_TEXT[name]
            lines.append(
                Text(
                    f"{text.zh}: 矿石 {printed(ore / 1e4, 2)} 万t，"
                    f"{symbol(main)} 金属 {printed(metal, 0)} t。",
                    f"{text.en}: {printed(ore / 1e6, 2)} Mt of ore, {printed(metal, 0)} t "
                    f"{symbol(main)}.",
                )
            )
    cutoff = printed(said.reporting_cutoff, unit.decimals)
    note = Text(
        f"边界品位 {symbol(main)} {cutoff} {unit.sign}；各类分列，不相加；储量未估算；内部估算，"
        f"未经评审备案。",
        f"Cut-off {symbol(main)} {cutoff} {unit.sign}; classes are listed apart and not added; "
        f"no reserve "
        "is stated; internal estimate, not filed.",
    )
    return [*lines, note]


def accuracy(known: Known) -> list[Text]:
    """How many tests of validation pass, and which do not."""
    result = known.bench.result
    if result is None or not result.checks:
        return []
    count = Counter(c.verdict for c in result.checks)
    passed, marginal, failed = (count[v] for v in ("pass", "marginal", "fail"))
    bad = [c for c in result.checks if c.verdict == "fail"]
    zh = "；".join(f"{c.label_zh}（{_of(c)}）{c.value:.3g}" for c in bad) or "无"
    en = "; ".join(f"{c.label_en} ({_of(c)}) {c.value:.3g}" for c in bad) or "none"
    return [
        Text(
            f"检验 {len(result.checks)} 项: 通过 {passed}，临界 {marginal}，不通过 {failed}。"
            f"不通过者: {zh}。",
            f"{len(result.checks)} tests: {passed} pass, {marginal} marginal, {failed} fail. "
            f"Failed: {en}.",
        )
    ]


def _of(check: Check) -> str:
    """Element and domain of a test."""
    element = symbol(check.element) if "_" in check.element else check.element
    return element if check.domain in ("", "all") else f"{element}, {check.domain}"
